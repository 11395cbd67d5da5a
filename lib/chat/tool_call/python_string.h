#ifndef TALARIA_LIB_CHAT_TOOL_CALL_PYTHON_STRING_H_
#define TALARIA_LIB_CHAT_TOOL_CALL_PYTHON_STRING_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/status.h"

namespace talaria::chat {

// Appends what the one Python string literal that begins at *at of *text*, its prefix first, stands for, and
// moves *at behind it. INVALID_ARGUMENT for one without end, for escapes that are cut short, for \N{...}, and
// for bytes and f-strings.
Status ReadPythonString(std::string_view text, size_t* at, std::string* out);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_CALL_PYTHON_STRING_H_
