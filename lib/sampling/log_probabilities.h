#ifndef TALARIA_LIB_SAMPLING_LOG_PROBABILITIES_H_
#define TALARIA_LIB_SAMPLING_LOG_PROBABILITIES_H_

#include <cstdint>

#include "absl/types/span.h"
#include "lib/base/status.h"
#include "lib/sampling/scratch.h"

namespace talaria::sampling {

struct TokenLogProbability {
  int32_t token = -1;
  float log_probability = 0;
};

inline constexpr size_t kMaxTopLogProbabilities = 128;

// The natural logarithm of the probability that the model gave to *token*, and, in *top*, its likeliest
// tokens, descending, ties by lower id: of the softmax of the logits as they came from the model, at
// temperature 1, before any bias, penalty, mask or truncation, whatever chose the token. Where fewer tokens
// than asked for have a logit above -inf, the rest of *top* is token -1 with -inf. Nothing allocates but an
// error's text.
//
// INVALID_ARGUMENT where the token is not in the vocabulary, the scratch is for another one, *top* has more
// than kMaxTopLogProbabilities places, or no logit is above -inf.
StatusOr<float> LogProbabilities(absl::Span<const float> logits, int32_t token, Scratch* scratch,
                                 absl::Span<TokenLogProbability> top);

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_LOG_PROBABILITIES_H_
