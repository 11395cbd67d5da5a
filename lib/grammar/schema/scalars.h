#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_SCALARS_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_SCALARS_H_

#include <cstdint>
#include <map>
#include <vector>

#include "lib/base/status.h"
#include "lib/grammar/regex/pattern.h"
#include "lib/grammar/regex/regex.h"
#include "lib/grammar/schema/number_set.h"
#include "lib/grammar/schema/schema_table.h"

namespace talaria::grammar {

// Which of null, false and true: bits.
using ConstantSet = uint8_t;
inline constexpr ConstantSet kNull = 1, kFalse = 2, kTrue = 4;

// What schemas ask of null, booleans, numbers and strings. These sets are closed under union, intersection
// and complement, so every way of combining schemas is exact.
class Scalars {
 public:
  Scalars(const SchemaTable& table, bool assert_formats, RegexPool* pool);

  StatusOr<ConstantSet> Constants(const Demands& demands);
  StatusOr<NumberSet> Numbers(const Demands& demands);
  // As between the quotes of a JSON string.
  StatusOr<Regex> Strings(const Demands& demands);
  // All of them.
  Regex AnyString() const { return any_string_; }

  // Each kind of set with its operations.
  struct ConstantKind;
  struct NumberKind;
  struct StringKind;

 private:
  template <typename Kind>
  StatusOr<typename Kind::Set> All(const Demands& demands, std::map<SchemaId, typename Kind::Set>* known);
  template <typename Kind>
  StatusOr<typename Kind::Set> Of(SchemaId id, std::map<SchemaId, typename Kind::Set>* known);
  template <typename Kind>
  StatusOr<typename Kind::Set> Combined(const Schema& schema, typename Kind::Set set,
                                        std::map<SchemaId, typename Kind::Set>* known);
  template <typename Kind>
  StatusOr<typename Kind::Set> Choices(const json::Array& choices, size_t first, size_t end);
  // What some of a list of schemas match, and what exactly one does.
  template <typename Set>
  struct Counted {
    Set any, one;
  };
  template <typename Kind>
  StatusOr<Counted<typename Kind::Set>> Union(const std::vector<SchemaId>& parts, size_t first, size_t end,
                                              bool count, std::map<SchemaId, typename Kind::Set>* known);
  StatusOr<NumberSet> OwnNumbers(const Schema& schema) const;
  StatusOr<Regex> OwnStrings(const Schema& schema);

  const SchemaTable& table_;
  const bool assert_formats_;
  RegexPool* const pool_;
  const Regex any_string_;
  const NumberSet all_numbers_ = NumberSet::All();
  const NumberSet integers_ = NumberSet::Integers();
  std::map<SchemaId, ConstantSet> constants_;
  std::map<SchemaId, NumberSet> numbers_;
  std::map<SchemaId, Regex> strings_;
  friend struct ConstantKind;
  friend struct NumberKind;
  friend struct StringKind;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_SCALARS_H_
