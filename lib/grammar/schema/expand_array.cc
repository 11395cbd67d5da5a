// What the keywords of arrays ask, as products.
#include <algorithm>

#include "lib/grammar/schema/expander.h"

namespace talaria::grammar {

Status Expander::Own(const Schema& schema, bool track, Union<ArrayProduct>* all) {
  ArrayProduct product;
  for (const SchemaId item : schema.prefix) {
    product.prefix.emplace_back();
    table_.Demand(item, &product.prefix.back());
  }
  if (schema.items != kNoSchema) table_.Demand(schema.items, &product.rest);
  if (track) {
    product.evaluated = schema.prefix.size();
    product.all_evaluated = schema.items != kNoSchema;
    product.contains_evaluates = schema.contains != kNoSchema;
  }
  if (schema.contains != kNoSchema && (schema.min_contains > 0 || schema.max_contains != kNoMaximum)) {
    product.contains.push_back({{schema.contains, false}, 0, schema.min_contains, schema.max_contains, "contains"});
  }
  product.min = schema.min_items;
  product.max = schema.max_items;
  product.unique = schema.unique_items;
  // From the first item that nothing can be, there is none.
  for (size_t i = 0; i <= product.prefix.size(); ++i) {
    if (table_.IsNever(product.At(i))) product.max = std::min<uint64_t>(product.max, i);
  }
  for (ArrayProduct& existing : *all) existing.And(product);
  return absl::OkStatus();
}

Status Expander::NegateOwn(const Schema& schema, Union<ArrayProduct>* any) {
  for (size_t i = 0; i < schema.prefix.size(); ++i) {
    ArrayProduct product;
    product.prefix.resize(i + 1);
    table_.Demand({schema.prefix[i], true}, &product.prefix[i]);
    product.min = i + 1;
    any->push_back(std::move(product));
  }
  if (schema.items != kNoSchema) {
    ArrayProduct product;
    product.contains.push_back({{schema.items, true}, schema.prefix.size(), 1, kNoMaximum, "items"});
    any->push_back(std::move(product));
  }
  if (schema.contains != kNoSchema) {
    if (schema.min_contains == 1) {
      any->emplace_back();
      table_.Demand({schema.contains, true}, &any->back().rest);
    } else if (schema.min_contains > 1) {
      any->emplace_back();
      any->back().contains.push_back({{schema.contains, false}, 0, 0, schema.min_contains - 1, "contains"});
    }
    if (schema.max_contains != kNoMaximum) {
      any->emplace_back();
      any->back().contains.push_back({{schema.contains, false}, 0, schema.max_contains + 1, kNoMaximum, "contains"});
    }
  }
  if (schema.min_items > 0) {
    any->emplace_back();
    any->back().max = schema.min_items - 1;
  }
  if (schema.max_items != kNoMaximum) {
    any->emplace_back();
    any->back().min = schema.max_items + 1;
  }
  if (schema.unique_items) return Unsupported("uniqueItems", schema.pointer, "inside not, or beside its alternatives");
  return absl::OkStatus();
}

Status Expander::AndUnevaluated(const Schema& schema, Union<ArrayProduct>* all) {
  if (schema.unevaluated_items == kNoSchema) return absl::OkStatus();
  for (ArrayProduct& product : *all) {
    if (!product.all_evaluated) {
      if (product.contains_evaluates) return Unsupported("unevaluatedItems", schema.pointer, "beside contains");
      ArrayProduct rest;
      rest.prefix.resize(product.evaluated);
      table_.Demand(schema.unevaluated_items, &rest.rest);
      if (table_.IsNever(rest.rest)) rest.max = product.evaluated;
      product.And(rest);
    }
    product.all_evaluated = true;
  }
  return absl::OkStatus();
}

StatusOr<bool> Expander::IsEmpty(const ArrayProduct& product) {
  if (product.min > product.max) return true;
  const size_t known = std::min<uint64_t>(product.min, product.prefix.size() + 1);
  for (size_t i = 0; i < known; ++i) {
    TALARIA_ASSIGN_OR_RETURN(const bool impossible, IsImpossible(product.At(i)));
    if (impossible) return true;
  }
  return false;
}

StatusOr<bool> Expander::AreDisjoint(const ArrayProduct& a, const ArrayProduct& b) {
  ArrayProduct both = a;
  both.And(b);
  return IsEmpty(both);
}

}  // namespace talaria::grammar
