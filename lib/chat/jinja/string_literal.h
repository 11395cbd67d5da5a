#ifndef TALARIA_LIB_CHAT_JINJA_STRING_LITERAL_H_
#define TALARIA_LIB_CHAT_JINJA_STRING_LITERAL_H_

#include <string>
#include <string_view>

#include "lib/base/status.h"

namespace talaria::chat::jinja {

// What the text between a literal's quotes stands for: Python's backslash escapes but for \N{...}, which is
// UNIMPLEMENTED. An escaped line end is left out; an escape that is none keeps its backslash.
// INVALID_ARGUMENT for a \x or \u without its digits, and for a surrogate, which is no character.
StatusOr<std::string> UnescapeLiteral(std::string_view text);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_STRING_LITERAL_H_
