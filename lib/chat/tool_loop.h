#ifndef TALARIA_LIB_CHAT_TOOL_LOOP_H_
#define TALARIA_LIB_CHAT_TOOL_LOOP_H_

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/marked_text.h"
#include "lib/base/status.h"
#include "lib/chat/chat_template.h"
#include "lib/chat/message.h"
#include "lib/chat/tool_call_parser.h"

// The conversation of a model that calls tools: who has to do something next, and what the model is told.
namespace talaria::chat {

// What the model is told, inside a <tool_response>, when a call cannot be run: the words of functioncall.py
// of NousResearch/Hermes-Function-Calling, the space before "Here's the error stack trace" too.
std::string ParsingErrorText(std::string_view problem);
std::string ValidationErrorText(std::string_view function, std::string_view problem);
std::string ExecutionErrorText(std::string_view function, std::string_view problem);

// The content of a result as Hermes' training data has it: {"name": ..., "content": ...}, the content as JSON
// where it is JSON and as a string where it is not.
std::string ResultText(std::string_view function, std::string_view content);

enum class LoopState {
  kGenerate,  // the model is to go on: Prompt, generate, Feed, Finish
  kResults,   // calls wait for their results: SetResult, SetError
  kDone,      // the turn is the user's: the model called nothing
  kTooDeep,   // the model has called again and again, and is not asked any more
};

struct ToolLoopOptions {
  std::shared_ptr<const ChatTemplate> chat_template;
  // How it renders; conversation, tools and add_generation_prompt are the loop's own. template_name must not
  // be a view into what may go.
  ChatRequest request;
  std::string template_name;
  std::shared_ptr<const ToolSet> tools;  // null: calls are held against none
  std::vector<std::string> reasoning_tags;
  // How many times in a row, since the user spoke, results may be given back. (Hermes-Function-Calling: 5)
  int max_depth = 5;
  // Whether results are wrapped by ResultText: for templates that print a tool's content alone (Hermes'
  // tool_use). Off for those that print the name themselves ("card" and "planning").
  bool wraps_results = true;
};

// Keeps a conversation going while the model calls tools. The model's turns are kept as it wrote them, tags
// and all, so that what it sees is what it said and the cache of a session holds. Calls that are none, or
// that their tools do not take, are answered with what is wrong; the others wait for the host. One thread.
class ToolLoop {
 public:
  // *conversation* may already hold turns.
  ToolLoop(Conversation conversation, ToolLoopOptions options);

  LoopState state() const { return state_; }
  // How many times results were given back since the user spoke.
  int depth() const { return depth_; }
  const Conversation& conversation() const { return conversation_; }
  // Calls that wait for their results.
  size_t waiting() const;

  // The user speaks: in state kDone or kTooDeep, or before anything was generated.
  Status Say(std::string_view text);
  // What the model is to go on from. In state kGenerate.
  StatusOr<MarkedText> Prompt() const;
  // The next bytes of what it says. In state kGenerate. Where this or Finish runs out of memory the turn is
  // lost: a loop of the conversation() takes it from its beginning.
  Status Feed(std::string_view bytes);
  // It has ended: kResults, kGenerate again where all there is are errors, kDone, or kTooDeep.
  Status Finish();
  // What came of it, oldest first; false: nothing (yet). A kCallEnd whose check is kOk waits for its result.
  bool NextEvent(ToolEvent* event);

  // What a call gave, JSON or any text, or why it could not be done. NOT_FOUND where no such call waits. With
  // the last one the state changes: kGenerate, or kTooDeep.
  Status SetResult(std::string_view id, std::string_view content);
  Status SetError(std::string_view id, std::string_view problem);

 private:
  // What one <tool_call> is answered with, in their order.
  struct Answer {
    std::string id;    // "": it is no call
    std::string name;  // "": the content is an error
    std::optional<std::string> content;
  };

  Status Require(LoopState state, std::string_view what) const;
  StatusOr<Answer*> Waiting(std::string_view id);
  // Answers a call; with the last one all are given back. A failure leaves the call waiting.
  Status Settle(Answer* answer, std::string content, std::string name);
  Status GiveBack();
  Status AddAnswers(Conversation* grown) const;
  std::unique_ptr<ToolCallParser> MakeParser(uint64_t first_id) const;
  // After results were given back.
  void GoOn(std::unique_ptr<ToolCallParser> parser) noexcept;
  void Restart(LoopState state, std::unique_ptr<ToolCallParser> parser) noexcept;
  void Take();

  Conversation conversation_;
  ToolLoopOptions options_;
  LoopState state_ = LoopState::kGenerate;
  int depth_ = 0;
  uint64_t next_id_ = 0;
  std::unique_ptr<ToolCallParser> parser_;
  std::deque<ToolEvent> events_;
  std::string said_;  // this turn, whole
  std::vector<Answer> answers_;
};

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_LOOP_H_
