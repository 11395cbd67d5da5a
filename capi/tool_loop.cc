#include "lib/chat/tool_loop.h"

#include <memory>
#include <utility>

#include "capi/error.h"
#include "capi/structs.h"
#include "capi/text_handles.h"
#include "capi/tool_handles.h"
#include "talaria/tool_loop.h"

struct talaria_tool_loop {
  talaria_tool_loop(talaria::chat::Conversation conversation, talaria::chat::ToolLoopOptions options)
      : loop(std::move(conversation), std::move(options)) {}
  talaria::chat::ToolLoop loop;
  talaria::chat::ToolEvent event;  // the one the host looks at
  talaria::SingleEntry entry;
};

namespace talaria::capi {
namespace {

constexpr int32_t kDefaultDepth = 5;
constexpr int32_t kMostDepth = 1000;

StatusOr<chat::ToolLoopOptions> ReadLoopOptions(const talaria_tool_loop_options* given) {
  talaria_tool_loop_options own = TALARIA_TOOL_LOOP_OPTIONS_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(given, "talaria_tool_loop_options", &own));
  chat::ToolLoopOptions options;
  TALARIA_ASSIGN_OR_RETURN(
      options.reasoning_tags,
      ReadReasoningTags(own.reasoning, own.reasoning_tags, own.reasoning_tag_bytes, own.reasoning_tag_count));
  if (own.max_depth < 0 || own.max_depth > kMostDepth) {
    return InvalidArgument("max_depth: expected 0 to ", kMostDepth, ", found ", own.max_depth);
  }
  options.max_depth = own.max_depth == 0 ? kDefaultDepth : own.max_depth;
  if (own.results < TALARIA_RESULTS_AUTO || own.results > TALARIA_RESULTS_PLAIN) {
    return InvalidArgument("results: expected 0 to 2, found ", own.results);
  }
  OwnedRequest request;
  TALARIA_RETURN_IF_ERROR(ReadRequest(own.render, &request));
  if (request.request.add_generation_prompt || request.request.continue_final_message) {
    return InvalidArgument("render: add_generation_prompt and continue_final_message are the loop's own");
  }
  if (request.tools.has_value()) {
    TALARIA_ASSIGN_OR_RETURN(options.tools, chat::ToolSet::Create(*std::move(request.tools)));
  }
  options.request = std::move(request.request);
  options.request.tools = nullptr;
  options.request.template_name = {};
  const bool names_itself = request.name == "card" || request.name == "planning";
  options.wraps_results =
      own.results == TALARIA_RESULTS_AUTO ? !names_itself : own.results == TALARIA_RESULTS_NAMED;
  options.template_name = std::move(request.name);
  return options;
}

int32_t StateOf(chat::LoopState state) {
  switch (state) {
    case chat::LoopState::kGenerate:
      return TALARIA_LOOP_GENERATE;
    case chat::LoopState::kResults:
      return TALARIA_LOOP_RESULTS;
    case chat::LoopState::kDone:
      return TALARIA_LOOP_DONE;
    case chat::LoopState::kTooDeep:
      return TALARIA_LOOP_TOO_DEEP;
  }
  return 0;
}

// Runs *body* as the one thread inside *loop*.
template <typename Body>
int32_t EnterLoop(talaria_tool_loop* loop, talaria_error** error, Body body) noexcept {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(loop, "loop"));
    const SingleEntry::Scope scope(&loop->entry);
    if (!scope.entered()) return FailedPrecondition("loop: another thread is inside it");
    return body(loop->loop);
  });
}

}  // namespace
}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_tool_loop_create(const talaria_chat_template* chat_template,
                                              const talaria_messages* messages,
                                              const talaria_tool_loop_options* options,
                                              talaria_tool_loop** loop,
                                              talaria_error** error) TALARIA_NOEXCEPT {
  if (loop != nullptr) *loop = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(chat_template, "chat_template"));
    TALARIA_RETURN_IF_ERROR(NotNull(loop, "loop"));
    TALARIA_ASSIGN_OR_RETURN(chat::ToolLoopOptions own, ReadLoopOptions(options));
    own.chat_template = chat_template->object;
    chat::Conversation conversation = messages == nullptr ? chat::Conversation() : messages->conversation;
    *loop = new talaria_tool_loop(std::move(conversation), std::move(own));
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_tool_loop_free(talaria_tool_loop* loop) TALARIA_NOEXCEPT { delete loop; }

