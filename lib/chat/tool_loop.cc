#include "lib/chat/tool_loop.h"

#include <algorithm>
#include <utility>

#include "lib/base/caught_exception.h"
#include "lib/base/utf8.h"

namespace talaria::chat {
namespace {

std::string_view NameOf(LoopState state) {
  switch (state) {
    case LoopState::kGenerate:
      return "the model is to go on";
    case LoopState::kResults:
      return "calls wait for their results";
    case LoopState::kDone:
      return "the turn is the user's";
    case LoopState::kTooDeep:
      return "the model has called too often in a row";
  }
  return "";
}

constexpr std::string_view kAgain =
    "Please call this function again with correct arguments within XML tags <tool_call></tool_call>";

}  // namespace

std::string ParsingErrorText(std::string_view problem) {
  return Cat("There was an error parsing function calls\n Here's the error stack trace: ", problem,
             "\nPlease call the function again with correct syntax");
}

std::string ValidationErrorText(std::string_view function, std::string_view problem) {
  return Cat("There was an error validating function call against function signature: ", function,
             "\nHere's the error traceback: ", problem, "\n", kAgain);
}

std::string ExecutionErrorText(std::string_view function, std::string_view problem) {
  return Cat("There was an error when executing the function: ", function,
             "\nHere's the error traceback: ", problem, "\n", kAgain);
}

std::string ResultText(std::string_view function, std::string_view content) {
  StatusOr<json::Value> value = json::Parse(content);
  json::Object result;
  result.push_back({"name", function});
  result.push_back({"content", value.ok() ? *std::move(value) : json::Value(content)});
  return json::Write(json::Value(std::move(result)));
}

ToolLoop::ToolLoop(Conversation conversation, ToolLoopOptions options)
    : conversation_(std::move(conversation)), options_(std::move(options)) {
  Restart(LoopState::kGenerate, MakeParser(next_id_));
}

size_t ToolLoop::waiting() const {
  if (state_ != LoopState::kResults) return 0;
  return static_cast<size_t>(std::count_if(answers_.begin(), answers_.end(),
                                           [](const Answer& answer) { return !answer.content.has_value(); }));
}

Status ToolLoop::Say(std::string_view text) {
  if (state_ == LoopState::kResults || !said_.empty()) {
    return FailedPrecondition("tool loop: the user cannot speak now: ", NameOf(state_));
  }
  std::unique_ptr<ToolCallParser> parser = MakeParser(next_id_);
  TALARIA_RETURN_IF_ERROR(conversation_.AddMessage("user", text));
  Restart(LoopState::kGenerate, std::move(parser));
  depth_ = 0;
  return absl::OkStatus();
}

StatusOr<MarkedText> ToolLoop::Prompt() const {
  TALARIA_RETURN_IF_ERROR(Require(LoopState::kGenerate, "there is no prompt"));
  ChatRequest request = options_.request;
  request.conversation = &conversation_;
  request.tools = options_.tools == nullptr ? nullptr : &options_.tools->definitions();
  request.template_name = options_.template_name;
  request.add_generation_prompt = true;
  request.continue_final_message = false;
  return options_.chat_template->Render(request);
}

Status ToolLoop::Feed(std::string_view bytes) {
  TALARIA_RETURN_IF_ERROR(Require(LoopState::kGenerate, "nothing can be said"));
  TALARIA_RETURN_IF_ERROR(parser_->Feed(bytes));
  said_.append(bytes);
  Take();
  return absl::OkStatus();
}

Status ToolLoop::Finish() {
  TALARIA_RETURN_IF_ERROR(Require(LoopState::kGenerate, "nothing was begun"));
  TALARIA_RETURN_IF_ERROR(parser_->Finish());
  Take();
  // The turn, and answers that nobody has to give, are the conversation's once nothing can fail any more.
  Conversation grown = conversation_;
  TALARIA_RETURN_IF_ERROR(grown.AddMessage("assistant", said_));
  const bool waits = std::any_of(answers_.begin(), answers_.end(),
                                 [](const Answer& answer) { return !answer.content.has_value(); });
  if (!waits) TALARIA_RETURN_IF_ERROR(AddAnswers(&grown));
  const uint64_t next_id = next_id_ + answers_.size();
  std::unique_ptr<ToolCallParser> parser = waits ? nullptr : MakeParser(next_id);

  conversation_ = std::move(grown);
  next_id_ = next_id;
  said_.clear();
  if (waits) {
    state_ = LoopState::kResults;
  } else if (answers_.empty()) {
    Restart(LoopState::kDone, std::move(parser));
  } else {
    GoOn(std::move(parser));
  }
  return absl::OkStatus();
}

// The parser's events, and what each call is answered with as far as it is known.
void ToolLoop::Take() {
  for (ToolEvent event; parser_->NextEvent(&event);) {
    if (event.kind == ToolEventKind::kError) {
      answers_.push_back({"", "", ParsingErrorText(event.detail)});
    } else if (event.kind == ToolEventKind::kCallEnd && event.check == CallCheck::kOk) {
      answers_.push_back({event.id, event.name, std::nullopt});
    } else if (event.kind == ToolEventKind::kCallEnd) {
      answers_.push_back({event.id, "", ValidationErrorText(event.name, event.detail)});
    }
    events_.push_back(std::move(event));
  }
}

bool ToolLoop::NextEvent(ToolEvent* event) {
  if (events_.empty()) return false;
  *event = std::move(events_.front());
  events_.pop_front();
  return true;
}

Status ToolLoop::SetResult(std::string_view id, std::string_view content) {
  TALARIA_ASSIGN_OR_RETURN(Answer* const answer, Waiting(id));
  std::string text = SanitizeUtf8(content);
  return Settle(answer, options_.wraps_results ? ResultText(answer->name, text) : std::move(text),
                answer->name);
}

Status ToolLoop::SetError(std::string_view id, std::string_view problem) {
  TALARIA_ASSIGN_OR_RETURN(Answer* const answer, Waiting(id));
  return Settle(answer, ExecutionErrorText(answer->name, SanitizeUtf8(problem)), "");
}

Status ToolLoop::Settle(Answer* answer, std::string content, std::string name) {
  answer->content = std::move(content);
  answer->name.swap(name);
  if (waiting() > 0) return absl::OkStatus();
  Status given = Catching([this] { return GiveBack(); });
  if (!given.ok()) {  // it waits still
    answer->content.reset();
    answer->name.swap(name);
  }
  return given;
}

StatusOr<ToolLoop::Answer*> ToolLoop::Waiting(std::string_view id) {
  TALARIA_RETURN_IF_ERROR(Require(LoopState::kResults, "no call waits"));
  for (Answer& answer : answers_) {
    if (answer.id == id && !answer.content.has_value()) return &answer;
  }
  return NotFound("tool loop: no call ", Quoted(id), " waits for its result");
}

// All calls have their answers: they become turns of the tools, and the model goes on.
Status ToolLoop::GiveBack() {
  Conversation grown = conversation_;
  TALARIA_RETURN_IF_ERROR(AddAnswers(&grown));
  std::unique_ptr<ToolCallParser> parser = MakeParser(next_id_);
  conversation_ = std::move(grown);
  GoOn(std::move(parser));
  return absl::OkStatus();
}

Status ToolLoop::AddAnswers(Conversation* grown) const {
  for (const Answer& answer : answers_) {
    TALARIA_RETURN_IF_ERROR(grown->AddMessage("tool", *answer.content));
    // A template that prints the name wraps what is said of that function; an error stands alone.
    if (!answer.name.empty()) TALARIA_RETURN_IF_ERROR(grown->SetName(answer.name));
    if (!answer.id.empty()) TALARIA_RETURN_IF_ERROR(grown->SetToolCallId(answer.id));
  }
  return absl::OkStatus();
}

void ToolLoop::GoOn(std::unique_ptr<ToolCallParser> parser) noexcept {
  ++depth_;
  Restart(depth_ >= options_.max_depth ? LoopState::kTooDeep : LoopState::kGenerate, std::move(parser));
}

void ToolLoop::Restart(LoopState state, std::unique_ptr<ToolCallParser> parser) noexcept {
  answers_.clear();
  parser_ = std::move(parser);
  state_ = state;
}

std::unique_ptr<ToolCallParser> ToolLoop::MakeParser(uint64_t first_id) const {
  ToolCallParserOptions options;
  options.reasoning_tags = options_.reasoning_tags;
  options.tools = options_.tools;
  options.first_id = first_id;
  return std::make_unique<ToolCallParser>(std::move(options));
}

Status ToolLoop::Require(LoopState state, std::string_view what) const {
  if (state_ == state) return absl::OkStatus();
  return FailedPrecondition("tool loop: ", what, ": ", NameOf(state_));
}

}  // namespace talaria::chat
