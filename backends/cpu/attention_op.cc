#include "backends/cpu/attention_op.h"

#include <cmath>
#include <limits>

namespace talaria::cpu {
namespace {

int64_t PaddedDim(const AttentionSpec& spec) {
  return (spec.head_dim + kValueUnit - 1) / kValueUnit * kValueUnit;
}

// Where a tile's queries and their state lie in a thread's scratch.
struct Workspace {
  Workspace(float* scratch, const AttentionSpec& spec, int64_t count)
      : queries(scratch),
        sums(queries + count * spec.head_dim),
        scores(sums + count * PaddedDim(spec)),
        largest(scores + count * kBlockPositions),
        total(largest + count),
        seen(reinterpret_cast<int32_t*>(total + count)) {}
  static int64_t Floats(const AttentionSpec& spec, int64_t count) {
    return count * (spec.head_dim + PaddedDim(spec) + kBlockPositions + 3);
  }
  float* queries;
  float* sums;
  float* scores;
  float* largest;
  float* total;
  int32_t* seen;
};

}  // namespace

int64_t AttentionOp::ScratchFloats(const AttentionSpec& spec) {
  return Workspace::Floats(spec, TileRows(spec) * (spec.heads / spec.kv_heads));
}

int64_t AttentionOp::Stretch(const Frame& frame) const {
  constexpr int64_t kTileNs = 60000;
  int64_t rows = 1;
  for (const RowBlock& block : frame.View(out_.rows).blocks) rows = std::max<int64_t>(rows, block.count);
  const int64_t queries = rows * (spec_.heads / spec_.kv_heads);
  // A position's keys and values at 10 GB/s, or two multiply-adds an element and query; half the speed of a
  // matrix product, for there are exponentials too.
  const int64_t bytes = 2 * spec_.head_dim * (frame.kv->element() == kElementF32 ? 4 : 2);
  const int64_t position_ps =
      std::max(bytes * 100, 2 * queries * 2 * spec_.head_dim * 1000000 / frame.kernels.multiply_adds_per_us);
  return std::max<int64_t>(kTileNs * 1000 / position_ps / kBlockPositions, 1) * kBlockPositions;
}

Grid AttentionOp::GridOf(const Frame& frame) const {
  const RowView& view = frame.View(out_.rows);
  return {static_cast<uint32_t>(view.last_position / Stretch(frame) + 1),
          static_cast<uint32_t>(static_cast<int64_t>(view.blocks.size()) * spec_.kv_heads)};
}

void AttentionOp::Run(const Frame& frame, uint32_t phase, uint32_t tile, float* scratch) const {
  const absl::Span<const RowBlock> blocks = frame.View(out_.rows).blocks;
  // Blocks of rows follow one another over the same keys.
  const int64_t kv_head = tile / static_cast<int64_t>(blocks.size());
  const RowBlock block = blocks[tile % blocks.size()];
  const auto position_of = [&](int64_t row) {
    return frame.Position(frame.PlanRow(out_.rows, block.first + row));
  };
  const int64_t stretch = Stretch(frame);
  const int64_t begin = phase * stretch;
  const int64_t last = position_of(block.count - 1);
  if (begin > last) return;
  const int64_t end = std::min(begin + stretch, last + 1);

  const int64_t group = spec_.heads / spec_.kv_heads;
  const int64_t kv_heads = spec_.kv_heads / static_cast<int64_t>(query_.columns.size());  // of a rank
  const auto rank = static_cast<size_t>(kv_head / kv_heads);
  const int64_t dim = spec_.head_dim;
  const int64_t padded = PaddedDim(spec_);
  const int64_t first_column = kv_head % kv_heads * group * dim;
  const Workspace work(scratch, spec_, block.count * group);
  const auto state_of = [&](int64_t row) {
    return state_.At(frame, rank, block.first + row) + kv_head % kv_heads * group * 2;
  };

  // Rows that ended in an earlier stretch stay as they are.
  int64_t first_row = 0;
  while (position_of(first_row) < begin) ++first_row;
  for (int64_t row = first_row; row < block.count; ++row) {
    std::copy_n(query_.At(frame, rank, block.first + row) + first_column, group * dim,
                work.queries + row * group * dim);
    for (int64_t head = 0; head < group; ++head) {
      const int64_t query = row * group + head;
      float* sums = work.sums + query * padded;
      std::fill_n(sums, padded, 0.0f);
      if (phase == 0) {
        work.largest[query] = -std::numeric_limits<float>::infinity();
        work.total[query] = 0;
        continue;
      }
      std::copy_n(out_.At(frame, rank, block.first + row) + first_column + head * dim, dim, sums);
      work.largest[query] = state_of(row)[2 * head];
      work.total[query] = state_of(row)[2 * head + 1];
    }
  }

  const absl::Span<const int32_t> pages = frame.Pages(frame.PlanRow(out_.rows, block.first));
  const int64_t page_size = frame.kv->spec().page_size;
  AttendArgs args;
  args.head_dim = dim;
  args.value_dim = padded;
  args.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(dim)));
  args.scratch = work.scores;
  int64_t row = first_row;
  for (int64_t at = begin; at < end; at += kBlockPositions) {
    while (position_of(row) < at) ++row;
    for (int64_t i = row; i < block.count; ++i) {
      const auto seen = static_cast<int32_t>(std::min(kBlockPositions, position_of(i) - at + 1));
      std::fill_n(work.seen + i * group, group, seen);
    }
    const int32_t page = pages[static_cast<size_t>(at / page_size)];
    const int64_t part = at % page_size / kBlockPositions;
    args.queries = work.queries + row * group * dim;
    args.count = (block.count - row) * group;
    args.keys = frame.kv->Keys(page, layer_, kv_head, part);
    args.values = frame.kv->Values(page, layer_, kv_head, part);
    args.seen = work.seen + row * group;
    args.largest = work.largest + row * group;
    args.total = work.total + row * group;
    args.sums = work.sums + row * group * padded;
    frame.kernels.attend[frame.kv->element()](args);
  }

  for (row = first_row; row < block.count; ++row) {
    const bool done = position_of(row) < end;
    for (int64_t head = 0; head < group; ++head) {
      const int64_t query = row * group + head;
      const float* sums = work.sums + query * padded;
      float* out = out_.At(frame, rank, block.first + row) + first_column + head * dim;
      const float total = work.total[query];
      for (int64_t i = 0; i < dim; ++i) out[i] = done ? sums[i] / total : sums[i];
      state_of(row)[2 * head] = work.largest[query];
      state_of(row)[2 * head + 1] = total;
    }
  }
}

}  // namespace talaria::cpu
