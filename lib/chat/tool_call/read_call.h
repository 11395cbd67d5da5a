#ifndef TALARIA_LIB_CHAT_TOOL_CALL_READ_CALL_H_
#define TALARIA_LIB_CHAT_TOOL_CALL_READ_CALL_H_

#include <string>
#include <string_view>

#include "lib/base/json.h"
#include "lib/chat/tool_call/call_error.h"

namespace talaria::chat {

// What stands in one <tool_call>.
struct CallReading {
  CallError error = CallError::kNone;
  std::string detail;  // where there is an error: what is wrong, on one line
  // Where there is none:
  std::string name;
  json::Value arguments;  // an object
  // Its text as the model wrote it, or, where that is no JSON that every parser reads alike (names that occur
  // twice, halves of surrogate pairs, a Python literal), as it is meant.
  std::string arguments_text;
  bool lenient = false;  // it was a Python literal
};

struct CallLimits {
  size_t max_values = 1u << 18;  // of values and member names in a call, some 100 bytes each
};

// The whole of a call's text, valid UTF-8, without its tags: JSON, and where it is none a Python literal,
// unless *is_broken says that it cannot be one. *end* is how the text came to its end.
CallReading ReadCall(std::string_view body, BodyEnd end, bool is_broken, const CallLimits& limits = {});

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_CALL_READ_CALL_H_
