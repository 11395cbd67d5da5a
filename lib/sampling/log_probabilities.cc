#include "lib/sampling/log_probabilities.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "lib/base/floating_point.h"
#include "lib/sampling/candidates.h"

namespace talaria::sampling {

StatusOr<float> LogProbabilities(absl::Span<const float> logits, int32_t token, Scratch* scratch,
                                 absl::Span<TokenLogProbability> top) {
  const auto vocabulary = static_cast<int64_t>(logits.size());
  if (vocabulary != scratch->vocabulary()) {
    return InvalidArgument("log-probabilities: expected ", scratch->vocabulary(), " logits, found ",
                           vocabulary);
  }
  if (token < 0 || token >= vocabulary) {
    return InvalidArgument("log-probabilities: expected a token of 0 to ", vocabulary - 1, ", found ", token);
  }
  if (top.size() > kMaxTopLogProbabilities) {
    return InvalidArgument("log-probabilities: expected at most ", kMaxTopLogProbabilities,
                           " of the likeliest tokens, found ", top.size());
  }
  const ScopedFloatingPoint default_rounding;
  Candidates candidates(scratch);
  candidates.Load(logits);
  if (!candidates.Seal()) {
    return InvalidArgument("log-probabilities: expected a logit above -inf, found none among ", vocabulary);
  }
  // log(e^(l - max) / sum) with the sum in units of the best token's weight.
  const double log_sum =
      std::log(static_cast<double>(candidates.Total()) / static_cast<double>(kWeightOfBest));
  const auto log_probability = [&](float logit) {
    return static_cast<float>(static_cast<double>(logit) - candidates.max() - log_sum);
  };
  const float chosen = log_probability(candidates.logit(static_cast<size_t>(token)));
  if (top.empty()) return chosen;
  candidates.KeepTopK(static_cast<int64_t>(top.size()));
  struct Best {
    float logit;
    int32_t token;
  };
  std::array<Best, kMaxTopLogProbabilities> best;
  size_t found = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates.logit(i) > kNever) best[found++] = {candidates.logit(i), candidates.id(i)};
  }
  std::sort(best.begin(), best.begin() + static_cast<int64_t>(found),
            [](Best a, Best b) { return a.logit != b.logit ? a.logit > b.logit : a.token < b.token; });
  for (size_t i = 0; i < top.size(); ++i) {
    top[i] = i < found ? TokenLogProbability{best[i].token, log_probability(best[i].logit)}
                       : TokenLogProbability{-1, kNever};
  }
  return chosen;
}

}  // namespace talaria::sampling
