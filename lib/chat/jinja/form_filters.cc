// Filters that give text another form: JSON, HTML, URLs, printf.
#include <algorithm>
#include <string>

#include "lib/chat/jinja/argument.h"
#include "lib/chat/jinja/arithmetic.h"
#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/filters.h"
#include "lib/chat/jinja/machine.h"
#include "lib/chat/jinja/methods.h"
#include "lib/chat/jinja/printf_format.h"
#include "lib/chat/jinja/subscript.h"
#include "lib/chat/jinja/value_text.h"

namespace talaria::chat::jinja {
namespace {

// Deeper indentation than this is no use in a prompt.
constexpr int64_t kMaxIndent = 64;

Status ReadIndent(const Value& indent, JsonForm* form) {
  if (indent.is_absent() || indent.is(Kind::kNone)) return absl::OkStatus();
  form->indented = true;
  form->item_separator = MarkedString(",", TextMark::kControl);
  if (indent.is_string()) {
    form->indent = indent.string();
  } else {
    int64_t spaces = 0;
    TALARIA_RETURN_IF_ERROR(IntegerOr(indent, "indent", 0, &spaces));
    const auto width = static_cast<size_t>(std::clamp<int64_t>(spaces, 0, kMaxIndent + 1));
    form->indent = MarkedString(std::string(width, ' '), indent.mark());
  }
  if (form->indent.size() > static_cast<size_t>(kMaxIndent)) {
    return ResourceExhausted("'indent' of more than ", kMaxIndent, " characters");
  }
  return absl::OkStatus();
}

Status ReadSeparators(const Value& separators, JsonForm* form) {
  if (separators.is_absent() || separators.is(Kind::kNone)) return absl::OkStatus();
  if (!separators.is(Kind::kSequence) || separators.sequence().items.size() != 2) {
    return InvalidArgument("'separators' must be two strings");
  }
  const std::vector<Value>& items = separators.sequence().items;
  for (const Value& item : items) TALARIA_RETURN_IF_ERROR(WantString(item, "separators"));
  form->item_separator = items[0].string();
  form->key_separator = items[1].string();
  return absl::OkStatus();
}

// As transformers replaces Jinja's own: no HTML escaping, and these arguments in this order.
Status ToJson(NativeCall& call, Value* out) {
  JsonForm form;
  form.ascii = !call[0].is_absent() && IsTrue(call[0]);
  TALARIA_RETURN_IF_ERROR(ReadIndent(call[1], &form));
  TALARIA_RETURN_IF_ERROR(ReadSeparators(call[2], &form));
  form.sort_keys = !call[3].is_absent() && IsTrue(call[3]);
  TALARIA_RETURN_IF_ERROR(call.machine.Spend(call.self.weight() * 4));
  MarkedString text({}, call.self.mark());
  TALARIA_RETURN_IF_ERROR(AppendJson(call.self, form, &text));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(text.size()));
  *out = Value::String(std::move(text));
  return absl::OkStatus();
}

Status EscapeAlways(NativeCall& call, Value* out) {
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(call.machine.Spend(call.self.weight() * 4));
  TALARIA_RETURN_IF_ERROR(TextOf(call.self, &text));
  *out = Value::String(HtmlEscape(text)).Escaped();
  return absl::OkStatus();
}

Status Escape(NativeCall& call, Value* out) {
  if (!call.self.is_escaped()) return EscapeAlways(call, out);
  *out = Value(call.self);
  return absl::OkStatus();
}

Status MarkSafe(NativeCall& call, Value* out) {
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(call.machine.Spend(call.self.weight()));
  TALARIA_RETURN_IF_ERROR(TextOf(call.self, &text));
  *out = Value::String(std::move(text)).Escaped();
  return absl::OkStatus();
}

Status Format(NativeCall& call, Value* out) {
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(call.machine.Spend(call.self.weight()));
  TALARIA_RETURN_IF_ERROR(TextOf(call.self, &text));
  Value values;
  if (!call.arguments.named.empty()) {
    if (!call.arguments.positional.empty()) {
      return InvalidArgument("'format' takes positional or named arguments, not both");
    }
    auto dict = std::make_shared<Dict>();
    for (auto& [name, value] : call.arguments.named) dict->Set(Value::String(name), std::move(value));
    TALARIA_RETURN_IF_ERROR(MakeDict(std::move(dict), TextMark::kControl, &values));
  } else {
    TALARIA_RETURN_IF_ERROR(MakeSequence(SequenceType::kTuple, std::move(call.arguments.positional),
                                         TextMark::kControl, &values));
  }
  TALARIA_RETURN_IF_ERROR(call.machine.Spend(values.weight()));
  Value format = Value::String(std::move(text));
  if (call.self.is_escaped()) format = format.Escaped();
  return PrintfFormat(format, values, out);
}

void AppendUrl(const MarkedString& string, bool in_query, MarkedString* out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  static constexpr std::string_view kKept = "_.-~";
  for (size_t i = 0; i < string.size(); ++i) {
    const char character = string.text()[i];
    const auto byte = static_cast<unsigned char>(character);
    const bool is_kept = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') ||
                         kKept.find(character) != std::string_view::npos || (character == '/' && !in_query);
    const char form[] = {'%', kHex[byte >> 4], kHex[byte & 15]};
    if (is_kept) {
      out->AppendSlice(string, i, i + 1);
    } else if (character == ' ' && in_query) {
      out->Append("+", string.MarkAt(i));
    } else {
      out->Append({form, 3}, string.MarkAt(i));
    }
  }
}

Status UrlEncode(NativeCall& call, Value* out) {
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(call.machine.Spend(call.self.weight() * 16));
  MarkedString result({}, call.self.mark());
  if (!call.self.is(Kind::kDict) && !call.self.is(Kind::kSequence)) {
    TALARIA_RETURN_IF_ERROR(TextOf(call.self, &text));
    AppendUrl(text, false, &result);
    *out = Value::String(std::move(result));
    return absl::OkStatus();
  }
  Value pairs = call.self;
  if (call.self.is(Kind::kDict)) {
    TALARIA_RETURN_IF_ERROR(DictView(call.machine, call.self, SequenceType::kDictItems, &pairs));
  }
  std::vector<Value> entries;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, pairs, &entries));
  for (const Value& entry : entries) {
    if (!entry.is(Kind::kSequence) || entry.sequence().items.size() != 2) {
      return InvalidArgument("'urlencode' needs a string, a mapping or pairs");
    }
    if (!result.empty()) result.Append("&", call.self.mark());
    for (size_t i = 0; i < 2; ++i) {
      if (i == 1) result.Append("=", call.self.mark());
      TALARIA_RETURN_IF_ERROR(TextOf(entry.sequence().items[i], &text));
      AppendUrl(text, true, &result);
      TALARIA_RETURN_IF_ERROR(CheckTextBytes(result.size()));
    }
  }
  *out = Value::String(std::move(result));
  return absl::OkStatus();
}

constexpr NativeFunction kFilters[] = {
    {"e", Escape},
    {"escape", Escape},
    {"forceescape", EscapeAlways},
    {"format", Format, 0, NativeFunction::kAnyArguments},
    {"safe", MarkSafe},
    {"tojson", ToJson, 0, 4, {"ensure_ascii", "indent", "separators", "sort_keys"}},
    {"urlencode", UrlEncode},
};

}  // namespace

absl::Span<const NativeFunction> FormFilters() { return kFilters; }

}  // namespace talaria::chat::jinja
