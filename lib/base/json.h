#ifndef TALARIA_LIB_BASE_JSON_H_
#define TALARIA_LIB_BASE_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/status.h"

namespace talaria::json {

class Value;
struct Member;

struct Null {};

// A number as it stands in the text. Integers within 64 bits read back exactly; nothing is rounded before a
// caller asks for a double.
struct Number {
  std::string text;
  bool is_integer() const;  // no fraction and no exponent
};

using Array = std::vector<Value>;
using Object = std::vector<Member>;  // in the order of the text; keys are unique when parsed

// A JSON value. Values are plain data: copy, move and compare as such.
class Value {
 public:
  Value() : data_(Null{}) {}
  Value(bool value) : data_(value) {}                           // NOLINT(google-explicit-constructor)
  Value(Number value) : data_(std::move(value)) {}              // NOLINT(google-explicit-constructor)
  Value(std::string value) : data_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Value(std::string_view value) : data_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  Value(const char* value) : data_(std::string(value)) {}       // NOLINT(google-explicit-constructor)
  Value(Array value);                                           // NOLINT(google-explicit-constructor)
  Value(Object value);                                          // NOLINT(google-explicit-constructor)
  static Value Integer(int64_t value) { return Number{std::to_string(value)}; }
  static Value Unsigned(uint64_t value) { return Number{std::to_string(value)}; }
  // NaN and infinities have no JSON form and become null.
  static Value Double(double value);

  bool is_null() const { return std::holds_alternative<Null>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_number() const { return std::holds_alternative<Number>(data_); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }
  bool is_array() const { return std::holds_alternative<Array>(data_); }
  bool is_object() const { return std::holds_alternative<Object>(data_); }
  // "null", "a boolean", "a number", "a string", "an array", "an object": for messages.
  std::string_view type_name() const;

  // The content, or nullptr where the type is another.
  const bool* bool_value() const { return std::get_if<bool>(&data_); }
  const Number* number() const { return std::get_if<Number>(&data_); }
  const std::string* string() const { return std::get_if<std::string>(&data_); }
  std::string* string() { return std::get_if<std::string>(&data_); }
  const Array* array() const { return std::get_if<Array>(&data_); }
  Array* array() { return std::get_if<Array>(&data_); }
  const Object* object() const { return std::get_if<Object>(&data_); }
  Object* object() { return std::get_if<Object>(&data_); }

  // The member of an object by that key, or nullptr where there is none or this is no object. Linear in the
  // members.
  const Value* Find(std::string_view key) const;

  // An integer (no fraction, no exponent) that fits; otherwise INVALID_ARGUMENT saying what was found.
  StatusOr<int64_t> AsInt64() const;
  StatusOr<uint64_t> AsUint64() const;
  // Any number that is finite as a double.
  StatusOr<double> AsDouble() const;

 private:
  std::variant<Null, bool, Number, std::string, Array, Object> data_;
};

struct Member {
  std::string key;
  Value value;
};

struct ParseLimits {
  int max_depth = 64;  // of nested arrays and objects
  // Values and member names in all; a bound on memory (some 100 bytes each) that does not grow with the text.
  uint64_t max_values = 16u << 20;
};

// Parses exactly one value with nothing but white space around it. INVALID_ARGUMENT, naming line and column,
// for anything RFC 8259 does not allow, and for: a byte-order mark, text that is not UTF-8, a lone surrogate
// escape, a number beyond double's range, a member name that occurs twice in one object, and what exceeds
// *limits*.
StatusOr<Value> Parse(std::string_view text, const ParseLimits& limits = {});

struct WriteOptions {
  std::string_view item_separator = ", ";
  std::string_view key_separator = ": ";
  // Non-ASCII characters as \u escapes, as Python's ensure_ascii does.
  bool ascii = false;
};

// The text of *value*. By default exactly what Python's json.dumps(value, ensure_ascii=False) gives for a
// value that json.loads read: numbers with a fraction or exponent become Python's repr of the double,
// integers stay as written.
std::string Write(const Value& value, const WriteOptions& options = {});

// Appends *text* as a JSON string with its quotes.
void AppendString(std::string_view text, bool ascii, std::string* out);

// A double as Python's repr writes it: 1e+20, 1e-07, -0.0, 0.1, inf, nan.
std::string PythonRepr(double value);

}  // namespace talaria::json

#endif  // TALARIA_LIB_BASE_JSON_H_
