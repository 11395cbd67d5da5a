#ifndef TALARIA_LIB_MODEL_WEIGHT_JOBS_H_
#define TALARIA_LIB_MODEL_WEIGHT_JOBS_H_

#include <memory>
#include <string>
#include <vector>

#include "lib/model/llama.h"

namespace talaria {

// A checkpoint's tensor as a backend reads it. The checkpoint must outlive it.
class CheckpointSource : public WeightSource {
 public:
  CheckpointSource(const Checkpoint* checkpoint, const TensorInfo* tensor)
      : checkpoint_(checkpoint), tensor_(tensor) {}

  const std::string& name() const override { return tensor_->name; }
  int64_t rows() const override { return tensor_->shape.size() == 1 ? 1 : tensor_->shape[0]; }
  int64_t columns() const override { return tensor_->shape.back(); }
  DType dtype() const override { return tensor_->dtype; }
  Status Read(int64_t first_row, int64_t rows, void* destination) const override;

 private:
  const Checkpoint* checkpoint_;
  const TensorInfo* tensor_;
};

// One packed weight that a model is to have: what it is made of and where it goes.
struct WeightJob {
  std::vector<CheckpointSource> sources;
  std::vector<int64_t> units;  // RowGroup::unit of each
  Split split = Split::kReplicated;
  int64_t column_unit = 1;
  LlamaOptions options;
  Backend* backend = nullptr;
  std::unique_ptr<PackedWeight>* destination = nullptr;
  uint64_t file_bytes = 0;

  // Valid while the job stays where it is.
  PackRequest Request() const;

 private:
  mutable std::vector<RowGroup> groups_;
};

// Empty stages with their backends and layers.
std::vector<LlamaStage> MakeStages(const std::vector<StageSpec>& specs);

// Every weight of *stages*, a group for each layer and one for what surrounds them; destinations point into
// *stages*.
std::vector<std::vector<WeightJob>> ListWeights(const Checkpoint& checkpoint, const LlamaOptions& options,
                                                std::vector<LlamaStage>* stages);

}  // namespace talaria

#endif  // TALARIA_LIB_MODEL_WEIGHT_JOBS_H_
