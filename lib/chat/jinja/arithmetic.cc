#include "lib/chat/jinja/arithmetic.h"

#include <array>
#include <cmath>
#include <string_view>

#include "lib/chat/jinja/printf_format.h"

namespace talaria::chat::jinja {
namespace {

constexpr std::array<std::string_view, 7> kSymbols = {"+", "-", "*", "/", "//", "%", "**"};

Status Overflow(Operator op) {
  return InvalidArgument("'", kSymbols[static_cast<size_t>(op)], "' exceeds the range of 64-bit integers");
}

Status DivisionByZero() { return InvalidArgument("division by zero"); }

Status Power(int64_t base, int64_t exponent, int64_t* out) {
  int64_t result = 1;
  // Squaring one time more than needed would overflow where the result does not.
  while (exponent > 0) {
    if (exponent % 2 == 1 && __builtin_mul_overflow(result, base, &result)) return Overflow(Operator::kPower);
    exponent /= 2;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) return Overflow(Operator::kPower);
  }
  *out = result;
  return absl::OkStatus();
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0); }

int64_t FloorModulo(int64_t a, int64_t b) {
  const int64_t remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

// Quotient and remainder of floats as CPython's float_divmod gives them.
struct DivMod {
  double quotient;
  double remainder;
};

DivMod FloorDivMod(double a, double b) {
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder == 0) {
    remainder = std::copysign(0.0, b);
  } else if ((b < 0) != (remainder < 0)) {
    remainder += b;
    quotient -= 1;
  }
  if (quotient == 0) return {std::copysign(0.0, a / b), remainder};
  const double whole = std::floor(quotient);
  return {quotient - whole > 0.5 ? whole + 1 : whole, remainder};
}

Status CalculateIntegers(Operator op, int64_t a, int64_t b, TextMark mark, Value* out) {
  int64_t result = 0;
  switch (op) {
    case Operator::kAdd:
      if (__builtin_add_overflow(a, b, &result)) return Overflow(op);
      break;
    case Operator::kSubtract:
      if (__builtin_sub_overflow(a, b, &result)) return Overflow(op);
      break;
    case Operator::kMultiply:
      if (__builtin_mul_overflow(a, b, &result)) return Overflow(op);
      break;
    case Operator::kDivide:
      if (b == 0) return DivisionByZero();
      *out = Value::Float(static_cast<double>(a) / static_cast<double>(b), mark);
      return absl::OkStatus();
    case Operator::kFloorDivide:
    case Operator::kModulo:
      if (b == 0) return DivisionByZero();
      // The one quotient that does not fit.
      if (b == -1 && a == INT64_MIN) return Overflow(op);
      result = op == Operator::kFloorDivide ? FloorDivide(a, b) : FloorModulo(a, b);
      break;
    case Operator::kPower:
      if (b < 0) {
        if (a == 0) return DivisionByZero();
        *out = Value::Float(std::pow(static_cast<double>(a), static_cast<double>(b)), mark);
        return absl::OkStatus();
      }
      TALARIA_RETURN_IF_ERROR(Power(a, b, &result));
      break;
  }
  *out = Value::Integer(result, mark);
  return absl::OkStatus();
}

Status CalculateFloats(Operator op, double a, double b, TextMark mark, Value* out) {
  double result = 0;
  switch (op) {
    case Operator::kAdd:
      result = a + b;
      break;
    case Operator::kSubtract:
      result = a - b;
      break;
    case Operator::kMultiply:
      result = a * b;
      break;
    case Operator::kDivide:
    case Operator::kFloorDivide:
    case Operator::kModulo:
      if (b == 0) return DivisionByZero();
      if (op == Operator::kDivide) {
        result = a / b;
      } else {
        const DivMod floored = FloorDivMod(a, b);
        result = op == Operator::kModulo ? floored.remainder : floored.quotient;
      }
      break;
    case Operator::kPower:
      if (a == 0 && b < 0) return DivisionByZero();
      if (a < 0 && std::floor(b) != b) return InvalidArgument("a fractional power of a negative number");
      result = std::pow(a, b);
      if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) return Overflow(op);
      break;
  }
  *out = Value::Float(result, mark);
  return absl::OkStatus();
}

Status Concatenate(const Value& left, const Value& right, Value* out) {
  TALARIA_RETURN_IF_ERROR(CheckTextBytes(left.text().size() + right.text().size()));
  const bool is_escaped = left.is_escaped() || right.is_escaped();
  MarkedString text = is_escaped && !left.is_escaped() ? HtmlEscape(left.string()) : left.string();
  text.Append(is_escaped && !right.is_escaped() ? HtmlEscape(right.string()) : right.string());
  *out = Value::String(std::move(text));
  if (is_escaped) *out = out->Escaped();
  return absl::OkStatus();
}

bool IsListOrTuple(const Value& value) {
  return value.is_sequence(SequenceType::kList) || value.is_sequence(SequenceType::kTuple);
}

