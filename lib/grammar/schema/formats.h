#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_FORMATS_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_FORMATS_H_

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/status.h"
#include "lib/grammar/regex/code_points.h"
#include "lib/grammar/regex/regex.h"

namespace talaria::grammar {

// The texts of a `format`, or nullopt for a name that no draft knows, which asserts nothing. UNIMPLEMENTED (see
// Unsupported) for a known one that is no regular language of a sensible size: idn-hostname, iri, regex, ...
StatusOr<std::optional<Regex>> FormatRegex(std::string_view name, std::string_view pointer, TextForm form,
                                           RegexPool* pool);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_FORMATS_H_
