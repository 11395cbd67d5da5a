#ifndef TALARIA_LIB_CHAT_CHAT_TEMPLATE_H_
#define TALARIA_LIB_CHAT_CHAT_TEMPLATE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/marked_text.h"
#include "lib/base/status.h"
#include "lib/chat/jinja/strftime.h"
#include "lib/chat/message.h"

namespace talaria::chat {

// Whose marks the text gets.
enum class Marking : uint8_t {
  kBySource,  // each byte by where it comes from: a user's words can never be control tokens
  kPlain,     // all of it control: encoded as Hugging Face encodes it, where they can
};

// What to render. Whatever is pointed to must outlive the call.
struct ChatRequest {
  const Conversation* conversation = nullptr;
  // Null: none were given. An empty list is another thing, as it is to transformers.
  const std::vector<ToolDefinition>* tools = nullptr;
  bool add_generation_prompt = false;
  // Ends the text where the last message's content ends, so that the model goes on with it.
  bool continue_final_message = false;
  // "": the rule of ChooseTemplate.
  std::string_view template_name;
  Marking marking = Marking::kBySource;

  // For a checkpoint's own template only:
  // The date and time that it may ask for.
  std::optional<jinja::LocalTime> now;
  // Further variables (chat_template_kwargs); text in them is literal.
  std::vector<json::Member> variables;
  // Gives the arguments of tool calls that are JSON text as the objects they stand for, as vLLM does:
  // templates that print them by |tojson then do not quote them twice. Off, they are as they came, as with
  // transformers.
  bool arguments_as_objects = false;
};

// Something that makes the prompt of a conversation. Immutable; any number of threads may render at once.
class ChatTemplate {
 public:
  virtual ~ChatTemplate() = default;
  // INVALID_ARGUMENT for a conversation that the template cannot render, NOT_FOUND for a template name there
  // is not.
  virtual StatusOr<MarkedText> Render(const ChatRequest& request) const = 0;
  // The templates that can be asked for by name.
  virtual std::vector<std::string> names() const = 0;
};

// The one that is asked for by name; else "tool_use" where tools are given, if only an empty list, and there
// is one; else "default". (transformers 4.57, PreTrainedTokenizerBase.get_chat_template)
StatusOr<std::string> ChooseTemplate(const std::vector<std::string>& names, const ChatRequest& request);

// INVALID_ARGUMENT for what no template can be asked: both a generation prompt and to go on with the last
// message, or the latter where there is no content to go on with.
Status CheckRequest(const ChatRequest& request);

// All of *text* under kControl.
MarkedText PlainMarks(MarkedText text);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_CHAT_TEMPLATE_H_
