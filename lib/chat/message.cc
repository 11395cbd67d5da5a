#include "lib/chat/message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/utf8.h"

namespace talaria::chat {

std::string_view Message::Text(std::string_view key) const {
  const json::Value* member = Find(key);
  const std::string* text = member == nullptr ? nullptr : member->string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

ContentForm Message::content_form() const {
  const json::Value* content = Find("content");
  if (content == nullptr) return ContentForm::kAbsent;
  if (content->is_null()) return ContentForm::kNull;
  return content->is_string() ? ContentForm::kText : ContentForm::kParts;
}

std::string Message::ContentText() const {
  const json::Value* content = Find("content");
  if (content == nullptr) return "";
  if (const std::string* text = content->string()) return *text;
  std::string joined;
  if (const json::Array* parts = content->array()) {
    for (size_t i = 0; i < parts->size(); ++i) {
      const json::Value* text = (*parts)[i].Find("text");
      if (i > 0) joined += '\n';
      if (text != nullptr && text->is_string()) joined += *text->string();
    }
  }
  return joined;
}

size_t Message::tool_call_count() const {
  const json::Value* calls = Find("tool_calls");
  return calls == nullptr || calls->array() == nullptr ? 0 : calls->array()->size();
}

ToolCall Message::tool_call(size_t index) const {
  const json::Value& call = (*Find("tool_calls")->array())[index];
  const json::Value* function = call.Find("function");
  const json::Value& inner = function == nullptr ? call : *function;
  ToolCall view;
  if (const json::Value* id = call.Find("id"); id != nullptr && id->is_string()) view.id = *id->string();
  if (const json::Value* name = inner.Find("name"); name != nullptr && name->is_string())
    view.name = *name->string();
  view.arguments = inner.Find("arguments");
  return view;
}

TextMark Message::content_mark() const {
  if (trust_.has_value()) return *trust_;
  return role() == "assistant" ? TextMark::kAssistant : TextMark::kLiteral;
}

TextMark Message::role_mark() const {
  static constexpr std::array<std::string_view, 7> kKnown = {"system", "developer", "user",   "assistant",
                                                             "tool",   "function",  "ipython"};
  const bool is_known = std::find(kKnown.begin(), kKnown.end(), role()) != kKnown.end();
  return is_known ? TextMark::kControl : field_mark();
}

Status Conversation::Spend(uint64_t bytes) {
  if (bytes > limits_.max_bytes - bytes_) {
    return ResourceExhausted("the conversation has more than ", limits_.max_bytes, " bytes");
  }
  bytes_ += bytes;
  return absl::OkStatus();
}

Status Conversation::Append(json::Value object, std::optional<TextMark> trust, uint64_t bytes) {
  if (messages_.size() >= limits_.max_messages) {
    return ResourceExhausted("the conversation has more than ", limits_.max_messages, " messages");
  }
  TALARIA_RETURN_IF_ERROR(Spend(bytes));
  messages_.emplace_back();
  messages_.back().object_ = std::move(object);
  messages_.back().trust_ = trust;
  return absl::OkStatus();
}

Status Conversation::AddMessage(std::string_view role) {
  json::Object object;
  object.push_back({"role", SanitizeUtf8(role)});
  return Append(json::Value(std::move(object)), std::nullopt, role.size());
}

Status Conversation::AddMessage(std::string_view role, std::string_view content) {
  json::Object object;
  object.push_back({"role", SanitizeUtf8(role)});
  object.push_back({"content", SanitizeUtf8(content)});
  return Append(json::Value(std::move(object)), std::nullopt, role.size() + content.size());
}

Status Conversation::SetMember(std::string_view key, json::Value value, uint64_t bytes) {
  if (messages_.empty()) return FailedPrecondition("there is no message to set '", key, "' of");
  TALARIA_RETURN_IF_ERROR(Spend(bytes));
  json::Object& members = *messages_.back().object_.object();
  for (json::Member& member : members) {
    if (member.key == key) {
      member.value = std::move(value);
      return absl::OkStatus();
    }
  }
  members.push_back({std::string(key), std::move(value)});
  return absl::OkStatus();
}

Status Conversation::SetName(std::string_view name) {
  return SetMember("name", SanitizeUtf8(name), name.size());
}

Status Conversation::SetToolCallId(std::string_view id) {
  return SetMember("tool_call_id", SanitizeUtf8(id), id.size());
}

Status Conversation::AddToolCall(std::string_view id, std::string_view name, std::string_view arguments) {
  if (messages_.empty() || messages_.back().role() != "assistant") {
    return FailedPrecondition("a tool call belongs to an assistant's message");
  }
  StatusOr<json::Value> parsed = json::Parse(arguments);
  if (!parsed.ok()) return Annotate(parsed.status(), "the arguments of a tool call");
  if (!parsed->is_object()) {
    return InvalidArgument("the arguments of a tool call must be an object, found ", parsed->type_name());
  }
  const uint64_t bytes = id.size() + name.size() + arguments.size();
  json::Object function;
  function.push_back({"name", SanitizeUtf8(name)});
  function.push_back({"arguments", *std::move(parsed)});
  json::Object call;
  if (!id.empty()) call.push_back({"id", SanitizeUtf8(id)});
  call.push_back({"type", "function"});
  call.push_back({"function", std::move(function)});
  json::Object& members = *messages_.back().object_.object();
  for (json::Member& member : members) {
    if (member.key != "tool_calls" || member.value.array() == nullptr) continue;
    TALARIA_RETURN_IF_ERROR(Spend(bytes));
    member.value.array()->push_back(json::Value(std::move(call)));
    return absl::OkStatus();
  }
  json::Array calls;
  calls.push_back(json::Value(std::move(call)));
  return SetMember("tool_calls", std::move(calls), bytes);
}

Status Conversation::SetTrust(TextMark trust) {
  if (messages_.empty()) return FailedPrecondition("there is no message to set the trust of");
  messages_.back().trust_ = trust;
  return absl::OkStatus();
}

const json::Value& ToolDefinition::function() const {
  const json::Value* inner = definition.Find("function");
  return inner == nullptr ? definition : *inner;
}

std::string_view ToolDefinition::name() const {
  const json::Value* name = function().Find("name");
  return name == nullptr || !name->is_string() ? std::string_view() : std::string_view(*name->string());
}

}  // namespace talaria::chat
