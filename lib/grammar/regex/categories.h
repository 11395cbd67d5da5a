#ifndef TALARIA_LIB_GRAMMAR_REGEX_CATEGORIES_H_
#define TALARIA_LIB_GRAMMAR_REGEX_CATEGORIES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/grammar/regex/code_points.h"

namespace talaria::grammar {

// The code points of a property as \p{...} writes it: a general category by its short or long name, alone or
// after "gc=" or "General_Category="; Any, ASCII, Assigned. Nothing for other names.
std::optional<CodePointSet> PropertySet(std::string_view name);

// Made by make_category_table.py: where each run of one general category begins, the first code point above
// its category, which has 5 bits and is an index into kCategoryNames.
extern const uint32_t kCategoryRuns[];
extern const size_t kCategoryRunCount;
extern const char* const kCategoryNames[30];

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_REGEX_CATEGORIES_H_
