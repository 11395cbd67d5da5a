#ifndef TALARIA_LIB_ENGINE_TOKEN_CHOOSER_H_
#define TALARIA_LIB_ENGINE_TOKEN_CHOOSER_H_

#include <cstdint>
#include <memory>

#include "absl/types/span.h"
#include "lib/base/allocator.h"
#include "lib/engine/sequence.h"
#include "lib/sampling/log_probabilities.h"
#include "lib/sampling/scratch.h"

namespace talaria {

// Chooses tokens on the host from rows of logits, and says how likely they were. Takes all its memory when
// made; a choice is one bounded unit of work. One thread at a time.
class TokenChooser {
 public:
  // For up to *rows* choices in one step.
  static StatusOr<TokenChooser> Create(Allocator* allocator, int32_t rows, int64_t vocabulary,
                                       int64_t context);
  // What Create asks the allocator for.
  static uint64_t BytesFor(int32_t rows, int64_t vocabulary, int64_t context);

  // Where a step's choice *row* puts its logits, [vocabulary].
  float* LogitsRow(int32_t row) const { return logits_.As<float>().data() + row * vocabulary_; }

  // The token that *sequence*'s generation takes next after its *count* tokens, by *logits*; with its
  // log-probability and the likeliest tokens in *told* where they were asked for, whose memory is of choice
  // *row* and lasts until the next choice with that row. INVALID_ARGUMENT where no token may be chosen.
  StatusOr<int32_t> Choose(const Sequence& sequence, const float* logits, int32_t row, Event* told);

  // Whether the host has to choose: a backend gives the largest logit by itself.
  static bool IsNeeded(const GenerateOptions& options);

 private:
  TokenChooser(sampling::Scratch scratch, Buffer logits, Buffer top, int64_t vocabulary);

  sampling::Scratch scratch_;
  Buffer logits_;  // float [rows, vocabulary]
  Buffer top_;     // TokenLogProbability [rows, kMaxTopLogProbabilities]
  int64_t vocabulary_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_TOKEN_CHOOSER_H_
