#include <memory>
#include <utility>

#include "capi/error.h"
#include "capi/text_handles.h"
#include "lib/chat/parse_messages.h"
#include "talaria/chat.h"

namespace talaria::capi {

StatusOr<TextMark> MarkOf(int32_t mark) {
  switch (mark) {
    case TALARIA_MARK_CONTROL:
      return TextMark::kControl;
    case TALARIA_MARK_LITERAL:
      return TextMark::kLiteral;
    case TALARIA_MARK_ASSISTANT:
      return TextMark::kAssistant;
    default:
      return InvalidArgument("mark: expected 0 to 2, found ", mark);
  }
}

}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_messages_create(talaria_messages** messages,
                                             talaria_error** error) TALARIA_NOEXCEPT {
  if (messages != nullptr) *messages = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(messages, "messages"));
    *messages = new talaria_messages{chat::Conversation()};
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_messages_parse(const char* json, uint64_t json_bytes, int32_t accept_trust,
                                            talaria_messages** messages,
                                            talaria_error** error) TALARIA_NOEXCEPT {
  if (messages != nullptr) *messages = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(messages, "messages"));
    TALARIA_RETURN_IF_ERROR(NotNull(json, "json"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view text, TextView(json, json_bytes, "json"));
    TALARIA_RETURN_IF_ERROR(CheckFlag(accept_trust, "accept_trust"));
    chat::ParseOptions options;
    options.accept_trust = accept_trust == 1;
    TALARIA_ASSIGN_OR_RETURN(chat::Conversation conversation, chat::ParseMessages(text, options));
    *messages = new talaria_messages{std::move(conversation)};
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_messages_free(talaria_messages* messages) TALARIA_NOEXCEPT { delete messages; }

int32_t TALARIA_CALL talaria_messages_get_count(const talaria_messages* messages, uint64_t* count,
                                                talaria_error** error) TALARIA_NOEXCEPT {
  if (count != nullptr) *count = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(messages, "messages"));
    TALARIA_RETURN_IF_ERROR(NotNull(count, "count"));
    *count = messages->conversation.size();
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_messages_add(talaria_messages* messages, const char* role, uint64_t role_bytes,
                                          const char* content, uint64_t content_bytes,
                                          talaria_error** error) TALARIA_NOEXCEPT {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(messages, "messages"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view who, TextView(role, role_bytes, "role"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view what, TextView(content, content_bytes, "content"));
    if (who.empty()) return InvalidArgument("role: expected a name, found none");
    return content == nullptr ? messages->conversation.AddMessage(who)
                              : messages->conversation.AddMessage(who, what);
  });
}

int32_t TALARIA_CALL talaria_messages_set_name(talaria_messages* messages, const char* name,
                                               uint64_t name_bytes, talaria_error** error) TALARIA_NOEXCEPT {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(messages, "messages"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view text, TextView(name, name_bytes, "name"));
    return messages->conversation.SetName(text);
  });
}

int32_t TALARIA_CALL talaria_messages_set_tool_call_id(talaria_messages* messages, const char* id,
                                                       uint64_t id_bytes,
                                                       talaria_error** error) TALARIA_NOEXCEPT {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(messages, "messages"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view text, TextView(id, id_bytes, "id"));
    return messages->conversation.SetToolCallId(text);
  });
}

int32_t TALARIA_CALL talaria_messages_add_tool_call(talaria_messages* messages, const char* id,
                                                    uint64_t id_bytes, const char* name, uint64_t name_bytes,
                                                    const char* arguments, uint64_t arguments_bytes,
                                                    talaria_error** error) TALARIA_NOEXCEPT {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(messages, "messages"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view call, TextView(id, id_bytes, "id"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view function, TextView(name, name_bytes, "name"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view given, TextView(arguments, arguments_bytes, "arguments"));
    if (function.empty()) return InvalidArgument("name: expected that of a function, found none");
    return messages->conversation.AddToolCall(call, function, arguments == nullptr ? "{}" : given);
  });
}

int32_t TALARIA_CALL talaria_messages_set_trust(talaria_messages* messages, int32_t mark,
                                                talaria_error** error) TALARIA_NOEXCEPT {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(messages, "messages"));
    TALARIA_ASSIGN_OR_RETURN(const TextMark trust, MarkOf(mark));
    return messages->conversation.SetTrust(trust);
  });
}
