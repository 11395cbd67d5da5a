#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_PATTERN_TABLE_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_PATTERN_TABLE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/status.h"
#include "lib/grammar/regex/regex.h"
#include "lib/grammar/schema/document.h"

namespace talaria::grammar {

// The expressions of a document's `pattern`, `patternProperties` and, where they are asserted, formats.
// Immutable.
class PatternTable {
 public:
  // UNIMPLEMENTED (see Unsupported) naming `pattern`, `patternProperties` or `format`; unknown formats are
  // annotations.
  static StatusOr<std::shared_ptr<const PatternTable>> Create(const SchemaDocument& document, bool formats);

 private:
  friend class PatternMatcher;
  PatternTable() = default;
  Status Add(std::string_view keyword, const std::string& pattern, const std::string& pointer);

  RegexPool pool_;
  std::map<std::string, Regex> patterns_;
  std::map<std::string, Regex> formats_;
};

// Matches texts by derivatives, one byte after the other, so that none takes longer than its text is long. What
// that makes is kept for the next text; one thread at a time.
class PatternMatcher {
 public:
  explicit PatternMatcher(const PatternTable& table) : table_(table) {}

  // Whether the expression *pattern* of the document matches somewhere in *text*. RESOURCE_EXHAUSTED where it
  // has more states than can be kept.
  StatusOr<bool> Matches(const std::string& pattern, std::string_view text);
  // Whether *text* is of *format*; true where it is not asserted.
  StatusOr<bool> IsOfFormat(const std::string& format, std::string_view text);

 private:
  StatusOr<bool> Match(Regex regex, std::string_view text);

  const PatternTable& table_;
  std::optional<RegexPool> pool_;  // made when the first text comes
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_PATTERN_TABLE_H_
