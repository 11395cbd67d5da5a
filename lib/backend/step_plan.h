#ifndef TALARIA_LIB_BACKEND_STEP_PLAN_H_
#define TALARIA_LIB_BACKEND_STEP_PLAN_H_

#include <cstdint>

#include "absl/types/span.h"
#include "lib/base/status.h"

namespace talaria {

// What a row of a step is to give beside its keys and values.
enum class OutputKind : uint8_t {
  kNone,     // nothing: the last layer's rest is not computed for it
  kHidden,   // the final normed state: values[hidden]
  kLogits,   // values[vocabulary]
  kTopK,     // the top_k largest logits, descending, ties by lower id: tokens[top_k], values[top_k]
  kSampled,  // one token chosen on the device: tokens[1], values[1] (its logit)
};

// How a device chooses a token for OutputKind::kSampled. Only the argmax under a mask so far (temperature 0);
// the rest of the chain runs on the host, in sampling/.
struct SamplingSpec {
  float temperature = 0;
  // One bit a token, lowest bit first, of ceil(vocabulary / 32) words; set: allowed. Null: all are.
  const uint32_t* mask = nullptr;
};

// Destinations are host memory that stays valid until the step is done or dropped.
struct OutputSpec {
  OutputKind kind = OutputKind::kNone;
  int32_t top_k = 0;
  SamplingSpec sampling;
  float* values = nullptr;
  int32_t* tokens = nullptr;
};

inline constexpr int32_t kNoAdapter = -1;

// Everything that varies from step to step: a program is recorded once and replayed with one of these. Rows
// of one sequence follow one another with ascending positions, which continue what its pages hold. The plan
// and all it points to stay as they are until the step is done or dropped.
struct StepPlan {
  // [rows]
  absl::Span<const int32_t> tokens;
  absl::Span<const int32_t> positions;
  absl::Span<const int32_t> sequences;  // index into the page tables
  absl::Span<const OutputSpec> outputs;
  absl::Span<const int32_t> adapters;  // index of a low-rank adapter, or kNoAdapter

  // Page tables, compressed by rows: sequence s owns pages[page_offsets[s]] to pages[page_offsets[s + 1] -
  // 1], and its position p lies in its page p / page_size. Never page 0.
  absl::Span<const int32_t> page_offsets;  // [sequences + 1]
  absl::Span<const int32_t> pages;

  // [rows x hidden] in host memory, where the residual crosses from one stage to the next; empty with one
  // stage.
  absl::Span<float> residual;

  int64_t rows() const { return static_cast<int64_t>(tokens.size()); }
  int64_t sequence_count() const { return static_cast<int64_t>(page_offsets.size()) - 1; }
  int64_t OutputRows() const;
};

// What a recorded program was made for; a plan must stay within it.
struct PlanLimits {
  int64_t rows = 0;
  int64_t output_rows = 0;
  int64_t context = 0;  // positions of the longest sequence
  int64_t vocabulary = 0;
  int32_t page_size = 0;
  int32_t pages = 0;
};

// INTERNAL, naming row and field, unless the plan keeps the rules above and the limits. Linear in rows and
// pages.
Status CheckPlan(const StepPlan& plan, const PlanLimits& limits);

}  // namespace talaria

#endif  // TALARIA_LIB_BACKEND_STEP_PLAN_H_
