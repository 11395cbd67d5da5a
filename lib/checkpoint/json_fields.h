#ifndef TALARIA_LIB_CHECKPOINT_JSON_FIELDS_H_
#define TALARIA_LIB_CHECKPOINT_JSON_FIELDS_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/json.h"
#include "lib/base/status.h"

namespace talaria {

// A JSON value for an error message, on one short line: numbers and strings as they are, the rest by type.
std::string Shown(const json::Value& value);

struct IntegerRange {
  int64_t least = 0;
  int64_t most = std::numeric_limits<int64_t>::max();
};

struct NumberRange {
  double least = 0;
  double most = std::numeric_limits<double>::max();
  bool above_least = false;  // *least* itself is out of range
};

// The members of one JSON object, read by name. A member that is null counts as absent wherever absence is
// allowed. Each error is INVALID_ARGUMENT and names the member, what was expected and what was found. Borrows
// the object.
class JsonFields {
 public:
  // *name* leads the members' names in messages ("rope_scaling."); it may be empty. INVALID_ARGUMENT where
  // *value* is no object.
  static StatusOr<JsonFields> Of(const json::Value& value, std::string_view name);

  // nullptr where absent or null.
  const json::Value* Find(std::string_view key) const;
  // The name of a member as messages give it.
  std::string NameOfField(std::string_view key) const { return Cat(prefix_, key); }

  StatusOr<int64_t> Integer(std::string_view key, IntegerRange range) const;
  StatusOr<double> Number(std::string_view key, NumberRange range) const;
  StatusOr<std::string> Text(std::string_view key) const;

  StatusOr<std::optional<int64_t>> OptionalInteger(std::string_view key, IntegerRange range) const;
  StatusOr<std::optional<double>> OptionalNumber(std::string_view key, NumberRange range) const;
  StatusOr<std::optional<bool>> OptionalBool(std::string_view key) const;
  StatusOr<std::optional<std::string>> OptionalText(std::string_view key) const;

 private:
  JsonFields(const json::Value& object, std::string prefix) : object_(&object), prefix_(std::move(prefix)) {}
  Status Missing(std::string_view key, std::string_view expected) const;

  const json::Value* object_;
  std::string prefix_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_JSON_FIELDS_H_
