#include "backends/reference/program.h"

#include <limits>
#include <utility>

namespace talaria::reference {

ReferenceProgram::ReferenceProgram(const ProgramKey& key, Recorder::Result recorded,
                                   const StageMemory& memory)
    : Program(recorded.arena_bytes),
      key_(key),
      recorded_(std::move(recorded)),
      kv_(static_cast<Pool*>(memory.kv)),
      arena_(static_cast<Arena*>(memory.arena)) {
  output_rows_.reserve(static_cast<size_t>(key.output_rows));
}

StatusOr<RunState> ReferenceProgram::Run(const StepPlan& plan, StepCursor* cursor, const Deadline& deadline) {
  if (kv_ == nullptr || arena_ == nullptr || recorded_.uses_described) {
    return FailedPrecondition("a program recorded without memory or weights cannot run");
  }
  if (cursor->op == 0) {
    PlanLimits limits;
    limits.rows = key_.rows;
    limits.output_rows = key_.output_rows;
    limits.context = key_.context;
    // A stage without the embedding never reads tokens; what they may be is the first stage's to check.
    limits.vocabulary = recorded_.vocabulary > 0 ? recorded_.vocabulary : std::numeric_limits<int32_t>::max();
    limits.page_size = kv_->spec().page_size;
    limits.pages = kv_->spec().pages;
    TALARIA_RETURN_IF_ERROR(CheckPlan(plan, limits));
    output_rows_.clear();
    for (size_t row = 0; row < plan.outputs.size(); ++row) {
      if (plan.outputs[row].kind != OutputKind::kNone) output_rows_.push_back(static_cast<int32_t>(row));
    }
  }
  Frame frame{plan, output_rows_, static_cast<std::byte*>(arena_->memory.data()), kv_};
  bool worked = false;
  for (; cursor->op < recorded_.ops.size(); ++cursor->op) {
    if (deadline.cancelled() || (worked && deadline.Expired())) return RunState::kSuspended;
    TALARIA_RETURN_IF_ERROR(recorded_.ops[cursor->op](frame));
    worked = true;
  }
  return RunState::kDone;
}

}  // namespace talaria::reference
