// How SchemaReader reads each keyword.
#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "lib/grammar/schema/json_pointer.h"
#include "lib/grammar/schema/reader.h"

namespace talaria::grammar {
namespace {

// The member of a Schema that a keyword fills.
template <typename T>
struct Slot {
  std::string_view keyword;
  T Schema::*member;
};

template <typename T, size_t N>
T Schema::*Find(const std::array<Slot<T>, N>& slots, std::string_view keyword) {
  for (const Slot<T>& slot : slots) {
    if (slot.keyword == keyword) return slot.member;
  }
  return nullptr;
}

constexpr std::array<Slot<std::optional<Decimal>>, 5> kBounds = {{{"minimum", &Schema::minimum},
                                                                  {"maximum", &Schema::maximum},
                                                                  {"exclusiveMinimum", &Schema::exclusive_minimum},
                                                                  {"exclusiveMaximum", &Schema::exclusive_maximum},
                                                                  {"multipleOf", &Schema::multiple_of}}};
constexpr std::array<Slot<uint64_t>, 8> kCounts = {{{"minLength", &Schema::min_length},
                                                    {"maxLength", &Schema::max_length},
                                                    {"minContains", &Schema::min_contains},
                                                    {"maxContains", &Schema::max_contains},
                                                    {"minItems", &Schema::min_items},
                                                    {"maxItems", &Schema::max_items},
                                                    {"minProperties", &Schema::min_properties},
                                                    {"maxProperties", &Schema::max_properties}}};
constexpr std::array<Slot<SchemaId>, 9> kSubschemas = {{{"contains", &Schema::contains},
                                                        {"unevaluatedItems", &Schema::unevaluated_items},
                                                        {"additionalProperties", &Schema::additional},
                                                        {"propertyNames", &Schema::property_names},
                                                        {"unevaluatedProperties", &Schema::unevaluated_properties},
                                                        {"not", &Schema::not_schema},
                                                        {"if", &Schema::if_schema},
                                                        {"then", &Schema::then_schema},
                                                        {"else", &Schema::else_schema}}};
constexpr std::array<Slot<std::vector<SchemaId>>, 4> kLists = {{{"prefixItems", &Schema::prefix},
                                                                {"allOf", &Schema::all_of},
                                                                {"anyOf", &Schema::any_of},
                                                                {"oneOf", &Schema::one_of}}};
constexpr std::array<Slot<std::vector<NamedSchema>>, 3> kNamed = {{{"properties", &Schema::properties},
                                                                   {"patternProperties", &Schema::patterns},
                                                                   {"dependentSchemas", &Schema::dependent_schemas}}};

}  // namespace

StatusOr<SchemaId> SchemaReader::Child(const json::Value& value, std::string_view keyword, SchemaId id) {
  const std::string pointer = At(id).pointer;
  return ReadSchema(value, PlaceBelow(pointer, keyword));
}

Status SchemaReader::ReadReference(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_string()) return Bad(id, keyword, "a string", value);
  references_.push_back({id, scope_.base, *value.string(), keyword == "$dynamicRef"});
  return absl::OkStatus();
}

Status SchemaReader::ReadAnchor(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_string()) return Bad(id, keyword, "a string", value);
  // One schema may carry both, even by one name.
  if (const auto known = anchors_.find({scope_.resource, *value.string()});
      known != anchors_.end() && known->second == id) {
    if (keyword == "$dynamicAnchor") {
      document_->dynamic_anchors_.emplace(std::make_pair(*value.string(), scope_.resource), id);
    }
    return absl::OkStatus();
  }
  return AddAnchor(*value.string(), keyword == "$dynamicAnchor", id);
}

Status SchemaReader::ReadDefinitions(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_object()) return Bad(id, keyword, "an object", value);
  const std::string pointer = PlaceBelow(At(id).pointer, keyword);
  for (const json::Member& member : *value.object()) {
    TALARIA_RETURN_IF_ERROR(ReadSchema(member.value, PlaceBelow(pointer, member.key)).status());
  }
  return absl::OkStatus();
}

