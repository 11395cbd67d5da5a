#ifndef TALARIA_LIB_ENGINE_STEP_BUILDER_H_
#define TALARIA_LIB_ENGINE_STEP_BUILDER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/backend/step_plan.h"
#include "lib/engine/sequence.h"
#include "lib/engine/token_chooser.h"

namespace talaria {

struct StepLimits {
  int32_t rows = 0;
  int32_t output_rows = 0;
  int32_t sequences = 0;
  int64_t pages = 0;        // of all sequences together
  int32_t choices = 0;      // of them, tokens that the host chooses
  int64_t hidden_size = 0;  // for the residual between stages; 0: one stage
};

// A sequence's rows in a step.
struct StepShare {
  std::shared_ptr<Sequence> sequence;
  int64_t first_position = 0;
  int64_t rows = 0;
  int64_t generation = 0;   // Sequence::generation() when the step was planned
  int32_t logits_rows = 0;  // events of either kind that it will cause
  int32_t choices = 0;
  int64_t edits = 0;  // Sequence::edits() when the step was planned
  // The choice: by the backend, of token *sampled*; or by the host from *logits*, with choice row *row*.
  int32_t sampled = -1;
  const float* logits = nullptr;
  int32_t row = -1;
  // What the host's choice gave.
  int32_t token = -1;
  Event told;
  Status refused;
};

// Chooses what the next step runs and holds its plan until it is done: sequences that decode come first, then
// prompts share the rest. Who begins moves on with every step, and a prompt whose turn it is gets a row even
// where decoding sequences could fill the step: none starves. All memory is taken when it is made.
class StepBuilder {
 public:
  // *chooser* outlives it.
  StepBuilder(const StepLimits& limits, TokenChooser* chooser);

  // Plans a step over *sequences*; false where there is nothing to run. Beside sequences that decode, prompts
  // get *prompt_rows* at most. Generations that find no page end with kCacheFull. Under the engine's lock.
  bool Build(const std::vector<std::shared_ptr<Sequence>>& sequences, int64_t prompt_rows);
  // Whether the last Build ended a generation.
  bool ended() const { return ended_; }
  // How many of *sequences* wait for their next token.
  static int64_t DecodingCount(const std::vector<std::shared_ptr<Sequence>>& sequences);
  // Chooses the token of the next share that the host chooses for: one bounded unit of work. False where none
  // is left. Under the engine's lock.
  bool ChooseNext();
  // Delivers what the step computed in *work_ns*. Under the engine's lock.
  void Commit(int64_t work_ns);
  // Forgets the step; the sequences stay as they were.
  void Drop();

  const StepPlan& plan() const { return plan_; }
  const std::vector<StepShare>& shares() const { return shares_; }
  bool active() const { return !shares_.empty(); }

 private:
  void Offer(const std::shared_ptr<Sequence>& sequence);
  // How many of the sequence's next rows fit what is left of the step and of the sequence's event queue.
  int64_t RowsThatFit(const Sequence& sequence, int64_t wanted) const;
  bool HasShare(const Sequence& sequence) const;
  void AddRow(Sequence& sequence, int64_t position, StepShare* share);

  void Deliver(const StepShare& share, size_t first_row, int64_t work_ns);

  const StepLimits limits_;
  TokenChooser* const chooser_;
  size_t turn_ = 0;
  bool ended_ = false;
  size_t next_choice_ = 0;   // index of a share
  int32_t choice_rows_ = 0;  // in use
  int64_t prompt_rows_ = 0;  // left for prompts
  int32_t kept_rows_ = 0;    // rows and outputs that the sequences now offered leave free
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
