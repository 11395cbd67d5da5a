#ifndef TALARIA_LIB_SAMPLING_SCRATCH_H_
#define TALARIA_LIB_SAMPLING_SCRATCH_H_

#include <array>
#include <cstdint>

#include "absl/types/span.h"
#include "lib/base/allocator.h"
#include "lib/base/status.h"
#include "lib/sampling/weights.h"

namespace talaria::sampling {

// The memory in which one token is chosen: some 24 bytes a token of the vocabulary and 4 a token of history.
// One serves any number of samplers, one after another; nothing in it lasts from one call to the next.
class Scratch {
 public:
  // Logits whose largest is kept, so that a selection looks at few of them.
  static constexpr size_t kBlock = 64;

  // Each part goes on to a multiple of this many elements, so that a loop over lanes needs no end of its own.
  static constexpr size_t kPadding = 16;

  // INVALID_ARGUMENT where *vocabulary* is not in 1 to kMaxVocabulary or *max_history* is negative or beyond
  // 2^31; RESOURCE_EXHAUSTED where the allocator has no room. The allocator outlives the scratch.
  static StatusOr<Scratch> Create(Allocator* allocator, int64_t vocabulary, int64_t max_history);

  // What Create asks the allocator for: a plan of memory counts it before it is taken.
  static uint64_t BytesFor(int64_t vocabulary, int64_t max_history);

  int64_t vocabulary() const { return static_cast<int64_t>(logits.size()); }
  int64_t max_history() const { return static_cast<int64_t>(matches.size()); }

  absl::Span<float> logits;         // [vocabulary], the row as edited; then of the candidates
  absl::Span<float> shares;         // [vocabulary], e^exponent of each candidate
  absl::Span<int32_t> ids;          // [vocabulary], of candidates that are not the whole vocabulary
  absl::Span<int32_t> picked;       // [vocabulary], indices of candidates
  absl::Span<int32_t> narrowed;     // [vocabulary], fewer of them
  absl::Span<uint32_t> marks;       // [vocabulary], a number a token; all 0 between uses
  absl::Span<float> block_max;      // [blocks]
  absl::Span<float> sorted_blocks;  // [blocks]
  absl::Span<int32_t> matches;      // [max_history]
  std::array<std::array<uint64_t, 2048>, 2> histograms;

 private:
  Scratch() = default;
  Buffer memory_;
};

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_SCRATCH_H_
