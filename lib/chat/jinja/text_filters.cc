// Filters that give text from text: case, trimming, replacing, indenting.
#include <algorithm>

#include "lib/base/utf8.h"
#include "lib/chat/jinja/argument.h"
#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/filters.h"
#include "lib/chat/jinja/machine.h"
#include "lib/chat/jinja/subscript.h"
#include "lib/chat/jinja/text_case.h"
#include "lib/chat/jinja/text_parts.h"
#include "lib/chat/jinja/value_text.h"
#include "lib/chat/unicode_properties.h"

namespace talaria::chat::jinja {
namespace {

// str(value), and what working through it costs. (markupsafe.soft_str)
Status SoftText(Machine& machine, const Value& value, MarkedString* text) {
  TALARIA_RETURN_IF_ERROR(machine.Spend(value.weight() * 4));
  return TextOf(value, text);
}

Value AsMarkedSafe(const Value& source, MarkedString text) {
  Value out = Value::String(std::move(text));
  return source.is_escaped() ? out.Escaped() : out;
}

template <MarkedString (*Change)(const MarkedString&)>
Status Changed(NativeCall& call, Value* out) {
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(SoftText(call.machine, call.self, &text));
  *out = AsMarkedSafe(call.self, Change(text));
  return absl::OkStatus();
}

Status TitleBody(NativeCall& call, Value* out) {
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(SoftText(call.machine, call.self, &text));
  *out = Value::String(TitleFilter(text));
  return absl::OkStatus();
}

Status StringBody(NativeCall& call, Value* out) {
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(SoftText(call.machine, call.self, &text));
  *out = AsMarkedSafe(call.self, std::move(text));
  return absl::OkStatus();
}

Status TrimBody(NativeCall& call, Value* out) {
  MarkedString text;
  const MarkedString* characters = nullptr;
  TALARIA_RETURN_IF_ERROR(StringOrNull(call[0], "chars", &characters));
  TALARIA_RETURN_IF_ERROR(SoftText(call.machine, call.self, &text));
  *out = AsMarkedSafe(call.self, StripText(text, Side::kBoth, characters));
  return absl::OkStatus();
}

Status ReplaceBody(NativeCall& call, Value* out) {
  MarkedString text;
  MarkedString old;
  MarkedString replacement;
  int64_t limit = -1;
  TALARIA_RETURN_IF_ERROR(SoftText(call.machine, call.self, &text));
  TALARIA_RETURN_IF_ERROR(SoftText(call.machine, call[0], &old));
  TALARIA_RETURN_IF_ERROR(SoftText(call.machine, call[1], &replacement));
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[2], "count", -1, &limit));
  MarkedString result;
  TALARIA_RETURN_IF_ERROR(ReplaceText(text, old, replacement, limit, &result));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(result.size()));
  *out = Value::String(std::move(result));
  return absl::OkStatus();
}

Status CenterBody(NativeCall& call, Value* out) {
  MarkedString text;
  int64_t width = 80;
  TALARIA_RETURN_IF_ERROR(SoftText(call.machine, call.self, &text));
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[0], "width", 80, &width));
  const int64_t margin = std::max<int64_t>(width - static_cast<int64_t>(CharacterCount(text.text())), 0);
  TALARIA_RETURN_IF_ERROR(CheckTextBytes(static_cast<uint64_t>(margin)));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(static_cast<size_t>(margin) * 4));
  const int64_t before = margin / 2 + (margin & width & 1);
  const TextMark mark = call[0].is_absent() ? TextMark::kControl : call[0].mark();
  *out = AsMarkedSafe(call.self, PadText(text, static_cast<size_t>(before),
                                         static_cast<size_t>(margin - before), MarkedString(" ", mark)));
  return absl::OkStatus();
}

// What a line is indented by: so many spaces, or a text.
Status Indention(const Value& width, MarkedString* out) {
  if (width.is_string()) {
    *out = width.string();
    return absl::OkStatus();
  }
  int64_t spaces = 4;
  TALARIA_RETURN_IF_ERROR(IntegerOr(width, "width", 4, &spaces));
  TALARIA_RETURN_IF_ERROR(CheckTextBytes(static_cast<uint64_t>(std::max<int64_t>(spaces, 0))));
  *out = MarkedString(std::string(static_cast<size_t>(std::max<int64_t>(spaces, 0)), ' '), width.mark());
  return absl::OkStatus();
}

