#ifndef TALARIA_LIB_ENGINE_STEP_BUILDER_H_
#define TALARIA_LIB_ENGINE_STEP_BUILDER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/backend/step_plan.h"
#include "lib/engine/sequence.h"

namespace talaria {

struct StepLimits {
  int32_t rows = 0;
  int32_t output_rows = 0;
  int32_t sequences = 0;
  int64_t pages = 0;        // of all sequences together
  int64_t hidden_size = 0;  // for the residual between stages; 0: one stage
};

// A sequence's rows in a step.
struct StepShare {
  std::shared_ptr<Sequence> sequence;
  int64_t first_position = 0;
  int64_t rows = 0;
  int64_t generation = 0;  // Sequence::generation() when the step was planned
  int32_t events = 0;      // that the step will have for the host
  int32_t sampled = -1;  // index of the token that was chosen for it, or -1
  bool chooses_from_logits = false;
};

// Chooses what the next step runs and holds its plan until it is done: sequences that decode come first, then prompts
// share the rest; who begins moves on with every step, so none starves. All memory is taken when it is made.
class StepBuilder {
 public:
  explicit StepBuilder(const StepLimits& limits);

  // Plans a step over *sequences*; false where there is nothing to run. Generations that find no page end with
  // kCacheFull. Under the engine's lock.
  bool Build(const std::vector<std::shared_ptr<Sequence>>& sequences);
  // Delivers what the step computed. Under the engine's lock.
  void Commit();
  // Forgets the step; the sequences stay as they were.
  void Drop();

  const StepPlan& plan() const { return plan_; }
  const std::vector<StepShare>& shares() const { return shares_; }
  bool active() const { return !shares_.empty(); }

 private:
  void Offer(const std::shared_ptr<Sequence>& sequence);
  // How many of the sequence's next rows fit what is left of the step and of the sequence's event queue.
  int64_t RowsThatFit(const Sequence& sequence, int64_t wanted) const;
  void AddRow(Sequence& sequence, int64_t position, StepShare* share);

  const StepLimits limits_;
  size_t turn_ = 0;
  std::vector<StepShare> shares_;
  std::vector<int32_t> tokens_, positions_, sequences_, adapters_, page_offsets_, pages_;
  std::vector<OutputSpec> outputs_;
  std::vector<int32_t> sampled_tokens_;
  std::vector<float> sampled_logits_;
  std::vector<float> residual_;
  int32_t outputs_used_ = 0;
  int32_t sampled_used_ = 0;
  StepPlan plan_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_STEP_BUILDER_H_