Status JoinSequences(const Value& left, const Value& right, Value* out) {
  std::vector<Value> items = left.sequence().items;
  items.insert(items.end(), right.sequence().items.begin(), right.sequence().items.end());
  return MakeSequence(left.sequence().type, std::move(items), Combine(left.mark(), right.mark()), out);
}

Status Repeat(const Value& value, const Value& times, Value* out) {
  const auto count = static_cast<uint64_t>(times.integer() < 0 ? 0 : times.integer());
  if (value.is_string()) {
    const uint64_t bytes = value.text().size();
    TALARIA_RETURN_IF_ERROR(
        CheckTextBytes(bytes != 0 && count > kMaxTextBytes / bytes ? UINT64_MAX : bytes * count));
    MarkedString text;
    for (uint64_t i = 0; i < count && bytes > 0; ++i) text.Append(value.string());
    text.Blend(Combine(value.mark(), times.mark()));
    *out = Value::String(std::move(text));
    if (value.is_escaped()) *out = out->Escaped();
    return absl::OkStatus();
  }
  const std::vector<Value>& part = value.sequence().items;
  if (!part.empty() && count > kMaxWeight / value.weight()) {
    return ResourceExhausted("a list repeated ", count, " times");
  }
  std::vector<Value> items;
  for (uint64_t i = 0; i < count && !part.empty(); ++i) items.insert(items.end(), part.begin(), part.end());
  return MakeSequence(value.sequence().type, std::move(items), Combine(value.mark(), times.mark()), out);
}

Status Refuse(Operator op, const Value& left, const Value& right) {
  return InvalidArgument("'", kSymbols[static_cast<size_t>(op)], "' of ", TypeName(left), " and ",
                         TypeName(right));
}

// What is no arithmetic of two numbers.
Status CalculateOthers(Operator op, const Value& left, const Value& right, Value* out) {
  if (op == Operator::kAdd) {
    if (left.is_string() && right.is_string()) return Concatenate(left, right, out);
    if (IsListOrTuple(left) && IsListOrTuple(right) && left.sequence().type == right.sequence().type) {
      return JoinSequences(left, right, out);
    }
  } else if (op == Operator::kMultiply) {
    if ((left.is_string() || IsListOrTuple(left)) && right.is_integral()) return Repeat(left, right, out);
    if ((right.is_string() || IsListOrTuple(right)) && left.is_integral()) return Repeat(right, left, out);
  }
  return Refuse(op, left, right);
}

}  // namespace

Status Calculate(Operator op, const Value& left, const Value& right, Value* out) {
  // A format may print an undefined value; nothing else takes one.
  if (left.is_string() && op == Operator::kModulo) return PrintfFormat(left, right, out);
  if (left.is_undefined() || right.is_undefined()) {
    return InvalidArgument((left.is_undefined() ? left : right).undefined_message());
  }
  const TextMark mark = Combine(left.mark(), right.mark());
  if (left.is_integral() && right.is_integral()) {
    return CalculateIntegers(op, left.integer(), right.integer(), mark, out);
  }
  if (left.is_number() && right.is_number() && !left.is(Kind::kBigInteger) && !right.is(Kind::kBigInteger)) {
    return CalculateFloats(op, left.number(), right.number(), mark, out);
  }
  return CalculateOthers(op, left, right, out);
}

Status Negate(const Value& value, Value* out) {
  if (value.is_undefined()) return InvalidArgument(value.undefined_message());
  if (value.is(Kind::kFloat)) {
    *out = Value::Float(-value.number(), value.mark());
    return absl::OkStatus();
  }
  if (!value.is_integral()) return InvalidArgument("'-' of ", TypeName(value));
  return CalculateIntegers(Operator::kSubtract, 0, value.integer(), value.mark(), out);
}

Status Positive(const Value& value, Value* out) {
  if (value.is_undefined()) return InvalidArgument(value.undefined_message());
  if (!value.is_number()) return InvalidArgument("'+' of ", TypeName(value));
  *out = value.is_integral() ? Value::Integer(value.integer(), value.mark()) : value;
  return absl::OkStatus();
}

MarkedString HtmlEscape(const MarkedString& string) {
  static constexpr std::string_view kSpecial = "&<>\"'";
  static constexpr std::array<std::string_view, 5> kReferences = {"&amp;", "&lt;", "&gt;", "&#34;", "&#39;"};
  const std::string_view text = string.text();
  MarkedString out({}, string.Overall());
  size_t copied = 0;
  for (size_t at = text.find_first_of(kSpecial); at != std::string_view::npos;
       at = text.find_first_of(kSpecial, at + 1)) {
    out.AppendSlice(string, copied, at);
    out.Append(kReferences[kSpecial.find(text[at])], string.MarkAt(at));
    copied = at + 1;
  }
  out.AppendSlice(string, copied, text.size());
  return out;
}

}  // namespace talaria::chat::jinja
