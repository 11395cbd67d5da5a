#ifndef TALARIA_LIB_CHAT_HERMES_TEMPLATE_H_
#define TALARIA_LIB_CHAT_HERMES_TEMPLATE_H_

#include <string>
#include <vector>

#include "lib/chat/chat_template.h"

namespace talaria::chat {

// Hermes' templates as code, without an interpreter:
//   default   ChatML, one turn a message
//   tool_use  as published with Hermes 3 (NousResearch/Hermes-Function-Calling): its own system turn with the
//   tools,
//             calls and results in their tags
//   card      the model card's tool prompt instead: tools as JSON, arguments before name (tool_prompt.h)
//   planning  the card's prompt with <scratch_pad>
// The first two give what transformers gives for the checkpoint's own templates, byte for byte; a content of
// parts, which those refuse, is taken as its text.
class HermesTemplate : public ChatTemplate {
 public:
  // *bos* is the text of the checkpoint's first token, or "" where it has none.
  explicit HermesTemplate(std::string bos) : bos_(std::move(bos)) {}

  StatusOr<MarkedText> Render(const ChatRequest& request) const override;
  std::vector<std::string> names() const override;

 private:
  const std::string bos_;
};

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_HERMES_TEMPLATE_H_
