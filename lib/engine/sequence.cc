#include "lib/engine/sequence.h"

#include <algorithm>
#include <utility>

namespace talaria {

StatusOr<std::shared_ptr<Sequence>> Sequence::Create(PagePool* pages, int32_t page_size, int64_t context,
                                                     std::unique_ptr<EventQueue> events, void* owner,
                                                     Allocator* allocator) {
  const auto positions = static_cast<uint64_t>(context);
  TALARIA_ASSIGN_OR_RETURN(Buffer tokens,
                           allocator->Allocate(positions * sizeof(int32_t), "a session's tokens"));
  TALARIA_ASSIGN_OR_RETURN(Buffer marks, allocator->Allocate(positions, "a session's tokens"));
  return std::shared_ptr<Sequence>(
      new Sequence(pages, page_size, context, std::move(events), owner, std::move(tokens), std::move(marks)));
}

Sequence::Sequence(PagePool* pages, int32_t page_size, int64_t context, std::unique_ptr<EventQueue> events,
                   void* owner, Buffer tokens, Buffer marks)
    : context_(context),
      events_(std::move(events)),
      owner_(owner),
      tokens_(std::move(tokens)),
      marks_(std::move(marks)),
      pages_(pages, page_size, context) {}

Status Sequence::Append(absl::Span<const int32_t> tokens, absl::Span<const uint8_t> wants_logits) {
  const auto added = static_cast<int64_t>(tokens.size());
  if (generating_)
    return FailedPrecondition("append: a generation is under way; cancel it or wait for its end");
  if (added > context_ - count_) {
    return ResourceExhausted("append: ", added, " tokens, ", context_ - count_,
                             " left in the session's context of ", context_);
  }
  if (!pages_.Grow(count_ + added)) {
    return ResourceExhausted("append: ", pages_.Missing(count_ + added),
                             " pages of the cache needed, fewer are free");
  }
  std::copy(tokens.begin(), tokens.end(), tokens_.As<int32_t>().begin() + count_);
  const auto marks = marks_.As<uint8_t>().begin() + count_;
  std::transform(wants_logits.begin(), wants_logits.end(), marks, [](uint8_t wants) {
    return static_cast<uint8_t>(kGiven | (wants != 0 ? kWantsLogits : 0));
  });
  count_ += added;
  held_ = false;
  return absl::OkStatus();
}

Status Sequence::Generate(GenerateOptions options) {
  if (generating_) return FailedPrecondition("generate: a generation is under way");
  if (count_ == 0) return FailedPrecondition("generate: the session has no tokens");
  if (options.max_tokens < 1)
    return InvalidArgument("max_tokens: expected at least 1, found ", options.max_tokens);
  if (options.stop_strings != nullptr && options.tokenizer == nullptr) {
    return FailedPrecondition("stop_strings: the model has no tokenizer to read its tokens by");
  }
  if (options.top < 0 || options.top > events_->top_capacity()) {
    return FailedPrecondition("top_log_probabilities: expected at most the session's capacity of ",
                              events_->top_capacity(), ", found ", options.top);
  }
  if (events_->room() < 1)
    return FailedPrecondition("generate: the event queue is full; take events out first");
  if (count_ >= context_)
    return ResourceExhausted("generate: the session's context of ", context_, " is full");
  StopMatcher stops(options.stop_strings);
  options_ = std::move(options);
  stops_ = std::move(stops);
  generating_ = true;
  ++generation_;
  generated_ = 0;
  prompt_count_ = count_;
  failure_ = absl::OkStatus();
  began_ns_ = platform::MonotonicNanoseconds();
  usage_.first_token = usage_.generation = 0;
  held_ = false;
  HoldBack();
  return absl::OkStatus();
}

Status Sequence::Rewind(int64_t count) {
  if (generating_)
    return FailedPrecondition("rewind: a generation is under way; cancel it or wait for its end");
  if (count < 0 || count > count_) {
    return InvalidArgument("rewind: expected 0 to the session's ", count_, " tokens, found ", count);
  }
  if (count == count_) return absl::OkStatus();
  count_ = count;
  cached_ = std::min(cached_, count);
  ++edits_;
  return absl::OkStatus();
}

Status Sequence::Replace(absl::Span<const int32_t> tokens, absl::Span<const uint8_t> wants_logits) {
  if (generating_) {
    return FailedPrecondition("set_tokens: a generation is under way; cancel it or wait for its end");
  }
  const absl::Span<const int32_t> own = this->tokens();
  const size_t common = static_cast<size_t>(
      std::mismatch(own.begin(), own.begin() + static_cast<int64_t>(std::min(own.size(), tokens.size())),
                    tokens.begin())
          .first -
      own.begin());
  // Logits that are wanted of a token mean that it is processed again.
  const auto first_wanted =
      static_cast<size_t>(std::find(wants_logits.begin(), wants_logits.end(), 1) - wants_logits.begin());
  const size_t kept = std::min(common, first_wanted);
  const int64_t before = count_, before_cached = cached_;
  TALARIA_RETURN_IF_ERROR(Rewind(static_cast<int64_t>(kept)));
  Status added = Append(tokens.subspan(kept), wants_logits.subspan(kept));
  if (!added.ok()) {
    count_ = before;
    cached_ = before_cached;
    return added;
  }
  usage_.reused += cached_;
  return absl::OkStatus();
}

void Sequence::Cancel() {
  held_ = true;
  if (generating_) FinishGeneration(FinishReason::kCancelled);
}

int64_t Sequence::RunnableRows() const {
  if (held_ || closed_ || cached_ >= count_) return 0;
  const bool last_row_runs = generating_ || WantsLogits(count_ - 1);
  return count_ - cached_ - (last_row_runs ? 0 : 1);
}

void Sequence::FinishGeneration(FinishReason reason) {
  generating_ = false;
  Event event;
  event.kind = EventKind::kFinished;
  event.position = count_;
  event.reason = reason;
  usage_.generation = platform::MonotonicNanoseconds() - began_ns_;
  events_->Push(event);
}

void Sequence::Fail(FinishReason reason, const Status& why) {
  held_ = true;
  failure_ = why;
  if (generating_) FinishGeneration(reason);
}

void Sequence::Advance(int64_t rows, int64_t work_ns) {
  for (uint8_t& mark :
       marks_.As<uint8_t>().subspan(static_cast<size_t>(cached_), static_cast<size_t>(rows))) {
    usage_.prompt_rows += (mark & kGiven) != 0 ? 1 : 0;
    mark = static_cast<uint8_t>(mark & ~kGiven);
  }
  usage_.work += work_ns;
  cached_ += rows;
}

void Sequence::DeliverLogits(int64_t position) {
  uint8_t& mark = marks_.As<uint8_t>()[static_cast<size_t>(position)];
  mark = static_cast<uint8_t>(mark & ~kWantsLogits);
  Event event;
  event.kind = EventKind::kLogits;
  event.position = position;
  event.token = tokens()[static_cast<size_t>(position)];
  events_->Push(event);
}

void Sequence::DeliverToken(int32_t token, Event event) {
  tokens_.As<int32_t>()[static_cast<size_t>(count_)] = token;
  marks_.As<uint8_t>()[static_cast<size_t>(count_)] = 0;
  event.kind = EventKind::kToken;
  event.token = token;
  event.position = count_;
  if (generated_ == 0) usage_.first_token = platform::MonotonicNanoseconds() - began_ns_;
  events_->Push(event);
  ++count_;
  ++generated_;
  ++usage_.generated;
  const std::vector<int32_t>& stops = options_.stop_tokens;
  if (std::find(stops.begin(), stops.end(), token) != stops.end())
    return FinishGeneration(FinishReason::kStopToken);
  if (options_.stop_strings != nullptr && stops_.FeedAll(options_.tokenizer->BytesOf(token)))
    return FinishGeneration(FinishReason::kStopString);
  if (options_.guide != nullptr) {
    if (Status read = options_.guide->Accept(token); !read.ok()) return Fail(FinishReason::kNoChoice, read);
    const StatusOr<bool> over = options_.guide->IsOver();
    if (!over.ok()) return Fail(FinishReason::kNoChoice, over.status());
    if (*over) return FinishGeneration(FinishReason::kGrammar);
  }
  if (generated_ >= options_.max_tokens) return FinishGeneration(FinishReason::kLength);
  if (count_ >= context_) FinishGeneration(FinishReason::kContext);
}

void Sequence::DeliverForced() {
  if (!generating_ || options_.guide == nullptr || options_.log_probabilities) return;
  const StatusOr<absl::Span<const int32_t>> forced = options_.guide->Forced();
  if (!forced.ok()) return Fail(FinishReason::kNoChoice, forced.status());
  for (const int32_t token : *forced) {
    // What a step under way has reserved is not touched: its events come later, or came a moment ago.
    if (!generating_ || events_->room() < 1) return;
    DeliverToken(token, {});
  }
}

}  // namespace talaria
