#ifndef TALARIA_LIB_CHAT_CHECKPOINT_TEMPLATES_H_
#define TALARIA_LIB_CHAT_CHECKPOINT_TEMPLATES_H_

#include <string>
#include <utility>
#include <vector>

#include "lib/chat/chat_template.h"
#include "lib/chat/jinja/template.h"

namespace talaria::chat {

// What a checkpoint says of its prompts.
struct CheckpointTemplateSource {
  // Name and Jinja text; a single template is called "default".
  std::vector<std::pair<std::string, std::string>> templates;
  // bos_token, eos_token and the like: an object of strings, and of lists of strings.
  json::Object special_tokens;
};

// Reads chat_template of tokenizer_config.json (a string, or a list of {"name", "template"}),
// chat_template.jinja, which stands above it, additional_chat_templates/NAME.jinja, and the special tokens of
// tokenizer_config.json and special_tokens_map.json. NOT_FOUND where the folder has no template at all;
// INVALID_ARGUMENT naming the file for what is not as expected.
StatusOr<CheckpointTemplateSource> ReadCheckpointTemplates(const std::string& folder);

// The chat templates that a checkpoint brings, run as transformers runs them.
class CheckpointTemplates : public ChatTemplate {
 public:
  // Parses all of them. Errors begin with the template's name.
  static StatusOr<CheckpointTemplates> Create(const CheckpointTemplateSource& source,
                                              const jinja::Limits& limits = {});

  // The template sees messages, tools (none where there are none), documents (none), add_generation_prompt,
  // the special tokens and the request's variables. Content of parts is given as it is to a template that
  // looks at "text", and as its text to one that does not.
  StatusOr<MarkedText> Render(const ChatRequest& request) const override;
  std::vector<std::string> names() const override;

 private:
  CheckpointTemplates() = default;
  StatusOr<MarkedText> RenderWith(const jinja::Template& parsed, const ChatRequest& request) const;

  std::vector<std::pair<std::string, jinja::Template>> templates_;
  std::vector<std::pair<std::string, jinja::Value>> special_tokens_;
  jinja::Limits limits_;
};

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_CHECKPOINT_TEMPLATES_H_
