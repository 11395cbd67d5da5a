#include "lib/chat/chat_template.h"

#include <algorithm>

namespace talaria::chat {

StatusOr<std::string> ChooseTemplate(const std::vector<std::string>& names, const ChatRequest& request) {
  const auto has = [&names](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::string known;
  for (const std::string& name : names) known += Cat(known.empty() ? "" : ", ", name);
  if (!request.template_name.empty()) {
    if (has(request.template_name)) return std::string(request.template_name);
    return NotFound("no chat template ", Quoted(request.template_name), "; there are: ", known);
  }
  if (request.tools != nullptr && has("tool_use")) return std::string("tool_use");
  if (has("default")) return std::string("default");
  return InvalidArgument("no default chat template; one must be named: ", known);
}

Status CheckRequest(const ChatRequest& request) {
  if (request.conversation == nullptr) return InvalidArgument("no conversation to render");
  if (!request.continue_final_message) return absl::OkStatus();
  if (request.add_generation_prompt) {
    return InvalidArgument("add_generation_prompt and continue_final_message exclude each other");
  }
  if (request.conversation->empty()) return InvalidArgument("there is no final message to continue");
  const Message& last = request.conversation->messages().back();
  if (last.content_form() == ContentForm::kText) return absl::OkStatus();
  const bool has_part = last.content_form() == ContentForm::kParts && !last.Find("content")->array()->empty();
  return has_part ? absl::OkStatus() : InvalidArgument("the final message has no content to continue");
}

MarkedText PlainMarks(MarkedText text) {
  text.spans.clear();
  if (!text.text.empty()) text.spans.push_back({0, text.text.size(), TextMark::kControl});
  return text;
}

}  // namespace talaria::chat
