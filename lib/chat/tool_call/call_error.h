#ifndef TALARIA_LIB_CHAT_TOOL_CALL_CALL_ERROR_H_
#define TALARIA_LIB_CHAT_TOOL_CALL_CALL_ERROR_H_

#include <cstdint>
#include <string_view>

namespace talaria::chat {

// Why what stands in a <tool_call> is no call.
enum class CallError : uint8_t {
  kNone,
  kUnterminated,        // the output ended inside it
  kEmpty,               // nothing but white space
  kInvalidJson,         // neither JSON nor a Python literal
  kTrailingData,        // a whole JSON value, and then something else
  kNotObject,           // a value that is no object
  kMissingName,         // no member "name"
  kBadName,             // a name that is no text, or none
  kMissingArguments,    // no member "arguments"
  kArgumentsNotObject,  // arguments that are no object
  kTooLarge,            // more values than a call may have
};

// "unterminated", "invalid_json" and so on: the names that hosts and tests see.
std::string_view CallErrorName(CallError error);

// How the text of a call came to its end.
enum class BodyEnd : uint8_t {
  kCloseTag,  // </tool_call>
  kOpenTag,   // the <tool_call> of the next one, which ends it too
  kOutput,    // the end of the output
};

inline constexpr std::string_view kCallOpen = "<tool_call>";
inline constexpr std::string_view kCallClose = "</tool_call>";

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_CALL_CALL_ERROR_H_
