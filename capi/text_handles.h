#ifndef TALARIA_CAPI_TEXT_HANDLES_H_
#define TALARIA_CAPI_TEXT_HANDLES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capi/handles.h"
#include "lib/base/marked_text.h"
#include "lib/chat/chat_template.h"
#include "lib/tokenizer/tokenizer.h"

// What the handles of text hold: none of them needs a model.
struct talaria_tokenizer {
  std::shared_ptr<const talaria::Tokenizer> object;
  std::string bos;  // the text that begins a prompt
};
struct talaria_ids {
  std::vector<int32_t> ids;
};
struct talaria_messages {
  talaria::chat::Conversation conversation;
};
struct talaria_prompt {
  talaria::MarkedText text;
  std::vector<talaria_span> spans;  // of *text*, as the host sees them
};
struct talaria_chat_template {
  std::shared_ptr<const talaria::chat::ChatTemplate> object;
  std::vector<std::string> names;
};

namespace talaria::capi {

// The mark that a host names. INVALID_ARGUMENT for another number.
StatusOr<TextMark> MarkOf(int32_t mark);
// The text that the tokenizer's own bos stands for, or Llama 3's where the tokenizer names none and has that.
std::string BosText(const Tokenizer& tokenizer);

// What a request points to, beside the conversation. Stays where it is: the request points into it.
struct OwnedRequest {
  OwnedRequest() = default;
  OwnedRequest(const OwnedRequest&) = delete;
  OwnedRequest& operator=(const OwnedRequest&) = delete;
  std::string name;
  std::optional<std::vector<chat::ToolDefinition>> tools;
  chat::ChatRequest request;
};
Status ReadRequest(const talaria_render_options* given, OwnedRequest* out);
// What was rendered, as a handle.
std::unique_ptr<talaria_prompt> PromptOf(MarkedText text);

// A run as a host sees it.
talaria_span SpanOf(const MarkedSpan& span);

}  // namespace talaria::capi

#endif  // TALARIA_CAPI_TEXT_HANDLES_H_
