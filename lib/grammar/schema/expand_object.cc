// What the keywords of objects ask, as products.
#include <algorithm>
#include <unordered_map>

#include "lib/base/text.h"
#include "lib/grammar/schema/expander.h"

namespace talaria::grammar {
namespace {

constexpr TextForm kForm = TextForm::kJsonString;
// Names that `propertyNames` lists are as good as declared ones.
constexpr size_t kMaxListedNames = 1000;

NameSet SortedNames(std::vector<std::string_view> names) {
  std::sort(names.begin(), names.end());
  return std::make_shared<const std::vector<std::string_view>>(std::move(names));
}

ObjectProduct WithName(const SchemaTable& table, std::string_view name, Literal value, bool required) {
  ObjectProduct product;
  Demands demands;
  table.Demand(value, &demands);
  product.names.push_back({name, std::move(demands), required});
  return product;
}

}  // namespace

StatusOr<Regex> Expander::Pattern(const Schema& schema, const std::string& pattern) {
  const StatusOr<Regex> regex = ParsePattern(pattern, PatternUse::kSearch, kForm, pool_);
  if (!regex.ok()) return Unsupported("patternProperties", schema.pointer, Message(regex.status()));
  return *regex;
}

StatusOr<Regex> Expander::NameLanguage(SchemaId schema, bool negated) {
  Demands demands;
  table_.Demand({schema, negated}, &demands);
  return scalars_.Strings(demands);
}

bool Expander::NameFits(const Regex& language, std::string_view name) {
  std::string text;
  AppendText(name, kForm, &text);
  return pool_->Matches(language, text);
}

bool Expander::RuleCovers(const ObjectProduct::Rule& rule, std::string_view name) {
  if (rule.matching) return NameFits(rule.pattern, name);
  if (rule.except != nullptr && std::binary_search(rule.except->begin(), rule.except->end(), name)) return false;
  return rule.pattern == pool_->Nothing() || !NameFits(rule.pattern, name);
}

Status Expander::Own(const Schema& schema, bool track, Union<ObjectProduct>* all) {
  ObjectProduct product;
  std::unordered_map<std::string_view, size_t> places;
  const auto named = [&](std::string_view name) -> ObjectProduct::Name& {
    const auto [place, added] = places.emplace(name, product.names.size());
    if (added) product.names.push_back({name, {}, false});
    return product.names[place->second];
  };
  std::vector<std::string_view> own_names;
  for (const NamedSchema& property : schema.properties) {
    table_.Demand(property.schema, &named(property.name).value);
    own_names.push_back(property.name);
  }
  for (const std::string& name : schema.required) named(name).required = true;
  Regex patterns = pool_->Nothing();
  for (const NamedSchema& pattern : schema.patterns) {
    ObjectProduct::Rule rule;
    TALARIA_ASSIGN_OR_RETURN(rule.pattern, Pattern(schema, pattern.name));
    table_.Demand(pattern.schema, &rule.value);
    patterns = pool_->Or(patterns, rule.pattern);
    if (track) product.evaluated_patterns.push_back(rule.pattern);
    product.rules.push_back(std::move(rule));
  }
  if (track) product.evaluated_names = own_names;
  if (schema.additional != kNoSchema) {
    ObjectProduct::Rule rule{false, patterns, SortedNames(own_names), {}};
    table_.Demand(schema.additional, &rule.value);
    if (!rule.value.empty()) product.rules.push_back(std::move(rule));
    product.all_evaluated = true;
  }
  if (schema.property_names != kNoSchema) {
    TALARIA_ASSIGN_OR_RETURN(const Regex language, NameLanguage(schema.property_names, false));
    product.name_languages.push_back(language);
    const Schema& names = table_[schema.property_names];
    if (names.constant.has_value() && names.constant->string() != nullptr) named(*names.constant->string());
    if (names.choices.has_value() && names.choices->size() <= kMaxListedNames) {
      for (const json::Value& name : *names.choices) {
        if (name.string() != nullptr) named(*name.string());
      }
    }
  }
  product.min = schema.min_properties;
  product.max = schema.max_properties;
  TALARIA_RETURN_IF_ERROR(And({product}, all));
  return AndDependents(schema, track, all);
}

// Either the one name is not there, or the others are too.
Status Expander::AndDependents(const Schema& schema, bool track, Union<ObjectProduct>* all) {
  for (const NamedNames& dependent : schema.dependent_required) {
    if (dependent.names.empty()) continue;
    Union<ObjectProduct> either;
    either.push_back(WithName(table_, dependent.name, {table_.never(), false}, false));
    either.push_back(WithName(table_, dependent.name, {table_.always(), false}, true));
    for (const std::string& name : dependent.names) either.back().Named(name).required = true;
    TALARIA_RETURN_IF_ERROR(And(either, all));
  }
  for (const NamedSchema& dependent : schema.dependent_schemas) {
    Union<ObjectProduct> with = {WithName(table_, dependent.name, {table_.always(), false}, true)};
    TALARIA_ASSIGN_OR_RETURN(const auto part, Positive<ObjectProduct>(dependent.schema, track));
    TALARIA_RETURN_IF_ERROR(And(*part, &with));
    with.push_back(WithName(table_, dependent.name, {table_.never(), false}, false));
    TALARIA_RETURN_IF_ERROR(And(with, all));
  }
  return absl::OkStatus();
}

Status Expander::NegateOwn(const Schema& schema, Union<ObjectProduct>* any) {
  std::vector<std::string_view> own_names;
  Regex patterns = pool_->Nothing();
  const auto some = [&](Regex names, SchemaId value) {
    ObjectProduct product;
    product.some.push_back({names, {}});
    if (value != kNoSchema) table_.Demand({value, true}, &product.some.back().value);
    any->push_back(std::move(product));
  };
  for (const NamedSchema& property : schema.properties) {
    any->push_back(WithName(table_, property.name, {property.schema, true}, true));
    own_names.push_back(property.name);
  }
  for (const NamedSchema& pattern : schema.patterns) {
    TALARIA_ASSIGN_OR_RETURN(const Regex regex, Pattern(schema, pattern.name));
    patterns = pool_->Or(patterns, regex);
    some(regex, pattern.schema);
  }
  if (schema.additional != kNoSchema) {
    std::vector<std::string> words;
    for (const std::string_view name : own_names) {
      words.emplace_back();
      AppendText(name, kForm, &words.back());
    }
    const std::vector<std::string_view> views(words.begin(), words.end());
    some(TextComplement(pool_->Or(patterns, pool_->AnyOf(views)), kForm, pool_), schema.additional);
  }
  if (schema.property_names != kNoSchema) {
    TALARIA_ASSIGN_OR_RETURN(const Regex names, NameLanguage(schema.property_names, true));
    some(names, kNoSchema);
  }
  for (const std::string& name : schema.required) {
    any->push_back(WithName(table_, name, {table_.never(), false}, false));
  }
  if (schema.min_properties > 0) {
    any->emplace_back();
    any->back().max = schema.min_properties - 1;
  }
  if (schema.max_properties != kNoMaximum) {
    any->emplace_back();
    any->back().min = schema.max_properties + 1;
  }
  for (const NamedNames& dependent : schema.dependent_required) {
    for (const std::string& name : dependent.names) {
      Union<ObjectProduct> both = {WithName(table_, dependent.name, {table_.always(), false}, true)};
      TALARIA_RETURN_IF_ERROR(And({WithName(table_, name, {table_.never(), false}, false)}, &both));
      TALARIA_RETURN_IF_ERROR(Or(both, any));
    }
  }
  for (const NamedSchema& dependent : schema.dependent_schemas) {
    Union<ObjectProduct> both = {WithName(table_, dependent.name, {table_.always(), false}, true)};
    TALARIA_ASSIGN_OR_RETURN(const auto part, Negative<ObjectProduct>(dependent.schema));
    TALARIA_RETURN_IF_ERROR(And(*part, &both));
    TALARIA_RETURN_IF_ERROR(Or(both, any));
  }
  return absl::OkStatus();
}

Status Expander::AndUnevaluated(const Schema& schema, Union<ObjectProduct>* all) {
  if (schema.unevaluated_properties == kNoSchema) return absl::OkStatus();
  for (ObjectProduct& product : *all) {
    if (!product.all_evaluated) {
      ObjectProduct::Rule rule{false, pool_->Or(product.evaluated_patterns), SortedNames(product.evaluated_names), {}};
      table_.Demand(schema.unevaluated_properties, &rule.value);
      if (!rule.value.empty()) product.rules.push_back(std::move(rule));
    }
    product.all_evaluated = true;
  }
  return absl::OkStatus();
}

StatusOr<bool> Expander::IsEmpty(const ObjectProduct& product) {
  if (product.min > product.max) return true;
  for (const ObjectProduct::Name& name : product.names) {
    if (!name.required) continue;
    Demands value = name.value;
    for (const ObjectProduct::Rule& rule : product.rules) {
      if (RuleCovers(rule, name.name)) value.Add(rule.value);
    }
    TALARIA_ASSIGN_OR_RETURN(const bool impossible, IsImpossible(value));
    if (impossible) return true;
  }
  return false;
}

StatusOr<bool> Expander::AreDisjoint(const ObjectProduct& a, const ObjectProduct& b) {
  if (std::max(a.min, b.min) > std::min(a.max, b.max)) return true;
  for (const auto& [one, other] : {std::make_pair(&a, &b), std::make_pair(&b, &a)}) {
    for (const ObjectProduct::Name& name : one->names) {
      if (!name.required) continue;
      Demands value = name.value;
      for (const ObjectProduct::Name& candidate : other->names) {
        if (candidate.name == name.name) value.Add(candidate.value);
      }
      TALARIA_RETURN_IF_ERROR(Spend(1 + other->names.size() / 4));
      for (const ObjectProduct* product : {one, other}) {
        for (const ObjectProduct::Rule& rule : product->rules) {
          if (RuleCovers(rule, name.name)) value.Add(rule.value);
        }
      }
      TALARIA_ASSIGN_OR_RETURN(const bool impossible, IsImpossible(value));
      if (impossible) return true;
    }
  }
  return false;
}

}  // namespace talaria::grammar
