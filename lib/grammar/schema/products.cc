#include "lib/grammar/schema/products.h"

#include <algorithm>
#include <unordered_map>

namespace talaria::grammar {

ObjectProduct::Name& ObjectProduct::Named(std::string_view name) {
  for (Name& known : names) {
    if (known.name == name) return known;
  }
  names.push_back({name, {}, false});
  return names.back();
}

void ObjectProduct::ForgetEvaluated() {
  all_evaluated = false;
  evaluated_names.clear();
  evaluated_patterns.clear();
}

void ArrayProduct::ForgetEvaluated() {
  all_evaluated = false;
  evaluated = 0;
  contains_evaluates = false;
}

void ObjectProduct::And(const ObjectProduct& other) {
  if (names.empty()) {
    names = other.names;
  } else if (!other.names.empty()) {
    std::unordered_map<std::string_view, size_t> places;
    for (size_t i = 0; i < names.size(); ++i) places.emplace(names[i].name, i);
    for (const Name& name : other.names) {
      const auto [place, added] = places.emplace(name.name, names.size());
      if (added) {
        names.push_back(name);
      } else {
        names[place->second].value.Add(name.value);
        names[place->second].required |= name.required;
      }
    }
  }
  rules.insert(rules.end(), other.rules.begin(), other.rules.end());
  name_languages.insert(name_languages.end(), other.name_languages.begin(), other.name_languages.end());
  some.insert(some.end(), other.some.begin(), other.some.end());
  min = std::max(min, other.min);
  max = std::min(max, other.max);
  all_evaluated |= other.all_evaluated;
  evaluated_names.insert(evaluated_names.end(), other.evaluated_names.begin(), other.evaluated_names.end());
  evaluated_patterns.insert(evaluated_patterns.end(), other.evaluated_patterns.begin(),
                            other.evaluated_patterns.end());
}

void ArrayProduct::And(const ArrayProduct& other) {
  const size_t length = std::max(prefix.size(), other.prefix.size());
  std::vector<Demands> both;
  both.reserve(length);
  for (size_t i = 0; i < length; ++i) {
    both.push_back(At(i));
    both.back().Add(other.At(i));
  }
  prefix = std::move(both);
  rest.Add(other.rest);
  contains.insert(contains.end(), other.contains.begin(), other.contains.end());
  min = std::max(min, other.min);
  max = std::min(max, other.max);
  unique |= other.unique;
  all_evaluated |= other.all_evaluated;
  evaluated = std::max(evaluated, other.evaluated);
  contains_evaluates |= other.contains_evaluates;
}

}  // namespace talaria::grammar
