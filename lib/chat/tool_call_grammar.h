#ifndef TALARIA_LIB_CHAT_TOOL_CALL_GRAMMAR_H_
#define TALARIA_LIB_CHAT_TOOL_CALL_GRAMMAR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "lib/chat/tool_set.h"
#include "lib/grammar/grammar.h"

namespace talaria::chat {

// OpenAI's tool_choice.
enum class ToolChoice : uint8_t {
  kAuto,      // words, calls, or both
  kNone,      // words without a call
  kRequired,  // at least one call, and nothing before the first
  kNamed,     // the same, of one tool
};

struct ToolCallGrammarOptions {
  ToolChoice choice = ToolChoice::kAuto;
  std::string name;              // of kNamed
  bool parallel = true;          // more than one call in a turn
  bool arguments_first = false;  // as the model card's prompt asks for, instead of the template's name first
  uint64_t max_string_length = 0;  // of strings that no schema bounds; 0: none
};

// What a model of Hermes' family may say where it has *tools*: words as it likes, and calls in the tags and
// the spelling that it was trained on, each of a tool that there is with arguments that its schema allows. A
// tool without parameters takes any object. INVALID_ARGUMENT where kRequired has no tool to call or kNamed
// names none; as grammar::SchemaGrammar for a schema, which names the tool.
StatusOr<std::shared_ptr<const grammar::Grammar>> ToolCallGrammar(const ToolSet& tools,
                                                                  const ToolCallGrammarOptions& options);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_CALL_GRAMMAR_H_
