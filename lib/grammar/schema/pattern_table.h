#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_PATTERN_TABLE_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_PATTERN_TABLE_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/status.h"
#include "lib/grammar/schema/document.h"

namespace talaria::grammar {

// The expressions of a document's `pattern`, `patternProperties` and, where they are asserted, formats, each
// compiled once. No match takes longer than its text is long.
class PatternTable {
 public:
  // UNIMPLEMENTED (see Unsupported) naming `pattern`, `patternProperties` or `format`; unknown formats are
  // annotations.
  static StatusOr<std::shared_ptr<const PatternTable>> Create(const SchemaDocument& document, bool formats);

  PatternTable(const PatternTable&) = delete;
  PatternTable& operator=(const PatternTable&) = delete;
  ~PatternTable();

  // Whether the expression *pattern* of the document matches somewhere in *text*.
  bool Matches(const std::string& pattern, std::string_view text) const;
  // Whether *text* is of *format*; true where it is not asserted.
  bool IsOfFormat(const std::string& format, std::string_view text) const;

 private:
  class Expression;
  PatternTable();
  Status Add(std::string_view keyword, const std::string& pattern, const std::string& pointer);

  std::map<std::string, std::unique_ptr<const Expression>> patterns_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_PATTERN_TABLE_H_
