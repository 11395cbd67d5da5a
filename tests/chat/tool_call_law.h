#ifndef TALARIA_TESTS_CHAT_TOOL_CALL_LAW_H_
#define TALARIA_TESTS_CHAT_TOOL_CALL_LAW_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/utf8.h"
#include "lib/chat/tool_call_parser.h"

// The law of ToolCallParser, said so that tests and the fuzz target can ask.
namespace talaria::test {

// Events on one line each, those in a row of one kind and index joined: equal texts are equal events.
inline std::string ShowEvents(const std::vector<chat::ToolEvent>& events) {
  using chat::ToolEventKind;
  std::string out;
  const chat::ToolEvent* last = nullptr;
  for (const chat::ToolEvent& event : events) {
    const bool is_piece = event.kind == ToolEventKind::kText || event.kind == ToolEventKind::kReasoning ||
                          event.kind == ToolEventKind::kArguments;
    if (is_piece && last != nullptr && last->kind == event.kind && last->index == event.index) {
      out += event.text;
      continue;
    }
    out += Cat("\n", static_cast<int>(event.kind), " ", event.index, event.lenient ? " lenient " : " ",
               event.id, " ", event.name, " ", chat::CallErrorName(event.error), " ",
               json::Write(event.arguments), " ", event.text);
    last = &event;
  }
  return out;
}

// The events of *output* fed in pieces that end at *cuts* (ascending) and at its end.
inline std::vector<chat::ToolEvent> ParsePieces(std::string_view output, const std::vector<size_t>& cuts,
                                                const chat::ToolCallParserOptions& options) {
  chat::ToolCallParser parser(options);
  std::vector<chat::ToolEvent> events;
  const auto feed = [&](size_t begin, size_t end) {
    (void)parser.Feed(output.substr(begin, end - begin)).ok();
    for (chat::ToolEvent event; parser.NextEvent(&event);) events.push_back(std::move(event));
  };
  size_t begin = 0;
  for (const size_t cut : cuts) {
    feed(begin, cut);
    begin = cut;
  }
  feed(begin, output.size());
  (void)parser.Finish().ok();
  for (chat::ToolEvent event; parser.NextEvent(&event);) events.push_back(std::move(event));
  return events;
}

// What breaks the law within one sequence of events; "": nothing. A call that ends has begun, under the name
// it ends with, and its pieces since are its arguments, which read back as their value; nothing of a call
// comes after its end; all text is UTF-8.
inline std::string BrokenLaw(const std::vector<chat::ToolEvent>& events) {
  using chat::ToolEventKind;
  size_t next = 0;  // the <tool_call> that is open or comes next
  bool has_begun = false;
  std::string name, id, pieces;
  for (const chat::ToolEvent& event : events) {
    if (!IsValidUtf8(event.text) || !IsValidUtf8(event.name)) return "text that is no UTF-8";
    if (event.kind == ToolEventKind::kText || event.kind == ToolEventKind::kReasoning) {
      if (has_begun) return "words inside a call";
      if (event.text.empty()) return "no words";
      continue;
    }
    if (event.index != next) return Cat("index ", event.index, " where ", next, " was to come");
    if (event.kind == ToolEventKind::kCallBegin) {
      has_begun = true;
      name = event.name;
      id = event.id;
      pieces.clear();
    } else if (event.kind == ToolEventKind::kArguments) {
      if (!has_begun) return "arguments of no call";
      pieces += event.text;
    } else {
      ++next;
      const bool had_begun = std::exchange(has_begun, false);
      if (event.kind == ToolEventKind::kError) {
        if (event.error == chat::CallError::kNone || event.detail.empty()) return "an error without a reason";
        continue;
      }
      if (!had_begun || event.name != name || event.id != id || name.empty())
        return "another name or id at the end";
      if (event.text != pieces) return Cat("joined pieces ", pieces, " are not ", event.text);
      const StatusOr<json::Value> value = json::Parse(event.text);
      if (!value.ok() || !value->is_object()) return Cat("arguments that do not read back: ", event.text);
      if (json::Write(*value) != json::Write(event.arguments)) return "arguments that are another value";
    }
  }
  return has_begun ? "a call without an end" : "";
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_CHAT_TOOL_CALL_LAW_H_
