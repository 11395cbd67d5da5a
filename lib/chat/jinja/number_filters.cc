// Filters that give numbers.
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "lib/chat/jinja/argument.h"
#include "lib/chat/jinja/arithmetic.h"
#include "lib/chat/jinja/filters.h"
#include "lib/chat/jinja/machine.h"
#include "lib/chat/python_text.h"

namespace talaria::chat::jinja {
namespace {

// Without white space around it and without single underscores between digits; false where the underscores
// are elsewhere.
bool Digits(std::string_view text, std::string* out) {
  text = Strip(text);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      *out += text[i];
      continue;
    }
    const auto is_digit = [&text](size_t at) {
      return at < text.size() && ((text[at] >= '0' && text[at] <= '9') || ((text[at] | 0x20) >= 'a'));
    };
    if (i == 0 || !is_digit(i - 1) || !is_digit(i + 1) || text[i + 1] == '_') return false;
  }
  return !out->empty();
}

// int(text, base). False where Python raises; beyond 64 bits too (the caller says so).
bool ParseInteger(std::string_view text, int base, int64_t* out, bool* too_large) {
  std::string digits;
  if (!Digits(text, &digits)) return false;
  const bool is_negative = digits[0] == '-';
  std::string_view rest = digits;
  if (rest[0] == '-' || rest[0] == '+') rest.remove_prefix(1);
  static constexpr std::array<std::pair<char, int>, 3> kPrefixes = {{{'x', 16}, {'o', 8}, {'b', 2}}};
  for (const auto& [letter, radix] : kPrefixes) {
    if (rest.size() > 2 && rest[0] == '0' && (rest[1] | 0x20) == letter && (base == radix || base == 0)) {
      rest.remove_prefix(2);
      base = radix;
    }
  }
  if (base == 0) {
    if (rest.size() > 1 && rest[0] == '0' && rest.find_first_not_of('0') != std::string_view::npos)
      return false;
    base = 10;
  }
  if (rest.empty() || rest[0] == '-' || rest[0] == '+') return false;
  uint64_t magnitude = 0;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), magnitude, base);
  if (parsed.ptr != rest.data() + rest.size()) return false;
  const uint64_t limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (is_negative ? 1 : 0);
  if (parsed.ec == std::errc::result_out_of_range || magnitude > limit) {
    *too_large = true;
    return false;
  }
  if (parsed.ec != std::errc()) return false;
  *out = static_cast<int64_t>(is_negative ? 0 - magnitude : magnitude);
  return true;
}

// float(text): what from_chars reads, and a plus sign, inf and nan in any case.
bool ParseFloat(std::string_view text, double* out) {
  std::string digits;
  if (!Digits(text, &digits)) return false;
  std::string_view rest = digits;
  if (rest[0] == '+') {
    rest.remove_prefix(1);
    if (rest.empty() || rest[0] == '-') return false;
  }
  if (rest.find('(') != std::string_view::npos) return false;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), *out);
  if (parsed.ptr != rest.data() + rest.size()) return false;
  if (parsed.ec == std::errc::result_out_of_range) *out = std::strtod(std::string(rest).c_str(), nullptr);
  return parsed.ec == std::errc() || parsed.ec == std::errc::result_out_of_range;
}

Status IntegerOfFloat(double number, const Value& fallback, TextMark mark, Value* out) {
  if (!std::isfinite(number)) {
    *out = fallback;
  } else if (std::abs(number) >= 9.2e18) {
    return InvalidArgument("'int' of ", number, " exceeds the range of 64-bit integers");
  } else {
    *out = Value::Integer(static_cast<int64_t>(number), mark);
  }
  return absl::OkStatus();
}

Status Int(NativeCall& call, Value* out) {
  const Value& self = call.self;
  const Value fallback = call[0].is_absent() ? Value::Integer(0) : call[0];
  int64_t base = 10;
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[1], "base", 10, &base));
  if (base != 0 && (base < 2 || base > 36)) {
    // Python's int() raises ValueError, and the filter then reads the text as a float.
    base = -1;
  }
  if (self.is_undefined()) return InvalidArgument(self.undefined_message());
  if (self.is_string()) {
    TALARIA_RETURN_IF_ERROR(call.machine.SpendText(self.text().size() * 2));
    int64_t integer = 0;
    bool too_large = false;
    if (base >= 0 && ParseInteger(self.text(), static_cast<int>(base), &integer, &too_large)) {
      *out = Value::Integer(integer, self.mark());
      return absl::OkStatus();
    }
    if (too_large)
      return InvalidArgument("'int' of ", Quoted(self.text(), 40), " exceeds the range of 64-bit integers");
    double number = 0;
    if (ParseFloat(self.text(), &number)) return IntegerOfFloat(number, fallback, self.mark(), out);
    *out = fallback;
    return absl::OkStatus();
  }
  if (self.is_integral()) {
    *out = Value::Integer(self.integer(), self.mark());
  } else if (self.is(Kind::kFloat)) {
    return IntegerOfFloat(self.number(), fallback, self.mark(), out);
  } else {
    *out = self.is(Kind::kBigInteger) ? Value(self) : fallback;
  }
  return absl::OkStatus();
}

