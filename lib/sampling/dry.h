#ifndef TALARIA_LIB_SAMPLING_DRY_H_
#define TALARIA_LIB_SAMPLING_DRY_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/status.h"
#include "lib/sampling/params.h"
#include "lib/sampling/scratch.h"

namespace talaria::sampling {

// Sequences of tokens that a repetition does not reach across, as a line break or a speaker's name.
// Immutable.
class DryBreakers {
 public:
  // In all; a host's list is a handful.
  static constexpr size_t kMaxTokens = 65536;

  // INVALID_ARGUMENT where a sequence is empty or holds an id outside the vocabulary; RESOURCE_EXHAUSTED
  // beyond kMaxTokens.
  static StatusOr<DryBreakers> Create(std::vector<std::vector<int32_t>> sequences, int64_t vocabulary);

  DryBreakers() = default;

  // How many of the last *most* of *tokens* lie after the last breaker that ends among them; *most* where
  // none does.
  size_t TokensSince(absl::Span<const int32_t> tokens, size_t most) const;
  // Whether the token alone is a breaker.
  bool IsBreaker(int32_t token) const;

 private:
  // By last token, then by content.
  std::vector<std::vector<int32_t>> sequences_;
};

// Don't Repeat Yourself (Weidmann 2024): where the last n tokens of *tokens* occurred before, n at least
// dry_allowed_length, whatever followed them there loses dry_multiplier * dry_base^(n - dry_allowed_length),
// for the largest such n. *logits* is [vocabulary]. Linear in the range; tokens.size() <=
// scratch->max_history().
void ApplyDry(const SamplingParams& params, const DryBreakers& breakers, absl::Span<const int32_t> tokens,
              Scratch* scratch, absl::Span<float> logits);

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_DRY_H_
