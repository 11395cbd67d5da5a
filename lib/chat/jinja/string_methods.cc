// Methods of strings that cut, search, pad and put together.
#include <algorithm>

#include "lib/chat/jinja/argument.h"
#include "lib/chat/jinja/machine.h"
#include "lib/chat/jinja/methods.h"
#include "lib/chat/jinja/printf_format.h"
#include "lib/chat/jinja/subscript.h"
#include "lib/chat/jinja/text_finder.h"
#include "lib/chat/jinja/text_parts.h"
#include "lib/chat/jinja/value_text.h"

namespace talaria::chat::jinja {
namespace {

// *text* as the result of a method of *self*: what was marked safe stays so.
Value Result(const Value& self, MarkedString text) {
  Value out = Value::String(std::move(text));
  return self.is_escaped() ? out.Escaped() : out;
}

template <Side side>
Status StripMethod(NativeCall& call, Value* out) {
  const MarkedString* characters = nullptr;
  TALARIA_RETURN_IF_ERROR(StringOrNull(call[0], "chars", &characters));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(call.self.text().size()));
  if (characters != nullptr) TALARIA_RETURN_IF_ERROR(call.machine.SpendText(characters->size() * 4));
  *out = Result(call.self, StripText(call.self.string(), side, characters));
  return absl::OkStatus();
}

template <bool from_end>
Status SplitMethod(NativeCall& call, Value* out) {
  const MarkedString* separator = nullptr;
  int64_t limit = -1;
  TALARIA_RETURN_IF_ERROR(StringOrNull(call[0], "sep", &separator));
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[1], "maxsplit", -1, &limit));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(call.self.text().size() * 4));
  std::vector<MarkedString> parts;
  TALARIA_RETURN_IF_ERROR(SplitText(call.self.string(), separator, limit, from_end, &parts));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendItems(parts.size()));
  std::vector<Value> items;
  items.reserve(parts.size());
  for (MarkedString& part : parts) items.push_back(Result(call.self, std::move(part)));
  return MakeSequence(SequenceType::kList, std::move(items), call.self.mark(), out);
}

Status SplitLinesMethod(NativeCall& call, Value* out) {
  int64_t keep_ends = 0;
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[0], "keepends", 0, &keep_ends));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(call.self.text().size() * 4));
  std::vector<MarkedString> lines = SplitLines(call.self.string(), keep_ends != 0);
  TALARIA_RETURN_IF_ERROR(call.machine.SpendItems(lines.size()));
  std::vector<Value> items;
  items.reserve(lines.size());
  for (MarkedString& line : lines) items.push_back(Result(call.self, std::move(line)));
  return MakeSequence(SequenceType::kList, std::move(items), call.self.mark(), out);
}

template <bool from_end>
Status PartitionMethod(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(WantString(call[0], "sep"));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(call.self.text().size() * 4));
  const MarkedString& self = call.self.string();
  const MarkedString& separator = call[0].string();
  std::vector<MarkedString> parts;
  TALARIA_RETURN_IF_ERROR(SplitText(self, &separator, 1, from_end, &parts));
  std::vector<Value> items(3, Result(call.self, self.Slice(0, 0)));
  if (parts.size() == 1) {
    items[from_end ? 2 : 0] = Result(call.self, std::move(parts[0]));
  } else {
    const size_t at = parts[0].size();
    items[0] = Result(call.self, std::move(parts[0]));
    items[1] = Result(call.self, self.Slice(at, at + separator.size()));
    items[2] = Result(call.self, std::move(parts[1]));
  }
  return MakeSequence(SequenceType::kTuple, std::move(items), call.self.mark(), out);
}

Status ReplaceMethod(NativeCall& call, Value* out) {
  int64_t limit = -1;
  TALARIA_RETURN_IF_ERROR(WantString(call[0], "old"));
  TALARIA_RETURN_IF_ERROR(WantString(call[1], "new"));
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[2], "count", -1, &limit));
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(call.self.text().size() * 4));
  TALARIA_RETURN_IF_ERROR(ReplaceText(call.self.string(), call[0].string(), call[1].string(), limit, &text));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(text.size()));
  *out = Result(call.self, std::move(text));
  return absl::OkStatus();
}

// The part of the text that [start, end) characters mean, as byte offsets; false where start is past the end.
Status SearchRange(NativeCall& call, const Value& start, const Value& end, size_t* begin, size_t* stop,
                   bool* valid) {
  const std::string_view text = call.self.text();
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(text.size() * 2));
  *begin = 0;
  *stop = text.size();
  *valid = true;
  if (start.is_absent() && end.is_absent()) return absl::OkStatus();
  const auto count = static_cast<int64_t>(CharacterCount(text));
  int64_t first = 0;
  int64_t last = count;
  TALARIA_RETURN_IF_ERROR(IntegerOr(start, "start", 0, &first));
  TALARIA_RETURN_IF_ERROR(IntegerOr(end, "end", count, &last));
  if (first < 0) first = std::max<int64_t>(first + count, 0);
  if (last < 0) last = std::max<int64_t>(last + count, 0);
  last = std::min(last, count);
  *valid = first <= last;
  if (!*valid) return absl::OkStatus();
  *begin = CharacterOffset(text, static_cast<size_t>(first));
  *stop = CharacterOffset(text, static_cast<size_t>(last));
  return absl::OkStatus();
}

