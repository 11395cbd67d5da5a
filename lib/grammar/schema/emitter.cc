#include "lib/grammar/schema/emitter.h"

#include <algorithm>
#include <set>
#include <string>

#include "lib/base/text.h"
#include "lib/grammar/schema/json_equal.h"

namespace talaria::grammar {
namespace {

constexpr TextForm kForm = TextForm::kJsonString;
constexpr size_t kMaxStates = 50'000;
// Names that alternatives do not speak of and get a place for, in all.
constexpr size_t kMaxPlaces = 20'000;

}  // namespace

Emitter::Emitter(SchemaTable* table, Scalars* scalars, Expander* expander,
                 const SchemaGrammarOptions& options, GrammarBuilder* builder)
    : table_(*table),
      scalars_(*scalars),
      expander_(*expander),
      options_(options),
      builder_(*builder),
      pool_(*builder->regexes()),
      json_(options.style, builder) {}

StatusOr<Expr> Emitter::Root(const Demands& demands) {
  StateOf(demands);
  for (uint32_t state = 0; state < defined_.size(); ++state) {
    TALARIA_RETURN_IF_ERROR(Define(state));
    TALARIA_RETURN_IF_ERROR(builder_.status());
    TALARIA_RETURN_IF_ERROR(pool_.status());
    if (defined_.size() > kMaxStates) {
      return ResourceExhausted("expected a schema of at most ", kMaxStates, " kinds of values, found more");
    }
  }
  return builder_.Use(defined_[0].second);
}

uint32_t Emitter::StateOf(const Demands& demands) {
  const auto [place, added] = states_.emplace(demands, static_cast<uint32_t>(defined_.size()));
  if (added) {
    defined_.emplace_back(demands, builder_.DeclareRule(Cat("value ", defined_.size())));
    shapes_.emplace_back();
  }
  return place->second;
}

Status Emitter::Define(uint32_t state) {
  const Demands demands = defined_[state].first;
  std::vector<Expr> choices;
  TALARIA_RETURN_IF_ERROR(AddScalars(demands, &choices));
  Shape shape;
  TALARIA_ASSIGN_OR_RETURN(const auto arrays, expander_.Arrays(demands));
  for (const ArrayProduct& product : arrays) {
    TALARIA_ASSIGN_OR_RETURN(const Expr array, Array(product, &shape));
    choices.push_back(array);
  }
  TALARIA_RETURN_IF_ERROR(AddObjects(demands, &shape, &choices));
  shapes_[state] = std::move(shape);
  builder_.DefineRule(defined_[state].second, builder_.Choice(choices));
  return absl::OkStatus();
}

Status Emitter::AddObjects(const Demands& demands, Shape* shape, std::vector<Expr>* choices) {
  TALARIA_ASSIGN_OR_RETURN(const auto objects, expander_.Objects(demands));
  // One order for all the alternatives.
  std::map<std::string_view, size_t> ranks;
  for (const ObjectProduct& product : objects) {
    for (const ObjectProduct::Name& name : product.names) {
      if (ranks.emplace(name.name, ranks.size()).second) shape->order.emplace_back(name.name);
    }
  }
  const bool has_places = objects.size() * ranks.size() <= kMaxPlaces && !options_.any_order;
  for (ObjectProduct product : objects) {
    // A name that only another alternative speaks of has its place here too, not one among the rest.
    if (has_places && product.min <= 1 && product.max == kNoMaximum && product.some.empty()) {
      std::vector<bool> known(ranks.size());
      for (const ObjectProduct::Name& name : product.names) known[ranks[name.name]] = true;
      for (const auto& [name, rank] : ranks) {
        if (!known[rank]) product.names.push_back({name, {}, false});
      }
    }
    std::sort(product.names.begin(), product.names.end(),
              [&ranks](const auto& a, const auto& b) { return ranks[a.name] < ranks[b.name]; });
    TALARIA_ASSIGN_OR_RETURN(const Expr object, Object(product, shape));
    choices->push_back(object);
  }
  return absl::OkStatus();
}

bool Emitter::MayHoldContainer(const Demands& demands) const {
  TypeSet types = kAllTypes;
  for (const Literal& literal : demands.literals()) {
    if (literal.negated) continue;
    const Schema& schema = table_[literal.schema];
    TypeSet own = schema.never ? TypeSet{0} : schema.types;
    TypeSet listed = 0;
    if (schema.constant.has_value()) {
      own = static_cast<TypeSet>(own & TypeBit(TypeOf(*schema.constant)));
    } else if (schema.choices.has_value()) {
      for (const json::Value& choice : *schema.choices)
        listed = static_cast<TypeSet>(listed | TypeBit(TypeOf(choice)));
      own = static_cast<TypeSet>(own & listed);
    }
    types = static_cast<TypeSet>(types & own);
  }
  return (types & (TypeBit(Type::kArray) | TypeBit(Type::kObject))) != 0;
}

// Demands that only scalars can meet need no rule of their own.
StatusOr<Expr> Emitter::Value(const Demands& demands) {
  if (MayHoldContainer(demands)) return builder_.Use(defined_[StateOf(demands)].second);
  if (const auto found = scalars_only_.find(demands); found != scalars_only_.end()) return found->second;
  std::vector<Expr> choices;
  TALARIA_RETURN_IF_ERROR(AddScalars(demands, &choices));
  const Expr expr = builder_.Choice(choices);
  scalars_only_.emplace(demands, expr);
  return expr;
}

// True where nothing but its length is asked of a string.
bool Emitter::LengthAlone(const Demands& demands, uint64_t* min, uint64_t* max) const {
  *min = 0;
  *max = kUnbounded;
  for (const Literal& literal : demands.literals()) {
    const Schema& schema = table_[literal.schema];
    const bool plain = !schema.constant && !schema.choices && !schema.pattern &&
                       (!schema.format || !options_.assert_formats) && schema.InPlace().empty();
    if (literal.negated || schema.never || !plain) return false;
    *min = std::max(*min, schema.min_length);
    if (schema.max_length != kNoMaximum) *max = std::min(*max, schema.max_length);
  }
  return *min <= *max;
}

StatusOr<Expr> Emitter::String(const Demands& demands, Regex strings) {
  uint64_t min = 0;
  uint64_t max = kUnbounded;
  if (LengthAlone(demands, &min, &max)) return json_.String(min, max);
  if (options_.style.max_string == kUnbounded) return json_.StringOf(strings);
  // The host's limit gives way where the schema has one of its own, or words that are longer.
  for (const Literal& literal : demands.literals()) {
    const Schema& schema = table_[literal.schema];
    if (literal.negated) continue;
    if (schema.constant || schema.choices || schema.max_length != kNoMaximum) return json_.StringOf(strings);
    min = std::max(min, schema.min_length);
  }
  const Regex limited =
      pool_.And(strings, TextOfLength(0, std::max(min, options_.style.max_string), kForm, &pool_));
  const StatusOr<bool> possible = pool_.IsPossible(limited);
  return json_.StringOf(!possible.ok() || *possible ? limited : strings);
}

Status Emitter::AddScalars(const Demands& demands, std::vector<Expr>* choices) {
  if (table_.IsNever(demands)) return absl::OkStatus();
  TALARIA_ASSIGN_OR_RETURN(const ConstantSet constants, scalars_.Constants(demands));
  if ((constants & kNull) != 0) choices->push_back(Bytes("null"));
  if ((constants & kFalse) != 0) choices->push_back(Bytes("false"));
  if ((constants & kTrue) != 0) choices->push_back(Bytes("true"));
  TALARIA_ASSIGN_OR_RETURN(NumberSet numbers, scalars_.Numbers(demands));
  if (!numbers.empty()) {
    TALARIA_ASSIGN_OR_RETURN(const Expr number, Number(std::move(numbers)));
    choices->push_back(number);
  }
  TALARIA_ASSIGN_OR_RETURN(const Regex strings, scalars_.Strings(demands));
  if (strings == pool_.Nothing()) return pool_.status();
  TALARIA_ASSIGN_OR_RETURN(const Expr string, String(demands, strings));
  choices->push_back(string);
  return pool_.status();
}

// Demands of items: the longest list that is not one loop is a prefix.
StatusOr<Expr> Emitter::Array(const ArrayProduct& product, Shape* shape) {
  uint64_t max = product.max;
  for (size_t i = 0; i <= product.prefix.size(); ++i) {
    if (table_.IsNever(product.At(i))) max = std::min<uint64_t>(max, i);
  }
  if (product.min > max) return builder_.Nothing();
  // What its items are, for the order of members in them.
  for (size_t i = 0; i <= product.prefix.size() && i < max; ++i) {
    while (shape->items.size() <= i) {
      shape->items.push_back(shape->items.empty() ? std::vector<uint32_t>() : shape->items.back());
    }
    if (MayHoldContainer(product.At(i))) shape->items[i].push_back(StateOf(product.At(i)));
  }
  // Longer lists of other alternatives go on with this one's rest.
  for (size_t i = product.prefix.size() + 1; i < shape->items.size() && i < max; ++i) {
    if (MayHoldContainer(product.rest)) shape->items[i].push_back(StateOf(product.rest));
  }
  std::vector<ArrayProduct::Contains> contains;
  for (const ArrayProduct::Contains& one : product.contains) {
    if (one.min > 0 || one.max != kNoMaximum) contains.push_back(one);
  }
  if (contains.size() > 1)
    return Unsupported(contains[1].keyword, "#", "more than one kind of item asked for at once");
  if (product.unique && max > 1) {
    if (!contains.empty()) return Unsupported("uniqueItems", "#", "beside contains");
    ArrayProduct bounded = product;
    bounded.max = max;
    return UniqueChoices(bounded);
  }
  if (!contains.empty()) {
    ArrayProduct bounded = product;
    bounded.max = max;
    return Containing(bounded, contains[0], shape);
  }
  if (max == 0) return json_.Brackets(builder_.Empty());
  // prefix, each item but the first and those below *min* optional with all that follow; then the rest in a
  // loop.
  const size_t fixed = static_cast<size_t>(std::min<uint64_t>(product.prefix.size(), max));
  Expr tail = builder_.Empty();
  if (max > fixed) {
    TALARIA_ASSIGN_OR_RETURN(const Expr item, Value(product.rest));
    const uint64_t low = product.min > fixed ? product.min - fixed : 0;
    const uint64_t high =
        max == kNoMaximum ? std::max({low, options_.style.max_items, uint64_t{1}}) : max - fixed;
    const Expr more = Then({json_.Comma(), item});
    if (fixed > 0) {
      tail = builder_.Repeat(more, low, high);
    } else {
      tail =
          Then({item, builder_.Repeat(more, low == 0 ? 0 : low - 1, high == kUnbounded ? high : high - 1)});
      if (low == 0) tail = builder_.Optional(tail);
    }
  }
  for (size_t i = fixed; i-- > 0;) {
    TALARIA_ASSIGN_OR_RETURN(const Expr item, Value(product.prefix[i]));
    tail = i == 0 ? Then({item, tail}) : Then({json_.Comma(), item, tail});
    if (i >= product.min) tail = builder_.Optional(tail);
  }
  return json_.Brackets(tail);
}

// Counts items up to where neither their demands nor the bounds tell them apart, and those that match up to
// where that is enough: a rule for each pair.
StatusOr<Expr> Emitter::Containing(const ArrayProduct& product, const ArrayProduct::Contains& contains,
                                   Shape* shape) {
  constexpr uint64_t kMaxRules = 4000;
  // The first is apart from all others: no comma stands before it.
  const uint64_t places = std::max({uint64_t{1}, uint64_t{product.prefix.size()}, product.min,
                                    product.max == kNoMaximum ? 0 : product.max, contains.from}) +
                          1;
  const bool bounded = contains.max != kNoMaximum;
  const uint64_t counts = (bounded ? contains.max : contains.min) + 1;
  if (places > kMaxRules || counts > kMaxRules || places * counts > kMaxRules) {
    return Unsupported(contains.keyword, table_[contains.value.schema].pointer,
                       Cat("more than ", kMaxRules, " states to count in"));
  }
  const auto at = [counts](uint64_t place, uint64_t count) {
    return static_cast<size_t>(place * counts + count);
  };
  std::vector<Rule> rules;
  for (uint64_t i = 0; i < places * counts; ++i) rules.push_back(builder_.DeclareRule("items"));
  for (uint64_t place = 0; place < places; ++place) {
    const uint64_t next = std::min(place + 1, places - 1);
    Demands matching = product.At(static_cast<size_t>(place));
    table_.Demand(contains.value, &matching);
    Demands other = product.At(static_cast<size_t>(place));
    const bool counted = place >= contains.from;
    if (bounded && counted) table_.Demand({contains.value.schema, !contains.value.negated}, &other);
    TALARIA_ASSIGN_OR_RETURN(const Expr match, Value(matching));
    TALARIA_ASSIGN_OR_RETURN(const Expr rest, Value(other));
    // Items are then put in order as either wants it.
    for (const Demands& demands : {matching, other}) {
      if (!MayHoldContainer(demands)) continue;
      const uint32_t state = StateOf(demands);
      for (std::vector<uint32_t>& states : shape->items) {
        if (std::find(states.begin(), states.end(), state) == states.end()) states.push_back(state);
      }
    }
    const Expr before = place == 0 ? builder_.Empty() : json_.Comma();
    for (uint64_t count = 0; count < counts; ++count) {
      std::vector<Expr> choices;
      if (place >= product.min && count >= contains.min) choices.push_back(builder_.Empty());
      if (place < product.max) {
        choices.push_back(Then({before, rest, builder_.Use(rules[at(next, count)])}));
        const uint64_t more = bounded ? count + 1 : std::min(count + 1, counts - 1);
        if (counted && more < counts) {
          choices.push_back(Then({before, match, builder_.Use(rules[at(next, more)])}));
        }
      }
      builder_.DefineRule(rules[at(place, count)], builder_.Choice(choices));
    }
  }
  return json_.Brackets(builder_.Use(rules[0]));
}

// Items that all differ can be told where they are words of a list.
StatusOr<Expr> Emitter::UniqueChoices(const ArrayProduct& product) {
  const Schema* listed = nullptr;
  for (const Literal& literal : product.rest.literals()) {
    if (!literal.negated && table_[literal.schema].choices.has_value()) listed = &table_[literal.schema];
  }
  const auto refuse = [&](std::string_view why) { return Unsupported("uniqueItems", "#", why); };
  if (!product.prefix.empty() || listed == nullptr) return refuse("of items that are not an enum");
  if (listed->choices->size() > GrammarBuilder::kMaxAnyOrder) return refuse("of a long enum");
  std::vector<Expr> items;
  std::set<std::string> keys;
  for (const json::Value& choice : *listed->choices) {
    if (!keys.insert(EqualityKey(choice)).second) continue;
    if (choice.is_array() || choice.is_object()) return refuse("of items that are not scalars");
    Demands one = product.rest;
    table_.Demand(table_.Constant(choice), &one);
    TALARIA_ASSIGN_OR_RETURN(const Expr item, Value(one));
    items.push_back(item);
  }
  if (product.min > 1 || product.max < items.size()) return refuse("beside a number of items");
  std::vector<Expr> firsts;
  for (size_t first = 0; first < items.size(); ++first) {
    std::vector<Expr> others;
    for (size_t i = 0; i < items.size(); ++i) {
      if (i != first) others.push_back(Then({json_.Comma(), items[i]}));
    }
    firsts.push_back(Then({items[first], builder_.AnyOrder({}, others, builder_.Empty())}));
  }
  Expr all = builder_.Choice(firsts);
  if (product.min == 0) all = builder_.Optional(all);
  return json_.Brackets(all);
}

}  // namespace talaria::grammar
