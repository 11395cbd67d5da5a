#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_CHECKER_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_CHECKER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/json.h"
#include "lib/grammar/schema/document.h"
#include "lib/grammar/schema/pattern_table.h"
#include "lib/grammar/validate.h"

namespace talaria::grammar {

// One check of a value against a schema: the walk of both. What it finds goes to the violations in place; where
// nobody reads them (inside not, anyOf, ...), nowhere.
class Checker {
 public:
  Checker(const SchemaDocument& document, const PatternTable& patterns, const ValidatorOptions& options)
      : document_(document), patterns_(patterns), options_(options) {}

  // True where *value* is valid. *violations* may be null.
  bool Check(const json::Value& value, std::vector<SchemaViolation>* violations);

 private:
  using Violations = std::vector<SchemaViolation>;
  // Where in the value we are: the way up to the root.
  struct Place {
    const Place* up;
    std::string_view name;
    size_t index;
    bool is_index;
  };
  // Which members and items some keyword has looked at: what unevaluated* leaves alone. Kept only where the
  // document asks for it.
  struct Evaluated {
    std::vector<bool> seen;  // by the number of the member or item; empty: none
    bool all = false;
    void Add(size_t index, size_t size);
    void Merge(const Evaluated& other);
    bool Has(size_t index) const { return all || (index < seen.size() && seen[index]); }
  };
  // A value on its place.
  struct Subject {
    const json::Value& value;
    const Place* place;
  };

  bool Apply(SchemaId id, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool ApplyKeywords(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckReferences(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckCombined(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckAnyOf(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckOneOf(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckConditional(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckType(const Schema& schema, const Subject& subject, Violations* out);
  bool CheckChoices(const Schema& schema, const Subject& subject, Violations* out);
  bool CheckNumber(const Schema& schema, const Subject& subject, Violations* out);
  bool CheckString(const Schema& schema, const Subject& subject, Violations* out);
  bool CheckArray(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckContains(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckUnique(const Schema& schema, const Subject& subject, Violations* out);
  bool CheckObject(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckMembers(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckNames(const Schema& schema, const Subject& subject, Violations* out);
  bool CheckDependents(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  bool CheckUnevaluated(const Schema& schema, const Subject& subject, Evaluated* evaluated, Violations* out);
  // False, and the check is given up, where that could not be found out.
  bool Holds(const StatusOr<bool>& answer);
  SchemaId DynamicTarget(const Schema& schema) const;

  // False; with a violation added where *out* wants one more. *expected* is a noun phrase.
  bool Report(const Subject& subject, std::string_view keyword, std::string_view expected, Violations* out);
  bool Report(const Subject& subject, std::string_view keyword, std::string_view expected, std::string_view found,
              Violations* out);
  // False once the check has cost too much: everything then ends.
  bool Spend(uint64_t steps = 1);
  bool Wants(const Violations* out) const { return out != nullptr && out->size() < options_.max_violations; }

  const SchemaDocument& document_;
  PatternMatcher patterns_;
  const ValidatorOptions& options_;
  std::vector<uint32_t> dynamic_scope_;  // resources, outermost first
  uint64_t steps_ = 0;
  uint32_t depth_ = 0;
  bool exhausted_ = false;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_CHECKER_H_
