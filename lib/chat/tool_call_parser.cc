#include "lib/chat/tool_call_parser.h"

#include <utility>

#include "lib/base/utf8.h"

namespace talaria::chat {
namespace {

bool BeginsWith(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

// What a JSON string, with its quotes, stands for; empty where that is not known to every parser.
std::string NameOf(std::string_view quoted) {
  const StatusOr<json::Value> value = json::Parse(quoted);
  return value.ok() && value->is_string() ? *value->string() : "";
}

}  // namespace

std::vector<std::string> HermesReasoningTags() {
  // Hermes 3's model card and technical report; <think> is Hermes 4's and others'. <SOLUTION>, <EXPLANATION>
  // and <UNIT_TEST> hold parts of an answer.
  return {"scratch_pad", "SCRATCHPAD", "REASONING", "INNER_MONOLOGUE", "PLAN",
          "EXECUTION",   "REFLECTION", "THINKING",  "think",           "thinking"};
}

ToolCallParser::ToolCallParser(ToolCallParserOptions options) : options_(std::move(options)) {
  for (const std::string& tag : options_.reasoning_tags) {
    open_tags_.push_back(Cat("<", tag, ">"));
    close_tags_.push_back(Cat("</", tag, ">"));
  }
}

Status ToolCallParser::Feed(std::string_view bytes) {
  if (finished_) return FailedPrecondition("the output has ended: it cannot be added to");
  partial_.append(bytes);
  const size_t whole = partial_.size() - IncompleteUtf8Tail(partial_);
  buffer_ += SanitizeUtf8(std::string_view(partial_).substr(0, whole));
  partial_.erase(0, whole);
  Read();
  return absl::OkStatus();
}

Status ToolCallParser::Finish() {
  if (finished_) return FailedPrecondition("the output has ended already");
  finished_ = true;
  buffer_ += SanitizeUtf8(partial_);
  partial_.clear();
  Read();
  buffer_.clear();
  return absl::OkStatus();
}

bool ToolCallParser::NextEvent(ToolEvent* event) {
  if (events_.empty()) return false;
  *event = std::move(events_.front());
  events_.pop_front();
  return true;
}

void ToolCallParser::Read() {
  while (place_ == Place::kCall ? ReadCallBody() : ReadWords()) {
  }
  if (place_ != Place::kCall || at_ > buffer_.size() / 2) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
}

// Whether it came to a tag. What may yet become one is left.
bool ToolCallParser::ReadWords() {
  const ToolEventKind kind = place_ == Place::kText ? ToolEventKind::kText : ToolEventKind::kReasoning;
  size_t end = at_;
  while (true) {
    end = buffer_.find('<', end);
    if (end == std::string::npos) end = buffer_.size();
    const std::string_view rest = std::string_view(buffer_).substr(end);
    bool may_become = false;
    const auto matches = [&](std::string_view tag) {
      may_become = may_become || BeginsWith(tag, rest);
      return BeginsWith(rest, tag);
    };
    const auto found = [&](const std::string& tag, Place place) {
      Emit(kind, std::string_view(buffer_).substr(at_, end - at_));
      at_ = end + tag.size();
      place_ = place;
      return true;
    };
    if (place_ == Place::kReasoning) {
      if (matches(close_tags_[reasoning_])) return found(close_tags_[reasoning_], Place::kText);
    } else {
      if (matches(kCallOpen)) {
        found(std::string(kCallOpen), Place::kCall);
        BeginCall();
        return true;
      }
      for (reasoning_ = 0; reasoning_ < open_tags_.size(); ++reasoning_) {
        if (matches(open_tags_[reasoning_])) return found(open_tags_[reasoning_], Place::kReasoning);
      }
    }
    if (end == buffer_.size() || (may_become && !finished_)) break;
    ++end;
  }
  Emit(kind, std::string_view(buffer_).substr(at_, end - at_));
  at_ = end;
  return false;
}

void ToolCallParser::BeginCall() {
  index_ = next_index_++;
  lexer_ = BodyLexer();
  scanner_ = JsonScanner();
  begun_name_.clear();
  streamed_ = 0;
}

// Whether the call is at its end.
bool ToolCallParser::ReadCallBody() {
  std::optional<BodyLexer::End> end = lexer_.Advance(Rest());
  if (!end.has_value() && finished_) end = lexer_.Finish(Rest());
  while (scanner_.Advance(Rest().substr(0, lexer_.position()))) StreamCall();
  StreamCall();
  if (!end.has_value()) return false;
  EndCall(*end);
  return true;
}

// Lets out what is known of the call so far.
void ToolCallParser::StreamCall() {
  if (begun_name_.empty() && !scanner_.name().empty()) {
    begun_name_ = NameOf(scanner_.name().In(Rest()));
    if (!begun_name_.empty()) EmitBegin(begun_name_, false);
  }
  if (begun_name_.empty() || scanner_.first_arguments().empty()) return;
  const std::string_view arguments = scanner_.first_arguments().In(Rest());
  if (arguments.size() <= streamed_) return;
  Emit(ToolEventKind::kArguments, arguments.substr(streamed_));
  streamed_ = arguments.size();
}

void ToolCallParser::EndCall(const BodyLexer::End& end) {
  const std::string_view body = Rest().substr(0, end.at);
  CallReading reading = ReadCall(body, end.end, lexer_.broken(), options_.limits);
  ToolEvent event;
  event.index = index_;
  if (reading.error != CallError::kNone) {
    event.kind = ToolEventKind::kError;
    event.error = reading.error;
    event.detail = std::move(reading.detail);
    event.text = std::string(body);
  } else {
    const std::string_view text = reading.arguments_text;
    // Is what went out so far the beginning of what it came to be?
    const bool holds = !reading.lenient && begun_name_ == reading.name &&
                       BeginsWith(text, scanner_.first_arguments().In(Rest()).substr(0, streamed_));
    if (!holds) {
      EmitBegin(reading.name, reading.lenient);
      streamed_ = 0;
    }
    if (streamed_ < text.size()) Emit(ToolEventKind::kArguments, text.substr(streamed_));
    event.kind = ToolEventKind::kCallEnd;
    event.id = Id();
    event.name = std::move(reading.name);
    event.text = std::move(reading.arguments_text);
    event.lenient = reading.lenient;
    if (options_.tools != nullptr) {
      CheckedCall checked = options_.tools->Check(event.name, reading.arguments);
      event.check = checked.check;
      event.detail = std::move(checked.problem);
    }
    event.arguments = std::move(reading.arguments);
  }
  events_.push_back(std::move(event));
  at_ += end.at + (end.end == BodyEnd::kCloseTag ? kCallClose.size() : 0);
  place_ = Place::kText;
}

void ToolCallParser::Emit(ToolEventKind kind, std::string_view text) {
  if (text.empty()) return;
  const size_t index = kind == ToolEventKind::kArguments ? index_ : 0;
  if (events_.empty() || events_.back().kind != kind || events_.back().index != index) {
    events_.emplace_back();
    events_.back().kind = kind;
    events_.back().index = index;
    if (kind == ToolEventKind::kArguments) events_.back().id = Id();
  }
  events_.back().text.append(text);
}

void ToolCallParser::EmitBegin(std::string_view name, bool lenient) {
  ToolEvent event;
  event.kind = ToolEventKind::kCallBegin;
  event.index = index_;
  event.id = Id();
  event.name = std::string(name);
  event.lenient = lenient;
  events_.push_back(std::move(event));
}

std::string ToolCallParser::Id() const { return Cat("call_", options_.first_id + index_); }

std::vector<ToolEvent> ParseToolCalls(std::string_view output, const ToolCallParserOptions& options) {
  ToolCallParser parser(options);
  std::vector<ToolEvent> events;
  // Neither can fail here.
  if (!parser.Feed(output).ok() || !parser.Finish().ok()) return events;
  for (ToolEvent event; parser.NextEvent(&event);) events.push_back(std::move(event));
  return events;
}

}  // namespace talaria::chat
