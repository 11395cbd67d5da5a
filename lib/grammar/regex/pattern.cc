#include "lib/grammar/regex/pattern.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/grammar/regex/categories.h"

namespace talaria::grammar {

namespace {

constexpr size_t kMaxPattern = 65536;
constexpr int kMaxDepth = 100;
// A counted thing with an anchor inside is written out up to so often.
constexpr uint64_t kMaxAnchoredRepeat = 4;
// Of counts inside one another: what is left of such a repeat while a text is read grows with their product.
constexpr uint64_t kMaxNested = 10'000;

// What a part of a pattern matches, by what it asks of the text around it: at[1][0] only where the match
// begins at the beginning of the text, at[0][1] only where it ends at its end, at[1][1] only the whole text.
struct Anchored {
  Regex at[2][2];
};

class PatternParser {
 public:
  PatternParser(std::string_view pattern, TextForm form, RegexPool* pool)
      : pattern_(pattern), form_(form), pool_(*pool) {}

  StatusOr<Regex> Parse(PatternUse use) {
    if (pattern_.size() > kMaxPattern) {
      return ResourceExhausted("pattern: expected at most ", kMaxPattern, " bytes, found ", pattern_.size());
    }
    if (!IsValidUtf8(pattern_)) return Wrong("UTF-8");
    TALARIA_ASSIGN_OR_RETURN(const Anchored whole, ParseChoice(0));
    if (!Done()) return Wrong("an opening parenthesis before this one");
    TALARIA_RETURN_IF_ERROR(pool_.status());
    if (use == PatternUse::kWhole) {
      return pool_.Or({whole.at[0][0], whole.at[0][1], whole.at[1][0], whole.at[1][1]});
    }
    const Regex any = pool_.Star(AnyCodePoint(form_, &pool_));
    return pool_.Or({pool_.Concat({any, whole.at[0][0], any}), pool_.Concat(whole.at[1][0], any),
                     pool_.Concat(any, whole.at[0][1]), whole.at[1][1]});
  }

 private:
  bool Done() const { return at_ >= pattern_.size(); }
  bool Sees(std::string_view text) const { return pattern_.substr(at_, text.size()) == text; }
  bool Take(std::string_view text) {
    if (!Sees(text)) return false;
    at_ += text.size();
    return true;
  }
  char32_t TakeCodePoint() {
    const Utf8Char next = DecodeUtf8(pattern_.substr(at_));
    at_ += next.bytes;
    return next.code_point;
  }
  Status Wrong(std::string_view expected) const {
    return InvalidArgument("pattern ", Quoted(pattern_), ": expected ", expected, " at byte ", at_,
                           Done() ? ", found its end" : Cat(", found ", Quoted(pattern_.substr(at_), 12)));
  }
  Status Unknown(std::string_view what) const {
    return Unimplemented("pattern ", Quoted(pattern_), ": ", what, " at byte ", at_, " is not supported");
  }

  Anchored Plain(Regex regex) const {
    return {{{regex, pool_.Nothing()}, {pool_.Nothing(), pool_.Nothing()}}};
  }
  bool HasAnchor(const Anchored& part) const {
    return part.at[0][1] != pool_.Nothing() || part.at[1][0] != pool_.Nothing() ||
           part.at[1][1] != pool_.Nothing();
  }
  Anchored Or(const Anchored& a, const Anchored& b) {
    Anchored both;
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 2; ++j) both.at[i][j] = pool_.Or(a.at[i][j], b.at[i][j]);
    }
    return both;
  }

  // Where the left part asks for the end of the text the right one can only be empty, and the other way
  // round.
  Anchored Concat(const Anchored& a, const Anchored& b) {
    Anchored both = Plain(pool_.Nothing());
    const auto add = [&](int begin, int end, Regex regex) {
      both.at[begin][end] = pool_.Or(both.at[begin][end], regex);
    };
    for (int variant = 0; variant < 16; ++variant) {
      const int a_begin = variant & 1;
      const int a_end = variant >> 1 & 1;
      const int b_begin = variant >> 2 & 1;
      const int b_end = variant >> 3 & 1;
      const Regex left = a.at[a_begin][a_end];
      const Regex right = b.at[b_begin][b_end];
      if (left == pool_.Nothing() || right == pool_.Nothing()) continue;
      if (a_end == 0 && b_begin == 0) {
        add(a_begin, b_end, pool_.Concat(left, right));
      } else if (a_end == 1 && b_begin == 1) {
        if (pool_.Nullable(left) && pool_.Nullable(right)) add(1, 1, pool_.Empty());
      } else if (a_end == 1) {
        if (pool_.Nullable(right)) add(a_begin, 1, left);
      } else if (pool_.Nullable(left)) {
        add(1, b_end, right);
      }
    }
    return both;
  }

