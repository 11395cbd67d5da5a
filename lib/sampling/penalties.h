#ifndef TALARIA_LIB_SAMPLING_PENALTIES_H_
#define TALARIA_LIB_SAMPLING_PENALTIES_H_

#include "absl/types/span.h"
#include "lib/sampling/history.h"
#include "lib/sampling/params.h"
#include "lib/sampling/scratch.h"

namespace talaria::sampling {

// Whether ApplyPenalties would change anything.
bool HasPenalties(const SamplingParams& params);

// Lowers the logits of tokens in the last params.penalty_window tokens of the history. Repetition: positive
// logits divided, others multiplied (Keskar et al. 2019, "CTRL"; as transformers has it). Then, over
// generated tokens or all: presence once and frequency for each occurrence (OpenAI's API reference). Ids
// outside the vocabulary are passed over. *logits* is [vocabulary]. Linear in the window.
void ApplyPenalties(const SamplingParams& params, const History& history, Scratch* scratch,
                    absl::Span<float> logits);

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_PENALTIES_H_
