#include "lib/backend/step_plan.h"

#include <algorithm>

namespace talaria {
namespace {

Status CheckPageTables(const StepPlan& plan, const PlanLimits& limits) {
  if (plan.page_offsets.empty() || plan.page_offsets.front() != 0 ||
      plan.page_offsets.back() != static_cast<int32_t>(plan.pages.size())) {
    return Internal("page_offsets do not span the ", plan.pages.size(), " pages");
  }
  if (!std::is_sorted(plan.page_offsets.begin(), plan.page_offsets.end()))
    return Internal("page_offsets descend");
  for (const int32_t page : plan.pages) {
    if (page < 1 || page >= limits.pages)
      return Internal("page ", page, " of ", limits.pages, " in a page table");
  }
  return absl::OkStatus();
}

Status CheckOutput(const OutputSpec& output, const PlanLimits& limits) {
  const bool wants_tokens = output.kind == OutputKind::kTopK || output.kind == OutputKind::kSampled;
  if (output.kind == OutputKind::kNone) return absl::OkStatus();
  if (output.values == nullptr || (wants_tokens && output.tokens == nullptr))
    return Internal("no destination");
  if (output.kind == OutputKind::kTopK && (output.top_k < 1 || output.top_k > limits.vocabulary)) {
    return Internal("top_k ", output.top_k, " of ", limits.vocabulary);
  }
  if (output.kind == OutputKind::kSampled && output.sampling.temperature != 0) {
    return Unimplemented("sampling on the device at temperature ", output.sampling.temperature);
  }
  return absl::OkStatus();
}

}  // namespace

int64_t StepPlan::OutputRows() const {
  return std::count_if(outputs.begin(), outputs.end(),
                       [](const OutputSpec& output) { return output.kind != OutputKind::kNone; });
}

Status CheckPlan(const StepPlan& plan, const PlanLimits& limits) {
  const size_t rows = plan.tokens.size();
  if (rows == 0 || plan.rows() > limits.rows)
    return Internal("a step of ", rows, " rows, at most ", limits.rows);
  if (plan.positions.size() != rows || plan.sequences.size() != rows || plan.outputs.size() != rows ||
      plan.adapters.size() != rows) {
    return Internal("a step whose arrays differ in length");
  }
  if (plan.OutputRows() > limits.output_rows) {
    return Internal("a step of ", plan.OutputRows(), " output rows, at most ", limits.output_rows);
  }
  TALARIA_RETURN_IF_ERROR(CheckPageTables(plan, limits));
  for (size_t row = 0; row < rows; ++row) {
    const int32_t sequence = plan.sequences[row];
    if (plan.tokens[row] < 0 || plan.tokens[row] >= limits.vocabulary) {
      return Internal("row ", row, ": token ", plan.tokens[row], " of ", limits.vocabulary);
    }
    if (sequence < 0 || sequence >= plan.sequence_count())
      return Internal("row ", row, ": sequence ", sequence);
    const bool continues = row > 0 && plan.sequences[row - 1] == sequence;
    if (continues && plan.positions[row] != plan.positions[row - 1] + 1) {
      return Internal("row ", row, ": position ", plan.positions[row], " after ", plan.positions[row - 1]);
    }
    const int32_t table = plan.page_offsets[static_cast<size_t>(sequence) + 1] -
                          plan.page_offsets[static_cast<size_t>(sequence)];
    const int64_t held = int64_t{table} * limits.page_size;
    if (plan.positions[row] < 0 || plan.positions[row] >= std::min(held, limits.context)) {
      return Internal("row ", row, ": position ", plan.positions[row], " of ", held, " in its pages");
    }
    if (plan.adapters[row] != kNoAdapter) return Unimplemented("adapter ", plan.adapters[row]);
    TALARIA_RETURN_IF_ERROR(Annotate(CheckOutput(plan.outputs[row], limits), Cat("row ", row)));
  }
  return absl::OkStatus();
}

}  // namespace talaria