  StatusOr<Anchored> ParseChoice(int depth) {
    if (depth > kMaxDepth) {
      return ResourceExhausted("pattern ", Quoted(pattern_), ": expected at most ", kMaxDepth,
                               " parentheses inside one another, found more");
    }
    TALARIA_ASSIGN_OR_RETURN(Anchored whole, ParseSequence(depth));
    std::vector<Anchored> others;
    while (Take("|")) {
      TALARIA_ASSIGN_OR_RETURN(const Anchored next, ParseSequence(depth));
      others.push_back(next);
    }
    if (others.empty()) return whole;
    // All at once: of thousands, each would otherwise be sorted into all before it.
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 2; ++j) {
        std::vector<Regex> parts = {whole.at[i][j]};
        for (const Anchored& other : others) parts.push_back(other.at[i][j]);
        whole.at[i][j] = pool_.Or(parts);
      }
    }
    return whole;
  }

  StatusOr<Anchored> ParseSequence(int depth) {
    std::vector<Anchored> parts;
    while (!Done() && !Sees("|") && !Sees(")")) {
      TALARIA_ASSIGN_OR_RETURN(const Anchored part, ParseTerm(depth));
      parts.push_back(part);
    }
    // From the right: what stands before a long sequence is then put before it in one step.
    Anchored whole = Plain(pool_.Empty());
    for (size_t i = parts.size(); i > 0; --i) whole = Concat(parts[i - 1], whole);
    return whole;
  }

  StatusOr<Anchored> ParseTerm(int depth) {
    if (Take("^")) return Anchored{{{pool_.Nothing(), pool_.Nothing()}, {pool_.Empty(), pool_.Nothing()}}};
    if (Take("$")) return Anchored{{{pool_.Nothing(), pool_.Empty()}, {pool_.Nothing(), pool_.Nothing()}}};
    if (Sees("\\b") || Sees("\\B")) return Unknown("a word boundary");
    if (Sees("(?=") || Sees("(?!") || Sees("(?<=") || Sees("(?<!")) return Unknown("lookaround");
    const uint64_t beside = std::exchange(nested_, 1);
    TALARIA_ASSIGN_OR_RETURN(const Anchored atom, ParseAtom(depth));
    StatusOr<Anchored> term = ParseQuantifier(atom);
    nested_ = std::max(nested_, beside);
    return term;
  }

  StatusOr<Anchored> ParseAtom(int depth) {
    if (Take("(")) {
      if (Take("?")) {
        if (Take("<")) {
          const size_t end = pattern_.find('>', at_);
          if (end == std::string_view::npos || end == at_) return Wrong("the name of a group");
          at_ = end + 1;
        } else if (!Take(":")) {
          return Unknown("a group of this kind");
        }
      }
      TALARIA_ASSIGN_OR_RETURN(const Anchored inside, ParseChoice(depth + 1));
      if (!Take(")")) return Wrong("a closing parenthesis");
      return inside;
    }
    if (Sees("*") || Sees("+") || Sees("?")) return Wrong("something to repeat");
    if (Take(".")) return Plain(Of(~CodePointSet::Of({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}})));
    if (Take("[")) {
      TALARIA_ASSIGN_OR_RETURN(const CodePointSet set, ParseClass());
      return Plain(Of(set));
    }
    if (Take("\\")) {
      TALARIA_ASSIGN_OR_RETURN(const CodePointSet set, ParseEscape(false));
      return Plain(Of(set));
    }
    uint64_t ignored[2];
    if (Sees("{") && SeesCount(ignored)) return Wrong("something to repeat");
    const char32_t code_point = TakeCodePoint();
    return Plain(Of(CodePointSet::Of({{code_point, code_point}})));
  }

  Regex Of(const CodePointSet& set) { return CodePoints(set, form_, &pool_); }

  std::optional<uint64_t> TakeNumber() {
    const size_t begin = at_;
    uint64_t number = 0;
    for (; !Done() && pattern_[at_] >= '0' && pattern_[at_] <= '9'; ++at_) {
      if (number < kUnbounded / 16) number = number * 10 + static_cast<uint64_t>(pattern_[at_] - '0');
    }
    return at_ == begin ? std::nullopt : std::optional<uint64_t>(number);
  }

  bool TakeCount(uint64_t count[2]) {
    const size_t begin = at_;
    ++at_;
    const std::optional<uint64_t> least = TakeNumber();
    count[0] = count[1] = least.value_or(0);
    if (least && Take(",")) count[1] = TakeNumber().value_or(kUnbounded);
    if (least && Take("}")) return true;
    at_ = begin;
    return false;
  }
  bool SeesCount(uint64_t count[2]) {
    const size_t begin = at_;
    const bool is_count = TakeCount(count);
    at_ = begin;
    return is_count;
  }

  StatusOr<Anchored> ParseQuantifier(const Anchored& atom) {
    uint64_t count[2] = {1, 1};
    if (Take("*")) {
      count[0] = 0;
      count[1] = kUnbounded;
    } else if (Take("+")) {
      count[1] = kUnbounded;
    } else if (Take("?")) {
      count[0] = 0;
    } else if (!Sees("{") || !TakeCount(count)) {
      return atom;
    }
    Take("?");  // Lazy or not, the same texts match.
    if (Sees("*") || Sees("+") || Sees("?")) return Wrong("one quantifier");
    if (count[1] < count[0]) return Wrong("a count that ascends before this");
    const uint64_t times_here = std::max<uint64_t>(count[1] == kUnbounded ? count[0] : count[1], 1);
    if (nested_ > 1 && times_here > 1 && times_here > kMaxNested / nested_) {
      return ResourceExhausted("pattern: expected counts inside one another to multiply to at most ",
                               kMaxNested, ", found more");
    }
    nested_ *= times_here;
    if (!HasAnchor(atom)) return Plain(pool_.Repeat(atom.at[0][0], count[0], count[1]));
    if (count[1] > kMaxAnchoredRepeat) return Unknown("an anchor inside a repeat before this");
    Anchored whole = Plain(count[0] == 0 ? pool_.Empty() : pool_.Nothing());
    Anchored times = Plain(pool_.Empty());
    for (uint64_t i = 1; i <= count[1]; ++i) {
      times = Concat(atom, times);
      if (i >= count[0]) whole = Or(whole, times);
    }
    return whole;
  }

  StatusOr<CodePointSet> ParseClass() {
    const bool negated = Take("^");
    std::vector<CodePointSet::Range> ranges;
    const auto add = [&ranges](const CodePointSet& set) {
      ranges.insert(ranges.end(), set.ranges().begin(), set.ranges().end());
    };
    while (!Take("]")) {
      if (Done()) return Wrong("a closing bracket");
      TALARIA_ASSIGN_OR_RETURN(const ClassAtom first, ParseClassAtom());
      if (first.single && Sees("-") && !Sees("-]")) {
        ++at_;
        if (Done()) return Wrong("a closing bracket");
        TALARIA_ASSIGN_OR_RETURN(const ClassAtom last, ParseClassAtom());
        if (last.single) {
          if (last.code_point < first.code_point) return Wrong("a range that ascends before this");
          ranges.emplace_back(first.code_point, last.code_point);
          continue;
        }
        ranges.emplace_back('-', '-');
        add(last.set);
      }
      if (first.single) {
        ranges.emplace_back(first.code_point, first.code_point);
      } else {
        add(first.set);
      }
    }
    const CodePointSet set = CodePointSet::Of(std::move(ranges));
    return negated ? ~set : set;
  }

  struct ClassAtom {
    bool single = false;
    char32_t code_point = 0;
    CodePointSet set;
  };
  StatusOr<ClassAtom> ParseClassAtom() {
    ClassAtom atom;
    if (!Take("\\")) {
      atom.single = true;
      atom.code_point = TakeCodePoint();
      return atom;
    }
    TALARIA_ASSIGN_OR_RETURN(atom.set, ParseEscape(true));
    const std::vector<CodePointSet::Range>& ranges = atom.set.ranges();
    if (ranges.size() == 1 && ranges[0].first == ranges[0].second) {
      atom.single = true;
      atom.code_point = ranges[0].first;
    }
    return atom;
  }

  // Exactly *digits* of them.
  std::optional<char32_t> TakeHex(size_t digits) {
    char32_t value = 0;
    if (pattern_.size() - at_ < digits) return std::nullopt;
    for (size_t i = 0; i < digits; ++i) {
      const char digit = pattern_[at_ + i];
      if (digit >= '0' && digit <= '9') {
        value = value * 16 + static_cast<char32_t>(digit - '0');
      } else if ((digit | 32) >= 'a' && (digit | 32) <= 'f') {
        value = value * 16 + static_cast<char32_t>((digit | 32) - 'a' + 10);
      } else {
        return std::nullopt;
      }
    }
    at_ += digits;
    return value;
  }

  StatusOr<char32_t> ParseUnicodeEscape() {
    if (Take("{")) {
      char32_t value = 0;
      size_t digits = 0;
      for (std::optional<char32_t> digit; (digit = TakeHex(1)); ++digits) {
        if (value <= 0x10FFFF) value = value * 16 + *digit;
      }
      if (digits == 0 || value > 0x10FFFF || !Take("}")) return Wrong("the number of a character in braces");
      return value;
    }
    const std::optional<char32_t> high = TakeHex(4);
    if (!high) return Wrong("four hexadecimal digits");
    if (*high < 0xD800 || *high > 0xDBFF || !Sees("\\u")) return *high;
    const size_t before = at_;
    at_ += 2;
    const std::optional<char32_t> low = TakeHex(4);
    if (low && *low >= 0xDC00 && *low <= 0xDFFF) return 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
    at_ = before;
    return *high;
  }

  StatusOr<CodePointSet> ParseProperty(bool negated) {
    if (!Take("{")) return Wrong("a property in braces");
    const size_t end = pattern_.find('}', at_);
    if (end == std::string_view::npos) return Wrong("a property in braces");
    const std::string_view name = pattern_.substr(at_, end - at_);
    const std::optional<CodePointSet> set = PropertySet(name);
    if (!set) return Unknown(Cat("the property ", Quoted(name)));
    at_ = end + 1;
    return negated ? ~*set : *set;
  }

  StatusOr<CodePointSet> ParseEscape(bool in_class) {
    if (Done()) return Wrong("a character after the backslash");
    const auto one = [](char32_t code_point) { return CodePointSet::Of({{code_point, code_point}}); };
    const CodePointSet digits = CodePointSet::Of({{'0', '9'}});
    const CodePointSet words = CodePointSet::Of({{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}});
    const CodePointSet spaces = CodePointSet::Of({{'\t', '\r'},
                                                  {' ', ' '},
                                                  {0xA0, 0xA0},
                                                  {0x1680, 0x1680},
                                                  {0x2000, 0x200A},
                                                  {0x2028, 0x2029},
                                                  {0x202F, 0x202F},
                                                  {0x205F, 0x205F},
                                                  {0x3000, 0x3000},
                                                  {0xFEFF, 0xFEFF}});
    const size_t begin = at_;
    const char32_t letter = TakeCodePoint();
    switch (letter) {
      case 'd':
        return digits;
      case 'D':
        return ~digits;
      case 'w':
        return words;
      case 'W':
        return ~words;
      case 's':
        return spaces;
      case 'S':
        return ~spaces;
      case 't':
        return one('\t');
      case 'n':
        return one('\n');
      case 'v':
        return one('\v');
      case 'f':
        return one('\f');
      case 'r':
        return one('\r');
      case 'p':
      case 'P':
        return ParseProperty(letter == 'P');
      case 'u': {
        TALARIA_ASSIGN_OR_RETURN(const char32_t code_point, ParseUnicodeEscape());
        return one(code_point);
      }
      case 'x': {
        const std::optional<char32_t> code_point = TakeHex(2);
        if (!code_point) return Wrong("two hexadecimal digits");
        return one(*code_point);
      }
      case 'c': {
        const char32_t control = Done() ? 0 : TakeCodePoint();
        if ((control | 32) < 'a' || (control | 32) > 'z') return Wrong("a letter after \\c before this");
        return one(control & 31);
      }
      case '0':
        if (!Done() && pattern_[at_] >= '0' && pattern_[at_] <= '9') return Wrong("no digit after \\0");
        return one(0);
      case 'b':
        if (in_class) return one('\b');
        break;
      default:
        break;
    }
    at_ = begin;
    if ((letter >= '1' && letter <= '9') || letter == 'k') return Unknown("a backreference");
    if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')) return Wrong("a known escape");
    at_ += DecodeUtf8(pattern_.substr(at_)).bytes;
    return one(letter);
  }

  const std::string_view pattern_;
  const TextForm form_;
  RegexPool& pool_;
  size_t at_ = 0;
  uint64_t nested_ = 1;  // the counts inside one another of the last term, multiplied
};

}  // namespace

StatusOr<Regex> ParsePattern(std::string_view pattern, PatternUse use, TextForm form, RegexPool* pool) {
  TALARIA_ASSIGN_OR_RETURN(const Regex regex, PatternParser(pattern, form, pool).Parse(use));
  TALARIA_RETURN_IF_ERROR(pool->status());
  return regex;
}

}  // namespace talaria::grammar
