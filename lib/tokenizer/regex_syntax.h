#ifndef TALARIA_LIB_TOKENIZER_REGEX_SYNTAX_H_
#define TALARIA_LIB_TOKENIZER_REGEX_SYNTAX_H_

#include <functional>
#include <string>
#include <string_view>

#include "lib/base/status.h"

namespace talaria {

// A pattern of a tokenizer.json, which Hugging Face matches with Oniguruma in Ruby's syntax, in PCRE2's
// syntax with the same meaning. *is_script* says whether a name is a script's. UNIMPLEMENTED, naming it, for
// a construct that the two read differently and that cannot be put in the other's words. What neither knows
// is left for the compiler to refuse.
StatusOr<std::string> PatternForPcre2(std::string_view pattern,
                                      const std::function<bool(std::string_view name)>& is_script);

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_REGEX_SYNTAX_H_
