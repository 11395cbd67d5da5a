#include "lib/base/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "lib/base/utf8.h"

namespace talaria::json {

Value::Value(Array value) : data_(std::move(value)) {}
Value::Value(Object value) : data_(std::move(value)) {}

Value Value::Double(double value) {
  if (!std::isfinite(value)) return Value();
  return Number{NumberText(value)};
}

bool Number::is_integer() const { return text.find_first_of(".eE") == std::string::npos; }

std::string_view Value::type_name() const {
  static constexpr std::array<std::string_view, 6> kNames = {"null",     "a boolean", "a number",
                                                             "a string", "an array",  "an object"};
  return kNames[data_.index()];
}

const Value* Value::Find(std::string_view key) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  for (const Member& member : *members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

namespace {

template <typename T>
StatusOr<T> IntegerOf(const Value& value) {
  const Number* number = value.number();
  if (number == nullptr) return InvalidArgument("expected an integer, found ", value.type_name());
  T result = 0;
  const char* end = number->text.data() + number->text.size();
  const auto parsed = std::from_chars(number->text.data(), end, result);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return InvalidArgument("expected an integer that fits ", sizeof(T) * 8, " bits, found ",
                           number->text.substr(0, 40));
  }
  return result;
}

}  // namespace

StatusOr<int64_t> Value::AsInt64() const { return IntegerOf<int64_t>(*this); }
StatusOr<uint64_t> Value::AsUint64() const { return IntegerOf<uint64_t>(*this); }

StatusOr<double> Value::AsDouble() const {
  const Number* text = number();
  if (text == nullptr) return InvalidArgument("expected a number, found ", type_name());
  double result = 0;
  const char* end = text->text.data() + text->text.size();
  const auto parsed = std::from_chars(text->text.data(), end, result);
  // Too small for a double is zero to us; too large is an error.
  if (parsed.ec == std::errc::result_out_of_range) result = std::strtod(text->text.c_str(), nullptr);
  if ((parsed.ec != std::errc() && parsed.ec != std::errc::result_out_of_range) || !std::isfinite(result)) {
    return InvalidArgument("expected a finite number, found ", text->text.substr(0, 40));
  }
  return result;
}

std::string PythonRepr(double value) {
  if (!std::isfinite(value)) return NumberText(value);
  std::array<char, 40> buffer;
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  std::string_view text(buffer.data(), static_cast<size_t>(written.ptr - buffer.data()));
  std::string out;
  if (text[0] == '-') {
    out = "-";
    text.remove_prefix(1);
  }
  const size_t mark = text.find('e');
  std::string digits(text.substr(0, 1));
  if (mark > 2) digits += text.substr(2, mark - 2);
  const int exponent = std::atoi(std::string(text.substr(mark + 1)).c_str());
  const int count = static_cast<int>(digits.size());
  // CPython's float_repr_style: fixed notation for -4 <= exponent < 16.
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (count > 1) out += "." + digits.substr(1);
    const int magnitude = std::abs(exponent);
    out += exponent < 0 ? "e-" : "e+";
    if (magnitude < 10) out += '0';
    return out + std::to_string(magnitude);
  }
  if (exponent < 0) return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (count <= exponent) digits.append(whole - digits.size(), '0');
  out += digits.substr(0, whole) + ".";
  return out + (digits.size() > whole ? digits.substr(whole) : "0");
}

void AppendString(std::string_view text, bool ascii, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto escape = [out](unsigned unit) {
    *out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) *out += kHex[(unit >> shift) & 15];
  };
  *out += '"';
  size_t i = 0;
  while (i < text.size()) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x80 && ascii) {
      const Utf8Char decoded = DecodeUtf8(text.substr(i));
      const unsigned code = decoded.code_point;
      if (code >= 0x10000) {
        escape(0xD800 + ((code - 0x10000) >> 10));
        escape(0xDC00 + ((code - 0x10000) & 0x3FF));
      } else {
        escape(code);
      }
      i += decoded.bytes;
      continue;
    }
    switch (byte) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\f':
        *out += "\\f";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        if (byte < 0x20) {
          escape(byte);
        } else {
          *out += text[i];
        }
    }
    ++i;
  }
  *out += '"';
}

namespace {

void Append(const Value& value, const WriteOptions& options, std::string* out) {
  if (const bool* boolean = value.bool_value()) {
    *out += *boolean ? "true" : "false";
  } else if (const Number* number = value.number()) {
    const StatusOr<double> real = value.AsDouble();
    *out += number->is_integer() || !real.ok() ? number->text : PythonRepr(*real);
  } else if (const std::string* text = value.string()) {
    AppendString(*text, options.ascii, out);
  } else if (const Array* items = value.array()) {
    *out += '[';
    for (size_t i = 0; i < items->size(); ++i) {
      if (i > 0) *out += options.item_separator;
      Append((*items)[i], options, out);
    }
    *out += ']';
  } else if (const Object* members = value.object()) {
    *out += '{';
    for (size_t i = 0; i < members->size(); ++i) {
      if (i > 0) *out += options.item_separator;
      AppendString((*members)[i].key, options.ascii, out);
      *out += options.key_separator;
      Append((*members)[i].value, options, out);
    }
    *out += '}';
  } else {
    *out += "null";
  }
}

}  // namespace

std::string Write(const Value& value, const WriteOptions& options) {
  std::string out;
  Append(value, options, &out);
  return out;
}

}  // namespace talaria::json
