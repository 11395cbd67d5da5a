#include "lib/checkpoint/json_fields.h"

namespace talaria {
namespace {

std::string Expected(IntegerRange range) {
  if (range.most == std::numeric_limits<int64_t>::max()) return Cat("an integer of at least ", range.least);
  return Cat("an integer from ", range.least, " to ", range.most);
}

std::string Expected(NumberRange range) {
  std::string text = Cat("a number ", range.above_least ? "above " : "of at least ", range.least);
  if (range.most != std::numeric_limits<double>::max()) text += Cat(" and at most ", range.most);
  return text;
}

}  // namespace

std::string Shown(const json::Value& value) {
  if (const bool* boolean = value.bool_value()) return *boolean ? "true" : "false";
  if (const json::Number* number = value.number()) {
    return number->text.size() <= 40 ? number->text : Cat(number->text.substr(0, 40), "...");
  }
  if (const std::string* text = value.string()) return Quoted(*text, 60);
  return std::string(value.type_name());
}

StatusOr<JsonFields> JsonFields::Of(const json::Value& value, std::string_view name) {
  if (!value.is_object()) {
    return InvalidArgument(name.empty() ? "top level" : name, ": expected an object, found ", Shown(value));
  }
  return JsonFields(value, name.empty() ? "" : Cat(name, "."));
}

const json::Value* JsonFields::Find(std::string_view key) const {
  const json::Value* value = object_->Find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Status JsonFields::Missing(std::string_view key, std::string_view expected) const {
  const bool is_null = object_->Find(key) != nullptr;
  return InvalidArgument(NameOfField(key), ": expected ", expected, ", found ", is_null ? "null" : "nothing");
}

StatusOr<std::optional<int64_t>> JsonFields::OptionalInteger(std::string_view key, IntegerRange range) const {
  const json::Value* value = Find(key);
  if (value == nullptr) return std::optional<int64_t>();
  const StatusOr<int64_t> number = value->AsInt64();
  if (!number.ok() || *number < range.least || *number > range.most) {
    return InvalidArgument(NameOfField(key), ": expected ", Expected(range), ", found ", Shown(*value));
  }
  return std::optional<int64_t>(*number);
}

StatusOr<std::optional<double>> JsonFields::OptionalNumber(std::string_view key, NumberRange range) const {
  const json::Value* value = Find(key);
  if (value == nullptr) return std::optional<double>();
  const StatusOr<double> number = value->AsDouble();
  if (!number.ok() || *number < range.least || *number > range.most ||
      (range.above_least && *number == range.least)) {
    return InvalidArgument(NameOfField(key), ": expected ", Expected(range), ", found ", Shown(*value));
  }
  return std::optional<double>(*number);
}

StatusOr<std::optional<bool>> JsonFields::OptionalBool(std::string_view key) const {
  const json::Value* value = Find(key);
  if (value == nullptr) return std::optional<bool>();
  if (!value->is_bool()) {
    return InvalidArgument(NameOfField(key), ": expected true or false, found ", Shown(*value));
  }
  return std::optional<bool>(*value->bool_value());
}

StatusOr<std::optional<std::string>> JsonFields::OptionalText(std::string_view key) const {
  const json::Value* value = Find(key);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) {
    return InvalidArgument(NameOfField(key), ": expected a string, found ", Shown(*value));
  }
  return std::optional<std::string>(*value->string());
}

StatusOr<int64_t> JsonFields::Integer(std::string_view key, IntegerRange range) const {
  TALARIA_ASSIGN_OR_RETURN(const std::optional<int64_t> value, OptionalInteger(key, range));
  if (!value.has_value()) return Missing(key, Expected(range));
  return *value;
}

StatusOr<double> JsonFields::Number(std::string_view key, NumberRange range) const {
  TALARIA_ASSIGN_OR_RETURN(const std::optional<double> value, OptionalNumber(key, range));
  if (!value.has_value()) return Missing(key, Expected(range));
  return *value;
}

StatusOr<std::string> JsonFields::Text(std::string_view key) const {
  TALARIA_ASSIGN_OR_RETURN(std::optional<std::string> value, OptionalText(key));
  if (!value.has_value()) return Missing(key, "a string");
  return *std::move(value);
}

}  // namespace talaria