Status SchemaReader::ReadType(const json::Value& value, std::string_view keyword, SchemaId id) {
  static constexpr std::array<std::pair<std::string_view, TypeSet>, 7> kNames = {{
      {"null", TypeBit(Type::kNull)},
      {"boolean", TypeBit(Type::kBoolean)},
      {"integer", TypeBit(Type::kNumber)},
      {"number", TypeBit(Type::kNumber)},
      {"string", TypeBit(Type::kString)},
      {"array", TypeBit(Type::kArray)},
      {"object", TypeBit(Type::kObject)},
  }};
  constexpr std::string_view kExpected =
      "one or an array of \"null\", \"boolean\", \"integer\", \"number\", \"string\", \"array\", \"object\"";
  TypeSet types = 0;
  bool integer = false;
  bool number = false;
  const auto add = [&](const json::Value& name) {
    const std::string* text = name.string();
    const auto found = std::find_if(kNames.begin(), kNames.end(),
                                    [text](const auto& row) { return text != nullptr && row.first == *text; });
    if (found == kNames.end()) return Bad(id, keyword, kExpected, name);
    types = static_cast<TypeSet>(types | found->second);
    integer |= found->first == "integer";
    number |= found->first == "number";
    return absl::OkStatus();
  };
  if (const json::Array* names = value.array()) {
    for (const json::Value& name : *names) TALARIA_RETURN_IF_ERROR(add(name));
  } else {
    TALARIA_RETURN_IF_ERROR(add(value));
  }
  At(id).types = types;
  At(id).integers_only = integer && !number;
  return absl::OkStatus();
}

Status SchemaReader::ReadChoices(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_array()) return Bad(id, keyword, "an array", value);
  At(id).choices = *value.array();
  return absl::OkStatus();
}

Status SchemaReader::ReadConst(const json::Value& value, std::string_view /*keyword*/, SchemaId id) {
  At(id).constant = value;
  return absl::OkStatus();
}

Status SchemaReader::ReadBound(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_number()) return Bad(id, keyword, "a number", value);
  const Decimal bound(value.number()->text);
  if (keyword == "multipleOf") {
    if (bound.is_zero() || bound.negative()) return Bad(id, keyword, "a number above 0", value);
    if (bound.digits().size() > Decimal::kMaxDivisorDigits) {
      return Unsupported(keyword, At(id).pointer, Cat("more than ", Decimal::kMaxDivisorDigits, " digits"));
    }
  }
  At(id).*Find(kBounds, keyword) = bound;
  return absl::OkStatus();
}

Status SchemaReader::ReadCount(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_number()) return Bad(id, keyword, "an integer from 0", value);
  const Decimal number(value.number()->text);
  const std::optional<uint64_t> count = number.AsCount();
  // What no value can reach is as good as the largest.
  const bool huge = !count.has_value() && number.IsInteger() && !number.negative();
  if (!count.has_value() && !huge) return Bad(id, keyword, "an integer from 0", value);
  At(id).*Find(kCounts, keyword) = huge ? static_cast<uint64_t>(INT64_MAX) : *count;
  return absl::OkStatus();
}

Status SchemaReader::ReadText(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_string()) return Bad(id, keyword, "a string", value);
  (keyword == "pattern" ? At(id).pattern : At(id).format) = *value.string();
  return absl::OkStatus();
}

Status SchemaReader::ReadSubschema(const json::Value& value, std::string_view keyword, SchemaId id) {
  TALARIA_ASSIGN_OR_RETURN(const SchemaId child, Child(value, keyword, id));
  At(id).*Find(kSubschemas, keyword) = child;
  if (keyword == "unevaluatedItems" || keyword == "unevaluatedProperties") document_->uses_unevaluated_ = true;
  return absl::OkStatus();
}

Status SchemaReader::ReadSubschemas(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_array() || value.array()->empty()) return Bad(id, keyword, "an array of one or more schemas", value);
  const std::string pointer = PlaceBelow(At(id).pointer, keyword);
  std::vector<SchemaId> children;
  for (size_t i = 0; i < value.array()->size(); ++i) {
    TALARIA_ASSIGN_OR_RETURN(const SchemaId child, ReadSchema((*value.array())[i], PlaceBelow(pointer, std::to_string(i))));
    children.push_back(child);
  }
  At(id).*Find(kLists, keyword) = std::move(children);
  return absl::OkStatus();
}

