#include "lib/grammar/schema/checker.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/grammar/schema/json_equal.h"
#include "lib/grammar/schema/json_pointer.h"

namespace talaria::grammar {
namespace {

constexpr size_t kShown = 60;  // bytes of a value in a message

std::string Clipped(std::string_view text) {
  if (text.size() <= kShown) return SanitizeUtf8(text);
  text = text.substr(0, kShown);
  text.remove_suffix(IncompleteUtf8Tail(text));
  return SanitizeUtf8(text) + "...";
}

// A value as a message shows it; a large one by its size.
std::string Shown(const json::Value& value) {
  if (const json::Array* items = value.array()) return Cat("an array of ", items->size(), " items");
  if (const json::Object* members = value.object()) return Cat("an object of ", members->size(), " members");
  if (const std::string* text = value.string()) {
    std::string quoted;
    json::AppendString(Clipped(*text), false, &quoted);
    return quoted;
  }
  return Clipped(value.number() != nullptr ? value.number()->text : json::Write(value));
}

std::string TypesText(const Schema& schema) {
  static constexpr std::string_view kNames[kTypes] = {"null", "a boolean", "a number", "a string", "an array",
                                                      "an object"};
  std::string text;
  for (int i = 0; i < kTypes; ++i) {
    const Type type = static_cast<Type>(i);
    if ((schema.types & TypeBit(type)) == 0) continue;
    if (!text.empty()) text += " or ";
    text += type == Type::kNumber && schema.integers_only ? "an integer" : kNames[i];
  }
  return text.empty() ? "no value" : text;
}

// How far below the top a violation lies, to choose the branch of a choice that came nearest.
size_t DepthOf(const std::vector<SchemaViolation>& violations) {
  if (violations.empty()) return 0;
  const std::string& at = violations.front().at;
  return static_cast<size_t>(std::count(at.begin(), at.end(), '/'));
}

}  // namespace

void Checker::Evaluated::Add(size_t index, size_t size) {
  if (seen.empty()) seen.resize(size);
  seen[index] = true;
}

void Checker::Evaluated::Merge(const Evaluated& other) {
  all |= other.all;
  if (seen.size() < other.seen.size()) seen.resize(other.seen.size());
  for (size_t i = 0; i < other.seen.size(); ++i) {
    if (other.seen[i]) seen[i] = true;
  }
}

bool Checker::Report(const Subject& subject, std::string_view keyword, std::string_view expected,
                     Violations* out) {
  return Wants(out) ? Report(subject, keyword, expected, Shown(subject.value), out) : false;
}

bool Checker::Report(const Subject& subject, std::string_view keyword, std::string_view expected,
                     std::string_view found, Violations* out) {
  if (!Wants(out)) return false;
  std::vector<const Place*> way;
  for (const Place* place = subject.place; place != nullptr; place = place->up) way.push_back(place);
  std::string at;
  for (auto place = way.rbegin(); place != way.rend(); ++place) {
    AppendPointerToken((*place)->is_index ? std::to_string((*place)->index) : std::string((*place)->name), &at);
  }
  const std::string where = at.empty() ? "the value" : PlaceBelow("", std::string_view(at).substr(1));
  std::string shown = at.empty() ? where : Clipped(at);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  out->push_back({std::move(at), std::string(keyword), Cat(shown, ": expected ", expected, ", found ", found)});
  return false;
}

bool Checker::Spend(uint64_t steps) {
  steps_ += steps;
  if (steps_ > options_.max_steps) exhausted_ = true;
  return !exhausted_;
}

bool Checker::Holds(const StatusOr<bool>& answer) {
  if (!answer.ok()) exhausted_ = true;
  return answer.ok() && *answer;
}

bool Checker::Check(const json::Value& value, Violations* violations) {
  Evaluated evaluated;
  const Subject subject{value, nullptr};
  const bool valid = Apply(0, subject, document_.uses_unevaluated() ? &evaluated : nullptr, violations);
  if (!exhausted_) return valid;
  if (violations != nullptr) {
    violations->clear();
    Report(subject, "limit", "a value that can be checked within the limits", violations);
  }
  return false;
}

bool Checker::Apply(SchemaId id, const Subject& subject, Evaluated* evaluated, Violations* out) {
  const Schema& schema = document_[id];
  if (schema.never) return Report(subject, "false", "nothing here", out);
  if (!Spend()) return false;
  if (depth_ >= options_.max_depth) {
    exhausted_ = true;
    return false;
  }
  ++depth_;
  const bool enters = dynamic_scope_.empty() || dynamic_scope_.back() != schema.resource;
  if (enters) dynamic_scope_.push_back(schema.resource);
  // A schema that fails leaves no trace of what it has looked at.
  Evaluated own;
  const bool valid = ApplyKeywords(schema, subject, evaluated == nullptr ? nullptr : &own, out);
  if (valid && evaluated != nullptr) evaluated->Merge(own);
  if (enters) dynamic_scope_.pop_back();
  --depth_;
  return valid && !exhausted_;
}

bool Checker::ApplyKeywords(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out) {
  // With the wrong type, all else would say the same thing again.
  if (!CheckType(schema, subject, out)) return false;
  bool valid = CheckReferences(schema, subject, evaluated, out);
  valid &= CheckChoices(schema, subject, out);
  switch (TypeOf(subject.value)) {
    case Type::kNumber:
      valid &= CheckNumber(schema, subject, out);
      break;
    case Type::kString:
      valid &= CheckString(schema, subject, out);
      break;
    case Type::kArray:
      valid &= CheckArray(schema, subject, evaluated, out);
      break;
    case Type::kObject:
      valid &= CheckObject(schema, subject, evaluated, out);
      break;
    default:
      break;
  }
  valid &= CheckCombined(schema, subject, evaluated, out);
  // Last: it depends on what all the others have looked at.
  return valid && CheckUnevaluated(schema, subject, evaluated, out);
}

bool Checker::CheckReferences(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out) {
  bool valid = true;
  if (schema.ref != kNoSchema) valid &= Apply(schema.ref, subject, evaluated, out);
  if (schema.dynamic_ref != kNoSchema) valid &= Apply(DynamicTarget(schema), subject, evaluated, out);
  return valid;
}

// The outermost resource on the way here that has the anchor.
SchemaId Checker::DynamicTarget(const Schema& schema) const {
  if (schema.dynamic_anchor.empty()) return schema.dynamic_ref;
  for (const uint32_t resource : dynamic_scope_) {
    const SchemaId found = document_.DynamicAnchor(resource, schema.dynamic_anchor);
    if (found != kNoSchema) return found;
  }
  return schema.dynamic_ref;
}

bool Checker::CheckType(const Schema& schema, const Subject& subject, Violations* out) {
  const Type type = TypeOf(subject.value);
  bool fits = (schema.types & TypeBit(type)) != 0;
  if (fits && type == Type::kNumber && schema.integers_only) {
    fits = Decimal(subject.value.number()->text).IsInteger();
  }
  return fits || (Wants(out) ? Report(subject, "type", TypesText(schema), out) : false);
}

bool Checker::CheckChoices(const Schema& schema, const Subject& subject, Violations* out) {
  if (schema.constant.has_value() && !JsonEqual(*schema.constant, subject.value)) {
    return Report(subject, "const", Clipped(json::Write(*schema.constant)), out);
  }
  if (!schema.choices.has_value()) return true;
  if (!Spend(schema.choices->size())) return false;
  for (const json::Value& choice : *schema.choices) {
    if (JsonEqual(choice, subject.value)) return true;
  }
  if (!Wants(out)) return false;
  std::string expected = "one of ";
  for (size_t i = 0; i < schema.choices->size(); ++i) {
    if (i > 0) expected += ", ";
    if (i == 12) {
      expected += Cat("... (", schema.choices->size(), " in all)");
      break;
    }
    expected += Clipped(json::Write((*schema.choices)[i]));
  }
  return Report(subject, "enum", expected, out);
}

bool Checker::CheckCombined(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out) {
  bool valid = true;
  for (const SchemaId part : schema.all_of) valid &= Apply(part, subject, evaluated, out);
  valid &= CheckAnyOf(schema, subject, evaluated, out);
  valid &= CheckOneOf(schema, subject, evaluated, out);
  if (schema.not_schema != kNoSchema) {
    // What is in it may ask what has been evaluated there.
    Evaluated own;
    if (Apply(schema.not_schema, subject, evaluated == nullptr ? nullptr : &own, nullptr)) {
      valid = Report(subject, "not", "a value that does not match the schema of \"not\"", out);
    }
  }
  return CheckConditional(schema, subject, evaluated, out) && valid;
}

bool Checker::CheckAnyOf(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out) {
  if (schema.any_of.empty()) return true;
  bool valid = false;
  for (const SchemaId part : schema.any_of) {
    valid |= Apply(part, subject, evaluated, nullptr);
    if (valid && evaluated == nullptr) return true;
  }
  if (valid || !Wants(out)) return valid;
  // Of the alternatives the one that failed deepest is most likely the one that was meant.
  Violations best;
  for (const SchemaId part : schema.any_of) {
    Violations found;
    Apply(part, subject, nullptr, &found);
    if (best.empty() || DepthOf(found) > DepthOf(best)) best = std::move(found);
  }
  Report(subject, "anyOf", Cat("a match for one of ", schema.any_of.size(), " alternatives"), out);
  for (SchemaViolation& violation : best) {
    if (Wants(out)) out->push_back(std::move(violation));
  }
  return false;
}

bool Checker::CheckOneOf(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out) {
  if (schema.one_of.empty()) return true;
  size_t first = SIZE_MAX;
  for (size_t i = 0; i < schema.one_of.size(); ++i) {
    if (!Apply(schema.one_of[i], subject, evaluated, nullptr)) continue;
    if (first != SIZE_MAX) {
      return Report(subject, "oneOf",
                    Cat("a match for exactly one of ", schema.one_of.size(), " alternatives, not for number ",
                        first + 1, " and number ", i + 1),
                    out);
    }
    first = i;
  }
  if (first != SIZE_MAX) return true;
  if (!Wants(out)) return false;
  Violations best;
  for (const SchemaId part : schema.one_of) {
    Violations found;
    Apply(part, subject, nullptr, &found);
    if (best.empty() || DepthOf(found) > DepthOf(best)) best = std::move(found);
  }
  Report(subject, "oneOf", Cat("a match for one of ", schema.one_of.size(), " alternatives"), out);
  for (SchemaViolation& violation : best) {
    if (Wants(out)) out->push_back(std::move(violation));
  }
  return false;
}

bool Checker::CheckConditional(const Schema& schema, const Subject& subject, Evaluated* evaluated,
                               Violations* out) {
  if (schema.if_schema == kNoSchema) return true;
  const bool holds = Apply(schema.if_schema, subject, evaluated, nullptr);
  const SchemaId next = holds ? schema.then_schema : schema.else_schema;
  return next == kNoSchema || Apply(next, subject, evaluated, out);
}

}  // namespace talaria::grammar
