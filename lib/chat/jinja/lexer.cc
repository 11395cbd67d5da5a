#include "lib/chat/jinja/lexer.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "lib/base/utf8.h"
#include "lib/chat/jinja/string_literal.h"
#include "lib/chat/python_text.h"
#include "lib/chat/unicode_properties.h"

namespace talaria::chat::jinja {
namespace {

// Line ends as "\n", without the last one.
std::string NormalLines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
    } else {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    }
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

bool IsDecimal(char character) { return character >= '0' && character <= '9'; }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : owned_(NormalLines(source)), source_(owned_) {}

  StatusOr<std::vector<Token>> Run() {
    while (at_ < source_.size()) TALARIA_RETURN_IF_ERROR(ReadText());
    Add(TokenType::kEnd, "");
    return std::move(tokens_);
  }

 private:
  template <typename... Args>
  Status Fail(const Args&... args) {
    return InvalidArgument("line ", LineHere(), ": ", args...);
  }

  // Counted as far as the lexer has come.
  int LineHere() {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                         source_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
    counted_ = at_;
    return line_;
  }

  void Add(TokenType type, std::string_view text) {
    Token token;
    token.type = type;
    token.text = text;
    token.line = LineHere();
    tokens_.push_back(std::move(token));
  }

  bool At(std::string_view text) const { return source_.substr(at_, text.size()) == text; }
  char Ahead(size_t distance) const {
    return at_ + distance < source_.size() ? source_[at_ + distance] : '\0';
  }

  void SkipSpace() {
    const std::string_view rest = source_.substr(at_);
    at_ += rest.size() - StripStart(rest).size();
  }

  // Text up to the next tag, and that tag.
  Status ReadText() {
    size_t tag = at_;
    while (tag < source_.size()) {
      tag = source_.find('{', tag);
      if (tag == std::string_view::npos) tag = source_.size();
      if (tag + 1 >= source_.size()) {
        tag = source_.size();
        break;
      }
      const char kind = source_[tag + 1];
      if (kind == '{' || kind == '%' || kind == '#') break;
      ++tag;
    }
    const std::string_view text = source_.substr(at_, tag - at_);
    if (tag >= source_.size()) {
      if (!text.empty()) Add(TokenType::kText, text);
      at_ = source_.size();
      return absl::OkStatus();
    }
    const char kind = source_[tag + 1];
    const char sign = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
    const std::string_view kept = StripBefore(text, kind, sign);
    if (!kept.empty()) Add(TokenType::kText, kept);
    at_ = tag + (sign == '-' || sign == '+' ? 3 : 2);
    line_start_ = false;
    if (kind == '#') return ReadComment();
    if (kind == '{') {
      Add(TokenType::kPrintBegin, "{{");
      return ReadExpression("}}", TokenType::kPrintEnd);
    }
    if (IsRawBegin()) return ReadRaw();
    Add(TokenType::kStatementBegin, "{%");
    return ReadExpression("%}", TokenType::kStatementEnd);
  }

  // *text* before a tag, without what its sign or lstrip_blocks take away.
  std::string_view StripBefore(std::string_view text, char kind, char sign) const {
    if (sign == '-') return StripEnd(text);
    if (sign == '+' || kind == '{') return text;
    const size_t line = text.rfind('\n') + 1;  // npos + 1 is 0
    const bool begins_line = line > 0 || line_start_;
    return begins_line && StripEnd(text.substr(line)).empty() ? text.substr(0, line) : text;
  }

  // The end of a block or comment at at_, with what its sign or trim_blocks take away after it.
  void EndTag(size_t length, char sign) {
    at_ += length;
    line_start_ = false;
    const size_t before = at_;
    if (sign == '-') {
      SkipSpace();
    } else if (sign != '+' && Ahead(0) == '\n') {
      ++at_;
    }
    line_start_ = at_ > before && source_[at_ - 1] == '\n';
  }

  Status ReadComment() {
    const size_t end = source_.find("#}", at_);
    if (end == std::string_view::npos) return Fail("a comment without its end");
    const char sign = end > at_ ? source_[end - 1] : '\0';
    at_ = end;
    EndTag(2, sign);
    return absl::OkStatus();
  }

