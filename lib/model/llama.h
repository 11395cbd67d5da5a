#ifndef TALARIA_LIB_MODEL_LLAMA_H_
#define TALARIA_LIB_MODEL_LLAMA_H_

#include <functional>
#include <memory>
#include <vector>

#include "lib/backend/backend.h"
#include "lib/checkpoint/checkpoint.h"

namespace talaria {

struct LlamaLayer {
  std::unique_ptr<PackedWeight> input_norm;
  std::unique_ptr<PackedWeight> query_key_value;
  std::unique_ptr<PackedWeight> attention_output;
  std::unique_ptr<PackedWeight> post_attention_norm;
  std::unique_ptr<PackedWeight> gate_up;
  std::unique_ptr<PackedWeight> down;
};

// A run of layers on one backend. The first stage has the embedding, the last the final norm and the output
// head.
struct LlamaStage {
  std::shared_ptr<Backend> backend;
  int64_t first_layer = 0;
  std::vector<LlamaLayer> layers;
  std::unique_ptr<PackedWeight> embedding;
  std::unique_ptr<PackedWeight> final_norm;
  std::unique_ptr<PackedWeight> output;  // null where it is tied and the embedding is in this stage
};

// Where layers go: the next *layers* of them to *backend*.
struct StageSpec {
  std::shared_ptr<Backend> backend;
  int64_t layers = 0;
};

struct LlamaOptions {
  WeightFormat format = WeightFormat::kSource;
  int32_t canonical_leaves = 1;
};

// Told on the loading thread, between layers, how many bytes of the files have been read; false stops the
// loading.
using LoadProgress = std::function<bool(uint64_t done_bytes, uint64_t total_bytes)>;

// Llama 3.1 over stages: weights in the backends' layouts and the forward pass. Immutable, shared by engines.
class Llama {
 public:
  // Shapes and bytes without reading any weight: for planning memory. INVALID_ARGUMENT where heads do not
  // divide over ranks or the stages' layers are not the model's.
  static StatusOr<std::unique_ptr<Llama>> Describe(const Checkpoint& checkpoint,
                                                   const std::vector<StageSpec>& stages,
                                                   const LlamaOptions& options);

  // Reads all weights, one after the other; how many threads pack one is its backend's business. CANCELLED
  // where *progress* (may be empty) says stop.
  static StatusOr<std::unique_ptr<Llama>> Load(const Checkpoint& checkpoint,
                                               const std::vector<StageSpec>& stages,
                                               const LlamaOptions& options, const LoadProgress& progress);

  const ModelConfig& config() const { return config_; }
  const std::vector<LlamaStage>& stages() const { return stages_; }

  // Bytes of weights on all backends, and those of them that one decoded token reads.
  uint64_t weight_bytes() const;
  uint64_t weight_bytes_per_token() const;

  // The forward pass of a stage. The model must outlive the program that it is recorded into.
  ProgramBody Body(int32_t stage) const;

 private:
  explicit Llama(const ModelConfig& config);

  Activation Layer(const LlamaLayer& weights, int64_t index, bool last, Activation* residual,
                   Activation delta, Ops& ops) const;

  ModelConfig config_;
  AttentionSpec attention_;
  std::vector<LlamaStage> stages_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_MODEL_LLAMA_H_
