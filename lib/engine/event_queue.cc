#include "lib/engine/event_queue.h"

#include <memory>
#include <utility>

namespace talaria {

StatusOr<std::unique_ptr<EventQueue>> EventQueue::Create(int32_t events, int32_t logits_rows, int64_t vocabulary,
                                                         Allocator* allocator) {
  if (events < 2) return InvalidArgument("event_capacity: expected at least 2, found ", events);
  if (logits_rows < 0) return InvalidArgument("logits_capacity: expected 0 or more, found ", logits_rows);
  const uint64_t bytes = static_cast<uint64_t>(logits_rows) * static_cast<uint64_t>(vocabulary) * sizeof(float);
  TALARIA_ASSIGN_OR_RETURN(Buffer logits, allocator->Allocate(bytes, "a session's logits"));
  return std::unique_ptr<EventQueue>(new EventQueue(events, logits_rows, vocabulary, std::move(logits)));
}

EventQueue::EventQueue(int32_t events, int32_t logits_rows, int64_t vocabulary, Buffer logits)
    : vocabulary_(vocabulary),
      logits_rows_(logits_rows),
      logits_(std::move(logits)),
      ring_(static_cast<size_t>(events) + 1) {}

int32_t EventQueue::room() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return static_cast<int32_t>(ring_.size()) - static_cast<int32_t>(count_) - reserved_ - 1;
}

void EventQueue::Reserve(int32_t events) {
  const std::lock_guard<std::mutex> hold(mutex_);
  reserved_ = events;
}

int32_t EventQueue::logits_room() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return logits_rows_ - rows_used_;
}

float* EventQueue::LogitsRow(int32_t ahead) const {
  const std::lock_guard<std::mutex> hold(mutex_);
  const int32_t row = (first_row_ + rows_used_ + ahead) % logits_rows_;
  return logits_.As<float>().data() + row * vocabulary_;
}

void EventQueue::Push(Event event) {
  const std::lock_guard<std::mutex> hold(mutex_);
  if (event.kind == EventKind::kLogits) {
    event.logits = logits_.As<float>().data() + (first_row_ + rows_used_) % logits_rows_ * vocabulary_;
    ++rows_used_;
  }
  ring_[(first_ + count_) % ring_.size()] = event;
  ++count_;
}

bool EventQueue::Pop(Event* event) {
  const std::lock_guard<std::mutex> hold(mutex_);
  if (borrowed_) {
    first_row_ = (first_row_ + 1) % logits_rows_;
    --rows_used_;
    borrowed_ = false;
  }
  if (count_ == 0) return false;
  *event = ring_[first_];
  first_ = (first_ + 1) % ring_.size();
  --count_;
  borrowed_ = event->kind == EventKind::kLogits;
  return true;
}

int32_t EventQueue::size() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return static_cast<int32_t>(count_);
}

}  // namespace talaria
