#ifndef TALARIA_BACKENDS_CPU_EMIT_OP_H_
#define TALARIA_BACKENDS_CPU_EMIT_OP_H_

#include "backends/cpu/row_ops.h"

namespace talaria::cpu {

// A row's logits in parts that follow one another.
class LogitParts {
 public:
  static constexpr size_t kMost = 8;
  void Add(absl::Span<const float> part) { parts_[count_++] = part; }
  absl::Span<const absl::Span<const float>> parts() const { return absl::MakeConstSpan(parts_, count_); }

 private:
  absl::Span<const float> parts_[kMost];
  size_t count_ = 0;
};

// The *count* largest logits that *sampling* allows, descending, of equals the lower id first; a NaN counts
// as -infinity. Where fewer are allowed the rest are (-1, -infinity). At a cost of n log(count).
void TopK(const LogitParts& logits, const SamplingSpec& sampling, int32_t count, float* values,
          int32_t* tokens);

// Gives each output row what its OutputSpec asks for.
class EmitOp final : public RowOp {
 public:
  EmitOp(const Tensor& hidden, const Tensor& logits)
      : RowOp(RowSet::kOutput), hidden_(hidden), logits_(logits) {}

 private:
  void RunRow(const Frame& frame, int64_t row, float* scratch) const override;
  const Tensor& hidden_;
  const Tensor& logits_;
};

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_EMIT_OP_H_
