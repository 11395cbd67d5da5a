#ifndef TALARIA_LIB_GRAMMAR_REGEX_PATTERN_H_
#define TALARIA_LIB_GRAMMAR_REGEX_PATTERN_H_

#include <string_view>

#include "lib/grammar/regex/code_points.h"
#include "lib/grammar/regex/regex.h"

namespace talaria::grammar {

enum class PatternUse : uint8_t {
  kSearch,  // somewhere in the text, as JSON Schema's "pattern" means it
  kWhole,   // the whole text
};

// A regular expression in the syntax of ECMA-262 with the u flag, over code points; the texts it matches, in
// that form. \d, \w and \s are ECMA-262's; \p{...} knows general categories, Any, ASCII, Alphabetic,
// White_Space. What annex B lets a pattern without u write (an escaped letter without meaning, a lone ] or
// brace) stands for itself. INVALID_ARGUMENT with the offset where it is no regular expression;
// UNIMPLEMENTED, naming it, for lookaround, backreferences, \b and \B, and for an anchor inside a repeat;
// RESOURCE_EXHAUSTED where it is longer or deeper than is sensible.
StatusOr<Regex> ParsePattern(std::string_view pattern, PatternUse use, TextForm form, RegexPool* pool);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_REGEX_PATTERN_H_
