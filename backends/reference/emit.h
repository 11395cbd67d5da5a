#ifndef TALARIA_BACKENDS_REFERENCE_EMIT_H_
#define TALARIA_BACKENDS_REFERENCE_EMIT_H_

#include <array>
#include <cstddef>

#include "absl/types/span.h"
#include "lib/backend/step_plan.h"

namespace talaria::reference {

inline constexpr size_t kMaxRanks = 8;

// What the last ops left for one row: the final state, and the logits in parts that follow one another.
struct RowResult {
  absl::Span<const float> hidden;
  std::array<absl::Span<const float>, kMaxRanks> logits;
  size_t parts = 0;
};

// Gives the row what *output* asks for.
void EmitRow(const RowResult& row, const OutputSpec& output);

}  // namespace talaria::reference

#endif  // TALARIA_BACKENDS_REFERENCE_EMIT_H_
