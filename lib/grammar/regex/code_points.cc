#include "lib/grammar/regex/code_points.h"

#include <algorithm>

#include "lib/base/utf8.h"

namespace talaria::grammar {

namespace {

constexpr char32_t kLast = 0x10FFFF;
constexpr char kHex[] = "0123456789abcdef";

struct ShortEscape {
  char32_t code_point;
  char letter;
};
constexpr ShortEscape kShortEscapes[] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                         {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};

// What a character is written as where it does not stand for itself; empty where it does.
std::string EscapeOf(char32_t code_point) {
  for (const ShortEscape& escape : kShortEscapes) {
    if (escape.code_point == code_point) return {'\\', escape.letter};
  }
  if (code_point >= 0x20) return {};
  return {'\\', 'u', '0', '0', kHex[code_point >> 4], kHex[code_point & 15]};
}

// Appends the UTF-8 forms of *first* to *last*, which have the same number of bytes, as sequences of ranges.
void AddUtf8Range(char32_t first, char32_t last, int bytes, RegexPool* pool, std::vector<Regex>* out) {
  // Where the last k bytes of all of them are free, the range is one sequence; else it is divided.
  for (int k = 1; k < bytes; ++k) {
    const char32_t mask = (char32_t{1} << (6 * k)) - 1;
    if ((first & ~mask) == (last & ~mask)) continue;
    if ((first & mask) != 0) {
      AddUtf8Range(first, first | mask, bytes, pool, out);
      AddUtf8Range((first | mask) + 1, last, bytes, pool, out);
      return;
    }
    if ((last & mask) != mask) {
      AddUtf8Range(first, (last & ~mask) - 1, bytes, pool, out);
      AddUtf8Range(last & ~mask, last, bytes, pool, out);
      return;
    }
  }
  std::string low;
  std::string high;
  AppendUtf8(first, &low);
  AppendUtf8(last, &high);
  Regex sequence = pool->Empty();
  for (size_t i = low.size(); i > 0; --i) {
    sequence = pool->Concat(
        pool->Set(ByteSet::Range(static_cast<uint8_t>(low[i - 1]), static_cast<uint8_t>(high[i - 1]))),
        sequence);
  }
  out->push_back(sequence);
}

void AddUtf8(const CodePointSet& set, RegexPool* pool, std::vector<Regex>* out) {
  constexpr char32_t kEnds[] = {0x7F, 0x7FF, 0xFFFF, kLast};
  for (const auto& [first, last] : set.ranges()) {
    char32_t begin = 0;
    for (int bytes = 1; bytes <= 4; ++bytes) {
      const char32_t low = std::max(first, begin);
      const char32_t high = std::min(last, kEnds[bytes - 1]);
      if (low <= high) AddUtf8Range(low, high, bytes, pool, out);
      begin = kEnds[bytes - 1] + 1;
    }
  }
}

}  // namespace

CodePointSet CodePointSet::Of(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end());
  CodePointSet set;
  const auto add = [&set](char32_t first, char32_t last) {
    if (first > last) return;
    if (!set.ranges_.empty() && first <= set.ranges_.back().second + 1) {
      set.ranges_.back().second = std::max(set.ranges_.back().second, last);
    } else {
      set.ranges_.emplace_back(first, last);
    }
  };
  for (const auto& [first, last] : ranges) {
    const char32_t end = std::min(last, kLast);
    if (first < 0xD800) add(first, std::min<char32_t>(end, 0xD7FF));
    if (end > 0xDFFF) add(std::max<char32_t>(first, 0xE000), end);
  }
  return set;
}

CodePointSet CodePointSet::operator|(const CodePointSet& other) const {
  std::vector<Range> both = ranges_;
  both.insert(both.end(), other.ranges_.begin(), other.ranges_.end());
  return Of(std::move(both));
}

CodePointSet CodePointSet::operator~() const {
  std::vector<Range> gaps;
  char32_t begin = 0;
  for (const auto& [first, last] : ranges_) {
    if (first > begin) gaps.emplace_back(begin, first - 1);
    begin = last + 1;
  }
  if (begin <= kLast) gaps.emplace_back(begin, kLast);
  return Of(std::move(gaps));
}

CodePointSet CodePointSet::operator&(const CodePointSet& other) const { return ~(~*this | ~other); }

bool CodePointSet::Has(char32_t code_point) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), code_point,
                                      [](char32_t value, const Range& range) { return value < range.first; });
  return after != ranges_.begin() && code_point <= std::prev(after)->second;
}

Regex CodePoints(const CodePointSet& set, TextForm form, RegexPool* pool) {
  std::vector<Regex> parts;
  if (form == TextForm::kPlain) {
    AddUtf8(set, pool, &parts);
    return pool->Or(parts);
  }
  std::vector<std::string> escapes;
  std::vector<CodePointSet::Range> escaped;
  for (char32_t code_point = 0; code_point < 0x80; ++code_point) {
    std::string escape = EscapeOf(code_point);
    if (escape.empty()) continue;
    escaped.emplace_back(code_point, code_point);
    if (set.Has(code_point)) escapes.push_back(std::move(escape));
  }
  AddUtf8(set & ~CodePointSet::Of(std::move(escaped)), pool, &parts);
  const std::vector<std::string_view> words(escapes.begin(), escapes.end());
  parts.push_back(pool->AnyOf(words));
  return pool->Or(parts);
}

Regex AnyCodePoint(TextForm form, RegexPool* pool) { return CodePoints(CodePointSet::All(), form, pool); }

void AppendText(std::string_view text, TextForm form, std::string* out) {
  for (size_t i = 0; i < text.size();) {
    const Utf8Char next = DecodeUtf8(text.substr(i));
    const std::string escape = form == TextForm::kJsonString ? EscapeOf(next.code_point) : std::string();
    if (escape.empty()) {
      AppendUtf8(next.code_point, out);
    } else {
      out->append(escape);
    }
    i += next.bytes;
  }
}

Regex TextLiteral(std::string_view text, TextForm form, RegexPool* pool) {
  std::string bytes;
  AppendText(text, form, &bytes);
  return pool->Literal(bytes);
}

Regex TextOfLength(uint64_t min, uint64_t max, TextForm form, RegexPool* pool) {
  return pool->Repeat(AnyCodePoint(form, pool), min, max);
}

Regex TextComplement(Regex regex, TextForm form, RegexPool* pool) {
  return pool->And(pool->Not(regex), TextOfLength(0, kUnbounded, form, pool));
}

}  // namespace talaria::grammar
