#ifndef TALARIA_BACKENDS_CPU_RECORDER_H_
#define TALARIA_BACKENDS_CPU_RECORDER_H_

#include <memory>
#include <vector>

#include "backends/cpu/tile_op.h"
#include "backends/cpu/weight.h"
#include "lib/backend/recording.h"

namespace talaria::cpu {

// A recorded step: ops in order, and the tensors they name.
struct Recording {
  std::vector<std::unique_ptr<TileOp>> ops;
  std::vector<std::unique_ptr<Tensor>> tensors;
  uint64_t arena_bytes = 0;
  // Each thread's scratch; the first begins at the front of the arena.
  int64_t scratch_floats = 0;
  int64_t vocabulary = 0;        // 0: no embedding
  int64_t residual_columns = 0;  // that cross from or to another stage; 0: none
  int64_t attention_rows = 1;    // of a RowBlock
  bool uses_described = false;   // a weight without data is among them
};

// Turns a body's calls into tile ops.
class Recorder : public RecordingOps {
 public:
  // *threads*: that may run tiles at once.
  Recorder(const ProgramKey& key, int32_t ranks, const KvPool* kv, const Kernels& kernels, int threads)
      : RecordingOps(key, ranks, kv), kernels_(kernels), threads_(threads) {}

  // What was recorded; takes it out of the recorder.
  StatusOr<Recording> Finish();

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
  // The calls between which a tensor's memory is its own.
  struct Life {
    uint32_t first = 0;
    uint32_t last = 0;
  };

  uint32_t current() const { return op_count() - 1; }
  // A tensor that lives in the current op, or as long as the activation it is placed for.
  Tensor* Make(RowSet rows, std::vector<int64_t> columns);
  const Tensor& Place(Activation activation, std::vector<int64_t> columns);
  const Tensor& At(Activation activation) const {
    return *recording_.tensors[tensor_of_[static_cast<size_t>(activation.id)]];
  }
  const Weight& Use(const PackedWeight& weight);
  // *x* in BF16 where the product with *weight* takes it so, else null.
  const Tensor* Rounded(Activation x, const Weight& weight);
  const Tensor& RopeTable(const AttentionSpec& spec);
  template <typename Op, typename... Args>
  void Add(Args&&... args) {
    recording_.ops.push_back(std::make_unique<Op>(std::forward<Args>(args)...));
  }
  void NeedScratch(int64_t floats);
  void LayOut();

  const Kernels kernels_;
  const int threads_;
  Recording recording_;
  std::vector<Life> lives_;        // by tensor
  std::vector<size_t> tensor_of_;  // by activation
  const AttentionSpec* rope_spec_ = nullptr;
  size_t rope_table_ = 0;
  Status failure_;
};

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_RECORDER_H_
