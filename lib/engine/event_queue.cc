#include "lib/engine/event_queue.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace talaria {

StatusOr<std::unique_ptr<EventQueue>> EventQueue::Create(const Shape& shape, Allocator* allocator) {
  if (shape.events < 2) return InvalidArgument("event_capacity: expected at least 2, found ", shape.events);
  if (shape.logits_rows < 0) {
    return InvalidArgument("logits_capacity: expected 0 or more, found ", shape.logits_rows);
  }
  constexpr auto kMostTop = static_cast<int32_t>(sampling::kMaxTopLogProbabilities);
  if (shape.top < 0 || shape.top > kMostTop) {
    return InvalidArgument("log_probability_capacity: expected 0 to ", kMostTop, ", found ", shape.top);
  }
  const uint64_t logits_bytes =
      static_cast<uint64_t>(shape.logits_rows) * static_cast<uint64_t>(shape.vocabulary) * sizeof(float);
  const uint64_t top_bytes = (static_cast<uint64_t>(shape.events) + 2) * static_cast<uint64_t>(shape.top) *
                             sizeof(sampling::TokenLogProbability);
  TALARIA_ASSIGN_OR_RETURN(Buffer logits, allocator->Allocate(logits_bytes, "a session's logits"));
  TALARIA_ASSIGN_OR_RETURN(Buffer top, allocator->Allocate(top_bytes, "a session's log-probabilities"));
  return std::unique_ptr<EventQueue>(new EventQueue(shape, std::move(logits), std::move(top)));
}

EventQueue::EventQueue(const Shape& shape, Buffer logits, Buffer top)
    : shape_(shape),
      logits_(std::move(logits)),
      top_(std::move(top)),
      ring_(static_cast<size_t>(shape.events) + 1) {}

absl::Span<sampling::TokenLogProbability> EventQueue::TopOf(size_t place) const {
  const auto count = static_cast<size_t>(shape_.top);
  return top_.As<sampling::TokenLogProbability>().subspan(place * count, count);
}

int32_t EventQueue::room() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return static_cast<int32_t>(ring_.size() - count_) - 1 - reserved_events_;
}

int32_t EventQueue::logits_room() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return shape_.logits_rows - rows_used_ - reserved_rows_;
}

float* EventQueue::LogitsRow(int32_t ahead) const {
  const std::lock_guard<std::mutex> hold(mutex_);
  const int32_t row = (first_row_ + rows_used_ + ahead) % shape_.logits_rows;
  return logits_.As<float>().data() + row * shape_.vocabulary;
}

void EventQueue::Reserve(int32_t events, int32_t logits) {
  const std::lock_guard<std::mutex> hold(mutex_);
  reserved_events_ += events;
  reserved_rows_ += logits;
}

void EventQueue::ReleaseReserved() {
  const std::lock_guard<std::mutex> hold(mutex_);
  reserved_events_ = 0;
  reserved_rows_ = 0;
}

void EventQueue::Push(Event event) {
  const std::lock_guard<std::mutex> hold(mutex_);
  if (count_ == ring_.size()) return;
  if (event.kind == EventKind::kLogits) {
    event.logits =
        logits_.As<float>().data() + (first_row_ + rows_used_) % shape_.logits_rows * shape_.vocabulary;
    ++rows_used_;
  }
  const size_t place = (first_ + count_) % ring_.size();
  if (!event.top.empty()) {
    const absl::Span<sampling::TokenLogProbability> own = TopOf(place);
    const size_t count = std::min(own.size(), event.top.size());
    std::copy_n(event.top.begin(), count, own.begin());
    event.top = own.first(count);
  }
  ring_[place] = event;
  ++count_;
  arrived_.notify_all();
}

bool EventQueue::GiveBackLocked() {
  if (!borrowed_) return false;
  first_row_ = (first_row_ + 1) % shape_.logits_rows;
  --rows_used_;
  borrowed_ = false;
  return true;
}

bool EventQueue::GiveBack() {
  const std::lock_guard<std::mutex> hold(mutex_);
  return GiveBackLocked();
}

bool EventQueue::PopLocked(Event* event) {
  GiveBackLocked();
  if (count_ == 0) return false;
  *event = ring_[first_];
  if (!event->top.empty()) {
    // Its place may be written again before the host has looked.
    const absl::Span<sampling::TokenLogProbability> taken = TopOf(ring_.size()).first(event->top.size());
    std::copy(event->top.begin(), event->top.end(), taken.begin());
    event->top = taken;
  }
  first_ = (first_ + 1) % ring_.size();
  --count_;
  borrowed_ = event->kind == EventKind::kLogits;
  return true;
}

bool EventQueue::Pop(Event* event) {
  const std::lock_guard<std::mutex> hold(mutex_);
  return PopLocked(event);
}

bool EventQueue::WaitAndPop(const Deadline& deadline, Event* event) {
  std::unique_lock<std::mutex> hold(mutex_);
  while (!PopLocked(event)) {
    if (!deadline.WaitOn(&arrived_, &hold)) return PopLocked(event);
  }
  return true;
}

void EventQueue::Interrupt() {
  const std::lock_guard<std::mutex> hold(mutex_);
  arrived_.notify_all();
}

int32_t EventQueue::size() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return static_cast<int32_t>(count_);
}

}  // namespace talaria