Status IndentBody(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(WantString(call.self, "the text to indent"));
  MarkedString indention;
  TALARIA_RETURN_IF_ERROR(Indention(call[0], &indention));
  const bool first = !call[1].is_absent() && IsTrue(call[1]);
  const bool blank = !call[2].is_absent() && IsTrue(call[2]);
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(call.self.text().size() * 4));
  MarkedString source = call.self.string();
  // Jinja adds a line end before splitting, so that a last empty line counts.
  source.Append("\n", TextMark::kControl);
  const std::vector<MarkedString> lines = SplitLines(source, false);
  const std::vector<MarkedString> with_ends = SplitLines(source, true);
  MarkedString text({}, call.self.mark());
  for (size_t i = 0; i < lines.size(); ++i) {
    // Every line end becomes "\n", and keeps its mark.
    if (i > 0) text.Append("\n", with_ends[i - 1].MarkAt(with_ends[i - 1].size() - 1));
    if (i == 0 ? first : blank || !lines[i].empty()) text.Append(indention);
    text.Append(lines[i]);
    TALARIA_RETURN_IF_ERROR(CheckTextBytes(text.size()));
  }
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(text.size()));
  *out = AsMarkedSafe(call.self, std::move(text));
  return absl::OkStatus();
}

Status TruncateBody(NativeCall& call, Value* out) {
  int64_t length = 255;
  int64_t leeway = 5;
  const MarkedString* end = nullptr;
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[0], "length", 255, &length));
  TALARIA_RETURN_IF_ERROR(StringOrNull(call[2], "end", &end));
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[3], "leeway", 5, &leeway));
  const MarkedString dots("...", TextMark::kControl);
  if (end == nullptr) end = &dots;
  const auto end_length = static_cast<int64_t>(CharacterCount(end->text()));
  if (length < end_length || leeway < 0) return InvalidArgument("'truncate' to ", length, " characters");
  const int64_t most = length > INT64_MAX - leeway ? INT64_MAX : length + leeway;
  // Whatever has a length passes where it is short enough.
  int64_t found = 0;
  TALARIA_RETURN_IF_ERROR(Length(call.machine, call.self, &found));
  if (found <= most) {
    *out = Value(call.self);
    return absl::OkStatus();
  }
  TALARIA_RETURN_IF_ERROR(WantString(call.self, "the text to truncate"));
  const MarkedString& self = call.self.string();
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(self.size() * 2));
  MarkedString text = self.Slice(0, CharacterOffset(self.text(), static_cast<size_t>(length - end_length)));
  if (call[1].is_absent() || !IsTrue(call[1])) {
    const size_t space = text.text().rfind(' ');
    if (space != std::string::npos) text = text.Slice(0, space);
  }
  text.Append(*end);
  *out = AsMarkedSafe(call.self, std::move(text));
  return absl::OkStatus();
}

Status WordCountBody(NativeCall& call, Value* out) {
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(SoftText(call.machine, call.self, &text));
  int64_t count = 0;
  bool in_word = false;
  for (std::string_view rest = text.text(); !rest.empty();) {
    const Utf8Char character = DecodeUtf8(rest);
    const bool is_word = character.code_point == '_' || IsAlphanumeric(character.code_point);
    if (is_word && !in_word) ++count;
    in_word = is_word;
    rest.remove_prefix(character.bytes);
  }
  *out = Value::Integer(count, text.Overall());
  return absl::OkStatus();
}

constexpr NativeFunction kFilters[] = {
    {"capitalize", Changed<Capitalize>},
    {"center", CenterBody, 0, 1, {"width"}},
    {"indent", IndentBody, 0, 3, {"width", "first", "blank"}},
    {"lower", Changed<Lower>},
    {"replace", ReplaceBody, 2, 3, {"old", "new", "count"}},
    {"string", StringBody},
    {"title", TitleBody},
    {"trim", TrimBody, 0, 1, {"chars"}},
    {"truncate", TruncateBody, 0, 4, {"length", "killwords", "end", "leeway"}},
    {"upper", Changed<Upper>},
    {"wordcount", WordCountBody},
};

}  // namespace

absl::Span<const NativeFunction> TextFilters() { return kFilters; }

}  // namespace talaria::chat::jinja