  // Whether at_ stands after "{%" in a "{% raw %}"; if so at_ moves behind it.
  bool IsRawBegin() {
    const size_t start = at_;
    SkipSpace();
    if (At("raw")) {
      at_ += 3;
      SkipSpace();
      if (At("-%}")) {
        at_ += 3;
        SkipSpace();
        return true;
      }
      if (At("%}")) {
        at_ += 2;
        return true;
      }
    }
    at_ = start;
    return false;
  }

  Status ReadRaw() {
    const size_t start = at_;
    for (size_t tag = source_.find("{%", start); tag != std::string_view::npos;
         tag = source_.find("{%", tag + 2)) {
      at_ = tag + 2;
      const char sign = Ahead(0) == '-' || Ahead(0) == '+' ? Ahead(0) : '\0';
      if (sign != '\0') ++at_;
      SkipSpace();
      if (!At("endraw")) continue;
      at_ += 6;
      SkipSpace();
      const char end_sign = Ahead(0) == '-' || Ahead(0) == '+' ? Ahead(0) : '\0';
      if (end_sign != '\0') ++at_;
      if (!At("%}")) continue;
      const std::string_view kept = StripBefore(source_.substr(start, tag - start), '%', sign);
      if (!kept.empty()) Add(TokenType::kText, kept);
      EndTag(2, end_sign);
      return absl::OkStatus();
    }
    at_ = start;
    return Fail("a raw block without its end");
  }

  // Tokens up to *end* where no bracket is open.
  Status ReadExpression(std::string_view end, TokenType end_type) {
    std::string open;
    while (at_ < source_.size()) {
      if (open.empty()) {
        const char sign = Ahead(0);
        const bool has_sign = sign == '-' || (sign == '+' && end == "%}");
        if (has_sign && source_.substr(at_ + 1, 2) == end) ++at_;
        if (At(end)) {
          Add(end_type, end);
          const bool keeps_line_end = end_type == TokenType::kPrintEnd;
          EndTag(2, has_sign ? sign : keeps_line_end ? '+' : '\0');
          return absl::OkStatus();
        }
      }
      TALARIA_RETURN_IF_ERROR(ReadToken(&open));
    }
    return Fail("the template ends inside a tag");
  }

  Status ReadToken(std::string* open) {
    const Utf8Char character = DecodeUtf8(source_.substr(at_));
    if (IsSpace(character.code_point)) {
      SkipSpace();
      return absl::OkStatus();
    }
    const char first = source_[at_];
    if (IsDecimal(first)) return ReadNumber();
    if (first == '"' || first == '\'') return ReadString(first);
    if (first == '_' || IsAlphanumeric(character.code_point)) return ReadName();
    return ReadOperator(open);
  }

  Status ReadName() {
    const size_t start = at_;
    while (at_ < source_.size()) {
      const Utf8Char character = DecodeUtf8(source_.substr(at_));
      if (character.code_point != '_' && !IsAlphanumeric(character.code_point)) break;
      at_ += character.bytes;
    }
    Add(TokenType::kName, source_.substr(start, at_ - start));
    return absl::OkStatus();
  }

