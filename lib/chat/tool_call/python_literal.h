#ifndef TALARIA_LIB_CHAT_TOOL_CALL_PYTHON_LITERAL_H_
#define TALARIA_LIB_CHAT_TOOL_CALL_PYTHON_LITERAL_H_

#include <string_view>

#include "lib/base/json.h"
#include "lib/base/status.h"

namespace talaria::chat {

// What json.dumps would make of Python's ast.literal_eval(text), *text valid UTF-8: dicts, lists and tuples
// (both arrays), strings, numbers, True, False, None. Names of members that are numbers, booleans or None
// become text as json.dumps has it; of equal ones the last holds. INVALID_ARGUMENT for what is no literal and
// for what JSON has not (sets, bytes, complex and infinite numbers, ...); besides, \N{...} is not known, and
// integers in base 2, 8 or 16 have at most 1,024 digits. Halves of surrogate pairs become U+FFFD. Nested
// deeper than 64: INVALID_ARGUMENT; more than *max_values* values and names: RESOURCE_EXHAUSTED.
StatusOr<json::Value> ParsePythonLiteral(std::string_view text, size_t max_values);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_CALL_PYTHON_LITERAL_H_
