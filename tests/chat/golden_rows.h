#ifndef TALARIA_TESTS_CHAT_GOLDEN_ROWS_H_
#define TALARIA_TESTS_CHAT_GOLDEN_ROWS_H_

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/chat/chat_template.h"
#include "lib/chat/parse_messages.h"

namespace talaria::test {

// One line of a chat golden: a conversation, how to render it, and what transformers made of it.
struct ChatRow {
  std::string id;
  std::string bos_token;
  json::Value messages;
  json::Value tools;
  std::string template_name;
  bool add_generation_prompt = false;
  bool continue_final_message = false;
  json::Object variables;
  std::optional<std::string> rendered;  // none: an error
};

inline ChatRow ReadChatRow(const json::Value& row) {
  const auto text = [&row](std::string_view key) {
    const json::Value* value = row.Find(key);
    return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
  };
  const auto flag = [&row](std::string_view key) {
    const json::Value* value = row.Find(key);
    return value != nullptr && value->bool_value() != nullptr && *value->bool_value();
  };
  ChatRow out;
  out.id = text("id");
  out.bos_token = text("bos_token");
  out.messages = *row.Find("messages");
  out.tools = *row.Find("tools");
  out.template_name = text("template");
  out.add_generation_prompt = flag("add_generation_prompt");
  out.continue_final_message = flag("continue_final_message");
  if (const json::Value* variables = row.Find("variables")) out.variables = *variables->object();
  if (const json::Value* rendered = row.Find("rendered"); rendered != nullptr && rendered->is_string()) {
    out.rendered = *rendered->string();
  }
  return out;
}

inline StatusOr<MarkedText> RenderRow(const ChatRow& row, const chat::ChatTemplate& by) {
  TALARIA_ASSIGN_OR_RETURN(const chat::Conversation conversation, chat::MessagesFromJson(row.messages));
  TALARIA_ASSIGN_OR_RETURN(const std::optional<std::vector<chat::ToolDefinition>> tools,
                           chat::ToolsFromJson(row.tools));
  chat::ChatRequest request;
  request.conversation = &conversation;
  request.tools = tools.has_value() ? &*tools : nullptr;
  request.add_generation_prompt = row.add_generation_prompt;
  request.continue_final_message = row.continue_final_message;
  request.template_name = row.template_name;
  request.variables = row.variables;
  return by.Render(request);
}

// Whether *text* is what the row expects; says what is not.
inline bool IsAsExpected(const ChatRow& row, const StatusOr<MarkedText>& text) {
  if (row.rendered.has_value() ? text.ok() && text->text == *row.rendered : !text.ok()) return true;
  MESSAGE(row.id);
  MESSAGE("expected: ", row.rendered.has_value() ? Quoted(*row.rendered, 3000) : "an error");
  MESSAGE("found:    ",
          text.ok() ? Quoted(text->text, 3000) : "an error: " + std::string(Message(text.status())));
  return false;
}

// Spans that ascend, touch, cover the text and differ from their neighbours.
inline bool AreSpansWhole(const MarkedText& text) {
  size_t at = 0;
  for (size_t i = 0; i < text.spans.size(); ++i) {
    const MarkedSpan& span = text.spans[i];
    if (span.begin != at || span.end <= span.begin) return false;
    if (i > 0 && text.spans[i - 1].mark == span.mark) return false;
    at = span.end;
  }
  return at == text.text.size();
}

// The text with a letter for the mark of each run: C(...), L(...), A(...).
inline std::string ShowMarks(const MarkedText& text) {
  std::string out;
  for (const MarkedSpan& span : text.spans) {
    out += "CLA"[static_cast<size_t>(span.mark) % 3];
    out += "(" + text.text.substr(span.begin, span.end - span.begin) + ")";
  }
  return out;
}

inline bool operator==(const MarkedSpan& a, const MarkedSpan& b) {
  return a.begin == b.begin && a.end == b.end && a.mark == b.mark;
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_CHAT_GOLDEN_ROWS_H_