  Status ReadString(char quote) {
    size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) return Fail("a string without its end");
    const StatusOr<std::string> text = UnescapeLiteral(source_.substr(at_ + 1, end - at_ - 1));
    if (!text.ok()) return Annotate(text.status(), Cat("line ", LineHere()));
    Add(TokenType::kString, *text);
    at_ = end + 1;
    return absl::OkStatus();
  }

  // Digits with single underscores between them, from *at*; the offset behind them.
  size_t SkipDigits(size_t at, bool (*is_digit)(char)) const {
    while (at < source_.size() && (is_digit(source_[at]) || (source_[at] == '_' && at + 1 < source_.size() &&
                                                             is_digit(source_[at + 1])))) {
      ++at;
    }
    return at;
  }

  Status ReadNumber() {
    size_t end = SkipDigits(at_, IsDecimal);
    bool is_float = false;
    // In "a.0.1" the digits after a point are an index each.
    if (at_ == 0 || source_[at_ - 1] != '.') {
      if (end + 1 < source_.size() && source_[end] == '.' && IsDecimal(source_[end + 1])) {
        end = SkipDigits(end + 1, IsDecimal);
        is_float = true;
      }
      if (end < source_.size() && (source_[end] | 0x20) == 'e') {
        size_t digits = end + 1;
        if (digits < source_.size() && (source_[digits] == '+' || source_[digits] == '-')) ++digits;
        if (digits < source_.size() && IsDecimal(source_[digits])) {
          end = SkipDigits(digits, IsDecimal);
          is_float = true;
        }
      }
    }
    return is_float ? AddFloat(end) : AddInteger(end);
  }

  std::string TakeDigits(size_t end) {
    std::string digits(source_.substr(at_, end - at_));
    digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
    return digits;
  }

  Status AddFloat(size_t end) {
    const std::string digits = TakeDigits(end);
    double number = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (parsed.ec == std::errc::result_out_of_range) number = std::strtod(digits.c_str(), nullptr);
    Add(TokenType::kFloat, digits);
    tokens_.back().number = number;
    at_ = end;
    return absl::OkStatus();
  }

  Status AddInteger(size_t end) {
    int radix = 10;
    size_t prefix = 0;
    const char letter = static_cast<char>(Ahead(1) | 0x20);
    if (Ahead(0) == '0' && (letter == 'x' || letter == 'o' || letter == 'b')) {
      radix = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
      prefix = 2;
      end = SkipDigits(
          at_ + 2, radix == 16
                       ? +[](char c) { return IsDecimal(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
                   : radix == 8 ? +[](char c) { return c >= '0' && c <= '7'; }
                                : +[](char c) { return c == '0' || c == '1'; });
      if (end == at_ + 2) return Fail("a number without digits");
    }
    const std::string digits = TakeDigits(end).substr(prefix);
    if (prefix == 0 && digits.size() > 1 && digits[0] == '0' &&
        digits.find_first_not_of('0') != std::string::npos) {
      return Fail("a number that begins with 0");
    }
    int64_t integer = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), integer, radix);
    if (parsed.ec != std::errc()) return Fail("the integer ", digits.substr(0, 40), " exceeds 64 bits");
    Add(TokenType::kInteger, digits);
    tokens_.back().integer = integer;
    at_ = end;
    return absl::OkStatus();
  }

  Status ReadOperator(std::string* open) {
    static constexpr std::string_view kLong[] = {"//", "**", "==", "!=", ">=", "<="};
    static constexpr std::string_view kShort = "+-/*%~[](){}><=.:|,;";
    for (const std::string_view symbol : kLong) {
      if (!At(symbol)) continue;
      Add(TokenType::kOperator, symbol);
      at_ += 2;
      return absl::OkStatus();
    }
    const char symbol = source_[at_];
    if (kShort.find(symbol) == std::string_view::npos) {
      return Fail("unexpected character ",
                  Quoted(source_.substr(at_, DecodeUtf8(source_.substr(at_)).bytes)));
    }
    static constexpr std::string_view kOpening = "([{";
    static constexpr std::string_view kClosing = ")]}";
    if (const size_t opened = kOpening.find(symbol); opened != std::string_view::npos) {
      *open += kClosing[opened];
    } else if (kClosing.find(symbol) != std::string_view::npos) {
      if (open->empty() || open->back() != symbol) return Fail("unexpected '", symbol, "'");
      open->pop_back();
    }
    Add(TokenType::kOperator, source_.substr(at_, 1));
    ++at_;
    return absl::OkStatus();
  }

  const std::string owned_;
  const std::string_view source_;
  size_t at_ = 0;
  // Text that begins here begins a line.
  bool line_start_ = true;
  size_t counted_ = 0;
  int line_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

StatusOr<std::vector<Token>> Tokenize(std::string_view source) { return Lexer(source).Run(); }

}  // namespace talaria::chat::jinja