Status Float(NativeCall& call, Value* out) {
  const Value& self = call.self;
  const Value fallback = call[0].is_absent() ? Value::Float(0) : call[0];
  if (self.is_undefined()) return InvalidArgument(self.undefined_message());
  double number = 0;
  if (self.is_string() || self.is(Kind::kBigInteger)) {
    TALARIA_RETURN_IF_ERROR(call.machine.SpendText(self.text().size() * 2));
    *out = ParseFloat(self.text(), &number) ? Value::Float(number, self.mark()) : fallback;
  } else {
    *out = self.is_number() ? Value::Float(self.number(), self.mark()) : fallback;
  }
  return absl::OkStatus();
}

Status Abs(NativeCall& call, Value* out) {
  const Value& self = call.self;
  if (self.is(Kind::kFloat)) {
    *out = Value::Float(std::abs(self.number()), self.mark());
    return absl::OkStatus();
  }
  if (self.is_undefined()) return InvalidArgument(self.undefined_message());
  if (!self.is_integral()) return InvalidArgument("'abs' of ", TypeName(self));
  if (self.integer() < 0) return Negate(Value(self), out);
  *out = Value::Integer(self.integer(), self.mark());
  return absl::OkStatus();
}

// round(number, precision): to the nearest decimal of the exact value, ties to even.
double RoundDecimal(double number, int64_t precision) {
  if (!std::isfinite(number) || precision > 308 + 15) return number;
  if (precision < 0) {
    if (precision < -308) return std::copysign(0.0, number);
    const double scale = std::pow(10.0, static_cast<double>(-precision));
    return std::nearbyint(number / scale) * scale;
  }
  // The longest: 309 digits, a point, 323 digits.
  std::array<char, 680> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                     std::chars_format::fixed, static_cast<int>(precision));
  double rounded = number;
  std::from_chars(buffer.data(), written.ptr, rounded);
  return rounded;
}

Status Round(NativeCall& call, Value* out) {
  const Value& self = call.self;
  int64_t precision = 0;
  TALARIA_RETURN_IF_ERROR(IntegerOr(call[0], "precision", 0, &precision));
  std::string method = "common";
  if (!call[1].is_absent()) {
    TALARIA_RETURN_IF_ERROR(WantString(call[1], "method"));
    method = call[1].text();
  }
  if (self.is_undefined()) return InvalidArgument(self.undefined_message());
  if (!self.is_number() || self.is(Kind::kBigInteger)) return InvalidArgument("'round' of ", TypeName(self));
  if (method == "common") {
    if (self.is_integral() && precision >= 0) {
      *out = Value::Integer(self.integer(), self.mark());
      return absl::OkStatus();
    }
    if (self.is_integral()) return Unimplemented("'round' of an integer to tens");
    *out = Value::Float(RoundDecimal(self.number(), precision), self.mark());
    return absl::OkStatus();
  }
  if (method != "ceil" && method != "floor") return InvalidArgument("'round' knows common, ceil and floor");
  if (precision < 0 || precision > 300) return Unimplemented("'round' with precision ", precision);
  const double scale = std::pow(10.0, static_cast<double>(precision));
  const double scaled = self.number() * scale;
  if (!std::isfinite(scaled)) return InvalidArgument("'round' of ", self.number());
  *out = Value::Float((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale, self.mark());
  return absl::OkStatus();
}

constexpr NativeFunction kFilters[] = {
    {"abs", Abs},
    {"float", Float, 0, 1, {"default"}},
    {"int", Int, 0, 2, {"default", "base"}},
    {"round", Round, 0, 2, {"precision", "method"}},
};

}  // namespace

absl::Span<const NativeFunction> NumberFilters() { return kFilters; }

}  // namespace talaria::chat::jinja
