#include "lib/grammar/schema/scalars.h"

#include <string>
#include <utility>

#include "lib/base/text.h"
#include "lib/grammar/schema/formats.h"

namespace talaria::grammar {
namespace {

constexpr TextForm kForm = TextForm::kJsonString;
constexpr ConstantSet kAllConstants = kNull | kFalse | kTrue;

ConstantSet ConstantOf(const json::Value& value) {
  if (value.is_null()) return kNull;
  const bool* boolean = value.bool_value();
  return boolean == nullptr ? 0 : *boolean ? kTrue : kFalse;
}

}  // namespace

struct Scalars::ConstantKind {
  using Set = ConstantSet;
  static constexpr TypeSet kTypesOf = TypeBit(Type::kNull) | TypeBit(Type::kBoolean);
  static Set All(Scalars*) { return kAllConstants; }
  static Set None(Scalars*) { return 0; }
  static StatusOr<Set> And(Scalars*, Set a, Set b) { return static_cast<Set>(a & b); }
  static StatusOr<Set> Or(Scalars*, Set a, Set b) { return static_cast<Set>(a | b); }
  static StatusOr<Set> Not(Scalars*, Set a) { return static_cast<Set>(kAllConstants & ~a); }
  static bool IsEmpty(Scalars*, Set a) { return a == 0; }
  static StatusOr<Set> Own(Scalars*, const Schema& schema) {
    Set set = 0;
    if ((schema.types & TypeBit(Type::kNull)) != 0) set |= kNull;
    if ((schema.types & TypeBit(Type::kBoolean)) != 0) set |= kFalse | kTrue;
    return set;
  }
  static StatusOr<Set> Value(Scalars*, const json::Value& value) { return ConstantOf(value); }
};

struct Scalars::NumberKind {
  using Set = NumberSet;
  static constexpr TypeSet kTypesOf = TypeBit(Type::kNumber);
  static Set All(Scalars* scalars) { return scalars->all_numbers_; }
  static Set None(Scalars*) { return NumberSet::None(); }
  static StatusOr<Set> And(Scalars*, const Set& a, const Set& b) { return a.And(b); }
  static StatusOr<Set> Or(Scalars*, const Set& a, const Set& b) { return a.Or(b); }
  static StatusOr<Set> Not(Scalars*, const Set& a) { return a.Not(); }
  static bool IsEmpty(Scalars*, const Set& a) { return a.empty(); }
  static StatusOr<Set> Own(Scalars* scalars, const Schema& schema) { return scalars->OwnNumbers(schema); }
  static StatusOr<Set> Value(Scalars*, const json::Value& value) {
    if (value.number() == nullptr) return NumberSet::None();
    return NumberSet::Compared(NumberSet::Order::kEqual, Decimal(value.number()->text));
  }
};

struct Scalars::StringKind {
  using Set = Regex;
  static constexpr TypeSet kTypesOf = TypeBit(Type::kString);
  static Set All(Scalars* scalars) { return scalars->any_string_; }
  static Set None(Scalars* scalars) { return scalars->pool_->Nothing(); }
  static StatusOr<Set> And(Scalars* scalars, Set a, Set b) {
    const Set all = All(scalars);
    return a == all ? b : b == all ? a : scalars->pool_->And(a, b);
  }
  static StatusOr<Set> Or(Scalars* scalars, Set a, Set b) {
    const Set all = All(scalars);
    return a == all || b == all ? all : scalars->pool_->Or(a, b);
  }
  static StatusOr<Set> Not(Scalars* scalars, Set a) {
    if (a == All(scalars)) return None(scalars);
    return TextComplement(a, kForm, scalars->pool_);
  }
  // Where that is too hard to say: no, which is only the longer way.
  static bool IsEmpty(Scalars* scalars, Set a) {
    const StatusOr<bool> possible = scalars->pool_->IsPossible(a);
    return possible.ok() && !*possible;
  }
  static StatusOr<Set> Own(Scalars* scalars, const Schema& schema) { return scalars->OwnStrings(schema); }
  static StatusOr<Set> Value(Scalars* scalars, const json::Value& value) {
    if (value.string() == nullptr) return None(scalars);
    return TextLiteral(*value.string(), kForm, scalars->pool_);
  }
};

template <typename Kind>
StatusOr<typename Kind::Set> Scalars::Choices(const json::Array& choices, size_t first, size_t end) {
  if (first == end) return Kind::None(this);
  if (end - first == 1) return Kind::Value(this, choices[first]);
  const size_t middle = first + (end - first) / 2;
  TALARIA_ASSIGN_OR_RETURN(const typename Kind::Set left, Choices<Kind>(choices, first, middle));
  TALARIA_ASSIGN_OR_RETURN(const typename Kind::Set right, Choices<Kind>(choices, middle, end));
  return Kind::Or(this, left, right);
}

// Thousands of words share their beginnings.
template <>
StatusOr<Regex> Scalars::Choices<Scalars::StringKind>(const json::Array& choices, size_t first, size_t end) {
  std::vector<std::string> words;
  for (size_t i = first; i < end; ++i) {
    if (choices[i].string() == nullptr) continue;
    words.emplace_back();
    AppendText(*choices[i].string(), kForm, &words.back());
  }
  const std::vector<std::string_view> views(words.begin(), words.end());
  return pool_->AnyOf(views);
}

Scalars::Scalars(const SchemaTable& table, bool assert_formats, RegexPool* pool)
    : table_(table),
      assert_formats_(assert_formats),
      pool_(pool),
      any_string_(pool->Star(AnyCodePoint(kForm, pool))) {}

StatusOr<ConstantSet> Scalars::Constants(const Demands& demands) {
  return All<ConstantKind>(demands, &constants_);
}
StatusOr<NumberSet> Scalars::Numbers(const Demands& demands) { return All<NumberKind>(demands, &numbers_); }
StatusOr<Regex> Scalars::Strings(const Demands& demands) { return All<StringKind>(demands, &strings_); }

template <typename Kind>
StatusOr<typename Kind::Set> Scalars::All(const Demands& demands,
                                          std::map<SchemaId, typename Kind::Set>* known) {
  typename Kind::Set set = Kind::All(this);
  for (const Literal& literal : demands.literals()) {
    TALARIA_ASSIGN_OR_RETURN(typename Kind::Set one, Of<Kind>(literal.schema, known));
    if (literal.negated) {
      TALARIA_ASSIGN_OR_RETURN(one, Kind::Not(this, one));
    }
    TALARIA_ASSIGN_OR_RETURN(set, Kind::And(this, set, one));
  }
  return set;
}

template <typename Kind>
StatusOr<typename Kind::Set> Scalars::Of(SchemaId id, std::map<SchemaId, typename Kind::Set>* known) {
  if (const auto found = known->find(id); found != known->end()) return found->second;
  const Schema& schema = table_[id];
  typename Kind::Set set = Kind::None(this);
  if (!schema.never && (schema.types & Kind::kTypesOf) != 0) {
    TALARIA_ASSIGN_OR_RETURN(set, Kind::Own(this, schema));
    TALARIA_ASSIGN_OR_RETURN(set, Combined<Kind>(schema, std::move(set), known));
  }
  known->emplace(id, set);
  return set;
}

// Half by half, so that thousands of parts make no chain.
template <typename Kind>
StatusOr<Scalars::Counted<typename Kind::Set>> Scalars::Union(const std::vector<SchemaId>& parts,
                                                              size_t first, size_t end, bool count,
                                                              std::map<SchemaId, typename Kind::Set>* known) {
  using Set = typename Kind::Set;
  if (end - first == 1) {
    TALARIA_ASSIGN_OR_RETURN(const Set set, Of<Kind>(parts[first], known));
    return Counted<Set>{set, set};
  }
  const size_t middle = first + (end - first) / 2;
  TALARIA_ASSIGN_OR_RETURN(const Counted<Set> left, Union<Kind>(parts, first, middle, count, known));
  TALARIA_ASSIGN_OR_RETURN(const Counted<Set> right, Union<Kind>(parts, middle, end, count, known));
  TALARIA_ASSIGN_OR_RETURN(Set any, Kind::Or(this, left.any, right.any));
  if (!count) return Counted<Set>{any, any};
  TALARIA_ASSIGN_OR_RETURN(const Set both, Kind::And(this, left.any, right.any));
  Set left_one = left.one;
  Set right_one = right.one;
  if (!Kind::IsEmpty(this, both)) {
    TALARIA_ASSIGN_OR_RETURN(const Set not_left, Kind::Not(this, left.any));
    TALARIA_ASSIGN_OR_RETURN(const Set not_right, Kind::Not(this, right.any));
    TALARIA_ASSIGN_OR_RETURN(left_one, Kind::And(this, left_one, not_right));
    TALARIA_ASSIGN_OR_RETURN(right_one, Kind::And(this, right_one, not_left));
  }
  TALARIA_ASSIGN_OR_RETURN(Set one, Kind::Or(this, left_one, right_one));
  return Counted<Set>{std::move(any), std::move(one)};
}

// *set*, which the schema's own keywords leave, through the keywords that combine schemas.
template <typename Kind>
StatusOr<typename Kind::Set> Scalars::Combined(const Schema& schema, typename Kind::Set set,
                                               std::map<SchemaId, typename Kind::Set>* known) {
  using Set = typename Kind::Set;
  if (schema.constant.has_value()) {
    TALARIA_ASSIGN_OR_RETURN(const Set one, Kind::Value(this, *schema.constant));
    TALARIA_ASSIGN_OR_RETURN(set, Kind::And(this, set, one));
  }
  if (schema.choices.has_value()) {
    TALARIA_ASSIGN_OR_RETURN(const Set some, Choices<Kind>(*schema.choices, 0, schema.choices->size()));
    TALARIA_ASSIGN_OR_RETURN(set, Kind::And(this, set, some));
  }
  for (const SchemaId id : {schema.ref, schema.dynamic_ref}) {
    if (id == kNoSchema) continue;
    TALARIA_ASSIGN_OR_RETURN(const Set part, Of<Kind>(id, known));
    TALARIA_ASSIGN_OR_RETURN(set, Kind::And(this, set, part));
  }
  for (const SchemaId id : schema.all_of) {
    TALARIA_ASSIGN_OR_RETURN(const Set part, Of<Kind>(id, known));
    TALARIA_ASSIGN_OR_RETURN(set, Kind::And(this, set, part));
  }
  if (!schema.any_of.empty()) {
    TALARIA_ASSIGN_OR_RETURN(const Counted<Set> any,
                             Union<Kind>(schema.any_of, 0, schema.any_of.size(), false, known));
    TALARIA_ASSIGN_OR_RETURN(set, Kind::And(this, set, any.any));
  }
  if (!schema.one_of.empty()) {
    TALARIA_ASSIGN_OR_RETURN(const Counted<Set> one,
                             Union<Kind>(schema.one_of, 0, schema.one_of.size(), true, known));
    TALARIA_ASSIGN_OR_RETURN(set, Kind::And(this, set, one.one));
  }
  if (schema.not_schema != kNoSchema) {
    TALARIA_ASSIGN_OR_RETURN(Set part, Of<Kind>(schema.not_schema, known));
    TALARIA_ASSIGN_OR_RETURN(part, Kind::Not(this, part));
    TALARIA_ASSIGN_OR_RETURN(set, Kind::And(this, set, part));
  }
  if (schema.if_schema != kNoSchema) {
    TALARIA_ASSIGN_OR_RETURN(const Set holds, Of<Kind>(schema.if_schema, known));
    TALARIA_ASSIGN_OR_RETURN(Set fails, Kind::Not(this, holds));
    Set both = holds;
    if (schema.then_schema != kNoSchema) {
      TALARIA_ASSIGN_OR_RETURN(const Set part, Of<Kind>(schema.then_schema, known));
      TALARIA_ASSIGN_OR_RETURN(both, Kind::And(this, both, part));
    }
    if (schema.else_schema != kNoSchema) {
      TALARIA_ASSIGN_OR_RETURN(const Set part, Of<Kind>(schema.else_schema, known));
      TALARIA_ASSIGN_OR_RETURN(fails, Kind::And(this, fails, part));
    }
    TALARIA_ASSIGN_OR_RETURN(both, Kind::Or(this, both, fails));
    TALARIA_ASSIGN_OR_RETURN(set, Kind::And(this, set, both));
  }
  return set;
}

StatusOr<NumberSet> Scalars::OwnNumbers(const Schema& schema) const {
  using Order = NumberSet::Order;
  NumberSet set = schema.integers_only ? integers_ : all_numbers_;
  const std::pair<const std::optional<Decimal>*, std::pair<Order, std::string_view>> bounds[] = {
      {&schema.minimum, {Order::kAtLeast, "minimum"}},
      {&schema.maximum, {Order::kAtMost, "maximum"}},
      {&schema.exclusive_minimum, {Order::kAbove, "exclusiveMinimum"}},
      {&schema.exclusive_maximum, {Order::kBelow, "exclusiveMaximum"}}};
  for (const auto& [bound, order] : bounds) {
    if (!bound->has_value()) continue;
    const StatusOr<NumberSet> side = NumberSet::Compared(order.first, **bound);
    if (!side.ok()) return Unsupported(order.second, schema.pointer, Message(side.status()));
    TALARIA_ASSIGN_OR_RETURN(set, set.And(*side));
  }
  if (schema.multiple_of.has_value()) {
    const StatusOr<NumberSet> multiples = NumberSet::MultiplesOf(*schema.multiple_of);
    if (!multiples.ok()) return Unsupported("multipleOf", schema.pointer, Message(multiples.status()));
    StatusOr<NumberSet> both = set.And(*multiples);
    if (!both.ok()) return Unsupported("multipleOf", schema.pointer, Message(both.status()));
    set = *std::move(both);
  }
  return set;
}

StatusOr<Regex> Scalars::OwnStrings(const Schema& schema) {
  Regex set = StringKind::All(this);
  if (schema.min_length > schema.max_length) return pool_->Nothing();
  if (schema.min_length > 0 || schema.max_length != kNoMaximum) {
    set = TextOfLength(schema.min_length, schema.max_length == kNoMaximum ? kUnbounded : schema.max_length,
                       kForm, pool_);
  }
  if (schema.pattern.has_value()) {
    const StatusOr<Regex> pattern = ParsePattern(*schema.pattern, PatternUse::kSearch, kForm, pool_);
    if (!pattern.ok()) return Unsupported("pattern", schema.pointer, Message(pattern.status()));
    TALARIA_ASSIGN_OR_RETURN(set, StringKind::And(this, set, *pattern));
  }
  if (assert_formats_ && schema.format.has_value()) {
    TALARIA_ASSIGN_OR_RETURN(const std::optional<Regex> format,
                             FormatRegex(*schema.format, schema.pointer, kForm, pool_));
    if (format.has_value()) {
      TALARIA_ASSIGN_OR_RETURN(set, StringKind::And(this, set, *format));
    }
  }
  return set;
}

}  // namespace talaria::grammar
