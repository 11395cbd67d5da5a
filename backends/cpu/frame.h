#ifndef TALARIA_BACKENDS_CPU_FRAME_H_
#define TALARIA_BACKENDS_CPU_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "backends/cpu/isa/kernels.h"
#include "backends/cpu/kv_pool.h"
#include "lib/backend/ops.h"
#include "lib/backend/step_plan.h"

namespace talaria::cpu {

// Rows of a tensor that follow one another in one sequence, few enough for one tile of attention.
struct RowBlock {
  int32_t first = 0;
  int32_t count = 0;
};

// What depends on which rows a tensor has.
struct RowView {
  int64_t count = 0;
  int64_t last_position = 0;  // the largest
  absl::Span<const RowBlock> blocks;
};

// What the tiles of a step work on.
struct Frame {
  const StepPlan& plan;
  const Kernels& kernels;
  std::byte* arena = nullptr;
  const Pool* kv = nullptr;
  int64_t threads = 1;  // that will share the tiles; for their size only
  absl::Span<const int32_t> output_rows;
  RowView all;
  RowView output;

  const RowView& View(RowSet rows) const { return rows == RowSet::kAll ? all : output; }
  int64_t RowCount(RowSet rows) const { return View(rows).count; }
  // The plan's row behind row *index* of a tensor.
  size_t PlanRow(RowSet rows, int64_t index) const {
    return rows == RowSet::kAll ? static_cast<size_t>(index)
                                : static_cast<size_t>(output_rows[static_cast<size_t>(index)]);
  }
  int64_t Position(size_t plan_row) const { return plan.positions[plan_row]; }
  absl::Span<const int32_t> Pages(size_t plan_row) const {
    const auto sequence = static_cast<size_t>(plan.sequences[plan_row]);
    const auto begin = static_cast<size_t>(plan.page_offsets[sequence]);
    return plan.pages.subspan(begin, static_cast<size_t>(plan.page_offsets[sequence + 1]) - begin);
  }
};

// Where an activation lies in the arena: float [capacity rows, columns] a part. A replicated tensor has one
// part (the ranks share their memory), a sharded one has one a rank, a partial sum one a leaf.
struct Tensor {
  RowSet rows = RowSet::kAll;
  int64_t capacity = 0;
  uint64_t offset = 0;  // known once the whole program is recorded
  std::vector<int64_t> columns;

  // Floats from one row to the next. One cache line more than a multiple of 64 bytes that may be a power of
  // two: else the rows of a tile would share a cache set.
  static int64_t StrideOf(int64_t columns) { return (columns + 15) / 16 * 16 + 16; }
  int64_t Stride(size_t part) const { return StrideOf(columns[part]); }
  uint64_t Bytes() const {
    int64_t strides = 0;
    for (const int64_t part : columns) strides += StrideOf(part);
    return static_cast<uint64_t>(strides) * static_cast<uint64_t>(capacity) * sizeof(float);
  }
  float* At(const Frame& frame, size_t part, int64_t row) const {
    int64_t before = 0;
    for (size_t i = 0; i < part; ++i) before += StrideOf(columns[i]);
    return reinterpret_cast<float*>(frame.arena + offset) + before * capacity + row * Stride(part);
  }
};

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_FRAME_H_
