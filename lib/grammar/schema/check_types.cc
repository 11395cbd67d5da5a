// The keywords of Checker that speak of one type each.
#include <algorithm>
#include <unordered_map>

#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/grammar/schema/checker.h"
#include "lib/grammar/schema/json_equal.h"

namespace talaria::grammar {
namespace {

std::string Spelled(const Decimal& number) { return number.Plain(40).value_or(number.Key()); }

// "at least 2 items": the bounds that a size must keep.
std::string Counted(std::string_view bound, uint64_t count, std::string_view one) {
  return Cat(bound, " ", count, " ", one, count == 1 ? "" : one == "property" ? "" : "s");
}

size_t CodePoints(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace

bool Checker::CheckNumber(const Schema& schema, const Subject& subject, Violations* out) {
  if (!schema.minimum && !schema.maximum && !schema.exclusive_minimum && !schema.exclusive_maximum &&
      !schema.multiple_of) {
    return true;
  }
  const Decimal number(subject.value.number()->text);
  bool valid = true;
  if (schema.minimum && number.Compare(*schema.minimum) < 0) {
    valid = Report(subject, "minimum", Cat("a number of at least ", Spelled(*schema.minimum)), out);
  }
  if (schema.maximum && number.Compare(*schema.maximum) > 0) {
    valid = Report(subject, "maximum", Cat("a number of at most ", Spelled(*schema.maximum)), out);
  }
  if (schema.exclusive_minimum && number.Compare(*schema.exclusive_minimum) <= 0) {
    valid = Report(subject, "exclusiveMinimum", Cat("a number above ", Spelled(*schema.exclusive_minimum)), out);
  }
  if (schema.exclusive_maximum && number.Compare(*schema.exclusive_maximum) >= 0) {
    valid = Report(subject, "exclusiveMaximum", Cat("a number below ", Spelled(*schema.exclusive_maximum)), out);
  }
  if (schema.multiple_of && !number.IsMultipleOf(*schema.multiple_of)) {
    valid = Report(subject, "multipleOf", Cat("a multiple of ", Spelled(*schema.multiple_of)), out);
  }
  return valid;
}

bool Checker::CheckString(const Schema& schema, const Subject& subject, Violations* out) {
  const std::string& text = *subject.value.string();
  bool valid = true;
  if (schema.min_length > 0 || schema.max_length != kNoMaximum) {
    const size_t length = CodePoints(text);
    if (length < schema.min_length) {
      valid = Report(subject, "minLength", Counted("a string of at least", schema.min_length, "character"), out);
    }
    if (length > schema.max_length) {
      valid = Report(subject, "maxLength", Counted("a string of at most", schema.max_length, "character"), out);
    }
  }
  if (schema.pattern.has_value()) {
    if (!Spend(text.size() / 16)) return false;
    if (!Holds(patterns_.Matches(*schema.pattern, text))) {
      valid = Report(subject, "pattern", Cat("a string that matches ", Quoted(*schema.pattern)), out);
    }
  }
  if (schema.format.has_value() && options_.assert_formats && !Holds(patterns_.IsOfFormat(*schema.format, text))) {
    valid = Report(subject, "format", Cat("a string of the format ", *schema.format), out);
  }
  return valid;
}

bool Checker::CheckArray(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out) {
  const json::Array& items = *subject.value.array();
  bool valid = true;
  if (items.size() < schema.min_items) {
    valid = Report(subject, "minItems", Counted("an array of at least", schema.min_items, "item"), out);
  }
  if (items.size() > schema.max_items) {
    valid = Report(subject, "maxItems", Counted("an array of at most", schema.max_items, "item"), out);
  }
  for (size_t i = 0; i < items.size(); ++i) {
    const SchemaId item = i < schema.prefix.size() ? schema.prefix[i] : schema.items;
    if (item == kNoSchema) break;
    const Place place{subject.place, {}, i, true};
    Evaluated inside;
    valid &= Apply(item, {items[i], &place}, evaluated == nullptr ? nullptr : &inside, out);
    if (evaluated != nullptr) evaluated->Add(i, items.size());
    if (exhausted_) return false;
  }
  valid &= CheckContains(schema, subject, evaluated, out);
  return CheckUnique(schema, subject, out) && valid;
}

bool Checker::CheckContains(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out) {
  if (schema.contains == kNoSchema) return true;
  const json::Array& items = *subject.value.array();
  uint64_t matches = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const Place place{subject.place, {}, i, true};
    Evaluated inside;
    if (!Apply(schema.contains, {items[i], &place}, evaluated == nullptr ? nullptr : &inside, nullptr)) continue;
    ++matches;
    // In 2020-12 alone: in draft 7 nobody asks.
    if (evaluated != nullptr) evaluated->Add(i, items.size());
  }
  const std::string found = Cat(matches, " of them");
  if (matches < schema.min_contains) {
    return Report(subject, "contains", Counted("at least", schema.min_contains, "item that matches \"contains\""),
                  found, out);
  }
  if (matches > schema.max_contains) {
    return Report(subject, "maxContains", Counted("at most", schema.max_contains, "item that matches \"contains\""),
                  found, out);
  }
  return true;
}

bool Checker::CheckUnique(const Schema& schema, const Subject& subject, Violations* out) {
  const json::Array& items = *subject.value.array();
  if (!schema.unique_items || items.size() < 2) return true;
  std::unordered_map<std::string, size_t> keys;
  for (size_t i = 0; i < items.size(); ++i) {
    std::string key = EqualityKey(items[i]);
    if (!Spend(1 + key.size() / 16)) return false;
    const auto [first, added] = keys.emplace(std::move(key), i);
    if (!added) {
      return Report(subject, "uniqueItems", "items that all differ",
                    Cat("items ", first->second, " and ", i, " that are equal"), out);
    }
  }
  return true;
}

bool Checker::CheckObject(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out) {
  const json::Object& members = *subject.value.object();
  bool valid = true;
  if (members.size() < schema.min_properties) {
    valid = Report(subject, "minProperties", Cat("an object of at least ", schema.min_properties, " members"), out);
  }
  if (members.size() > schema.max_properties) {
    valid = Report(subject, "maxProperties", Cat("an object of at most ", schema.max_properties, " members"), out);
  }
  valid &= CheckNames(schema, subject, out);
  valid &= CheckMembers(schema, subject, evaluated, out);
  return CheckDependents(schema, subject, evaluated, out) && valid;
}

namespace {

// The members' names in order, for looking up many.
std::vector<std::string_view> SortedNames(const json::Object& members) {
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const json::Member& member : members) names.push_back(member.key);
  std::sort(names.begin(), names.end());
  return names;
}

bool Has(const std::vector<std::string_view>& sorted, std::string_view name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

}  // namespace

bool Checker::CheckNames(const Schema& schema, const Subject& subject, Violations* out) {
  const json::Object& members = *subject.value.object();
  bool valid = true;
  if (!schema.required.empty()) {
    if (!Spend(schema.required.size())) return false;
    const std::vector<std::string_view> names = SortedNames(members);
    for (const std::string& name : schema.required) {
      if (Has(names, name)) continue;
      valid = Report(subject, "required", Cat("a member ", Quoted(name)), "none", out);
    }
  }
  if (schema.property_names == kNoSchema) return valid;
  for (const json::Member& member : members) {
    const json::Value name(member.key);
    const Place place{subject.place, member.key, 0, false};
    if (Apply(schema.property_names, {name, &place}, nullptr, nullptr)) continue;
    valid = Report(subject, "propertyNames", "names of members as \"propertyNames\" has them", Quoted(member.key), out);
  }
  return valid;
}

bool Checker::CheckMembers(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out) {
  if (schema.properties.empty() && schema.patterns.empty() && schema.additional == kNoSchema) return true;
  const json::Object& members = *subject.value.object();
  bool valid = true;
  for (size_t i = 0; i < members.size(); ++i) {
    const json::Member& member = members[i];
    const Place place{subject.place, member.key, 0, false};
    const Subject inside{member.value, &place};
    bool matched = false;
    const auto apply = [&](SchemaId id) {
      Evaluated own;
      valid &= Apply(id, inside, evaluated == nullptr ? nullptr : &own, out);
      matched = true;
    };
    if (const SchemaId id = schema.FindProperty(member.key); id != kNoSchema) apply(id);
    for (const NamedSchema& pattern : schema.patterns) {
      if (!Spend(1 + member.key.size() / 16)) return false;
      if (Holds(patterns_.Matches(pattern.name, member.key))) apply(pattern.schema);
    }
    if (!matched && schema.additional != kNoSchema) {
      if (document_[schema.additional].never) {
        valid = Report(subject, "additionalProperties", "no members but those of the schema", Quoted(member.key), out);
      } else {
        apply(schema.additional);
      }
    }
    if (matched && evaluated != nullptr) evaluated->Add(i, members.size());
    if (exhausted_) return false;
  }
  return valid;
}

bool Checker::CheckDependents(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out) {
  if (schema.dependent_required.empty() && schema.dependent_schemas.empty()) return true;
  const std::vector<std::string_view> names = SortedNames(*subject.value.object());
  bool valid = true;
  for (const NamedNames& dependent : schema.dependent_required) {
    if (!Spend() || !Has(names, dependent.name)) continue;
    if (!Spend(dependent.names.size())) return false;
    for (const std::string& name : dependent.names) {
      if (Has(names, name)) continue;
      valid = Report(subject, "dependentRequired", Cat("a member ", Quoted(name), " beside ", Quoted(dependent.name)),
                     "none", out);
    }
  }
  for (const NamedSchema& dependent : schema.dependent_schemas) {
    if (Has(names, dependent.name)) valid &= Apply(dependent.schema, subject, evaluated, out);
  }
  return valid && !exhausted_;
}

bool Checker::CheckUnevaluated(const Schema& schema, const Subject& subject, Evaluated* evaluated,
                               Violations* out) {
  if (evaluated == nullptr) return true;
  bool valid = true;
  if (const json::Array* items = subject.value.array();
      items != nullptr && schema.unevaluated_items != kNoSchema) {
    for (size_t i = 0; i < items->size(); ++i) {
      if (evaluated->Has(i)) continue;
      const Place place{subject.place, {}, i, true};
      Evaluated inside;
      if (!Apply(schema.unevaluated_items, {(*items)[i], &place}, &inside, nullptr)) {
        valid = Report({(*items)[i], &place}, "unevaluatedItems", "no item that the schema does not speak of", out);
      }
    }
    evaluated->all = true;
  }
  if (const json::Object* members = subject.value.object();
      members != nullptr && schema.unevaluated_properties != kNoSchema) {
    for (size_t i = 0; i < members->size(); ++i) {
      if (evaluated->Has(i)) continue;
      const Place place{subject.place, (*members)[i].key, 0, false};
      Evaluated inside;
      if (!Apply(schema.unevaluated_properties, {(*members)[i].value, &place}, &inside, nullptr)) {
        valid = Report({(*members)[i].value, &place}, "unevaluatedProperties",
                       "no member that the schema does not speak of", out);
      }
    }
    evaluated->all = true;
  }
  return valid;
}

}  // namespace talaria::grammar
