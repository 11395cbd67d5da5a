// rooms: chat base
// Any bytes as {"messages": ..., "tools": ...}: what is accepted renders by every native template to an error
// or a sound text, and building the same conversation again from its JSON changes nothing.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lib/base/utf8.h"
#include "lib/chat/hermes_template.h"
#include "lib/chat/parse_messages.h"

namespace {

namespace chat = talaria::chat;

bool IsSound(const talaria::MarkedText& text) {
  size_t at = 0;
  for (const talaria::MarkedSpan& span : text.spans) {
    if (span.begin != at || span.end <= span.begin) return false;
    at = span.end;
  }
  return at == text.text.size() && talaria::IsValidUtf8(text.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto json = talaria::json::Parse({reinterpret_cast<const char*>(data), size});
  if (!json.ok()) return 0;
  const talaria::json::Value* messages = json->Find("messages");
  const talaria::json::Value* tools = json->Find("tools");
  if (messages == nullptr) return 0;
  chat::ParseOptions options;
  options.limits.max_messages = 100;
  options.accept_trust = json->Find("trust") != nullptr;
  const auto conversation = chat::MessagesFromJson(*messages, options);
  if (!conversation.ok()) return 0;
  std::string again = "[";
  for (size_t i = 0; i < conversation->size(); ++i) {
    again += (i > 0 ? ", " : "") + talaria::json::Write((*conversation)[i].json());
  }
  const auto reparsed = chat::ParseMessages(again + "]");
  if (!reparsed.ok() || reparsed->size() != conversation->size()) std::abort();
  const auto definitions = chat::ToolsFromJson(tools == nullptr ? talaria::json::Value() : *tools);
  if (!definitions.ok()) return 0;
  const chat::HermesTemplate hermes("<b>");
  for (const std::string& name : hermes.names()) {
    chat::ChatRequest request;
    request.conversation = &*conversation;
    request.tools = definitions->has_value() ? &**definitions : nullptr;
    request.template_name = name;
    for (const bool is_continued : {false, true}) {
      request.continue_final_message = is_continued;
      const auto text = hermes.Render(request);
      if (text.ok() && !IsSound(*text)) std::abort();
    }
  }
  return 0;
}
