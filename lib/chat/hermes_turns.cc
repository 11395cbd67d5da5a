#include "lib/chat/hermes_turns.h"

#include <string>
#include <string_view>

#include "lib/chat/tool_prompt.h"

namespace talaria::chat {

Status TurnWriter::Content(const Message& message) {
  const ContentForm form = message.content_form();
  if (form == ContentForm::kAbsent || form == ContentForm::kNull) {
    return InvalidArgument("the template needs content in a message of role ", Quoted(message.role()),
                           ", found ", form == ContentForm::kNull ? "null" : "none");
  }
  text.Append(message.ContentText(), message.content_mark());
  content_end = text.text.size();
  return absl::OkStatus();
}

Status TurnWriter::Turn(const Message& message) {
  Control("<|im_start|>");
  text.Append(message.role(), message.role_mark());
  Control("\n");
  TALARIA_RETURN_IF_ERROR(Content(message));
  Control("<|im_end|>\n");
  return absl::OkStatus();
}

namespace {

// Runs *append* for each message, naming the one that fails.
template <typename Append>
Status ForEachMessage(const Conversation& conversation, TurnWriter* out, const Append& append) {
  for (size_t i = 0; i < conversation.size(); ++i) {
    out->content_end = TurnWriter::kNowhere;
    TALARIA_RETURN_IF_ERROR(Annotate(append(i), Cat("messages[", i, "]")));
  }
  return absl::OkStatus();
}

bool IsTool(const Conversation& conversation, size_t i) { return conversation[i].role() == "tool"; }

// An assistant's message that has the member tool_calls: its content is left out, even where there are no
// calls.
Status AppendCalls(const Message& message, TurnWriter* out) {
  if (!message.Find("tool_calls")->is_array())
    return InvalidArgument("tool_calls: expected an array, found null");
  out->Control("<|im_start|>");
  out->text.Append(message.role(), message.role_mark());
  for (size_t i = 0; i < message.tool_call_count(); ++i) {
    const ToolCall call = message.tool_call(i);
    out->Control("\n<tool_call>\n{\"name\": \"");
    out->text.Append(call.name, message.field_mark());
    out->Control("\", ");
    if (call.arguments != nullptr) {
      out->Control("\"arguments\": ");
      const std::string* text = call.arguments->string();
      out->text.Append(text != nullptr ? *text : json::Write(*call.arguments), message.field_mark());
    }
    out->Control("}\n</tool_call>");
  }
  out->Control("<|im_end|>\n");
  return absl::OkStatus();
}

// What the template prints of a result's content: nothing where there is none, "None" where it is null.
void AppendResult(const Message& message, TurnWriter* out) {
  const ContentForm form = message.content_form();
  out->text.Append(form == ContentForm::kNull ? "None" : message.ContentText(), message.content_mark());
  if (form == ContentForm::kText || form == ContentForm::kParts) out->content_end = out->text.text.size();
}

// Results in a row share a turn. A conversation that begins with one gets no header for it, and the turn
// after the last result begins on the same line: so the template has it.
void AppendToolTurn(const Conversation& conversation, size_t i, TurnWriter* out) {
  const bool is_last = i + 1 == conversation.size();
  if (i > 0 && !IsTool(conversation, i - 1)) out->Control("<|im_start|>tool\n");
  out->Control("<tool_response>\n");
  AppendResult(conversation[i], out);
  out->Control(is_last ? "\n</tool_response>" : "\n</tool_response>\n");
  if (is_last || !IsTool(conversation, i + 1)) out->Control("<|im_end|>");
}

}  // namespace

Status AppendDefaultTurns(const Conversation& conversation, TurnWriter* out) {
  return ForEachMessage(conversation, out, [&](size_t i) { return out->Turn(conversation[i]); });
}

Status AppendToolUseTurns(const Conversation& conversation, TurnWriter* out) {
  return ForEachMessage(conversation, out, [&](size_t i) {
    const Message& message = conversation[i];
    const std::string_view role = message.role();
    const bool is_plain = role == "assistant" && !message.has_tool_calls();
    if (role == "user" || role == "system" || is_plain) return out->Turn(message);
    if (role == "assistant") return AppendCalls(message, out);
    if (role == "tool") AppendToolTurn(conversation, i, out);
    // Any other role is left out.
    return absl::OkStatus();
  });
}

namespace {

// The name of the function that a result is of: said so, or found by the id of its call.
std::string_view FunctionOf(const Conversation& conversation, size_t result) {
  const Message& message = conversation[result];
  if (!message.name().empty()) return message.name();
  for (size_t i = result; i-- > 0 && !message.tool_call_id().empty();) {
    for (size_t call = 0; call < conversation[i].tool_call_count(); ++call) {
      const ToolCall view = conversation[i].tool_call(call);
      if (view.id == message.tool_call_id()) return view.name;
    }
  }
  return "";
}

Status AppendCardAssistant(const Message& message, TurnWriter* out) {
  if (message.tool_call_count() == 0) return out->Turn(message);
  out->Control("<|im_start|>");
  out->text.Append(message.role(), message.role_mark());
  out->Control("\n");
  // What it said before the calls, as the planning form has it.
  const std::string said = message.ContentText();
  out->text.Append(said, message.content_mark());
  if (!said.empty()) out->Control("\n");
  for (size_t i = 0; i < message.tool_call_count(); ++i) {
    if (i > 0) out->Control("\n");
    AppendCardCall(message.tool_call(i), message.field_mark(), &out->text);
  }
  out->Control("<|im_end|>\n");
  return absl::OkStatus();
}

void AppendCardTool(const Conversation& conversation, size_t i, TurnWriter* out) {
  const Message& message = conversation[i];
  if (i == 0 || !IsTool(conversation, i - 1)) out->Control("<|im_start|>tool\n");
  AppendCardResponse(FunctionOf(conversation, i), message.ContentText(), message.content_mark(), &out->text);
  if (i + 1 == conversation.size() || !IsTool(conversation, i + 1)) out->Control("<|im_end|>\n");
}

}  // namespace

Status AppendCardTurns(const Conversation& conversation, TurnWriter* out) {
  return ForEachMessage(conversation, out, [&](size_t i) {
    if (conversation[i].role() == "assistant") return AppendCardAssistant(conversation[i], out);
    if (!IsTool(conversation, i)) return out->Turn(conversation[i]);
    AppendCardTool(conversation, i, out);
    return absl::OkStatus();
  });
}

}  // namespace talaria::chat
