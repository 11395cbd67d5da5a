#include "lib/chat/hermes_signature.h"

#include <array>
#include <string_view>

#include "lib/chat/python_text.h"

namespace talaria::chat {
namespace {

constexpr TextMark kText = TextMark::kControl;
constexpr TextMark kData = TextMark::kLiteral;

struct BasicType {
  std::string_view schema;
  std::string_view python;
};
constexpr std::array<BasicType, 4> kBasicTypes = {
    {{"string", "str"}, {"number", "float"}, {"integer", "int"}, {"boolean", "bool"}}};

Status AppendUnion(const json::Value& types, MarkedText* out);

// One "type" of a schema; *schema* is the object around it, or null for a member of a union. The template's
// marks of these words are its own, so they are control text.
Status AppendType(const json::Value* type, const json::Value* schema, MarkedText* out) {
  if (type == nullptr) {
    // Nothing to go through.
    out->Append("Union[]", kText);
    return absl::OkStatus();
  }
  if (type->is_array() || type->is_object()) return AppendUnion(*type, out);
  const std::string* word = type->string();
  if (word == nullptr) {
    out->Append("Any", kText);
    return absl::OkStatus();
  }
  for (const BasicType& basic : kBasicTypes) {
    if (basic.schema == *word) {
      out->Append(basic.python, kText);
      return absl::OkStatus();
    }
  }
  if (*word == "array") {
    // The template looks for the items' type in a list of pairs, where there is none.
    out->Append("list[Union[]]", kText);
    return absl::OkStatus();
  }
  if (*word == "object") {
    const json::Value* values = schema == nullptr ? nullptr : schema->Find("additionalProperties");
    if (values == nullptr) {
      out->Append("dict", kText);
      return absl::OkStatus();
    }
    out->Append("dict[str, ", kText);
    TALARIA_RETURN_IF_ERROR(AppendType(values->Find("type"), values, out));
    out->Append("]", kText);
    return absl::OkStatus();
  }
  if (word->empty()) {
    out->Append("Union[]", kText);
    return absl::OkStatus();
  }
  return InvalidArgument("the tool_use template has no form for type ", Quoted(*word));
}

// Each type of an array, or each key of an object: both are what the template's loop goes through.
Status AppendUnion(const json::Value& types, MarkedText* out) {
  out->Append("Union[", kText);
  bool first = true;
  const auto append = [&first, out](const json::Value& type) {
    if (!first) out->Append(",", kText);
    first = false;
    return AppendType(&type, nullptr, out);
  };
  if (const json::Array* items = types.array()) {
    for (const json::Value& item : *items) TALARIA_RETURN_IF_ERROR(append(item));
  } else {
    for (const json::Member& member : *types.object())
      TALARIA_RETURN_IF_ERROR(append(json::Value(member.key)));
  }
  out->Append("]", kText);
  return absl::OkStatus();
}

Status AppendSchemaType(const json::Value& schema, MarkedText* out) {
  return AppendType(schema.Find("type"), &schema, out);
}

// What |trim gives of a description: of text that, of anything else what Python prints of it.
std::string TrimmedDescription(const json::Value& fields) {
  const json::Value* description = fields.Find("description");
  if (description == nullptr) return "";
  if (const std::string* text = description->string()) return std::string(Strip(*text));
  return std::string(Strip(Repr(*description)));
}

// The parameters' properties; null where there are none to go through.
StatusOr<const json::Object*> PropertiesOf(const json::Value& function) {
  const json::Value* parameters = function.Find("parameters");
  if (parameters == nullptr) return InvalidArgument("the tool_use template needs \"parameters\"");
  const json::Value* properties = parameters->Find("properties");
  if (properties == nullptr) return nullptr;
  if (!properties->is_object()) {
    return InvalidArgument("properties: expected an object, found ", properties->type_name());
  }
  return properties->object();
}

Status AppendSignature(const json::Value& function, std::string_view name, const json::Object* properties,
                       MarkedText* out) {
  out->Append(name, kData);
  out->Append("(", kText);
  for (size_t i = 0; properties != nullptr && i < properties->size(); ++i) {
    if (i > 0) out->Append(", ", kText);
    out->Append((*properties)[i].key, kData);
    out->Append(": ", kText);
    TALARIA_RETURN_IF_ERROR(AppendSchemaType((*properties)[i].value, out));
  }
  out->Append(")", kText);
  if (const json::Value* returned = function.Find("return")) {
    out->Append(" -> ", kText);
    TALARIA_RETURN_IF_ERROR(AppendSchemaType(*returned, out));
  }
  return absl::OkStatus();
}

StatusOr<std::string_view> DescriptionOf(const json::Value& function) {
  const json::Value* description = function.Find("description");
  const std::string* text = description == nullptr ? nullptr : description->string();
  if (text != nullptr) return std::string_view(*text);
  return InvalidArgument("description: expected a string, found ",
                         description == nullptr ? "nothing" : description->type_name());
}

Status AppendArguments(const json::Object* properties, MarkedText* out) {
  for (size_t i = 0; properties != nullptr && i < properties->size(); ++i) {
    const json::Member& property = (*properties)[i];
    if (i == 0) out->Append("    Args:\n", kText);
    out->Append("        ", kText);
    out->Append(property.key, kData);
    out->Append("(", kText);
    TALARIA_RETURN_IF_ERROR(AppendSchemaType(property.value, out));
    out->Append("): ", kText);
    out->Append(TrimmedDescription(property.value), kData);
  }
  return absl::OkStatus();
}

Status AppendReturned(const json::Value& function, MarkedText* out) {
  const json::Value* returned = function.Find("return");
  if (returned == nullptr || returned->Find("description") == nullptr) return absl::OkStatus();
  TALARIA_ASSIGN_OR_RETURN(const std::string_view description, DescriptionOf(*returned));
  out->Append("\n    Returns:\n        ", kText);
  out->Append(description, kData);
  return absl::OkStatus();
}

Status AppendFunction(const json::Value& function, std::string_view name, MarkedText* out) {
  TALARIA_ASSIGN_OR_RETURN(const json::Object* const properties, PropertiesOf(function));
  TALARIA_ASSIGN_OR_RETURN(const std::string_view description, DescriptionOf(function));
  out->Append("{\"type\": \"function\", \"function\": {\"name\": \"", kText);
  out->Append(name, kData);
  out->Append("\", \"description\": \"", kText);
  TALARIA_RETURN_IF_ERROR(AppendSignature(function, name, properties, out));
  out->Append(" - ", kText);
  out->Append(description, kData);
  out->Append("\n\n", kText);
  TALARIA_RETURN_IF_ERROR(AppendArguments(properties, out));
  TALARIA_RETURN_IF_ERROR(AppendReturned(function, out));
  out->Append("\", \"parameters\": ", kText);
  if (properties == nullptr || properties->empty()) {
    out->Append("{}", kText);
  } else {
    out->Append(json::Write(*function.Find("parameters")), kData);
  }
  out->Append("}", kText);
  return absl::OkStatus();
}

}  // namespace

Status AppendToolSignature(const ToolDefinition& tool, MarkedText* out) {
  return Annotate(AppendFunction(tool.function(), tool.name(), out), Cat("tool ", Quoted(tool.name())));
}

}  // namespace talaria::chat
