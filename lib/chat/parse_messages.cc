#include "lib/chat/parse_messages.h"

#include <utility>

namespace talaria::chat {
namespace {

constexpr std::string_view kTrustMember = "talaria_trust";

bool IsNullOrAbsent(const json::Value* value) { return value == nullptr || value->is_null(); }

Status WantOptionalString(const json::Value& object, std::string_view key) {
  const json::Value* value = object.Find(key);
  if (IsNullOrAbsent(value) || value->is_string()) return absl::OkStatus();
  return InvalidArgument(key, ": expected a string, found ", value->type_name());
}

Status WantString(const json::Value& object, std::string_view key) {
  const json::Value* value = object.Find(key);
  if (value == nullptr) return InvalidArgument(key, ": expected a string, found nothing");
  if (value->is_string()) return absl::OkStatus();
  return InvalidArgument(key, ": expected a string, found ", value->type_name());
}

// "type", where it is given, must be *known*.
Status WantType(const json::Value& object, std::string_view known) {
  TALARIA_RETURN_IF_ERROR(WantOptionalString(object, "type"));
  const json::Value* type = object.Find("type");
  if (IsNullOrAbsent(type) || *type->string() == known) return absl::OkStatus();
  return Unimplemented("type ", Quoted(*type->string()), "; only \"", known, "\" is known");
}

Status CheckContent(const json::Value* content) {
  if (IsNullOrAbsent(content) || content->is_string()) return absl::OkStatus();
  if (!content->is_array()) {
    return InvalidArgument("content: expected a string, an array of parts or null, found ",
                           content->type_name());
  }
  for (size_t i = 0; i < content->array()->size(); ++i) {
    const json::Value& part = (*content->array())[i];
    const std::string place = Cat("content[", i, "]");
    if (!part.is_object()) return InvalidArgument(place, ": expected an object, found ", part.type_name());
    if (IsNullOrAbsent(part.Find("type")))
      return InvalidArgument(place, ".type: expected a string, found nothing");
    TALARIA_RETURN_IF_ERROR(Annotate(WantType(part, "text"), place));
    TALARIA_RETURN_IF_ERROR(Annotate(WantString(part, "text"), place));
  }
  return absl::OkStatus();
}

Status CheckToolCall(const json::Value& call) {
  if (!call.is_object()) return InvalidArgument("expected an object, found ", call.type_name());
  TALARIA_RETURN_IF_ERROR(WantOptionalString(call, "id"));
  TALARIA_RETURN_IF_ERROR(WantType(call, "function"));
  const json::Value* function = call.Find("function");
  if (function != nullptr && !function->is_object()) {
    return InvalidArgument("function: expected an object, found ", function->type_name());
  }
  const json::Value& inner = function == nullptr ? call : *function;
  TALARIA_RETURN_IF_ERROR(WantString(inner, "name"));
  const json::Value* arguments = inner.Find("arguments");
  if (arguments == nullptr || arguments->is_string() || arguments->is_object()) return absl::OkStatus();
  return InvalidArgument("arguments: expected a string or an object, found ", arguments->type_name());
}

Status CheckMessage(const json::Value& message) {
  if (!message.is_object()) return InvalidArgument("expected an object, found ", message.type_name());
  TALARIA_RETURN_IF_ERROR(WantString(message, "role"));
  TALARIA_RETURN_IF_ERROR(CheckContent(message.Find("content")));
  TALARIA_RETURN_IF_ERROR(WantOptionalString(message, "name"));
  TALARIA_RETURN_IF_ERROR(WantOptionalString(message, "tool_call_id"));
  const json::Value* calls = message.Find("tool_calls");
  if (IsNullOrAbsent(calls)) return absl::OkStatus();
  if (!calls->is_array()) return InvalidArgument("tool_calls: expected an array, found ", calls->type_name());
  for (size_t i = 0; i < calls->array()->size(); ++i) {
    TALARIA_RETURN_IF_ERROR(Annotate(CheckToolCall((*calls->array())[i]), Cat("tool_calls[", i, "]")));
  }
  return absl::OkStatus();
}

// Takes the member off *message* and reads it.
Status TakeTrust(json::Value* message, std::optional<TextMark>* trust) {
  json::Object& members = *message->object();
  for (size_t i = 0; i < members.size(); ++i) {
    if (members[i].key != kTrustMember) continue;
    const std::string* word = members[i].value.string();
    if (word != nullptr && *word == "control") {
      *trust = TextMark::kControl;
    } else if (word != nullptr && *word == "assistant") {
      *trust = TextMark::kAssistant;
    } else if (word != nullptr && *word == "literal") {
      *trust = TextMark::kLiteral;
    } else {
      return InvalidArgument(kTrustMember, ": expected \"control\", \"assistant\" or \"literal\"");
    }
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  return absl::OkStatus();
}

// What a value takes, roughly: its text and a little for each member.
uint64_t BytesOf(const json::Value& value) {
  uint64_t bytes = 4;
  if (const std::string* text = value.string()) bytes += text->size();
  if (const json::Number* number = value.number()) bytes += number->text.size();
  if (const json::Array* items = value.array()) {
    for (const json::Value& item : *items) bytes += BytesOf(item);
  }
  if (const json::Object* members = value.object()) {
    for (const json::Member& member : *members) bytes += member.key.size() + BytesOf(member.value);
  }
  return bytes;
}

Status CheckTool(const json::Value& tool) {
  if (!tool.is_object()) return InvalidArgument("expected an object, found ", tool.type_name());
  const json::Value* function = tool.Find("function");
  if (function != nullptr) {
    if (!function->is_object())
      return InvalidArgument("function: expected an object, found ", function->type_name());
    TALARIA_RETURN_IF_ERROR(WantType(tool, "function"));
  }
  const json::Value& inner = function == nullptr ? tool : *function;
  TALARIA_RETURN_IF_ERROR(WantString(inner, "name"));
  const json::Value* parameters = inner.Find("parameters");
  if (IsNullOrAbsent(parameters) || parameters->is_object()) return absl::OkStatus();
  return InvalidArgument("parameters: expected an object, found ", parameters->type_name());
}

// JSON text within the bounds of a conversation: more would be refused anyway.
StatusOr<json::Value> ParseWithin(std::string_view text, std::string_view what,
                                  const ConversationLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return ResourceExhausted(what, ": ", text.size(), " bytes; the limit is ", limits.max_bytes);
  }
  StatusOr<json::Value> value = json::Parse(text);
  if (!value.ok()) return Annotate(value.status(), what);
  return value;
}

}  // namespace

StatusOr<Conversation> ParseMessages(std::string_view text, const ParseOptions& options) {
  TALARIA_ASSIGN_OR_RETURN(const json::Value value, ParseWithin(text, "messages", options.limits));
  return MessagesFromJson(value, options);
}

StatusOr<Conversation> MessagesFromJson(const json::Value& messages, const ParseOptions& options) {
  const json::Array* items = messages.array();
  if (items == nullptr) return InvalidArgument("messages: expected an array, found ", messages.type_name());
  Conversation conversation(options.limits);
  for (size_t i = 0; i < items->size(); ++i) {
    const std::string place = Cat("messages[", i, "]");
    TALARIA_RETURN_IF_ERROR(Annotate(CheckMessage((*items)[i]), place));
    json::Value message = (*items)[i];
    std::optional<TextMark> trust;
    if (options.accept_trust) TALARIA_RETURN_IF_ERROR(Annotate(TakeTrust(&message, &trust), place));
    const uint64_t bytes = BytesOf(message);
    TALARIA_RETURN_IF_ERROR(conversation.Append(std::move(message), trust, bytes));
  }
  return conversation;
}

StatusOr<std::optional<std::vector<ToolDefinition>>> ParseTools(std::string_view text,
                                                                const ConversationLimits& limits) {
  TALARIA_ASSIGN_OR_RETURN(const json::Value value, ParseWithin(text, "tools", limits));
  return ToolsFromJson(value, limits);
}

StatusOr<std::optional<std::vector<ToolDefinition>>> ToolsFromJson(const json::Value& tools,
                                                                   const ConversationLimits& limits) {
  if (tools.is_null()) return std::optional<std::vector<ToolDefinition>>();
  const json::Array* items = tools.array();
  if (items == nullptr) return InvalidArgument("tools: expected an array, found ", tools.type_name());
  if (BytesOf(tools) > limits.max_bytes)
    return ResourceExhausted("the tools have more than ", limits.max_bytes, " bytes");
  std::vector<ToolDefinition> definitions;
  for (size_t i = 0; i < items->size(); ++i) {
    TALARIA_RETURN_IF_ERROR(Annotate(CheckTool((*items)[i]), Cat("tools[", i, "]")));
    definitions.push_back({(*items)[i]});
  }
  return std::optional<std::vector<ToolDefinition>>(std::move(definitions));
}

}  // namespace talaria::chat
