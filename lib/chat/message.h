#ifndef TALARIA_LIB_CHAT_MESSAGE_H_
#define TALARIA_LIB_CHAT_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/marked_text.h"
#include "lib/base/status.h"

namespace talaria::chat {

// What a host accepts of one conversation.
struct ConversationLimits {
  size_t max_messages = 10000;
  // Of all text and JSON in it.
  uint64_t max_bytes = 64u << 20;
};

// A call in an assistant's message, as a view into it.
struct ToolCall {
  std::string_view id;  // "" where there is none
  std::string_view name;
  // A string (JSON as the model wrote it) or an object; null where there are none.
  const json::Value* arguments = nullptr;
};

enum class ContentForm : uint8_t { kAbsent, kNull, kText, kParts };

// One message: an OpenAI-shaped JSON object, checked, its members in their order and unknown ones kept,
// because templates see all of it.
class Message {
 public:
  const json::Value& json() const { return object_; }
  const json::Value* Find(std::string_view key) const { return object_.Find(key); }

  // system, user, assistant, tool, or anything else.
  std::string_view role() const { return Text("role"); }
  ContentForm content_form() const;
  // The text of the content: that of parts joined by line ends; "" where there is none.
  std::string ContentText() const;
  std::string_view name() const { return Text("name"); }                  // "" where there is none
  std::string_view tool_call_id() const { return Text("tool_call_id"); }  // "" where there is none
  // Whether the member is there, be it null or empty: templates make a difference.
  bool has_tool_calls() const { return Find("tool_calls") != nullptr; }
  size_t tool_call_count() const;
  ToolCall tool_call(size_t index) const;

  // The marks of its text (DESIGN section 3). What the assistant said may hold added tokens that are not
  // special, since a history holds real ones; everything else, the arguments of its calls included, may hold
  // none: a user's words echoed into an argument must not end the call. A trust that was set stands for all
  // of it.
  TextMark content_mark() const;
  // The role is control where it is one that hosts choose among (system, developer, user, assistant, tool,
  // function, ipython), for such a word forges nothing and some templates build a token around it ("<|" +
  // role + "|>"); any other is a field.
  TextMark role_mark() const;
  TextMark field_mark() const { return trust_.value_or(TextMark::kLiteral); }
  std::optional<TextMark> trust() const { return trust_; }

 private:
  friend class Conversation;
  // The string of a member, or "".
  std::string_view Text(std::string_view key) const;

  json::Value object_;
  std::optional<TextMark> trust_;
};

// The messages of a conversation, in order: parsed from JSON (parse_messages.h) or built here. After an error
// it is as it was before the call.
class Conversation {
 public:
  explicit Conversation(const ConversationLimits& limits = {}) : limits_(limits) {}

  const std::vector<Message>& messages() const { return messages_; }
  bool empty() const { return messages_.empty(); }
  size_t size() const { return messages_.size(); }
  const Message& operator[](size_t i) const { return messages_[i]; }

  // The builder. Text that is no UTF-8 is mended with U+FFFD. RESOURCE_EXHAUSTED beyond the limits.
  Status AddMessage(std::string_view role, std::string_view content);
  // Without content: an assistant's message that only calls tools.
  Status AddMessage(std::string_view role);
  // The rest is about the last message; FAILED_PRECONDITION where there is none.
  Status SetName(std::string_view name);
  Status SetToolCallId(std::string_view id);
  // *arguments* is JSON: an object stays one; anything else is INVALID_ARGUMENT.
  Status AddToolCall(std::string_view id, std::string_view name, std::string_view arguments);
  // What the whole message's text may be taken for, instead of what its role says. Only for text that the
  // host itself wrote: kControl lets it hold control tokens.
  Status SetTrust(TextMark trust);

  // A checked JSON object; see CheckMessage in parse_messages.h.
  Status Append(json::Value object, std::optional<TextMark> trust, uint64_t bytes);

 private:
  Status Spend(uint64_t bytes);
  Status SetMember(std::string_view key, json::Value value, uint64_t bytes);

  ConversationLimits limits_;
  std::vector<Message> messages_;
  uint64_t bytes_ = 0;
};

// A tool that the model may call: {"type": "function", "function": {...}} or the inner object alone, checked,
// its members in their order.
struct ToolDefinition {
  json::Value definition;

  // The inner object.
  const json::Value& function() const;
  std::string_view name() const;
};

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_MESSAGE_H_
