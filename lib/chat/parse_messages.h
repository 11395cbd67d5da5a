#ifndef TALARIA_LIB_CHAT_PARSE_MESSAGES_H_
#define TALARIA_LIB_CHAT_PARSE_MESSAGES_H_

#include <optional>
#include <string_view>
#include <vector>

#include "lib/chat/message.h"

namespace talaria::chat {

struct ParseOptions {
  ConversationLimits limits;
  // Whether a message's member "talaria_trust" ("control", "assistant" or "literal") sets its trust. Off by
  // default: whoever writes the JSON could then forge control tokens, and a server passes on what its clients
  // write. Where it is off the member is one of the unknown ones.
  bool accept_trust = false;
};

// A JSON array of OpenAI-shaped messages:
//   role          a string; required
//   content       a string, null, absent, or an array of {"type": "text", "text": ...} parts
//   name, tool_call_id   a string, null or absent
//   tool_calls    null, absent, or an array of {"id", "type": "function", "function": {"name", "arguments"}},
//   or of
//                 {"name", "arguments"} alone; arguments a string or an object, or absent
// Other members are kept as they are. INVALID_ARGUMENT naming the message and the member, UNIMPLEMENTED for
// content parts and tool calls of another type, RESOURCE_EXHAUSTED beyond the limits.
StatusOr<Conversation> ParseMessages(std::string_view text, const ParseOptions& options = {});
// The same for an array that is part of a larger JSON text.
StatusOr<Conversation> MessagesFromJson(const json::Value& messages, const ParseOptions& options = {});

// A JSON array of tools, each an object with "function" or such an inner object itself, with a name that is a
// string and parameters, where there are any, that are an object. null, which is not an empty array, gives
// nothing.
StatusOr<std::optional<std::vector<ToolDefinition>>> ParseTools(std::string_view text,
                                                                const ConversationLimits& limits = {});
StatusOr<std::optional<std::vector<ToolDefinition>>> ToolsFromJson(const json::Value& tools,
                                                                   const ConversationLimits& limits = {});

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_PARSE_MESSAGES_H_