// The character index of the first (or last) occurrence, -1 where there is none.
Status FindIndex(NativeCall& call, bool from_end, int64_t* index) {
  TALARIA_RETURN_IF_ERROR(WantString(call[0], "sub"));
  size_t begin = 0;
  size_t end = 0;
  bool valid = false;
  TALARIA_RETURN_IF_ERROR(SearchRange(call, call[1], call[2], &begin, &end, &valid));
  *index = -1;
  if (!valid) return absl::OkStatus();
  const std::string_view text = std::string_view(call.self.text()).substr(0, end);
  const std::string& needle = call[0].text();
  size_t at = std::string_view::npos;
  if (from_end) {
    const std::string mirrored(text.rbegin(), text.rend() - static_cast<std::ptrdiff_t>(begin));
    const std::string mirrored_needle(needle.rbegin(), needle.rend());
    const size_t found = TextFinder(mirrored_needle).Find(mirrored, 0);
    if (found != std::string_view::npos) at = text.size() - found - needle.size();
  } else {
    at = TextFinder(needle).Find(text, begin);
  }
  if (at != std::string_view::npos) *index = static_cast<int64_t>(CharacterCount(text.substr(0, at)));
  return absl::OkStatus();
}

template <bool from_end>
Status FindMethodBody(NativeCall& call, Value* out) {
  int64_t index = -1;
  TALARIA_RETURN_IF_ERROR(FindIndex(call, from_end, &index));
  *out = Value::Integer(index, Combine(call.self.mark(), call[0].mark()));
  return absl::OkStatus();
}

template <bool from_end>
Status IndexMethodBody(NativeCall& call, Value* out) {
  int64_t index = -1;
  TALARIA_RETURN_IF_ERROR(FindIndex(call, from_end, &index));
  if (index < 0) return InvalidArgument("the text does not contain ", Quoted(call[0].text()));
  *out = Value::Integer(index, Combine(call.self.mark(), call[0].mark()));
  return absl::OkStatus();
}

Status CountMethod(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(WantString(call[0], "sub"));
  size_t begin = 0;
  size_t end = 0;
  bool valid = false;
  TALARIA_RETURN_IF_ERROR(SearchRange(call, call[1], call[2], &begin, &end, &valid));
  const std::string_view text = std::string_view(call.self.text()).substr(0, end);
  const std::string& needle = call[0].text();
  int64_t count = 0;
  if (valid && needle.empty()) {
    count = static_cast<int64_t>(CharacterCount(text.substr(begin))) + 1;
  } else if (valid) {
    const TextFinder finder(needle);
    for (size_t at = finder.Find(text, begin); at != std::string_view::npos;
         at = finder.Find(text, at + needle.size())) {
      ++count;
    }
  }
  *out = Value::Integer(count, Combine(call.self.mark(), call[0].mark()));
  return absl::OkStatus();
}

bool HasAffix(std::string_view text, std::string_view affix, bool at_end) {
  if (affix.size() > text.size()) return false;
  return text.substr(at_end ? text.size() - affix.size() : 0, affix.size()) == affix;
}

template <bool at_end>
Status HasAffixMethod(NativeCall& call, Value* out) {
  size_t begin = 0;
  size_t end = 0;
  bool valid = false;
  TALARIA_RETURN_IF_ERROR(SearchRange(call, call[1], call[2], &begin, &end, &valid));
  const std::string_view text = valid ? std::string_view(call.self.text()).substr(begin, end - begin) : "";
  const bool is_tuple = call[0].is_sequence(SequenceType::kTuple);
  const Value* affixes = is_tuple ? call[0].sequence().items.data() : &call[0];
  const size_t count = is_tuple ? call[0].sequence().items.size() : 1;
  TALARIA_RETURN_IF_ERROR(call.machine.Spend(call[0].weight()));
  bool has = false;
  for (size_t i = 0; i < count; ++i) {
    TALARIA_RETURN_IF_ERROR(WantString(affixes[i], "prefix"));
    has = has || (valid && HasAffix(text, affixes[i].text(), at_end));
  }
  *out = Value::Boolean(has, Combine(call.self.mark(), call[0].mark()));
  return absl::OkStatus();
}

template <bool at_end>
Status RemoveAffixMethod(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(WantString(call[0], "prefix"));
  const MarkedString& self = call.self.string();
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(self.size()));
  const size_t affix = call[0].text().size();
  const bool has = affix > 0 && HasAffix(self.text(), call[0].text(), at_end);
  const size_t begin = has && !at_end ? affix : 0;
  *out = Result(call.self, self.Slice(begin, has && at_end ? self.size() - affix : self.size()));
  return absl::OkStatus();
}

