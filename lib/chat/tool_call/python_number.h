#ifndef TALARIA_LIB_CHAT_TOOL_CALL_PYTHON_NUMBER_H_
#define TALARIA_LIB_CHAT_TOOL_CALL_PYTHON_NUMBER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/status.h"

namespace talaria::chat {

// The Python number that begins at *at of *text*, without a sign, as JSON writes it: integers exact, all else
// as repr() has the double. Moves *at behind it. INVALID_ARGUMENT for what is no number, for a complex
// one and for one beyond a double's range, and for an integer in base 2, 8 or 16 of more than 1,024 digits.
StatusOr<std::string> ReadPythonNumber(std::string_view text, size_t* at);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_CALL_PYTHON_NUMBER_H_
