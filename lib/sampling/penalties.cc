#include "lib/sampling/penalties.h"

#include <algorithm>

namespace talaria::sampling {
namespace {

// A mark: whether the token was seen at all, and how often in the tokens that presence and frequency look at.
constexpr uint32_t kSeen = uint32_t{1} << 31;

}  // namespace

bool HasPenalties(const SamplingParams& params) {
  return params.repetition_penalty != 1 || params.presence_penalty != 0 || params.frequency_penalty != 0;
}

void ApplyPenalties(const SamplingParams& params, const History& history, Scratch* scratch,
                    absl::Span<float> logits) {
  const absl::Span<const int32_t> window = LastOf(history.tokens, params.penalty_window);
  const absl::Span<const int32_t> counted =
      params.penalize_prompt ? window : LastOf(history.generated(), params.penalty_window);
  const auto first_counted = static_cast<size_t>(window.size() - counted.size());
  size_t seen = 0;
  for (size_t i = 0; i < window.size(); ++i) {
    const auto token = static_cast<uint32_t>(window[i]);
    if (token >= logits.size()) continue;
    uint32_t& mark = scratch->marks[token];
    if (mark == 0) scratch->picked[seen++] = window[i];
    mark |= kSeen;
    mark += i >= first_counted ? 1 : 0;
  }
  const auto repetition = static_cast<float>(params.repetition_penalty);
  const auto presence = static_cast<float>(params.presence_penalty);
  const auto frequency = static_cast<float>(params.frequency_penalty);
  for (const int32_t token : scratch->picked.subspan(0, seen)) {
    uint32_t& mark = scratch->marks[static_cast<size_t>(token)];
    const uint32_t count = mark & ~kSeen;
    mark = 0;
    float& logit = logits[static_cast<size_t>(token)];
    if (repetition != 1) logit = logit > 0 ? logit / repetition : logit * repetition;
    if (count > 0) logit -= presence + frequency * static_cast<float>(count);
  }
}

}  // namespace talaria::sampling