Status JoinMethod(NativeCall& call, Value* out) {
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call[0], &items));
  MarkedString text({}, Combine(call.self.mark(), call[0].mark()));
  for (size_t i = 0; i < items.size(); ++i) {
    TALARIA_RETURN_IF_ERROR(WantString(items[i], "iterable"));
    if (i > 0) text.Append(call.self.string());
    text.Append(items[i].string());
    TALARIA_RETURN_IF_ERROR(CheckTextBytes(text.size()));
    TALARIA_RETURN_IF_ERROR(call.machine.SpendText(items[i].text().size() + call.self.text().size()));
  }
  *out = Result(call.self, std::move(text));
  return absl::OkStatus();
}

enum class Justify { kLeft, kRight, kCenter };

template <Justify how>
Status JustifyMethod(NativeCall& call, Value* out) {
  int64_t width = 0;
  const MarkedString space(" ", call[0].mark());
  const MarkedString* fill = nullptr;
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[0], "width", 0, &width));
  TALARIA_RETURN_IF_ERROR(StringOrNull(call[1], "fillchar", &fill));
  if (fill == nullptr) fill = &space;
  if (CharacterCount(fill->text()) != 1) return InvalidArgument("'fillchar' must be one character");
  const MarkedString& self = call.self.string();
  const auto count = static_cast<int64_t>(CharacterCount(self.text()));
  const int64_t margin = std::max<int64_t>(width - count, 0);
  TALARIA_RETURN_IF_ERROR(CheckTextBytes(static_cast<uint64_t>(margin)));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(self.size() + static_cast<size_t>(margin) * 4));
  // CPython gives the odd place to the left where the width is odd.
  int64_t before = how == Justify::kLeft ? 0 : margin;
  if (how == Justify::kCenter) before = margin / 2 + (margin & width & 1);
  *out = Result(call.self,
                PadText(self, static_cast<size_t>(before), static_cast<size_t>(margin - before), *fill));
  return absl::OkStatus();
}

Status ZeroFillMethod(NativeCall& call, Value* out) {
  int64_t width = 0;
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[0], "width", 0, &width));
  const MarkedString& self = call.self.string();
  const int64_t margin = std::max<int64_t>(width - static_cast<int64_t>(CharacterCount(self.text())), 0);
  TALARIA_RETURN_IF_ERROR(CheckTextBytes(static_cast<uint64_t>(margin)));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(self.size() + static_cast<size_t>(margin)));
  const size_t sign = !self.empty() && (self.text()[0] == '-' || self.text()[0] == '+') ? 1 : 0;
  MarkedString text = self.Slice(0, sign);
  text.Append(std::string(static_cast<size_t>(margin), '0'), Combine(self.Overall(), call[0].mark()));
  text.AppendSlice(self, sign, self.size());
  *out = Result(call.self, std::move(text));
  return absl::OkStatus();
}

Status FormatMethod(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(call.self.text().size()));
  for (const Value& value : call.arguments.positional)
    TALARIA_RETURN_IF_ERROR(call.machine.Spend(value.weight()));
  return BraceFormat(call.self, call.arguments, out);
}

constexpr NativeFunction kMethods[] = {
    {"center", JustifyMethod<Justify::kCenter>, 1, 2},
    {"count", CountMethod, 1, 3},
    {"endswith", HasAffixMethod<true>, 1, 3},
    {"find", FindMethodBody<false>, 1, 3},
    {"format", FormatMethod, 0, NativeFunction::kAnyArguments},
    {"index", IndexMethodBody<false>, 1, 3},
    {"join", JoinMethod, 1, 1},
    {"ljust", JustifyMethod<Justify::kLeft>, 1, 2},
    {"lstrip", StripMethod<Side::kStart>, 0, 1},
    {"partition", PartitionMethod<false>, 1, 1},
    {"removeprefix", RemoveAffixMethod<false>, 1, 1},
    {"removesuffix", RemoveAffixMethod<true>, 1, 1},
    {"replace", ReplaceMethod, 2, 3, {"", "", "count"}},
    {"rfind", FindMethodBody<true>, 1, 3},
    {"rindex", IndexMethodBody<true>, 1, 3},
    {"rjust", JustifyMethod<Justify::kRight>, 1, 2},
    {"rpartition", PartitionMethod<true>, 1, 1},
    {"rsplit", SplitMethod<true>, 0, 2, {"sep", "maxsplit"}},
    {"rstrip", StripMethod<Side::kEnd>, 0, 1},
    {"split", SplitMethod<false>, 0, 2, {"sep", "maxsplit"}},
    {"splitlines", SplitLinesMethod, 0, 1, {"keepends"}},
    {"startswith", HasAffixMethod<false>, 1, 3},
    {"strip", StripMethod<Side::kBoth>, 0, 1},
    {"zfill", ZeroFillMethod, 1, 1},
};

}  // namespace

absl::Span<const NativeFunction> StringMethods() { return kMethods; }

}  // namespace talaria::chat::jinja
