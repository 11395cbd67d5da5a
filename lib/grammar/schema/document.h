#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_DOCUMENT_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_DOCUMENT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"
#include "lib/grammar/schema/decimal.h"

namespace talaria::grammar {

enum class Draft : uint8_t { kDraft7 = 1, kDraft202012 = 2 };

// The types of a value. A value of kInteger is a kNumber too; TypeSet is a set of them by bits.
enum class Type : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };
inline constexpr int kTypes = 6;
using TypeSet = uint8_t;
constexpr TypeSet TypeBit(Type type) { return static_cast<TypeSet>(1u << static_cast<unsigned>(type)); }
inline constexpr TypeSet kAllTypes = (1u << kTypes) - 1;
Type TypeOf(const json::Value& value);

// A schema's place in SchemaDocument::schemas().
using SchemaId = uint32_t;
inline constexpr SchemaId kNoSchema = UINT32_MAX;
inline constexpr uint64_t kNoMaximum = UINT64_MAX;

// A name and the schema or the names it stands with.
struct NamedSchema {
  std::string name;
  SchemaId schema = kNoSchema;
};
struct NamedNames {
  std::string name;
  std::vector<std::string> names;
};

// One schema object, as it was read: each keyword that asserts something in its draft, absent where it was not
// there. What draft 7 says with an array of `items` and `additionalItems` stands in prefix and items.
struct Schema {
  std::string pointer;  // "#/properties/a", for messages
  uint32_t resource = 0;
  bool never = false;  // the schema `false`

  SchemaId ref = kNoSchema;
  SchemaId dynamic_ref = kNoSchema;
  std::string dynamic_anchor;  // looked for in the dynamic scope; "": dynamic_ref is as ref

  TypeSet types = kAllTypes;
  bool integers_only = false;  // of the numbers, integers alone
  std::optional<json::Array> choices;  // enum
  std::optional<json::Value> constant;

  std::optional<Decimal> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;
  uint64_t min_length = 0, max_length = kNoMaximum;
  std::optional<std::string> pattern;
  std::optional<std::string> format;

  std::vector<SchemaId> prefix;
  bool items_is_array = false;  // draft 7's array of items
  SchemaId items = kNoSchema;
  SchemaId contains = kNoSchema;
  uint64_t min_contains = 1, max_contains = kNoMaximum;
  uint64_t min_items = 0, max_items = kNoMaximum;
  bool unique_items = false;
  SchemaId unevaluated_items = kNoSchema;

  std::vector<NamedSchema> properties;      // in the order of the text
  std::vector<uint32_t> properties_sorted;  // the same by name
  std::vector<NamedSchema> patterns;        // patternProperties
  SchemaId additional = kNoSchema;
  SchemaId property_names = kNoSchema;
  std::vector<std::string> required;
  uint64_t min_properties = 0, max_properties = kNoMaximum;
  std::vector<NamedNames> dependent_required;
  std::vector<NamedSchema> dependent_schemas;
  SchemaId unevaluated_properties = kNoSchema;

  std::vector<SchemaId> all_of, any_of, one_of;
  SchemaId not_schema = kNoSchema;
  SchemaId if_schema = kNoSchema, then_schema = kNoSchema, else_schema = kNoSchema;

  // The schema of a declared property, or kNoSchema. Logarithmic.
  SchemaId FindProperty(std::string_view name) const;
  // Every schema that is applied to the same value as this one.
  std::vector<SchemaId> InPlace() const;
};

// A JSON Schema with all its references resolved. Immutable.
class SchemaDocument {
 public:
  struct Options {
    // Of a schema that does not say $schema.
    Draft draft = Draft::kDraft202012;
    uint32_t max_schemas = 200'000;
    // Schemas that one value may have to pass one inside the other (allOf in allOf, $ref to $ref).
    uint32_t max_in_place = 100;
  };

  // UNIMPLEMENTED, with "unsupported: KEYWORD at PLACE: reason" (UnsupportedKeyword takes it apart), for what is
  // not supported: a reference that leaves the document ($ref, never fetched), one that leads back to itself on
  // the same value, another draft ($schema). INVALID_ARGUMENT, naming the place, for what is no JSON Schema.
  // RESOURCE_EXHAUSTED past the limits.
  static StatusOr<std::shared_ptr<const SchemaDocument>> Create(const json::Value& schema,
                                                                const Options& options);

  const Schema& root() const { return schemas_[0]; }
  const Schema& operator[](SchemaId id) const { return schemas_[id]; }
  size_t size() const { return schemas_.size(); }
  Draft draft() const { return draft_; }
  bool uses_unevaluated() const { return uses_unevaluated_; }
  // The schema that *anchor* is the $dynamicAnchor of in a resource, or kNoSchema.
  SchemaId DynamicAnchor(uint32_t resource, const std::string& anchor) const;
  // In how many resources *anchor* is a $dynamicAnchor.
  size_t DynamicAnchors(const std::string& anchor) const;

 private:
  friend class SchemaReader;
  SchemaDocument() = default;
  Status CheckInPlace(uint32_t max_in_place) const;

  Draft draft_ = Draft::kDraft202012;
  std::vector<Schema> schemas_;  // the root first
  bool uses_unevaluated_ = false;
  std::map<std::pair<std::string, uint32_t>, SchemaId> dynamic_anchors_;
};

// "unsupported: KEYWORD at PLACE: ...".
Status Unsupported(std::string_view keyword, std::string_view pointer, std::string_view reason);
// The KEYWORD of such a status, or "" of any other.
std::string UnsupportedKeyword(const Status& status);
// The same in the status's message.
std::string_view UnsupportedKeywordIn(std::string_view message);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_DOCUMENT_H_