// Draft 7 has `items` with an array for what prefixItems is since, and `additionalItems` for the rest of it;
// without such an array `additionalItems` means nothing.
Status SchemaReader::ReadItems(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (keyword == "additionalItems") {
    TALARIA_ASSIGN_OR_RETURN(const SchemaId rest, Child(value, keyword, id));
    additional_items_.emplace(id, rest);
    return absl::OkStatus();
  }
  if (!value.is_array()) {
    TALARIA_ASSIGN_OR_RETURN(const SchemaId items, Child(value, keyword, id));
    At(id).items = items;
    return absl::OkStatus();
  }
  if (document_->draft_ != Draft::kDraft7) {
    return Bad(id, keyword, "a schema (an array of them is draft 7's, see prefixItems)", value);
  }
  const std::string pointer = PlaceBelow(At(id).pointer, keyword);
  std::vector<SchemaId> prefix;
  for (size_t i = 0; i < value.array()->size(); ++i) {
    TALARIA_ASSIGN_OR_RETURN(const SchemaId child, ReadSchema((*value.array())[i], PlaceBelow(pointer, std::to_string(i))));
    prefix.push_back(child);
  }
  At(id).prefix = std::move(prefix);
  At(id).items_is_array = true;
  return absl::OkStatus();
}

Status SchemaReader::ReadUnique(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_bool()) return Bad(id, keyword, "a boolean", value);
  At(id).unique_items = *value.bool_value();
  return absl::OkStatus();
}

Status SchemaReader::ReadNamed(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_object()) return Bad(id, keyword, "an object", value);
  const std::string pointer = PlaceBelow(At(id).pointer, keyword);
  std::vector<NamedSchema> named;
  for (const json::Member& member : *value.object()) {
    TALARIA_ASSIGN_OR_RETURN(const SchemaId child, ReadSchema(member.value, PlaceBelow(pointer, member.key)));
    named.push_back({member.key, child});
  }
  Schema& schema = At(id);
  if (keyword == "properties") {
    schema.properties_sorted.resize(named.size());
    for (uint32_t i = 0; i < named.size(); ++i) schema.properties_sorted[i] = i;
    std::sort(schema.properties_sorted.begin(), schema.properties_sorted.end(),
              [&named](uint32_t a, uint32_t b) { return named[a].name < named[b].name; });
  }
  std::vector<NamedSchema>& slot = schema.*Find(kNamed, keyword);
  // dependentSchemas beside `dependencies`: both count.
  if (slot.empty()) {
    slot = std::move(named);
  } else {
    slot.insert(slot.end(), named.begin(), named.end());
  }
  return absl::OkStatus();
}

Status SchemaReader::ReadRequired(const json::Value& value, std::string_view keyword, SchemaId id) {
  TALARIA_ASSIGN_OR_RETURN(At(id).required, ReadNames(value, keyword, id));
  return absl::OkStatus();
}

StatusOr<std::vector<std::string>> SchemaReader::ReadNames(const json::Value& value, std::string_view keyword,
                                                           SchemaId id) {
  if (!value.is_array()) return Bad(id, keyword, "an array of strings", value);
  std::vector<std::string> names;
  for (const json::Value& name : *value.array()) {
    if (!name.is_string()) return Bad(id, keyword, "an array of strings", name);
    names.push_back(*name.string());
  }
  return names;
}

// `dependencies` is draft 7's; 2020-12 took it apart, and its metaschema still allows it.
Status SchemaReader::ReadDependencies(const json::Value& value, std::string_view keyword, SchemaId id) {
  if (!value.is_object()) return Bad(id, keyword, "an object", value);
  const std::string pointer = PlaceBelow(At(id).pointer, keyword);
  for (const json::Member& member : *value.object()) {
    if (member.value.is_array() || keyword == "dependentRequired") {
      TALARIA_ASSIGN_OR_RETURN(std::vector<std::string> names, ReadNames(member.value, keyword, id));
      At(id).dependent_required.push_back({member.key, std::move(names)});
    } else {
      TALARIA_ASSIGN_OR_RETURN(const SchemaId child, ReadSchema(member.value, PlaceBelow(pointer, member.key)));
      At(id).dependent_schemas.push_back({member.key, child});
    }
  }
  return absl::OkStatus();
}

}  // namespace talaria::grammar
