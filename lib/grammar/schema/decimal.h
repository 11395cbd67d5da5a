#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_DECIMAL_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_DECIMAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::grammar {

// A JSON number as the value it stands for, exact: 1, 1.0 and 10e-1 are the same. The value is
// (negative ? -1 : 1) * 0.DIGITS * 10^point.
class Decimal {
 public:
  Decimal() = default;
  // *text* is a number of JSON's grammar (what json::Number holds). Exponents beyond 15 digits are cut to 15.
  explicit Decimal(std::string_view text);

  bool is_zero() const { return digits_.empty(); }
  bool negative() const { return negative_; }
  // No leading and no trailing zeros; empty for zero.
  const std::string& digits() const { return digits_; }
  // Where the point stands: before digits()[point]; below 0 or past the end, zeros stand between.
  int64_t point() const { return point_; }
  bool IsInteger() const { return point_ >= static_cast<int64_t>(digits_.size()); }

  // Below, at, above 0 as *this is less than, equal to, greater than *other*.
  int Compare(const Decimal& other) const;
  // An integer n with *this == n * divisor exists. *divisor* is above 0, of at most kMaxDivisorDigits digits.
  bool IsMultipleOf(const Decimal& divisor) const;
  static constexpr size_t kMaxDivisorDigits = 18;

  // The value where it is an integer of 0 to 2^63 - 1.
  std::optional<uint64_t> AsCount() const;
  // The plain spelling, without an exponent and without a zero that could be left out: "-0.05", "1200", "0"; or
  // nullopt where that takes more than *max_digits*.
  std::optional<std::string> Plain(size_t max_digits) const;
  // One text for one value, short whatever the exponent: for hashing.
  std::string Key() const;

 private:
  bool negative_ = false;
  std::string digits_;
  int64_t point_ = 0;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_DECIMAL_H_
