#ifndef TALARIA_LIB_CHAT_TOOL_PROMPT_H_
#define TALARIA_LIB_CHAT_TOOL_PROMPT_H_

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/marked_text.h"
#include "lib/chat/message.h"

// The prompts of the Hermes 3 model cards and of NousResearch/Hermes-Function-Calling (MIT), to the letter.
namespace talaria::chat {

// The content of the card's system turn with these tools. A tool is written as repr() of its JSON would show
// it between its quotes (backslashes doubled, ' as \'), which is how the card came to be printed. The card
// shows one tool; several are divided by line ends, as in the tool_use template.
void AppendCardToolPrompt(const std::vector<ToolDefinition>& tools, MarkedText* out);

// The content of the system turn of the planning form: <scratch_pad>, and the tools as Python prints a list.
void AppendPlanningToolPrompt(const std::vector<ToolDefinition>& tools, MarkedText* out);

// <tool_call>\n{"arguments": ..., "name": ...}\n</tool_call>. Arguments that are text are pasted as they are.
void AppendCardCall(const ToolCall& call, TextMark mark, MarkedText* out);

// <tool_response>\n{"name": ..., "content": ...}\n</tool_response>\n, the content as repr() of what it is
// when it is JSON and of the text otherwise; where *function* is "", the content alone as it came.
void AppendCardResponse(std::string_view function, std::string_view content, TextMark mark, MarkedText* out);

// The content of a system message that asks for JSON of *schema*: with real line ends, as the reference code
// has it.
std::string JsonModePrompt(const json::Value& schema);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_PROMPT_H_
