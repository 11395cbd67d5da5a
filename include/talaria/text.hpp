// Text over the C interface: tokenizer, messages, prompts and chat templates. Part of talaria.hpp.
#ifndef TALARIA_TEXT_HPP_
#define TALARIA_TEXT_HPP_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "talaria/chat.h"
#include "talaria/status.hpp"
#include "talaria/tokenizer.h"

namespace talaria {

// A conversation. *Text* is UTF-8.
class Messages {
 public:
  static Result<Messages> Create() {
    talaria_messages* messages = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_messages_create(&messages, &error);
    if (code == TALARIA_OK) return Messages(messages);
    return Status::Take(code, error);
  }
  // From OpenAI-shaped JSON.
  static Result<Messages> Parse(std::string_view json) {
    talaria_messages* messages = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_messages_parse(json.data(), json.size(), 0, &messages, &error);
    if (code == TALARIA_OK) return Messages(messages);
    return Status::Take(code, error);
  }
  explicit Messages(talaria_messages* messages) : handle_(messages) {}
  talaria_messages* get() const { return handle_.get(); }

  Status Add(std::string_view role, std::string_view content) {
    talaria_error* error = nullptr;
    // No content and an empty one are two things.
    const char* data = content.data() == nullptr ? "" : content.data();
    const int32_t code = talaria_messages_add(get(), role.data(), role.size(), data, content.size(), &error);
    return Status::Take(code, error);
  }
  // Without content: an assistant's message that only calls tools.
  Status Add(std::string_view role) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_messages_add(get(), role.data(), role.size(), nullptr, 0, &error);
    return Status::Take(code, error);
  }
  // About the message added last.
  Status SetName(std::string_view name) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_messages_set_name(get(), name.data(), name.size(), &error);
    return Status::Take(code, error);
  }
  Status SetToolCallId(std::string_view id) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_messages_set_tool_call_id(get(), id.data(), id.size(), &error);
    return Status::Take(code, error);
  }
  Status AddToolCall(std::string_view id, std::string_view name, std::string_view arguments) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_messages_add_tool_call(get(), id.data(), id.size(), name.data(), name.size(),
                                                        arguments.data(), arguments.size(), &error);
    return Status::Take(code, error);
  }
  Status SetTrust(int32_t mark) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_messages_set_trust(get(), mark, &error);
    return Status::Take(code, error);
  }

 private:
  detail::Handle<talaria_messages, talaria_messages_free> handle_;
};

// Text that remembers whose words it holds.
class Prompt {
 public:
  static Result<Prompt> Create() {
    talaria_prompt* prompt = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_prompt_create(&prompt, &error);
    if (code == TALARIA_OK) return Prompt(prompt);
    return Status::Take(code, error);
  }
  explicit Prompt(talaria_prompt* prompt) : handle_(prompt) {}
  talaria_prompt* get() const { return handle_.get(); }

  Status Add(std::string_view text, int32_t mark) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_prompt_add(get(), text.data(), text.size(), mark, &error);
    return Status::Take(code, error);
  }
  // Good until the prompt is changed.
  std::string_view text() const {
    uint64_t bytes = 0;
    const char* data = talaria_prompt_text(get(), &bytes);
    return std::string_view(data, static_cast<size_t>(bytes));
  }
  std::vector<talaria_span> Spans() const {
    uint64_t count = 0, element_size = 0;
    const auto* at =
        reinterpret_cast<const unsigned char*>(talaria_prompt_spans(get(), &count, &element_size));
    std::vector<talaria_span> spans(static_cast<size_t>(count));
    // A newer library's elements may be longer than those that this was compiled with.
    for (talaria_span& span : spans) {
      std::memcpy(&span, at, sizeof(span));
      at += element_size;
    }
    return spans;
  }

 private:
  detail::Handle<talaria_prompt, talaria_prompt_free> handle_;
};

// Messages to prompts; share one among threads.
class ChatTemplate {
 public:
  // Hermes' own, as code.
  static Result<ChatTemplate> Hermes(std::string_view bos) {
    talaria_chat_template* chat_template = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_chat_template_create_hermes(bos.data(), bos.size(), &chat_template, &error);
    if (code == TALARIA_OK) return ChatTemplate(chat_template);
    return Status::Take(code, error);
  }
  explicit ChatTemplate(talaria_chat_template* chat_template) : handle_(chat_template) {}
  talaria_chat_template* get() const { return handle_.get(); }

