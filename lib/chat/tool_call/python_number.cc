#include "lib/chat/tool_call/python_number.h"

#include <cstdint>
#include <vector>

#include "lib/base/json.h"

namespace talaria::chat {
namespace {

// Turning them into decimals is quadratic in their number.
constexpr size_t kMaxDigitsOfOtherBase = 1024;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

int DigitValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : 16;
}

// Digits of *base* with single underscores between them, from *at on, without those. False where an
// underscore stands elsewhere.
bool ReadDigits(std::string_view text, int base, size_t* at, std::string* digits) {
  for (; *at < text.size(); ++*at) {
    if (DigitValue(text[*at]) < base) {
      *digits += text[*at];
    } else if (text[*at] != '_') {
      return true;
    } else if (digits->empty() || *at + 1 >= text.size() || DigitValue(text[*at + 1]) >= base) {
      return false;
    }
  }
  return true;
}

std::string Decimal(std::string_view digits, unsigned base) {
  constexpr uint64_t kLimb = 1000000000;
  std::vector<uint32_t> limbs = {0};  // the lowest first
  for (const char c : digits) {
    uint64_t carry = static_cast<uint64_t>(DigitValue(c));
    for (uint32_t& limb : limbs) {
      carry += static_cast<uint64_t>(limb) * base;
      limb = static_cast<uint32_t>(carry % kLimb);
      carry /= kLimb;
    }
    if (carry > 0) limbs.push_back(static_cast<uint32_t>(carry));
  }
  std::string out = std::to_string(limbs.back());
  for (size_t i = limbs.size() - 1; i-- > 0;) {
    const std::string part = std::to_string(limbs[i]);
    out.append(9 - part.size(), '0').append(part);
  }
  return out;
}

Status NotANumber() { return InvalidArgument("a number that is none"); }

StatusOr<std::string> OtherBase(std::string_view text, int base, size_t* at) {
  if (*at < text.size() && text[*at] == '_') ++*at;
  std::string digits;
  if (!ReadDigits(text, base, at, &digits) || digits.empty()) return NotANumber();
  if (digits.size() > kMaxDigitsOfOtherBase) {
    return InvalidArgument("an integer in base ", base, " has more than ", kMaxDigitsOfOtherBase, " digits");
  }
  return Decimal(digits, static_cast<unsigned>(base));
}

// Decimal integers and floating point.
StatusOr<std::string> DecimalNumber(std::string_view text, size_t* at) {
  std::string whole, fraction, exponent;
  if (!ReadDigits(text, 10, at, &whole)) return NotANumber();
  bool is_float = false;
  if (*at < text.size() && text[*at] == '.') {
    is_float = true;
    ++*at;
    if (!ReadDigits(text, 10, at, &fraction)) return NotANumber();
    if (whole.empty() && fraction.empty()) return NotANumber();
  }
  if (*at < text.size() && (text[*at] | 0x20) == 'e') {
    is_float = true;
    ++*at;
    if (*at < text.size() && (text[*at] == '+' || text[*at] == '-')) exponent = text[(*at)++];
    std::string digits;
    if (!ReadDigits(text, 10, at, &digits) || digits.empty()) return NotANumber();
    exponent += digits;
  }
  if (!is_float) {
    const size_t first = whole.find_first_not_of('0');
    if (first == std::string::npos) return std::string("0");
    if (first > 0) return NotANumber();  // 01
    return whole;
  }
  const json::Value number(
      json::Number{Cat("0", whole, ".", fraction, "0e", exponent.empty() ? "0" : exponent)});
  TALARIA_ASSIGN_OR_RETURN(const double value, number.AsDouble());
  return json::PythonRepr(value);
}

}  // namespace

StatusOr<std::string> ReadPythonNumber(std::string_view text, size_t* at) {
  const char second = text.substr(*at, 1) == "0" && *at + 1 < text.size() ? text[*at + 1] : '\0';
  const char letter = static_cast<char>(second | 0x20);
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
  if (base != 10) *at += 2;
  StatusOr<std::string> number = base == 10 ? DecimalNumber(text, at) : OtherBase(text, base, at);
  // 1j, 1.x, 0b12
  const bool goes_on = *at < text.size() && (IsDigit(text[*at]) || IsLetter(text[*at]) || text[*at] == '.');
  if (number.ok() && goes_on) return NotANumber();
  // JSON's readers hold to a double's range, for integers too.
  if (number.ok()) TALARIA_RETURN_IF_ERROR(json::Value(json::Number{*number}).AsDouble().status());
  return number;
}

}  // namespace talaria::chat
