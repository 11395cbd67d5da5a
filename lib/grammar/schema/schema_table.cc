#include "lib/grammar/schema/schema_table.h"

#include <algorithm>
#include <utility>

#include "lib/grammar/schema/json_equal.h"

namespace talaria::grammar {

void Demands::Add(Literal literal) {
  const auto at = std::lower_bound(literals_.begin(), literals_.end(), literal);
  if (at == literals_.end() || !(*at == literal)) literals_.insert(at, literal);
}

void Demands::Add(const Demands& other) {
  for (const Literal& literal : other.literals_) Add(literal);
}

SchemaTable::SchemaTable(std::shared_ptr<const SchemaDocument> document) : document_(std::move(document)) {
  always_ = Make(Schema());
  Schema never;
  never.never = true;
  never_ = Make(std::move(never));
}

SchemaId SchemaTable::Make(Schema schema) {
  made_.push_back(std::move(schema));
  return static_cast<SchemaId>(document_->size() + made_.size() - 1);
}

SchemaId SchemaTable::AnyObject() {
  Schema schema;
  schema.types = TypeBit(Type::kObject);
  return Make(std::move(schema));
}

SchemaId SchemaTable::Constant(const json::Value& value) {
  const std::string key = EqualityKey(value);
  if (const auto found = constants_.find(key); found != constants_.end()) return found->second;
  Schema schema;
  schema.types = TypeBit(TypeOf(value));
  if (const json::Array* items = value.array()) {
    for (const json::Value& item : *items) schema.prefix.push_back(Constant(item));
    schema.items = never_;
    schema.min_items = schema.max_items = items->size();
  } else if (const json::Object* members = value.object()) {
    for (const json::Member& member : *members) {
      schema.properties.push_back({member.key, Constant(member.value)});
      schema.required.push_back(member.key);
    }
    schema.additional = never_;
  } else {
    schema.constant = value;
  }
  const SchemaId id = Make(std::move(schema));
  constants_.emplace(key, id);
  return id;
}

bool SchemaTable::SaysNothing(const Schema& schema) const {
  return !schema.never && schema.types == kAllTypes && !schema.integers_only && !schema.choices &&
         !schema.constant && !schema.minimum && !schema.maximum && !schema.exclusive_minimum &&
         !schema.exclusive_maximum && !schema.multiple_of && schema.min_length == 0 &&
         schema.max_length == kNoMaximum && !schema.pattern && !schema.format && schema.prefix.empty() &&
         schema.items == kNoSchema && schema.contains == kNoSchema && schema.min_items == 0 &&
         schema.max_items == kNoMaximum && !schema.unique_items && schema.unevaluated_items == kNoSchema &&
         schema.properties.empty() && schema.patterns.empty() && schema.additional == kNoSchema &&
         schema.property_names == kNoSchema && schema.required.empty() && schema.min_properties == 0 &&
         schema.max_properties == kNoMaximum && schema.dependent_required.empty() &&
         schema.dependent_schemas.empty() && schema.unevaluated_properties == kNoSchema &&
         schema.all_of.empty() && schema.any_of.empty() && schema.one_of.empty() &&
         schema.not_schema == kNoSchema && schema.if_schema == kNoSchema;
}

SchemaId SchemaTable::Canonical(SchemaId id) const {
  while (true) {
    const Schema& schema = (*this)[id];
    if (schema.never) return never_;
    if (!SaysNothing(schema)) return id;
    if (schema.ref == kNoSchema && schema.dynamic_ref == kNoSchema) return always_;
    // A document has no circle of these.
    if (schema.ref != kNoSchema && schema.dynamic_ref == kNoSchema) {
      id = schema.ref;
    } else {
      return id;
    }
  }
}

void SchemaTable::Demand(Literal literal, Demands* demands) const {
  literal.schema = Canonical(literal.schema);
  if (literal.schema == always_) {
    if (literal.negated) demands->Add({never_, false});
  } else if (literal.schema == never_) {
    if (!literal.negated) demands->Add({never_, false});
  } else {
    demands->Add(literal);
  }
}

bool SchemaTable::IsNever(const Demands& demands) const {
  for (const Literal& literal : demands.literals()) {
    if (literal.schema == never_) return true;
  }
  return false;
}

}  // namespace talaria::grammar