  Result<Prompt> Render(const Messages& messages, const talaria_render_options* options = nullptr) const {
    talaria_prompt* prompt = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_chat_template_render(get(), messages.get(), options, &prompt, &error);
    if (code == TALARIA_OK) return Prompt(prompt);
    return Status::Take(code, error);
  }

 private:
  detail::Handle<talaria_chat_template, talaria_chat_template_free> handle_;
};

// As talaria_encode_options.
struct EncodeOptions {
  int32_t special = TALARIA_SPECIAL_AS_TEXT;
  std::vector<std::string> allowed;
  bool add_bos = false;
};

// The content of a system message that asks for JSON of *schema*: Hermes' JSON mode.
inline Result<std::string> JsonModePrompt(std::string_view schema) {
  talaria_text* content = nullptr;
  talaria_error* error = nullptr;
  const int32_t code = talaria_chat_json_mode(schema.data(), schema.size(), &content, &error);
  if (code == TALARIA_OK) return detail::TakeText(content);
  return Status::Take(code, error);
}

// Text to ids and back; share one among threads.
class Tokenizer {
 public:
  explicit Tokenizer(talaria_tokenizer* tokenizer) : handle_(tokenizer) {}
  talaria_tokenizer* get() const { return handle_.get(); }

  Result<std::vector<int32_t>> Encode(std::string_view text, const EncodeOptions& options = {}) const {
    std::vector<const char*> allowed;
    std::vector<uint64_t> allowed_bytes;
    for (const std::string& content : options.allowed) {
      allowed.push_back(content.data());
      allowed_bytes.push_back(content.size());
    }
    talaria_encode_options own = TALARIA_ENCODE_OPTIONS_INIT;
    own.special = options.special;
    own.allowed = allowed.data();
    own.allowed_bytes = allowed_bytes.data();
    own.allowed_count = allowed.size();
    own.add_bos = options.add_bos ? 1 : 0;
    talaria_ids* ids = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tokenizer_encode(get(), text.data(), text.size(), &own, &ids, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    return TakeIds(ids);
  }
  // Of a prompt: added tokens match where its marks let them.
  Result<std::vector<int32_t>> Encode(const Prompt& prompt) const {
    talaria_ids* ids = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tokenizer_encode_prompt(get(), prompt.get(), &ids, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    return TakeIds(ids);
  }
  // How many ids that would be.
  Result<uint64_t> Count(const Prompt& prompt) const {
    uint64_t count = 0;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tokenizer_count_prompt(get(), prompt.get(), &count, &error);
    if (code == TALARIA_OK) return count;
    return Status::Take(code, error);
  }
  // The text that begins a prompt; "" where there is none.
  std::string Bos() const {
    const char* text = "";
    talaria_tokenizer_get_bos(get(), &text, nullptr, nullptr);
    return text;
  }
  // The bytes of *ids*, which need not be UTF-8.
  Result<std::string> DecodeBytes(const std::vector<int32_t>& ids, bool skip_special = false) const {
    talaria_text* text = nullptr;
    talaria_error* error = nullptr;
    const int32_t code =
        talaria_tokenizer_decode(get(), ids.data(), ids.size(), skip_special ? 1 : 0, &text, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    return detail::TakeText(text);
  }
  // Their text: what is no UTF-8 becomes U+FFFD.
  Result<std::string> Decode(const std::vector<int32_t>& ids, bool skip_special = false) const {
    talaria_decoder* decoder = nullptr;
    talaria_error* error = nullptr;
    int32_t code = talaria_decoder_create(get(), skip_special ? 1 : 0, &decoder, &error);
    const detail::Handle<talaria_decoder, talaria_decoder_free> owner(decoder);
    std::string out;
    const char* text = nullptr;
    uint64_t bytes = 0;
    for (size_t i = 0; code == TALARIA_OK && i < ids.size(); ++i) {
      code = talaria_decoder_push(decoder, ids[i], &text, &bytes, &error);
      if (code == TALARIA_OK) out.append(text, static_cast<size_t>(bytes));
    }
    if (code == TALARIA_OK) code = talaria_decoder_flush(decoder, &text, &bytes, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    return out.append(text, static_cast<size_t>(bytes));
  }

 private:
  static std::vector<int32_t> TakeIds(talaria_ids* ids) {
    uint64_t count = 0;
    const int32_t* data = talaria_ids_data(ids, &count);
    std::vector<int32_t> out(data, data + count);
    talaria_ids_free(ids);
    return out;
  }

  detail::Handle<talaria_tokenizer, talaria_tokenizer_free> handle_;
};

}  // namespace talaria

#endif  // TALARIA_TEXT_HPP_
