#include "lib/grammar/ebnf.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/hash_map.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/grammar/regex/code_points.h"
#include "lib/grammar/regex/pattern.h"

namespace talaria::grammar {

namespace {

constexpr size_t kMaxText = size_t{1} << 20;
constexpr int kMaxDepth = 100;
// A counted part that is regular stays inside its terminal up to so often; beyond, the grammar counts.
constexpr uint64_t kMaxCounted = 64;

// What was read: as long as it needs no rule it is a regular expression, and becomes one terminal.
struct Part {
  bool regular = true;
  Regex regex;
  Expr expr;
};

bool IsNameByte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         byte == '_' || byte == '-';
}

class EbnfParser {
 public:
  explicit EbnfParser(std::string_view text) : text_(text), pool_(*builder_.regexes()) {}

  StatusOr<std::shared_ptr<const Grammar>> Parse(std::string_view root) {
    if (text_.size() > kMaxText) {
      return ResourceExhausted("EBNF: expected at most ", kMaxText, " bytes, found ", text_.size());
    }
    if (!IsValidUtf8(text_)) return InvalidArgument("EBNF: expected UTF-8, found something else");
    for (SkipSpace(); !Done(); SkipSpace()) {
      const std::string_view name = TakeName();
      SkipSpace();
      if (name.empty() || !Take("::=")) return Wrong("a rule: a name and ::=");
      TALARIA_ASSIGN_OR_RETURN(const Part body, ParseChoice(0));
      TALARIA_RETURN_IF_ERROR(builder_.status());
      const Rule rule = RuleOf(name);
      if (!defined_.try_emplace(std::string(name), true).second) {
        return InvalidArgument("EBNF: rule ", Quoted(name), " is defined twice");
      }
      builder_.DefineRule(rule, ExprOf(body));
    }
    if (defined_.count(std::string(root)) == 0) {
      return InvalidArgument("EBNF: expected a rule ", Quoted(root), " to begin with, found none");
    }
    return builder_.Build(builder_.Use(RuleOf(root)));
  }

