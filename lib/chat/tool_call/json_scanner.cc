#include "lib/chat/tool_call/json_scanner.h"

#include "lib/base/json.h"

namespace talaria::chat {
namespace {

constexpr size_t kMaxDepth = 64;
// Nine characters, each written as \u0061: what "arguments" takes at most, with its quotes.
constexpr size_t kMaxKeyBytes = 56;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Whether *quoted*, a JSON string with its quotes, stands for *name*.
bool Spells(std::string_view quoted, std::string_view name) {
  if (quoted.size() > kMaxKeyBytes) return false;
  if (quoted.find('\\') == std::string_view::npos) return quoted.substr(1, quoted.size() - 2) == name;
  const StatusOr<json::Value> value = json::Parse(quoted);
  return value.ok() && value->string() != nullptr && *value->string() == name;
}

}  // namespace

bool JsonScanner::Advance(std::string_view text) {
  named_ = false;
  while (at_ < text.size() && !failed_ && !named_ && !complete()) {
    bool again = false;
    if (!Step(text, text[at_], &again)) {
      failed_ = true;
      break;
    }
    if (!again) ++at_;
    if (in_arguments_) GrowArguments(at_);
  }
  return named_;
}

void JsonScanner::GrowArguments(size_t end) {
  if (first_arguments_.begin == last_arguments_.begin) first_arguments_.end = end;
  last_arguments_.end = end;
}

void JsonScanner::Finish() {
  if (failed_ || complete()) return;
  if (token_ == Token::kNumber && open_.empty() && IsWholeNumber()) {
    token_ = Token::kNone;
    EndValue(at_);
  } else {
    failed_ = true;
  }
}

bool JsonScanner::Step(std::string_view text, char c, bool* again) {
  switch (token_) {
    case Token::kNone:
      return IsSpace(c) || Between(c);
    case Token::kNumber:
      return InNumber(c, again);
    case Token::kWord:
      if (c != word_.front()) return false;
      word_.remove_prefix(1);
      if (!word_.empty()) return true;
      token_ = Token::kNone;
      EndValue(at_ + 1);
      return true;
    default:
      return InString(text, c);
  }
}

bool JsonScanner::Between(char c) {
  switch (expect_) {
    case Expect::kValueOrEnd:
      if (c == ']') return Close('[');
      return BeginValue(c);
    case Expect::kValue:
      return BeginValue(c);
    case Expect::kKeyOrEnd:
      if (c == '}') return Close('{');
      [[fallthrough]];
    case Expect::kKey:
      if (c != '"') return false;
      is_key_ = true;
      token_ = Token::kString;
      token_begin_ = at_;
      return true;
    case Expect::kColon:
      if (c != ':') return false;
      expect_ = Expect::kValue;
      return true;
    case Expect::kCommaOrEnd:
      if (c == ',') {
        expect_ = open_.back() == '{' ? Expect::kKey : Expect::kValue;
        return true;
      }
      if (c == '}') return Close('{');
      return c == ']' && Close('[');
    case Expect::kNothing:
      return false;
  }
  return false;
}

bool JsonScanner::BeginValue(char c) {
  token_begin_ = at_;
  if (c == '{' || c == '[') return Open(c);
  if (c == '"') {
    is_key_ = false;
    token_ = Token::kString;
    return true;
  }
  if (c == '-' || IsDigit(c)) {
    token_ = Token::kNumber;
    digits_ = c == '-' ? Digits::kSign : c == '0' ? Digits::kZero : Digits::kInteger;
    return true;
  }
  word_ = c == 't' ? "rue" : c == 'f' ? "alse" : c == 'n' ? "ull" : "";
  token_ = Token::kWord;
  return !word_.empty();
}

bool JsonScanner::InString(std::string_view text, char c) {
  if (token_ == Token::kHex) {
    if (!IsHex(c)) return false;
    if (--hex_left_ == 0) token_ = Token::kString;
    return true;
  }
  if (token_ == Token::kEscape) {
    token_ = Token::kString;
    if (c == 'u') {
      token_ = Token::kHex;
      hex_left_ = 4;
      return true;
    }
    return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
  }
  if (c == '\\') {
    token_ = Token::kEscape;
    return true;
  }
  if (static_cast<unsigned char>(c) < 0x20) return false;
  if (c == '"') EndString(text);
  return true;
}

void JsonScanner::EndString(std::string_view text) {
  token_ = Token::kNone;
  const TextRange range{token_begin_, at_ + 1};
  if (!is_key_) {
    if (open_.size() == 1 && member_ == Member::kName) {
      name_ = range;
      named_ = true;
    }
    EndValue(at_ + 1);
    return;
  }
  expect_ = Expect::kColon;
  if (open_.size() != 1) return;
  const std::string_view key = range.In(text);
  member_ = Spells(key, "name")        ? Member::kName
            : Spells(key, "arguments") ? Member::kArguments
                                       : Member::kOther;
}

bool JsonScanner::InNumber(char c, bool* again) {
  const bool is_digit = IsDigit(c);
  switch (digits_) {
    case Digits::kSign:
      digits_ = c == '0' ? Digits::kZero : Digits::kInteger;
      return is_digit;
    case Digits::kZero:
    case Digits::kInteger:
      if (is_digit) return digits_ == Digits::kInteger;
      if (c == '.') {
        digits_ = Digits::kPoint;
        return true;
      }
      break;
    case Digits::kPoint:
      digits_ = Digits::kFraction;
      return is_digit;
    case Digits::kFraction:
      if (is_digit) return true;
      break;
    case Digits::kE:
      digits_ = is_digit ? Digits::kExponent : Digits::kESign;
      return is_digit || c == '+' || c == '-';
    case Digits::kESign:
      digits_ = Digits::kExponent;
      return is_digit;
    case Digits::kExponent:
      if (is_digit) return true;
      break;
  }
  if ((c == 'e' || c == 'E') && digits_ != Digits::kExponent) {
    digits_ = Digits::kE;
    return true;
  }
  token_ = Token::kNone;
  *again = true;
  EndValue(at_);
  return true;
}

bool JsonScanner::IsWholeNumber() const {
  return digits_ == Digits::kZero || digits_ == Digits::kInteger || digits_ == Digits::kFraction ||
         digits_ == Digits::kExponent;
}

bool JsonScanner::Open(char bracket) {
  if (open_.size() >= kMaxDepth) return false;
  if (open_.size() == 1 && member_ == Member::kArguments && bracket == '{') {
    last_arguments_ = {at_, at_};
    if (first_arguments_.empty()) first_arguments_ = last_arguments_;
    in_arguments_ = true;
  }
  open_.push_back(bracket);
  expect_ = bracket == '{' ? Expect::kKeyOrEnd : Expect::kValueOrEnd;
  return true;
}

bool JsonScanner::Close(char bracket) {
  if (open_.empty() || open_.back() != bracket) return false;
  open_.pop_back();
  EndValue(at_ + 1);
  return true;
}

void JsonScanner::EndValue(size_t end) {
  if (open_.size() == 1 && in_arguments_) {
    GrowArguments(end);
    in_arguments_ = false;
  }
  expect_ = open_.empty() ? Expect::kNothing : Expect::kCommaOrEnd;
}

}  // namespace talaria::chat
