// Tool calls over the C interface. Part of talaria.hpp.
#ifndef TALARIA_TOOLS_HPP_
#define TALARIA_TOOLS_HPP_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "talaria/grammar.hpp"
#include "talaria/status.hpp"
#include "talaria/text.hpp"
#include "talaria/tool_call.h"
#include "talaria/tool_loop.h"

namespace talaria {

using ToolEvent = talaria_tool_event;

// Tools by name; share one among threads.
class Tools {
 public:
  static Result<Tools> Parse(std::string_view json) {
    talaria_tools* tools = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tools_parse(json.data(), json.size(), &tools, &error);
    if (code == TALARIA_OK) return Tools(tools);
    return Status::Take(code, error);
  }
  // What a model that has these tools may say.
  Result<Grammar> MakeGrammar(const talaria_tool_grammar_options* options = nullptr) const {
    talaria_grammar* grammar = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tools_create_grammar(get(), options, &grammar, &error);
    if (code == TALARIA_OK) return Grammar(grammar);
    return Status::Take(code, error);
  }
  explicit Tools(talaria_tools* tools) : handle_(tools) {}
  talaria_tools* get() const { return handle_.get(); }

 private:
  detail::Handle<talaria_tools, talaria_tools_free> handle_;
};

// Takes an output apart as it comes in.
class ToolParser {
 public:
  static Result<ToolParser> Create(const talaria_tool_parser_options* options = nullptr) {
    talaria_tool_parser* parser = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_parser_create(options, &parser, &error);
    if (code == TALARIA_OK) return ToolParser(parser);
    return Status::Take(code, error);
  }
  explicit ToolParser(talaria_tool_parser* parser) : handle_(parser) {}
  talaria_tool_parser* get() const { return handle_.get(); }

  Status Feed(std::string_view text) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_parser_feed(get(), text.data(), text.size(), &error);
    return Status::Take(code, error);
  }
  Status Finish() {
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_parser_finish(get(), &error);
    return Status::Take(code, error);
  }
  // True: *event is the next one; its texts are good until the next call of this. False: there is none yet.
  Result<bool> NextEvent(ToolEvent* event) {
    *event = TALARIA_TOOL_EVENT_INIT;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_parser_next_event(get(), event, &error);
    if (code == TALARIA_OK) return true;
    if (code == TALARIA_NOT_READY) return false;
    return Status::Take(code, error);
  }

 private:
  detail::Handle<talaria_tool_parser, talaria_tool_parser_free> handle_;
};

// A conversation whose model calls tools, beside a session.
class ToolLoop {
 public:
  static Result<ToolLoop> Create(const ChatTemplate& by, const Messages& messages,
                                 const talaria_tool_loop_options* options = nullptr) {
    talaria_tool_loop* loop = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_loop_create(by.get(), messages.get(), options, &loop, &error);
    if (code == TALARIA_OK) return ToolLoop(loop);
    return Status::Take(code, error);
  }
  explicit ToolLoop(talaria_tool_loop* loop) : handle_(loop) {}
  talaria_tool_loop* get() const { return handle_.get(); }

  Result<talaria_tool_loop_state> State() const {
    talaria_tool_loop_state state = TALARIA_TOOL_LOOP_STATE_INIT;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_loop_get_state(get(), &state, &error);
    if (code == TALARIA_OK) return state;
    return Status::Take(code, error);
  }
  Status Say(std::string_view text) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_loop_say(get(), text.data(), text.size(), &error);
    return Status::Take(code, error);
  }
  Result<Prompt> Render() const {
    talaria_prompt* prompt = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_loop_render(get(), &prompt, &error);
    if (code == TALARIA_OK) return Prompt(prompt);
    return Status::Take(code, error);
  }
  Status Feed(std::string_view text) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_loop_feed(get(), text.data(), text.size(), &error);
    return Status::Take(code, error);
  }
  Status Finish() {
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_loop_finish(get(), &error);
    return Status::Take(code, error);
  }
  // As ToolParser's.
  Result<bool> NextEvent(ToolEvent* event) {
    *event = TALARIA_TOOL_EVENT_INIT;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_loop_next_event(get(), event, &error);
    if (code == TALARIA_OK) return true;
    if (code == TALARIA_NOT_READY) return false;
    return Status::Take(code, error);
  }
  Status SetResult(std::string_view id, std::string_view content) {
    talaria_error* error = nullptr;
    const int32_t code =
        talaria_tool_loop_set_result(get(), id.data(), id.size(), content.data(), content.size(), &error);
    return Status::Take(code, error);
  }
  Status SetError(std::string_view id, std::string_view problem) {
    talaria_error* error = nullptr;
    const int32_t code =
        talaria_tool_loop_set_error(get(), id.data(), id.size(), problem.data(), problem.size(), &error);
    return Status::Take(code, error);
  }
  Result<Messages> CopyMessages() const {
    talaria_messages* messages = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tool_loop_copy_messages(get(), &messages, &error);
    if (code == TALARIA_OK) return Messages(messages);
    return Status::Take(code, error);
  }

 private:
  detail::Handle<talaria_tool_loop, talaria_tool_loop_free> handle_;
};

}  // namespace talaria

#endif  // TALARIA_TOOLS_HPP_