int32_t TALARIA_CALL talaria_tool_loop_get_state(talaria_tool_loop* loop, talaria_tool_loop_state* state,
                                                 talaria_error** error) TALARIA_NOEXCEPT {
  ClearStruct(state);
  return EnterLoop(loop, error, [&](chat::ToolLoop& own) -> Status {
    talaria_tool_loop_state found = TALARIA_TOOL_LOOP_STATE_INIT;
    found.state = StateOf(own.state());
    found.waiting = own.waiting();
    found.depth = own.depth();
    return WriteStruct(found, "talaria_tool_loop_state", state);
  });
}

int32_t TALARIA_CALL talaria_tool_loop_say(talaria_tool_loop* loop, const char* text, uint64_t text_bytes,
                                           talaria_error** error) TALARIA_NOEXCEPT {
  return EnterLoop(loop, error, [&](chat::ToolLoop& own) -> Status {
    TALARIA_ASSIGN_OR_RETURN(const std::string_view said, TextView(text, text_bytes, "text"));
    return own.Say(said);
  });
}

int32_t TALARIA_CALL talaria_tool_loop_render(talaria_tool_loop* loop, talaria_prompt** prompt,
                                              talaria_error** error) TALARIA_NOEXCEPT {
  if (prompt != nullptr) *prompt = nullptr;
  return EnterLoop(loop, error, [&](chat::ToolLoop& own) -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(prompt, "prompt"));
    TALARIA_ASSIGN_OR_RETURN(MarkedText text, own.Prompt());
    *prompt = PromptOf(std::move(text)).release();
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_tool_loop_feed(talaria_tool_loop* loop, const char* text, uint64_t text_bytes,
                                            talaria_error** error) TALARIA_NOEXCEPT {
  return EnterLoop(loop, error, [&](chat::ToolLoop& own) -> Status {
    TALARIA_ASSIGN_OR_RETURN(const std::string_view said, TextView(text, text_bytes, "text"));
    return own.Feed(said);
  });
}

int32_t TALARIA_CALL talaria_tool_loop_finish(talaria_tool_loop* loop,
                                              talaria_error** error) TALARIA_NOEXCEPT {
  return EnterLoop(loop, error, [](chat::ToolLoop& own) { return own.Finish(); });
}

int32_t TALARIA_CALL talaria_tool_loop_next_event(talaria_tool_loop* loop, talaria_tool_event* event,
                                                  talaria_error** error) TALARIA_NOEXCEPT {
  ClearStruct(event);
  bool is_there = false;
  const int32_t code = EnterLoop(loop, error, [&](chat::ToolLoop& own) -> Status {
    TALARIA_RETURN_IF_ERROR(CheckOutputStruct(event, "talaria_tool_event"));
    is_there = own.NextEvent(&loop->event);
    return is_there ? WriteStruct(ViewOf(loop->event), "talaria_tool_event", event) : absl::OkStatus();
  });
  return code == TALARIA_OK && !is_there ? TALARIA_NOT_READY : code;
}

int32_t TALARIA_CALL talaria_tool_loop_set_result(talaria_tool_loop* loop, const char* id, uint64_t id_bytes,
                                                  const char* content, uint64_t content_bytes,
                                                  talaria_error** error) TALARIA_NOEXCEPT {
  return EnterLoop(loop, error, [&](chat::ToolLoop& own) -> Status {
    TALARIA_ASSIGN_OR_RETURN(const std::string_view call, TextView(id, id_bytes, "id"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view text, TextView(content, content_bytes, "content"));
    return own.SetResult(call, text);
  });
}

int32_t TALARIA_CALL talaria_tool_loop_set_error(talaria_tool_loop* loop, const char* id, uint64_t id_bytes,
                                                 const char* problem, uint64_t problem_bytes,
                                                 talaria_error** error) TALARIA_NOEXCEPT {
  return EnterLoop(loop, error, [&](chat::ToolLoop& own) -> Status {
    TALARIA_ASSIGN_OR_RETURN(const std::string_view call, TextView(id, id_bytes, "id"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view text, TextView(problem, problem_bytes, "problem"));
    return own.SetError(call, text);
  });
}

int32_t TALARIA_CALL talaria_tool_loop_copy_messages(talaria_tool_loop* loop, talaria_messages** messages,
                                                     talaria_error** error) TALARIA_NOEXCEPT {
  if (messages != nullptr) *messages = nullptr;
  return EnterLoop(loop, error, [&](chat::ToolLoop& own) -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(messages, "messages"));
    *messages = new talaria_messages{own.conversation()};
    return absl::OkStatus();
  });
}
