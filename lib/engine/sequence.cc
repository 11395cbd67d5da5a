#include "lib/engine/sequence.h"

#include <algorithm>
#include <utility>

namespace talaria {

StatusOr<std::shared_ptr<Sequence>> Sequence::Create(PagePool* pages, int32_t page_size, int64_t context,
                                                     std::unique_ptr<EventQueue> events,
                                                     Allocator* allocator) {
  const auto positions = static_cast<uint64_t>(context);
  TALARIA_ASSIGN_OR_RETURN(Buffer tokens,
                           allocator->Allocate(positions * sizeof(int32_t), "a session's tokens"));
  TALARIA_ASSIGN_OR_RETURN(Buffer wants, allocator->Allocate(positions, "a session's tokens"));
  return std::shared_ptr<Sequence>(
      new Sequence(pages, page_size, context, std::move(events), std::move(tokens), std::move(wants)));
}

Sequence::Sequence(PagePool* pages, int32_t page_size, int64_t context, std::unique_ptr<EventQueue> events,
                   Buffer tokens, Buffer wants)
    : context_(context),
      events_(std::move(events)),
      tokens_(std::move(tokens)),
      wants_(std::move(wants)),
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
  std::copy(wants_logits.begin(), wants_logits.end(), wants_.As<uint8_t>().begin() + count_);
  count_ += added;
  held_ = false;
  return absl::OkStatus();
}

Status Sequence::Generate(const GenerateOptions& options) {
  if (generating_) return FailedPrecondition("generate: a generation is under way");
  if (count_ == 0) return FailedPrecondition("generate: the session has no tokens");
  if (options.max_tokens < 1)
    return InvalidArgument("max_tokens: expected at least 1, found ", options.max_tokens);
  if (events_->room() < 1)
    return FailedPrecondition("generate: the event queue is full; take events out first");
  if (count_ >= context_)
    return ResourceExhausted("generate: the session's context of ", context_, " is full");
  options_ = options;
  generating_ = true;
  ++generation_;
  generated_ = 0;
  held_ = false;
  HoldBack();
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
  events_->Push(event);
}

void Sequence::DeliverLogits(int64_t position) {
  wants_.As<uint8_t>()[static_cast<size_t>(position)] = 0;
  Event event;
  event.kind = EventKind::kLogits;
  event.position = position;
  event.token = tokens()[static_cast<size_t>(position)];
  events_->Push(event);
}

void Sequence::DeliverToken(int32_t token) {
  tokens_.As<int32_t>()[static_cast<size_t>(count_)] = token;
  wants_.As<uint8_t>()[static_cast<size_t>(count_)] = 0;
  Event event;
  event.token = token;
  event.position = count_;
  events_->Push(event);
  ++count_;
  ++generated_;
  const std::vector<int32_t>& stops = options_.stop_tokens;
  if (std::find(stops.begin(), stops.end(), token) != stops.end())
    return FinishGeneration(FinishReason::kStopToken);
  if (generated_ >= options_.max_tokens) return FinishGeneration(FinishReason::kLength);
  if (count_ >= context_) FinishGeneration(FinishReason::kContext);
}

}  // namespace talaria
