#include "lib/grammar/schema/expander.h"

#include <algorithm>

#include "lib/base/text.h"

namespace talaria::grammar {
namespace {

constexpr size_t kMaxProducts = 5'000;
constexpr size_t kMaxSteps = 250'000;
// Branches whose every combination is tried where a keyword wants to know what has been evaluated.
constexpr size_t kMaxTracked = 6;
// How deep in a value two schemas are searched for what tells them apart.
constexpr int kMaxDepth = 4;

constexpr Type TypeFor(const ObjectProduct*) { return Type::kObject; }
constexpr Type TypeFor(const ArrayProduct*) { return Type::kArray; }

Status TooMany() {
  return ResourceExhausted("expected a schema of at most ", kMaxProducts, " alternatives, found more");
}

}  // namespace

Status Expander::Spend(size_t steps) {
  steps_ += steps;
  if (steps_ > kMaxSteps) {
    return ResourceExhausted("expected a schema that takes at most ", kMaxSteps,
                             " steps to combine, found more");
  }
  return absl::OkStatus();
}

StatusOr<Expander::Union<ObjectProduct>> Expander::Objects(const Demands& demands) {
  return All<ObjectProduct>(demands);
}

StatusOr<Expander::Union<ArrayProduct>> Expander::Arrays(const Demands& demands) {
  return All<ArrayProduct>(demands);
}

template <typename Product>
StatusOr<Expander::Union<Product>> Expander::All(const Demands& demands) {
  Union<Product> all(1);
  for (const Literal& literal : demands.literals()) {
    TALARIA_ASSIGN_OR_RETURN(
        const std::shared_ptr<const Union<Product>> part,
        literal.negated ? Negative<Product>(literal.schema) : Positive<Product>(literal.schema, false));
    TALARIA_RETURN_IF_ERROR(And(*part, &all));
    if (all.empty()) break;
  }
  return all;
}

template <typename Product>
Expander::Shared<Product> Expander::Positive(SchemaId id, bool track) {
  auto& known = KnownOf(static_cast<const Product*>(nullptr)).positive;
  if (const auto found = known.find({id, track}); found != known.end()) return found->second;
  TALARIA_ASSIGN_OR_RETURN(Union<Product> made, MakePositive<Product>(table_[id], track));
  auto shared = std::make_shared<const Union<Product>>(std::move(made));
  known.emplace(std::make_pair(id, track), shared);
  return shared;
}

template <typename Product>
Expander::Shared<Product> Expander::Negative(SchemaId id) {
  auto& known = KnownOf(static_cast<const Product*>(nullptr)).negative;
  if (const auto found = known.find(id); found != known.end()) return found->second;
  TALARIA_ASSIGN_OR_RETURN(Union<Product> made, MakeNegative<Product>(table_[id]));
  auto shared = std::make_shared<const Union<Product>>(std::move(made));
  known.emplace(id, shared);
  return shared;
}

template <typename Product>
Status Expander::And(const Union<Product>& other, Union<Product>* all) {
  Union<Product> both;
  for (const Product& a : *all) {
    for (const Product& b : other) {
      Product product = a;
      product.And(b);
      TALARIA_RETURN_IF_ERROR(Spend(1 + product.Size()));
      // What a single schema says of a value is seldom impossible; what two say may be.
      if (all->size() > 1 || other.size() > 1) {
        TALARIA_ASSIGN_OR_RETURN(const bool empty, IsEmpty(product));
        if (empty) continue;
      }
      both.push_back(std::move(product));
      if (both.size() > kMaxProducts) {
        return TooMany();
      }
    }
  }
  *all = std::move(both);
  return absl::OkStatus();
}

template <typename Product>
Status Expander::Or(const Union<Product>& other, Union<Product>* any) {
  any->insert(any->end(), other.begin(), other.end());
  if (any->size() > kMaxProducts) {
    return TooMany();
  }
  return Spend(other.size());
}

template <typename Product>
StatusOr<Expander::Union<Product>> Expander::MakePositive(const Schema& schema, bool track) {
  constexpr const Product* kKind = nullptr;
  Union<Product> all;
  if (schema.never || (schema.types & TypeBit(TypeFor(kKind))) == 0) return all;
  const bool is_asked = track;
  track |= UnevaluatedOf(schema, kKind) != kNoSchema;
  all.emplace_back();
  TALARIA_RETURN_IF_ERROR(Own(schema, track, &all));
  TALARIA_RETURN_IF_ERROR(AndChoices(schema, &all));
  if (schema.dynamic_ref != kNoSchema && !schema.dynamic_anchor.empty() &&
      table_.document().DynamicAnchors(schema.dynamic_anchor) > 1) {
    return Unsupported("$dynamicRef", schema.pointer, "an anchor of several resources");
  }
  std::vector<SchemaId> parts;
  for (const SchemaId id : {schema.ref, schema.dynamic_ref}) {
    if (id != kNoSchema) parts.push_back(id);
  }
  parts.insert(parts.end(), schema.all_of.begin(), schema.all_of.end());
  for (const SchemaId id : parts) {
    TALARIA_ASSIGN_OR_RETURN(const auto part, Positive<Product>(id, track));
    TALARIA_RETURN_IF_ERROR(And(*part, &all));
  }
  TALARIA_RETURN_IF_ERROR(AndAnyOf(schema, track, &all));
  TALARIA_RETURN_IF_ERROR(AndOneOf(schema, track, &all));
  if (schema.not_schema != kNoSchema) {
    TALARIA_ASSIGN_OR_RETURN(const auto part, Negative<Product>(schema.not_schema));
    TALARIA_RETURN_IF_ERROR(And(*part, &all));
  }
  TALARIA_RETURN_IF_ERROR(AndConditional(schema, track, &all));
  TALARIA_RETURN_IF_ERROR(AndUnevaluated(schema, &all));
  if (!is_asked) {
    for (Product& product : all) product.ForgetEvaluated();
  }
  return all;
}

template <typename Product>
Status Expander::AndChoices(const Schema& schema, Union<Product>* all) {
  constexpr Type kType = TypeFor(static_cast<const Product*>(nullptr));
  if (schema.constant.has_value()) {
    Union<Product> one;
    if (TypeOf(*schema.constant) == kType) {
      TALARIA_ASSIGN_OR_RETURN(const auto part, Positive<Product>(table_.Constant(*schema.constant), false));
      one = *part;
    }
    TALARIA_RETURN_IF_ERROR(And(one, all));
  }
  if (!schema.choices.has_value()) return absl::OkStatus();
  Union<Product> any;
  for (const json::Value& choice : *schema.choices) {
    if (TypeOf(choice) != kType) continue;
    TALARIA_ASSIGN_OR_RETURN(const auto part, Positive<Product>(table_.Constant(choice), false));
    TALARIA_RETURN_IF_ERROR(Or(*part, &any));
  }
  return And(any, all);
}

template <typename Product>
Status Expander::AndAnyOf(const Schema& schema, bool track, Union<Product>* all) {
  if (schema.any_of.empty()) return absl::OkStatus();
  Union<Product> any;
  if (!track) {
    for (const SchemaId id : schema.any_of) {
      TALARIA_ASSIGN_OR_RETURN(const auto part, Positive<Product>(id, false));
      TALARIA_RETURN_IF_ERROR(Or(*part, &any));
    }
    return And(any, all);
  }
  // Every branch that matches adds to what is evaluated. More is never worse, so the union over all sets of
  // branches is what is meant, whether or not the other branches match.
  if (schema.any_of.size() > kMaxTracked) {
    return Unsupported("unevaluatedProperties", schema.pointer,
                       Cat("beside anyOf of more than ", kMaxTracked));
  }
  for (size_t chosen = 1; chosen < size_t{1} << schema.any_of.size(); ++chosen) {
    Union<Product> together(1);
    for (size_t i = 0; i < schema.any_of.size(); ++i) {
      if ((chosen >> i & 1) == 0) continue;
      TALARIA_ASSIGN_OR_RETURN(const auto part, Positive<Product>(schema.any_of[i], true));
      TALARIA_RETURN_IF_ERROR(And(*part, &together));
    }
    TALARIA_RETURN_IF_ERROR(Or(together, &any));
  }
  return And(any, all);
}

// A branch counts where no other matches. Those that cannot match with it need not be excluded; of the others
// the complement is taken.
template <typename Product>
Status Expander::AndOneOf(const Schema& schema, bool track, Union<Product>* all) {
  if (schema.one_of.empty()) return absl::OkStatus();
  std::vector<std::shared_ptr<const Union<Product>>> parts;
  std::vector<size_t> possible;  // branches that match something of this type
  for (size_t i = 0; i < schema.one_of.size(); ++i) {
    TALARIA_ASSIGN_OR_RETURN(auto part, Positive<Product>(schema.one_of[i], track));
    if (!part->empty()) possible.push_back(i);
    if (possible.size() > kMaxProducts) {
      return TooMany();
    }
    parts.push_back(std::move(part));
  }
  std::vector<std::vector<size_t>> overlaps(parts.size());
  for (size_t a = 0; a < possible.size(); ++a) {
    for (size_t b = a + 1; b < possible.size(); ++b) {
      TALARIA_ASSIGN_OR_RETURN(const bool disjoint, AllDisjoint(*parts[possible[a]], *parts[possible[b]]));
      if (disjoint) continue;
      overlaps[possible[a]].push_back(possible[b]);
      overlaps[possible[b]].push_back(possible[a]);
    }
  }
  Union<Product> one;
  for (const size_t i : possible) {
    Union<Product> alone = *parts[i];
    for (const size_t other : overlaps[i]) {
      const Shared<Product> outside = Negative<Product>(schema.one_of[other]);
      if (!outside.ok()) {
        return Unsupported("oneOf", schema.pointer,
                           Cat("alternatives ", i, " and ", other, " are not known to exclude each other"));
      }
      TALARIA_RETURN_IF_ERROR(And(**outside, &alone));
    }
    TALARIA_RETURN_IF_ERROR(Or(alone, &one));
  }
  return And(one, all);
}

template <typename Product>
Status Expander::AndConditional(const Schema& schema, bool track, Union<Product>* all) {
  if (schema.if_schema == kNoSchema) return absl::OkStatus();
  // Without then and else it asserts nothing, but what it looks at is evaluated.
  if (!track && schema.then_schema == kNoSchema && schema.else_schema == kNoSchema) return absl::OkStatus();
  TALARIA_ASSIGN_OR_RETURN(const auto holds, Positive<Product>(schema.if_schema, track));
  TALARIA_ASSIGN_OR_RETURN(const auto fails, Negative<Product>(schema.if_schema));
  Union<Product> both = *holds;
  if (schema.then_schema != kNoSchema) {
    TALARIA_ASSIGN_OR_RETURN(const auto part, Positive<Product>(schema.then_schema, track));
    TALARIA_RETURN_IF_ERROR(And(*part, &both));
  }
  Union<Product> otherwise = *fails;
  if (schema.else_schema != kNoSchema) {
    TALARIA_ASSIGN_OR_RETURN(const auto part, Positive<Product>(schema.else_schema, track));
    TALARIA_RETURN_IF_ERROR(And(*part, &otherwise));
  }
  TALARIA_RETURN_IF_ERROR(Or(otherwise, &both));
  return And(both, all);
}

template <typename Product>
StatusOr<Expander::Union<Product>> Expander::MakeNegative(const Schema& schema) {
  constexpr const Product* kKind = nullptr;
  Union<Product> any;
  if (schema.never || (schema.types & TypeBit(TypeFor(kKind))) == 0) {
    any.emplace_back();
    return any;
  }
  if (UnevaluatedOf(schema, kKind) != kNoSchema)
    return Unsupported("not", schema.pointer, "around unevaluated...");
  if (!schema.dynamic_anchor.empty() && table_.document().DynamicAnchors(schema.dynamic_anchor) > 1) {
    return Unsupported("$dynamicRef", schema.pointer, "an anchor of several resources");
  }
  TALARIA_RETURN_IF_ERROR(NegateOwn(schema, &any));
  std::vector<json::Array> choices;
  if (schema.constant.has_value()) choices.push_back({*schema.constant});
  if (schema.choices.has_value()) choices.push_back(*schema.choices);
  for (const json::Array& values : choices) {
    Union<Product> none(1);
    for (const json::Value& value : values) {
      if (TypeOf(value) != TypeFor(kKind)) continue;
      TALARIA_ASSIGN_OR_RETURN(const auto part, Negative<Product>(table_.Constant(value)));
      TALARIA_RETURN_IF_ERROR(And(*part, &none));
    }
    TALARIA_RETURN_IF_ERROR(Or(none, &any));
  }
  std::vector<SchemaId> parts;
  for (const SchemaId id : {schema.ref, schema.dynamic_ref}) {
    if (id != kNoSchema) parts.push_back(id);
  }
  parts.insert(parts.end(), schema.all_of.begin(), schema.all_of.end());
  for (const SchemaId id : parts) {
    TALARIA_ASSIGN_OR_RETURN(const auto part, Negative<Product>(id));
    TALARIA_RETURN_IF_ERROR(Or(*part, &any));
  }
  if (!schema.any_of.empty()) {
    Union<Product> none(1);
    for (const SchemaId id : schema.any_of) {
      TALARIA_ASSIGN_OR_RETURN(const auto part, Negative<Product>(id));
      TALARIA_RETURN_IF_ERROR(And(*part, &none));
    }
    TALARIA_RETURN_IF_ERROR(Or(none, &any));
  }
  TALARIA_RETURN_IF_ERROR(NegateOneOf(schema, &any));
  if (schema.not_schema != kNoSchema) {
    TALARIA_ASSIGN_OR_RETURN(const auto part, Positive<Product>(schema.not_schema, false));
    TALARIA_RETURN_IF_ERROR(Or(*part, &any));
  }
  if (schema.if_schema == kNoSchema) return any;
  for (const bool holds : {true, false}) {
    const SchemaId next = holds ? schema.then_schema : schema.else_schema;
    if (next == kNoSchema) continue;
    TALARIA_ASSIGN_OR_RETURN(const auto condition, holds ? Positive<Product>(schema.if_schema, false)
                                                         : Negative<Product>(schema.if_schema));
    TALARIA_ASSIGN_OR_RETURN(const auto part, Negative<Product>(next));
    Union<Product> both = *condition;
    TALARIA_RETURN_IF_ERROR(And(*part, &both));
    TALARIA_RETURN_IF_ERROR(Or(both, &any));
  }
  return any;
}

// None of them, or two.
template <typename Product>
Status Expander::NegateOneOf(const Schema& schema, Union<Product>* any) {
  if (schema.one_of.empty()) return absl::OkStatus();
  Union<Product> none(1);
  for (size_t i = 0; i < schema.one_of.size(); ++i) {
    TALARIA_ASSIGN_OR_RETURN(const auto outside, Negative<Product>(schema.one_of[i]));
    TALARIA_RETURN_IF_ERROR(And(*outside, &none));
    TALARIA_ASSIGN_OR_RETURN(const auto first, Positive<Product>(schema.one_of[i], false));
    for (size_t j = i + 1; j < schema.one_of.size(); ++j) {
      TALARIA_ASSIGN_OR_RETURN(const auto second, Positive<Product>(schema.one_of[j], false));
      Union<Product> both = *first;
      TALARIA_RETURN_IF_ERROR(And(*second, &both));
      TALARIA_RETURN_IF_ERROR(Or(both, any));
    }
  }
  return Or(none, any);
}

template <typename Product>
StatusOr<bool> Expander::AllDisjoint(const Union<Product>& a, const Union<Product>& b) {
  for (const Product& one : a) {
    for (const Product& other : b) {
      TALARIA_RETURN_IF_ERROR(Spend(1));
      TALARIA_ASSIGN_OR_RETURN(const bool disjoint, AreDisjoint(one, other));
      if (!disjoint) return false;
    }
  }
  return true;
}

StatusOr<bool> Expander::IsImpossible(const Demands& demands) {
  if (table_.IsNever(demands)) return true;
  // One schema by itself is hardly ever impossible, and to say "not known" is allowed.
  if (demands.literals().size() < 2 || depth_ >= kMaxDepth) return false;
  if (const auto found = impossible_.find(demands); found != impossible_.end()) return found->second;
  ++depth_;
  const auto decide = [&]() -> StatusOr<bool> {
    TALARIA_ASSIGN_OR_RETURN(const ConstantSet constants, scalars_.Constants(demands));
    if (constants != 0) return false;
    TALARIA_ASSIGN_OR_RETURN(const Regex strings, scalars_.Strings(demands));
    const StatusOr<bool> some_string = pool_->IsPossible(strings);
    if (!some_string.ok() || *some_string) return false;
    TALARIA_ASSIGN_OR_RETURN(const NumberSet numbers, scalars_.Numbers(demands));
    if (!numbers.empty()) return false;
    TALARIA_ASSIGN_OR_RETURN(const Union<ArrayProduct> arrays, Arrays(demands));
    for (const ArrayProduct& product : arrays) {
      TALARIA_ASSIGN_OR_RETURN(const bool empty, IsEmpty(product));
      if (!empty) return false;
    }
    TALARIA_ASSIGN_OR_RETURN(const Union<ObjectProduct> objects, Objects(demands));
    for (const ObjectProduct& product : objects) {
      TALARIA_ASSIGN_OR_RETURN(const bool empty, IsEmpty(product));
      if (!empty) return false;
    }
    return true;
  };
  const StatusOr<bool> impossible = decide();
  --depth_;
  TALARIA_RETURN_IF_ERROR(impossible.status());
  // Deep inside, "not known" may only mean that the search ended there.
  if (*impossible || depth_ == 0) impossible_.emplace(demands, *impossible);
  return *impossible;
}

// Used by expand_object.cc and expand_array.cc.
template Status Expander::And(const Union<ObjectProduct>& other, Union<ObjectProduct>* all);
template Expander::Shared<ObjectProduct> Expander::Positive(SchemaId id, bool track);
template Expander::Shared<ObjectProduct> Expander::Negative(SchemaId id);
template Status Expander::Or(const Union<ObjectProduct>& other, Union<ObjectProduct>* any);

}  // namespace talaria::grammar
