#include "backends/cpu/program.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include "lib/base/floating_point.h"

namespace talaria::cpu {

CpuProgram::CpuProgram(const ProgramKey& key, Recording recording, const StageMemory& memory,
                       const Engines& engines)
    : Program(recording.arena_bytes),
      key_(key),
      recording_(std::move(recording)),
      kv_(static_cast<Pool*>(memory.kv)),
      arena_(static_cast<Arena*>(memory.arena)),
      engines_(engines) {
  output_rows_.reserve(static_cast<size_t>(key.output_rows));
  all_blocks_.reserve(static_cast<size_t>(key.rows));
  output_blocks_.reserve(static_cast<size_t>(key.output_rows));
}

float* CpuProgram::Scratch(size_t share) const {
  return static_cast<float*>(arena_->memory.data()) + static_cast<int64_t>(share) * recording_.scratch_floats;
}

Status CpuProgram::Begin(const StepPlan& plan) {
  PlanLimits limits;
  limits.rows = key_.rows;
  limits.output_rows = key_.output_rows;
  limits.context = key_.context;
  // A stage without the embedding never reads tokens; what they may be is the first stage's to check.
  limits.vocabulary = recording_.vocabulary > 0 ? recording_.vocabulary : std::numeric_limits<int32_t>::max();
  limits.page_size = kv_->spec().page_size;
  limits.pages = kv_->spec().pages;
  TALARIA_RETURN_IF_ERROR(CheckPlan(plan, limits));
  if (plan.residual.size() < static_cast<size_t>(plan.rows() * recording_.residual_columns)) {
    return Internal("a stage's residual of ", plan.residual.size());
  }
  output_rows_.clear();
  for (size_t row = 0; row < plan.outputs.size(); ++row) {
    if (plan.outputs[row].kind != OutputKind::kNone) output_rows_.push_back(static_cast<int32_t>(row));
  }
  all_ = ViewOf(plan, RowSet::kAll, &all_blocks_);
  output_ = ViewOf(plan, RowSet::kOutput, &output_blocks_);
  return absl::OkStatus();
}

RowView CpuProgram::ViewOf(const StepPlan& plan, RowSet rows, std::vector<RowBlock>* blocks) const {
  RowView view;
  view.count = rows == RowSet::kAll ? plan.rows() : static_cast<int64_t>(output_rows_.size());
  blocks->clear();
  int32_t sequence = -1;
  for (int64_t row = 0; row < view.count; ++row) {
    const auto plan_row =
        static_cast<size_t>(rows == RowSet::kAll ? row : output_rows_[static_cast<size_t>(row)]);
    const bool begins = sequence != plan.sequences[plan_row] ||
                        blocks->back().count == recording_.attention_rows ||
                        plan.positions[plan_row] < plan.positions[plan_row - 1];
    if (begins) blocks->push_back({static_cast<int32_t>(row), 0});
    ++blocks->back().count;
    sequence = plan.sequences[plan_row];
    view.last_position = std::max<int64_t>(view.last_position, plan.positions[plan_row]);
  }
  view.blocks = *blocks;
  return view;
}

StatusOr<uint32_t> CpuProgram::RunTiles(const Frame& frame, const TileOp& op, uint32_t phase, uint32_t first,
                                        uint32_t tiles, const Deadline& deadline) const {
  // Tiles are taken in order and one that is taken is run, so what has not run is one run of numbers. A task
  // of the pool is a thread's share; scratch goes by its number, for any of the pool's workers may have it.
  std::atomic<uint32_t> next{first};
  const auto work = [&](size_t task, int /*worker*/) {
    while (!deadline.Expired()) {
      const uint32_t tile = next.fetch_add(1, std::memory_order_relaxed);
      if (tile >= tiles) break;
      op.Run(frame, phase, tile, Scratch(task));
    }
    return absl::OkStatus();
  };
  const auto threads = std::min<size_t>(static_cast<size_t>(engines_.threads), tiles - first);
  if (threads > 1) {
    TALARIA_RETURN_IF_ERROR(engines_.pool->RunNow(threads, work));
  } else {
    TALARIA_RETURN_IF_ERROR(work(0, 0));
  }
  return std::min(next.load(std::memory_order_relaxed), tiles);
}

StatusOr<RunState> CpuProgram::Run(const StepPlan& plan, StepCursor* cursor, const Deadline& deadline) {
  if (kv_ == nullptr || arena_ == nullptr || recording_.uses_described) {
    return FailedPrecondition("a program recorded without memory or weights cannot run");
  }
  const ScopedFloatingPoint floating_point;
  if (cursor->op == 0 && cursor->tile == 0) TALARIA_RETURN_IF_ERROR(Begin(plan));
  const Frame frame{plan, engines_.kernels, static_cast<std::byte*>(arena_->memory.data()),
                    kv_,  engines_.threads, output_rows_,
                    all_, output_};
  bool worked = false;
  while (cursor->op < recording_.ops.size()) {
    const TileOp& op = *recording_.ops[cursor->op];
    const Grid grid = op.GridOf(frame);
    if (cursor->tile == grid.phases * grid.tiles) {
      ++cursor->op;
      cursor->tile = 0;
      continue;
    }
    if (deadline.cancelled() || (worked && deadline.Expired())) return RunState::kSuspended;
    const uint32_t phase = cursor->tile / grid.tiles;
    const uint32_t first = cursor->tile % grid.tiles;
    uint32_t done = first + 1;
    if (deadline.Expired()) {
      // No time at all: one tile, so that the step still comes to an end.
      op.Run(frame, phase, first, Scratch(0));
    } else {
      TALARIA_ASSIGN_OR_RETURN(done, RunTiles(frame, op, phase, first, grid.tiles, deadline));
    }
    worked = worked || done > first;
    cursor->tile = phase * grid.tiles + done;
  }
  return RunState::kDone;
}

}  // namespace talaria::cpu
