#ifndef TALARIA_LIB_ENGINE_EVENT_QUEUE_H_
#define TALARIA_LIB_ENGINE_EVENT_QUEUE_H_

#include <cstdint>
#include <mutex>
#include <vector>

#include "lib/base/allocator.h"
#include "lib/base/status.h"

namespace talaria {

enum class FinishReason : uint8_t {
  kNone,
  kStopToken,  // the model chose one of the stop tokens; it is the last token given
  kLength,     // as many tokens as were asked for
  kContext,    // the session's context is full
  kCacheFull,  // no page of the cache is left; other sessions may free some
  kCancelled,
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
};

// What a session has to tell its host: a ring that never grows, and a slab of rows for logits. The engine writes (one
// thread at a time), the host takes (one thread at a time).
class EventQueue {
 public:
  // Room for *events* at once, of which *logits_rows* may be logits of *vocabulary* floats.
  static StatusOr<std::unique_ptr<EventQueue>> Create(int32_t events, int32_t logits_rows, int64_t vocabulary,
                                                      Allocator* allocator);

  // How many events, and how many of them logits, can be added now. One place is kept back for kFinished, and those of
  // a planned step are.
  int32_t room() const;
  int32_t logits_room() const;

  // The row that the next kLogits event but *ahead* will carry: a step computes into it before the event is there.
  float* LogitsRow(int32_t ahead) const;

  // Keeps room for the events of a step that is planned; 0 where it is done or dropped.
  void Reserve(int32_t events);

  // The caller has made sure of room; kFinished has it where room() was not below 0.
  void Push(Event event);

  // Takes the oldest event; false where there is none. Frees the logits of the one taken before.
  bool Pop(Event* event);
  int32_t size() const;
  int32_t logits_capacity() const { return logits_rows_; }
  int64_t vocabulary() const { return vocabulary_; }

 private:
  EventQueue(int32_t events, int32_t logits_rows, int64_t vocabulary, Buffer logits);

  const int64_t vocabulary_;
  const int32_t logits_rows_;
  const Buffer logits_;  // float [logits_rows, vocabulary]
  mutable std::mutex mutex_;
  std::vector<Event> ring_;
  size_t first_ = 0;
  size_t count_ = 0;
  int32_t reserved_ = 0;
  int32_t first_row_ = 0;  // oldest row of logits in use
  int32_t rows_used_ = 0;
  bool borrowed_ = false;  // the event taken last carried logits
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_EVENT_QUEUE_H_
