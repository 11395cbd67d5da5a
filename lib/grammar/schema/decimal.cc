#include "lib/grammar/schema/decimal.h"

#include <algorithm>

#include "lib/base/text.h"

namespace talaria::grammar {
namespace {

constexpr int64_t kLargestExponent = 1'000'000'000'000'000;

// a * b mod modulus, for moduli below 2^63, by doubling: a wider type is not standard C++.
uint64_t Product(uint64_t a, uint64_t b, uint64_t modulus) {
  uint64_t result = 0;
  for (a %= modulus; b > 0; b >>= 1) {
    if (b & 1) result = (result + a) % modulus;
    a = a * 2 % modulus;
  }
  return result;
}

uint64_t PowerOfTen(uint64_t exponent, uint64_t modulus) {
  uint64_t result = 1 % modulus;
  uint64_t square = 10 % modulus;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = Product(result, square, modulus);
    square = Product(square, square, modulus);
  }
  return result;
}

}  // namespace

Decimal::Decimal(std::string_view text) {
  if (!text.empty() && text[0] == '-') {
    negative_ = true;
    text.remove_prefix(1);
  }
  size_t i = 0;
  bool fraction = false;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      fraction = true;
      continue;
    }
    digits_ += text[i];
    if (!fraction) ++point_;
  }
  if (i < text.size()) {
    ++i;
    const bool down = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    int64_t exponent = 0;
    for (; i < text.size(); ++i) exponent = std::min(kLargestExponent, exponent * 10 + (text[i] - '0'));
    point_ += down ? -exponent : exponent;
  }
  const size_t first = digits_.find_first_not_of('0');
  if (first == std::string::npos) {
    *this = Decimal();
    return;
  }
  digits_.erase(0, first);
  point_ -= static_cast<int64_t>(first);
  digits_.erase(digits_.find_last_not_of('0') + 1);
}

int Decimal::Compare(const Decimal& other) const {
  const int sign = is_zero() ? 0 : negative_ ? -1 : 1;
  const int other_sign = other.is_zero() ? 0 : other.negative_ ? -1 : 1;
  if (sign != other_sign || sign == 0) return sign - other_sign;
  int size = point_ < other.point_ ? -1 : point_ > other.point_ ? 1 : 0;
  if (size == 0) size = digits_.compare(other.digits_);  // digits without trailing zeros order as fractions do
  return sign * size;
}

bool Decimal::IsMultipleOf(const Decimal& divisor) const {
  if (is_zero()) return true;
  // this = a * 10^x and divisor = b * 10^y with whole a and b that do not end in 0. Where x < y, a would have
  // to end in 0.
  const int64_t x = point_ - static_cast<int64_t>(digits_.size());
  const int64_t y = divisor.point_ - static_cast<int64_t>(divisor.digits_.size());
  if (x < y || divisor.is_zero()) return false;
  uint64_t b = 0;
  for (const char c : divisor.digits_) b = b * 10 + static_cast<uint64_t>(c - '0');
  uint64_t a = 0;
  for (const char c : digits_) a = (a * 10 + static_cast<uint64_t>(c - '0')) % b;  // below 10^19: it fits
  return Product(a, PowerOfTen(static_cast<uint64_t>(x - y), b), b) == 0;
}

std::optional<uint64_t> Decimal::AsCount() const {
  if (negative_ || !IsInteger() || point_ > 19) return std::nullopt;
  uint64_t count = 0;
  for (int64_t i = 0; i < point_; ++i) {
    const auto at = static_cast<size_t>(i);
    count = count * 10 + static_cast<uint64_t>(at < digits_.size() ? digits_[at] - '0' : 0);
  }
  if (count > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  return count;
}

std::optional<std::string> Decimal::Plain(size_t max_digits) const {
  if (is_zero()) return "0";
  const auto limit = static_cast<int64_t>(max_digits);
  if (digits_.size() > max_digits || point_ > limit || point_ < -limit) return std::nullopt;
  std::string text = negative_ ? "-" : "";
  if (point_ <= 0) {
    text += "0.";
    text.append(static_cast<size_t>(-point_), '0');
    return text + digits_;
  }
  const auto whole = static_cast<size_t>(point_);
  if (whole >= digits_.size()) return text + digits_ + std::string(whole - digits_.size(), '0');
  return text + digits_.substr(0, whole) + "." + digits_.substr(whole);
}

std::string Decimal::Key() const { return Cat(negative_ ? "-" : "", digits_, "e", point_); }

}  // namespace talaria::grammar
