#ifndef TALARIA_LIB_SAMPLING_PARAMS_H_
#define TALARIA_LIB_SAMPLING_PARAMS_H_

#include <cstdint>

#include "lib/base/status.h"
#include "lib/checkpoint/generation_config.h"
#include "lib/sampling/history.h"

namespace talaria::sampling {

// How a token is chosen; each default switches its sampler off. The README has the order in which they act.
struct SamplingParams {
  double temperature = 1;  // 0: the likeliest token
  // Whether the truncating samplers see probabilities at temperature 1 (llama.cpp's order) or at the chosen
  // one.
  bool temperature_last = false;
  int64_t top_k = 0;                       // 0: off
  double typical_p = 1;                    // above 0; 1: off
  double top_p = 1;                        // 1: off
  double min_p = 0;                        // 0: off
  double xtc_probability = 0;              // 0: off
  double xtc_threshold = 0.1;              // above 0.5 nothing happens, as no two tokens have that much
  double repetition_penalty = 1;           // above 0; 1: off. Over prompt and generated tokens
  double presence_penalty = 0;             // -100 to 100
  double frequency_penalty = 0;            // -100 to 100
  int64_t penalty_window = kWholeHistory;  // last tokens that the three look at
  // Whether presence and frequency look at the prompt too; OpenAI's do not.
  bool penalize_prompt = false;
  double dry_multiplier = 0;       // 0: off
  double dry_base = 1.75;          // from 1 on
  int64_t dry_allowed_length = 2;  // from 1 on
  int64_t dry_range = kWholeHistory;
};

// Bits of the fields that a host chose.
enum SamplingField : uint64_t {
  kSetTemperature = uint64_t{1} << 0,
  kSetTemperatureLast = uint64_t{1} << 1,
  kSetTopK = uint64_t{1} << 2,
  kSetTypicalP = uint64_t{1} << 3,
  kSetTopP = uint64_t{1} << 4,
  kSetMinP = uint64_t{1} << 5,
  kSetXtcProbability = uint64_t{1} << 6,
  kSetXtcThreshold = uint64_t{1} << 7,
  kSetRepetitionPenalty = uint64_t{1} << 8,
  kSetPresencePenalty = uint64_t{1} << 9,
  kSetFrequencyPenalty = uint64_t{1} << 10,
  kSetPenaltyWindow = uint64_t{1} << 11,
  kSetPenalizePrompt = uint64_t{1} << 12,
  kSetDryMultiplier = uint64_t{1} << 13,
  kSetDryBase = uint64_t{1} << 14,
  kSetDryAllowedLength = uint64_t{1} << 15,
  kSetDryRange = uint64_t{1} << 16,
};

// The fields of *chosen* whose bit is in *set*; for the others what generation_config.json says; for what it
// does not say, the defaults above. Its "do_sample": false is temperature 0. Bits of no field are ignored;
// the result is unchecked.
SamplingParams MergeParams(const SamplingParams& chosen, uint64_t set, const GenerationConfig& defaults);

// INVALID_ARGUMENT, naming the field, what was expected and what was found, where one is NaN or out of its
// range.
Status CheckParams(const SamplingParams& params);

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_PARAMS_H_
