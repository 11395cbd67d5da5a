#include "lib/model/weight_jobs.h"

#include <utility>

#include "lib/checkpoint/roles.h"

namespace talaria {
namespace {

// Columns of the feed-forward width that stay together: what DESIGN.md's canonical leaves end on.
constexpr int64_t kLeafColumns = 32;

// Builds the jobs of one stage.
class Lister {
 public:
  Lister(const Checkpoint& checkpoint, const LlamaOptions& options, Backend* backend)
      : checkpoint_(checkpoint), options_(options), backend_(backend) {}

  WeightJob Norm(Role role, int64_t layer, std::unique_ptr<PackedWeight>* destination) const {
    return Job({{role, 1}}, layer, Split::kReplicated, 1, destination);
  }
  struct Part {
    Role role;
    int64_t unit;
  };
  WeightJob Rows(std::initializer_list<Part> parts, int64_t layer,
                 std::unique_ptr<PackedWeight>* destination) const {
    return Job(parts, layer, Split::kRows, 1, destination);
  }
  WeightJob Columns(Role role, int64_t unit, int64_t layer,
                    std::unique_ptr<PackedWeight>* destination) const {
    return Job({{role, 1}}, layer, Split::kColumns, unit, destination);
  }

 private:
  WeightJob Job(std::initializer_list<Part> parts, int64_t layer, Split split, int64_t column_unit,
                std::unique_ptr<PackedWeight>* destination) const {
    WeightJob job;
    for (const Part& part : parts) {
      const TensorInfo* tensor = checkpoint_.Weight(part.role, layer);
      job.sources.emplace_back(&checkpoint_, tensor);
      job.units.push_back(part.unit);
      job.file_bytes += tensor->bytes;
    }
    job.split = split;
    job.column_unit = column_unit;
    job.options = options_;
    job.backend = backend_;
    job.destination = destination;
    return job;
  }

  const Checkpoint& checkpoint_;
  const LlamaOptions& options_;
  Backend* const backend_;
};

std::vector<WeightJob> ListLayer(const Lister& list, const ModelConfig& config, int64_t index,
                                 LlamaLayer* layer) {
  const int64_t group = config.num_heads / config.num_kv_heads;
  std::vector<WeightJob> jobs;
  jobs.push_back(list.Norm(Role::kInputNorm, index, &layer->input_norm));
  jobs.push_back(list.Rows({{Role::kQuery, group * config.head_dim},
                            {Role::kKey, config.head_dim},
                            {Role::kValue, config.head_dim}},
                           index, &layer->query_key_value));
  jobs.push_back(list.Columns(Role::kAttentionOutput, config.head_dim, index, &layer->attention_output));
  jobs.push_back(list.Norm(Role::kPostAttentionNorm, index, &layer->post_attention_norm));
  jobs.push_back(list.Rows({{Role::kGate, kLeafColumns}, {Role::kUp, kLeafColumns}}, index, &layer->gate_up));
  jobs.push_back(list.Columns(Role::kDown, kLeafColumns, index, &layer->down));
  return jobs;
}

}  // namespace

Status CheckpointSource::Read(int64_t first_row, int64_t rows, void* destination) const {
  const uint64_t row_bytes = static_cast<uint64_t>(columns()) * static_cast<uint64_t>(BitsOf(dtype())) / 8;
  return checkpoint_->Read(*tensor_, static_cast<uint64_t>(first_row) * row_bytes, destination,
                           static_cast<size_t>(rows) * row_bytes);
}

PackRequest WeightJob::Request() const {
  groups_.clear();
  for (size_t i = 0; i < sources.size(); ++i) groups_.push_back({&sources[i], units[i]});
  PackRequest request;
  request.groups = groups_;
  request.split = split;
  request.column_unit = column_unit;
  request.format = options.format;
  request.canonical_leaves = options.canonical_leaves;
  return request;
}

std::vector<LlamaStage> MakeStages(const std::vector<StageSpec>& specs) {
  std::vector<LlamaStage> stages;
  int64_t first_layer = 0;
  for (const StageSpec& spec : specs) {
    LlamaStage stage;
    stage.backend = spec.backend;
    stage.first_layer = first_layer;
    stage.layers.resize(static_cast<size_t>(spec.layers));
    first_layer += spec.layers;
    stages.push_back(std::move(stage));
  }
  return stages;
}

std::vector<std::vector<WeightJob>> ListWeights(const Checkpoint& checkpoint, const LlamaOptions& options,
                                                std::vector<LlamaStage>* stages) {
  const ModelConfig& config = checkpoint.config();
  std::vector<std::vector<WeightJob>> groups;
  std::vector<WeightJob> around;
  for (LlamaStage& stage : *stages) {
    const Lister list(checkpoint, options, stage.backend.get());
    const bool first = &stage == &stages->front();
    const bool last = &stage == &stages->back();
    if (first) around.push_back(list.Rows({{Role::kEmbedding, 1}}, 0, &stage.embedding));
    if (last) {
      around.push_back(list.Norm(Role::kFinalNorm, 0, &stage.final_norm));
      // A tied output head is the embedding itself where the stage has it, and a second copy where it has
      // not.
      if (!config.tie_word_embeddings || !first) {
        around.push_back(list.Rows({{Role::kOutput, 1}}, 0, &stage.output));
      }
    }
  }
  groups.push_back(std::move(around));
  for (LlamaStage& stage : *stages) {
    const Lister list(checkpoint, options, stage.backend.get());
    for (size_t i = 0; i < stage.layers.size(); ++i) {
      groups.push_back(
          ListLayer(list, config, stage.first_layer + static_cast<int64_t>(i), &stage.layers[i]));
    }
  }
  return groups;
}

}  // namespace talaria