 private:
  bool Done() const { return at_ >= text_.size(); }
  bool Sees(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
  bool Take(std::string_view what) {
    if (!Sees(what)) return false;
    at_ += what.size();
    return true;
  }
  Status Wrong(std::string_view expected) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    return InvalidArgument("EBNF: line ", line, ": expected ", expected, ", found ",
                           Done() ? "the end" : Quoted(text_.substr(at_), 24));
  }
  void SkipSpace() {
    while (!Done()) {
      if (text_[at_] == '#') {
        while (!Done() && text_[at_] != '\n') ++at_;
      } else if (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r') {
        ++at_;
      } else {
        return;
      }
    }
  }
  std::string_view TakeName() {
    const size_t begin = at_;
    while (!Done() && IsNameByte(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  // Whether a name stands here that a rule begins with.
  bool SeesRule() {
    const size_t begin = at_;
    const bool named = !TakeName().empty();
    SkipSpace();
    const bool sees = named && Sees("::=");
    at_ = begin;
    return sees;
  }
  Rule RuleOf(std::string_view name) {
    const auto [found, is_new] = rules_.try_emplace(std::string(name), Rule{});
    if (is_new) found->second = builder_.DeclareRule(name);
    return found->second;
  }

  Expr ExprOf(const Part& part) { return part.regular ? builder_.Terminal(part.regex) : part.expr; }
  static Part Regular(Regex regex) { return {true, regex, {}}; }

  StatusOr<Part> ParseChoice(int depth) {
    if (depth > kMaxDepth) {
      return ResourceExhausted("EBNF: expected at most ", kMaxDepth,
                               " parentheses inside one another, found more");
    }
    std::vector<Part> parts;
    do {
      TALARIA_ASSIGN_OR_RETURN(const Part part, ParseSequence(depth));
      parts.push_back(part);
      SkipSpace();
    } while (Take("|"));
    if (parts.size() == 1) return parts[0];
    std::vector<Expr> choices;
    std::vector<Regex> regular;
    for (const Part& part : parts) {
      if (part.regular) {
        regular.push_back(part.regex);
      } else {
        choices.push_back(part.expr);
      }
    }
    if (choices.empty()) return Regular(pool_.Or(regular));
    if (!regular.empty()) choices.push_back(builder_.Terminal(pool_.Or(regular)));
    return Part{false, {}, builder_.Choice(choices)};
  }

  StatusOr<Part> ParseSequence(int depth) {
    std::vector<Part> parts;
    bool regular = true;
    for (SkipSpace(); !Done() && !Sees("|") && !Sees(")") && !SeesRule(); SkipSpace()) {
      TALARIA_ASSIGN_OR_RETURN(const Part part, ParseRepeat(depth));
      parts.push_back(part);
      regular = regular && part.regular;
    }
    if (regular) {
      std::vector<Regex> regexes;
      regexes.reserve(parts.size());
      for (const Part& part : parts) regexes.push_back(part.regex);
      return Regular(pool_.Concat(regexes));
    }
    // Neighbours that are regular become one terminal.
    std::vector<Expr> sequence;
    for (size_t i = 0; i < parts.size();) {
      if (!parts[i].regular) {
        sequence.push_back(parts[i++].expr);
        continue;
      }
      std::vector<Regex> regexes;
      for (; i < parts.size() && parts[i].regular; ++i) regexes.push_back(parts[i].regex);
      sequence.push_back(builder_.Terminal(pool_.Concat(regexes)));
    }
    return Part{false, {}, builder_.Sequence(sequence)};
  }

  std::optional<uint64_t> TakeNumber() {
    const size_t begin = at_;
    uint64_t number = 0;
    for (; !Done() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (number < kUnbounded / 16) number = number * 10 + static_cast<uint64_t>(text_[at_] - '0');
    }
    return at_ == begin ? std::nullopt : std::optional<uint64_t>(number);
  }

  StatusOr<Part> ParseRepeat(int depth) {
    TALARIA_ASSIGN_OR_RETURN(Part part, ParseAtom(depth));
    while (true) {
      uint64_t min = 0;
      uint64_t max = kUnbounded;
      if (Take("?")) {
        max = 1;
      } else if (Take("+")) {
        min = 1;
      } else if (Take("{")) {
        const std::optional<uint64_t> least = TakeNumber();
        if (!least) return Wrong("a number");
        min = max = *least;
        if (Take(",")) max = TakeNumber().value_or(kUnbounded);
        if (!Take("}")) return Wrong("a closing brace");
        if (max < min) return Wrong("a count that ascends before this");
      } else if (!Take("*")) {
        return part;
      }
      const bool few = min <= kMaxCounted && (max <= kMaxCounted || max == kUnbounded);
      if (part.regular && few) {
        part = Regular(pool_.Repeat(part.regex, min, max));
      } else {
        part = Part{false, {}, builder_.Repeat(ExprOf(part), min, max)};
      }
    }
  }

  StatusOr<Part> ParseAtom(int depth) {
    if (Take("(")) {
      TALARIA_ASSIGN_OR_RETURN(const Part inside, ParseChoice(depth + 1));
      SkipSpace();
      if (!Take(")")) return Wrong("a closing parenthesis");
      return inside;
    }
    if (Sees("\"") || Sees("'")) return ParseLiteral();
    if (Take("[")) return ParseClass();
    if (Take(".")) return Regular(AnyCodePoint(TextForm::kPlain, &pool_));
    if (Sees("/")) return ParseSlashes();
    const std::string_view name = TakeName();
    if (name.empty()) return Wrong("a name, a literal, a class, a pattern or a parenthesis");
    return Part{false, {}, builder_.Use(RuleOf(name))};
  }

  StatusOr<Part> ParseSlashes() {
    const size_t begin = ++at_;
    bool in_class = false;
    for (; !Done() && (in_class || text_[at_] != '/'); ++at_) {
      if (text_[at_] == '[') in_class = true;
      if (text_[at_] == ']') in_class = false;
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
    }
    if (Done()) return Wrong("a closing slash");
    TALARIA_ASSIGN_OR_RETURN(const Regex regex, ParsePattern(text_.substr(begin, at_ - begin),
                                                             PatternUse::kWhole, TextForm::kPlain, &pool_));
    ++at_;
    return Regular(regex);
  }

  StatusOr<Part> ParseLiteral() {
    const char quote = text_[at_++];
    std::string literal;
    while (!Done() && text_[at_] != quote) {
      TALARIA_ASSIGN_OR_RETURN(const char32_t code_point, TakeCharacter());
      AppendUtf8(code_point, &literal);
    }
    if (Done()) return Wrong("a closing quote");
    ++at_;
    return Regular(pool_.Literal(literal));
  }

  StatusOr<Part> ParseClass() {
    const bool negated = Take("^");
    std::vector<CodePointSet::Range> ranges;
    while (!Take("]")) {
      if (Done()) return Wrong("a closing bracket");
      TALARIA_ASSIGN_OR_RETURN(const char32_t first, TakeCharacter());
      char32_t last = first;
      if (Sees("-") && !Sees("-]")) {
        ++at_;
        if (Done()) return Wrong("a closing bracket");
        TALARIA_ASSIGN_OR_RETURN(last, TakeCharacter());
      }
      if (last < first) return Wrong("a range that ascends before this");
      ranges.emplace_back(first, last);
    }
    const CodePointSet set = CodePointSet::Of(std::move(ranges));
    return Regular(CodePoints(negated ? ~set : set, TextForm::kPlain, &pool_));
  }

  // At most *most* hexadecimal digits, at least *least*.
  std::optional<char32_t> TakeHex(size_t least, size_t most) {
    char32_t value = 0;
    size_t digits = 0;
    for (; digits < most && !Done(); ++digits, ++at_) {
      const char digit = text_[at_];
      if (digit >= '0' && digit <= '9') {
        value = value * 16 + static_cast<char32_t>(digit - '0');
      } else if ((digit | 32) >= 'a' && (digit | 32) <= 'f') {
        value = value * 16 + static_cast<char32_t>((digit | 32) - 'a' + 10);
      } else {
        break;
      }
    }
    if (digits < least || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
    return value;
  }

  StatusOr<char32_t> TakeCharacter() {
    const bool escaped = Take("\\");
    if (Done()) return Wrong("a character");
    const Utf8Char next = DecodeUtf8(text_.substr(at_));
    at_ += next.bytes;
    if (!escaped) return next.code_point;
    std::optional<char32_t> value;
    switch (next.code_point) {
      case 'n':
        return U'\n';
      case 'r':
        return U'\r';
      case 't':
        return U'\t';
      case 'x':
        value = TakeHex(2, 2);
        break;
      case 'u':
        if (Take("{")) {
          value = TakeHex(1, 6);
          if (!Take("}")) value.reset();
        } else {
          value = TakeHex(4, 4);
        }
        break;
      case '\\':
      case '"':
      case '\'':
      case '[':
      case ']':
      case '^':
      case '-':
      case '/':
        return next.code_point;
      default:
        at_ -= next.bytes;
        return Wrong("a known escape");
    }
    if (!value) return Wrong("the hexadecimal number of a character before this");
    return *value;
  }

  const std::string_view text_;
  GrammarBuilder builder_;
  RegexPool& pool_;
  HashMap<std::string, Rule> rules_;
  HashMap<std::string, bool> defined_;
  size_t at_ = 0;
};

}  // namespace

StatusOr<std::shared_ptr<const Grammar>> ParseEbnf(std::string_view text, std::string_view root) {
  return EbnfParser(text).Parse(root);
}

StatusOr<std::shared_ptr<const Grammar>> RegexGrammar(std::string_view pattern) {
  GrammarBuilder builder;
  TALARIA_ASSIGN_OR_RETURN(const Regex regex,
                           ParsePattern(pattern, PatternUse::kWhole, TextForm::kPlain, builder.regexes()));
  return builder.Build(builder.Terminal(regex));
}

}  // namespace talaria::grammar
