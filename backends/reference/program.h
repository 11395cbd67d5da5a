#ifndef TALARIA_BACKENDS_REFERENCE_PROGRAM_H_
#define TALARIA_BACKENDS_REFERENCE_PROGRAM_H_

#include <functional>
#include <memory>
#include <vector>

#include "backends/reference/kv_pool.h"
#include "lib/backend/backend.h"
#include "lib/backend/recording.h"

namespace talaria::reference {

// What an op works on while it runs.
struct Frame {
  const StepPlan& plan;
  absl::Span<const int32_t> output_rows;  // rows of the plan whose output is not kNone
  std::byte* arena;
  Pool* kv;
};

class Arena : public StepArena {
 public:
  explicit Arena(Buffer buffer) : memory(std::move(buffer)) {}
  Buffer memory;
};

// Where an activation's parts lie in the arena: float [capacity rows, columns] a part, one part a rank, or
// one a leaf for a partial sum.
struct Parts {
  uint64_t offset = 0;
  int64_t capacity = 0;
  RowSet rows = RowSet::kAll;
  std::vector<int64_t> columns;
  float* At(const Frame& frame, size_t part) const;
};

using Op = std::function<Status(Frame& frame)>;

// Turns a body's calls into a list of ops that simply compute.
class Recorder : public RecordingOps {
 public:
  Recorder(const ProgramKey& key, int32_t ranks, const KvPool* kv) : RecordingOps(key, ranks, kv) {}

  // What was recorded; takes it out of the recorder. *uses_described*: a weight without data is among them.
  struct Result {
    std::vector<Op> ops;
    uint64_t arena_bytes = 0;
    int64_t vocabulary = 0;
    bool uses_described = false;
  };
  StatusOr<Result> Finish();

 protected:
  void DoEmbed(Activation out, const PackedWeight& table) override;
  void DoImportResidual(Activation out) override;
  void DoExportResidual(Activation residual, Activation delta) override;
  void DoAddRmsNorm(Activation out, Activation residual, Activation delta, const PackedWeight& weight,
                    float epsilon) override;
  void DoLinear(Activation out, Activation x, const PackedWeight& weight) override;
  void DoGatedLinear(Activation out, Activation x, const PackedWeight& gate_up) override;
  void DoRopeStoreKv(Activation query, Activation qkv, int64_t layer, const AttentionSpec& spec) override;
  void DoAttention(Activation out, Activation query, int64_t layer, const AttentionSpec& spec) override;
  void DoAllReduce(Activation out, Activation partial) override;
  void DoGatherRows(Activation out, Activation x) override;
  void DoEmit(Activation hidden, Activation logits) override;

 private:
  // Shared with the ops, which run after the recorder is gone; offsets are filled in by Finish.
  using PartsRef = std::shared_ptr<Parts>;
  PartsRef Place(Activation activation, std::vector<int64_t> columns);
  PartsRef PartsOf(Activation activation) const { return parts_[static_cast<size_t>(activation.id)]; }
  // One part of all columns on each rank.
  std::vector<int64_t> Replicated(int64_t columns) const;

  std::vector<PartsRef> parts_;
  std::vector<Op> ops_;
  int64_t vocabulary_ = 0;
  bool uses_described_ = false;
};

class ReferenceProgram : public Program {
 public:
  ReferenceProgram(const ProgramKey& key, Recorder::Result recorded, const StageMemory& memory);
  StatusOr<RunState> Run(const StepPlan& plan, StepCursor* cursor, const Deadline& deadline) override;

 private:
  const ProgramKey key_;
  const Recorder::Result recorded_;
  Pool* const kv_;
  Arena* const arena_;
  std::vector<int32_t> output_rows_;
};

}  // namespace talaria::reference

#endif  // TALARIA_BACKENDS_REFERENCE_PROGRAM_H_
