#ifndef TALARIA_LIB_ENGINE_SEQUENCE_H_
#define TALARIA_LIB_ENGINE_SEQUENCE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/allocator.h"
#include "lib/engine/event_queue.h"
#include "lib/engine/grammar_guide.h"
#include "lib/engine/stop_strings.h"
#include "lib/kv/page_table.h"
#include "lib/sampling/sampler.h"
#include "lib/tokenizer/tokenizer.h"

namespace talaria {

// What a host asks of a generation.
struct GenerateOptions {
  int64_t max_tokens = 0;                            // at least 1
  std::vector<int32_t> stop_tokens;                  // ends after one of these; they are given as tokens too
  std::shared_ptr<const StopStrings> stop_strings;   // null: none. Ends with the token that completes one
  std::shared_ptr<const Tokenizer> tokenizer;        // what tokens say; needed for stop_strings
  std::shared_ptr<const sampling::Sampler> sampler;  // null: the largest logit
  // Whether tokens come with their log-probabilities, and with those of how many of the likeliest.
  bool log_probabilities = false;
  int32_t top = 0;
  // What the generation is held to, its own; null: no grammar. Its forced tokens are taken without a forward
  // pass each where no log-probabilities are wanted.
  std::shared_ptr<GrammarGuide> guide;
};

// What a session has used. Times in nanoseconds.
struct Usage {
  int64_t prompt_rows = 0;  // tokens processed that the host gave
  int64_t reused = 0;       // tokens that the host gave and the cache held already
  int64_t generated = 0;
  int64_t work = 0;  // this session's share, by rows, of the steps' time
  // Of the generation begun last, on the clock: from Generate to its first token, and to its last event; 0
  // where there was none yet.
  int64_t first_token = 0;
  int64_t generation = 0;
};

// What a sequence is opened with.
struct SequenceConfig {
  int32_t events = 64;
  int32_t logits_rows = 0;
  int32_t top = 0;        // likeliest tokens whose log-probabilities an event may carry
  void* owner = nullptr;  // what the host knows it by
};

// A chain of tokens, how much of it the cache holds, and what is still to be done with it. Plain data under
// the engine's lock; the event queue has a lock of its own.
//
// The last token is held back: a prompt is processed up to the token before, because the step that is to
// choose the next token runs that row anyway, with an output.
class Sequence {
 public:
  static StatusOr<std::shared_ptr<Sequence>> Create(PagePool* pages, int32_t page_size, int64_t context,
                                                    std::unique_ptr<EventQueue> events, void* owner,
                                                    Allocator* allocator);

  absl::Span<const int32_t> tokens() const {
    return {tokens_.As<int32_t>().data(), static_cast<size_t>(count_)};
  }
  int64_t count() const { return count_; }
  int64_t context() const { return context_; }
  // Positions whose keys and values are in the cache.
  int64_t cached() const { return cached_; }
  const PageTable& pages() const { return pages_; }
  EventQueue& events() const { return *events_; }
  void* owner() const { return owner_; }
  bool generating() const { return generating_; }
  // Counts the calls of Generate.
  int64_t generation() const { return generation_; }
  bool closed() const { return closed_; }
  // Somebody waits for what runs: neither closed nor cancelled.
  bool wanted() const { return !closed_ && !held_; }

  // Adds tokens and takes the pages they need. *wants_logits*: one byte a token. RESOURCE_EXHAUSTED, naming
  // what is needed and had, where context or pages do not suffice; nothing is added then.
  Status Append(absl::Span<const int32_t> tokens, absl::Span<const uint8_t> wants_logits);

  // FAILED_PRECONDITION while a generation is under way, without a token, or where events are not taken out.
  Status Generate(GenerateOptions options);

  // Keeps the first *count* tokens and what the cache holds of them. FAILED_PRECONDITION while a generation
  // is under way; INVALID_ARGUMENT where there are fewer. Pages stay until TrimPages.
  Status Rewind(int64_t count);
  // Makes the tokens *tokens*: keeps what agrees with them, and the cache of that, and adds the rest. The
  // errors are Append's; nothing has changed then.
  Status Replace(absl::Span<const int32_t> tokens, absl::Span<const uint8_t> wants_logits);
  // Gives back pages beyond the tokens: only while no step uses them.
  void TrimPages() { pages_.Shrink(count_); }

  const GenerateOptions& options() const { return options_; }
  // Tokens of the session that the generation under way, or the last one, found there.
  int64_t prompt_count() const { return prompt_count_; }
  const Usage& usage() const { return usage_; }
  // Why the last generation ended with kFailed or kNoChoice.
  const Status& failure() const { return failure_; }

  // Ends a generation with kCancelled and leaves tokens that are not processed yet alone until the next
  // Append or Generate.
  void Cancel();
  void Close() { closed_ = true; }
  // Gives the pages back, under the engine's lock and while no step uses them.
  void ReleasePages() { pages_.Shrink(0); }

  // --- for the scheduler ---
  // Rows that could run now, from position cached(), and whether a row's logits or its next token are wanted.
  int64_t RunnableRows() const;
  bool WantsLogits(int64_t position) const {
    return (marks_.As<uint8_t>()[static_cast<size_t>(position)] & kWantsLogits) != 0;
  }
  bool ChoosesAt(int64_t position) const { return generating_ && position == count_ - 1; }
  // Takes pages up to *positions*; false where there are none left.
  bool GrowPages(int64_t positions) { return pages_.Grow(positions); }
  void FinishGeneration(FinishReason reason);
  // The step failed: ends a generation, or leaves what is not processed alone as Cancel does.
  void Fail(FinishReason reason, const Status& why);
  // Counts changes of tokens that are already there: a step planned before one does not advance the cache.
  int64_t edits() const { return edits_; }
  // Notes that *rows* more positions are in the cache, for a share of *work_ns* of the step's time.
  void Advance(int64_t rows, int64_t work_ns);
  // Where a generation waits and its last row ran without choosing: that row is to run once more.
  void HoldBack() { cached_ -= generating_ && cached_ == count_ ? 1 : 0; }
  // Gives the host the logits of *position*, which were computed into the queue's next row.
  void DeliverLogits(int64_t position);
  // Adds a generated token, tells the host and ends the generation where it is due. *event* has what is to be
  // told beside it.
  void DeliverToken(int32_t token, Event event);
  // Adds the tokens that the grammar forces, as far as the event queue has room beyond what is reserved.
  void DeliverForced();

 private:
  Sequence(PagePool* pages, int32_t page_size, int64_t context, std::unique_ptr<EventQueue> events,
           void* owner, Buffer tokens, Buffer marks);

  // Marks of a token.
  static constexpr uint8_t kWantsLogits = 1;
  static constexpr uint8_t kGiven = 2;  // by the host, and not processed yet: to be counted once when it is

  const int64_t context_;
  const std::unique_ptr<EventQueue> events_;
  void* const owner_;
  const Buffer tokens_;  // int32 [context]
  const Buffer marks_;   // uint8 [context]
  PageTable pages_;
  int64_t count_ = 0;
  int64_t cached_ = 0;
  bool held_ = false;  // after Cancel, until the next Append or Generate
  bool closed_ = false;
  bool generating_ = false;
  int64_t generation_ = 0;
  int64_t generated_ = 0;  // in this generation
  int64_t edits_ = 0;
  int64_t prompt_count_ = 0;
  int64_t began_ns_ = 0;  // the generation
  GenerateOptions options_;
  StopMatcher stops_;
  Usage usage_;
  Status failure_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_SEQUENCE_H_
