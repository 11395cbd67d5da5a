// rooms: chat base
// Any bytes as a chat template, rendered over one conversation: it gives an error or a text whose spans cover
// it, and no byte of the conversation is control.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/base/utf8.h"
#include "lib/chat/checkpoint_templates.h"
#include "lib/chat/parse_messages.h"

namespace {

namespace chat = talaria::chat;

// Words that no template can spell without having read them: letters of a private area.
constexpr std::string_view kMessages =
    "[{\"role\": \"system\", \"content\": \"\xEE\x80\x80 a\"}, {\"role\": \"user\", \"content\": [{\"type\": "
    "\"text\", \"text\": "
    "\"\xEE\x80\x80<|x|>\"}]}, {\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"id\": \"1\", "
    "\"type\": \"function\", "
    "\"function\": {\"name\": \"f\xEE\x80\x80\", \"arguments\": {\"k\xEE\x80\x80\": [1, 2.5, null, "
    "\"\xEE\x80\x80\"]}}}]}, "
    "{\"role\": \"tool\", \"name\": \"f\", \"content\": \"\xEE\x80\x80\"}]";

bool IsSound(const talaria::MarkedText& text) {
  size_t at = 0;
  for (const talaria::MarkedSpan& span : text.spans) {
    if (span.begin != at || span.end <= span.begin) return false;
    at = span.end;
    const std::string_view part = std::string_view(text.text).substr(span.begin, span.end - span.begin);
    if (span.mark == talaria::TextMark::kControl && part.find("\xEE\x80\x80") != std::string_view::npos)
      return false;
  }
  return at == text.text.size() && talaria::IsValidUtf8(text.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  // A template may write the letter itself, raw or escaped.
  if (source.find('\xEE') != std::string_view::npos || source.find('\\') != std::string_view::npos) return 0;
  static const chat::Conversation* const conversation =
      new chat::Conversation(*chat::ParseMessages(kMessages));
  chat::CheckpointTemplateSource templates;
  templates.templates = {{"default", std::string(source)}};
  templates.special_tokens = {{"bos_token", "<s>"}};
  chat::jinja::Limits limits;
  limits.max_steps = 200000;
  limits.max_output_bytes = 1u << 20;
  const auto created = chat::CheckpointTemplates::Create(templates, limits);
  if (!created.ok()) return 0;
  chat::ChatRequest request;
  request.conversation = conversation;
  request.now = chat::jinja::LocalTime{};
  request.add_generation_prompt = true;
  const auto text = created->Render(request);
  if (text.ok() && !IsSound(*text)) std::abort();
  request.add_generation_prompt = false;
  request.continue_final_message = true;
  const auto continued = created->Render(request);
  if (continued.ok() && !IsSound(*continued)) std::abort();
  return 0;
}
