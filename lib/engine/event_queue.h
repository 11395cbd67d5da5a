#ifndef TALARIA_LIB_ENGINE_EVENT_QUEUE_H_
#define TALARIA_LIB_ENGINE_EVENT_QUEUE_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/allocator.h"
#include "lib/base/deadline.h"
#include "lib/base/status.h"
#include "lib/sampling/log_probabilities.h"

namespace talaria {

enum class FinishReason : uint8_t {
  kNone,
  kStopToken,  // the model chose one of the stop tokens; it is the last token given
  kLength,     // as many tokens as were asked for
  kContext,    // the session's context is full
  kCacheFull,  // no page of the cache is left; other sessions may free some
  kCancelled,
  kStopString,  // the text came to one of the stop strings
  kNoChoice,    // masks and bans ruled every token out
  kFailed,      // the step failed, in an engine with a thread of its own
  kGrammar,     // the grammar's text is complete, and nothing may follow it
};

enum class EventKind : uint8_t {
  kToken,     // a token was generated and now belongs to the session
  kLogits,    // the logits of a position that were asked for
  kFinished,  // a generation ended
};

struct Event {
  EventKind kind = EventKind::kToken;
  int32_t token = -1;
  int64_t position = 0;  // of the token, or that the logits follow; of kFinished: tokens in the session
  FinishReason reason = FinishReason::kNone;
  // [vocabulary], valid until the next event is taken.
  const float* logits = nullptr;
  // Of kToken, where they were asked for: of the token, and of the likeliest ones, valid until the next event
  // is taken.
  float log_probability = 0;
  bool has_log_probability = false;
  absl::Span<const sampling::TokenLogProbability> top;
};

// What a session has to tell its host: a ring that never grows, and a slab of rows for logits. The engine
// writes (one thread at a time), the host takes (one thread at a time).
class EventQueue {
 public:
  struct Shape {
    int32_t events = 0;       // that may wait
    int32_t logits_rows = 0;  // of them, rows of logits
    int32_t top = 0;          // likeliest tokens that a token's event may carry
    int64_t vocabulary = 0;
  };
  static StatusOr<std::unique_ptr<EventQueue>> Create(const Shape& shape, Allocator* allocator);

  // How many events, and how many of them logits, can still be planned for: what waits and what is reserved
  // taken off, and one place kept back for kFinished.
  int32_t room() const;
  int32_t logits_room() const;

  // The row that the next kLogits event but *ahead* will carry: a step computes into it before the event is
  // there.
  float* LogitsRow(int32_t ahead) const;

  // Keeps places for the events of a step that is planned, until they are pushed or released. The caller has
  // made sure of room.
  void Reserve(int32_t events, int32_t logits);
  // Gives all reserved places back: the step is done or dropped.
  void ReleaseReserved();

  // Into a reserved place, or kFinished into the one kept back. An event for which there is no place is
  // dropped: a defect of the caller, never a write past the ring.
  void Push(Event event);

  // Frees the logits of the event taken last; false where it had none.
  bool GiveBack();
  // Takes the oldest event; false where there is none. Frees the logits of the one taken before.
  bool Pop(Event* event);
  // The same, and waits for an event until *deadline* or its cancellation, which Interrupt makes known.
  bool WaitAndPop(const Deadline& deadline, Event* event);
  void Interrupt();
  int32_t size() const;
  int32_t logits_capacity() const { return shape_.logits_rows; }
  int32_t top_capacity() const { return shape_.top; }
  int64_t vocabulary() const { return shape_.vocabulary; }

 private:
  EventQueue(const Shape& shape, Buffer logits, Buffer top);
  bool GiveBackLocked();
  bool PopLocked(Event* event);
  absl::Span<sampling::TokenLogProbability> TopOf(size_t place) const;

  const Shape shape_;
  const Buffer logits_;  // float [logits_rows, vocabulary]
  const Buffer top_;  // TokenLogProbability [places of the ring + 1, top]: the last is the event taken last
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Event> ring_;
  size_t first_ = 0;
  size_t count_ = 0;
  int32_t first_row_ = 0;  // oldest row of logits in use
  int32_t rows_used_ = 0;
  int32_t reserved_events_ = 0;
  int32_t reserved_rows_ = 0;
  bool borrowed_ = false;  // the event taken last carried logits
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_EVENT_QUEUE_H_
