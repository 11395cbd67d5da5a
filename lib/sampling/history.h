#ifndef TALARIA_LIB_SAMPLING_HISTORY_H_
#define TALARIA_LIB_SAMPLING_HISTORY_H_

#include <cstdint>

#include "absl/types/span.h"

namespace talaria::sampling {

// The tokens before the one to be chosen. Samplers keep nothing of it: a sequence may be edited, rewound or
// continued with tokens of the host's between any two calls.
struct History {
  absl::Span<const int32_t> tokens;
  // How many of them, from the first on, the model did not generate.
  int64_t prompt_tokens = 0;

  // Callers see to 0 <= prompt_tokens <= tokens.size().
  absl::Span<const int32_t> generated() const { return tokens.subspan(static_cast<size_t>(prompt_tokens)); }
};

// A window over the last tokens: all of them.
inline constexpr int64_t kWholeHistory = -1;

// The last *window* of *tokens*; all where there are fewer, and for kWholeHistory.
inline absl::Span<const int32_t> LastOf(absl::Span<const int32_t> tokens, int64_t window) {
  if (window < 0 || static_cast<uint64_t>(window) >= tokens.size()) return tokens;
  return tokens.subspan(tokens.size() - static_cast<size_t>(window));
}

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_HISTORY_H_
