#include "lib/model/llama.h"

#include <utility>

#include "lib/model/rope.h"
#include "lib/model/weight_jobs.h"

namespace talaria {
namespace {

Status CheckStages(const ModelConfig& config, const std::vector<StageSpec>& stages) {
  int64_t layers = 0;
  for (const StageSpec& stage : stages) {
    const BackendInfo& info = stage.backend->info();
    if (stage.layers < 1) return InvalidArgument("a stage on ", info.name, " of ", stage.layers, " layers");
    if (config.num_kv_heads % info.ranks != 0) {
      return InvalidArgument(info.name, ": ", config.num_kv_heads, " key/value heads cannot be divided over ",
                             info.ranks, " ranks");
    }
    layers += stage.layers;
  }
  if (layers != config.num_layers) {
    return InvalidArgument("stages of ", layers, " layers for a model of ", config.num_layers);
  }
  return absl::OkStatus();
}

}  // namespace

Llama::Llama(const ModelConfig& config) : config_(config) {
  attention_.heads = config.num_heads;
  attention_.kv_heads = config.num_kv_heads;
  attention_.head_dim = config.head_dim;
  attention_.inverse_frequencies = RopeFrequencies(config);
}

StatusOr<std::unique_ptr<Llama>> Llama::Describe(const Checkpoint& checkpoint,
                                                 const std::vector<StageSpec>& stages,
                                                 const LlamaOptions& options) {
  TALARIA_RETURN_IF_ERROR(CheckStages(checkpoint.config(), stages));
  std::unique_ptr<Llama> model(new Llama(checkpoint.config()));
  model->stages_ = MakeStages(stages);
  for (const std::vector<WeightJob>& group : ListWeights(checkpoint, options, &model->stages_)) {
    for (const WeightJob& job : group) {
      TALARIA_ASSIGN_OR_RETURN(*job.destination, job.backend->Describe(job.Request()));
    }
  }
  return model;
}

StatusOr<std::unique_ptr<Llama>> Llama::Load(const Checkpoint& checkpoint,
                                             const std::vector<StageSpec>& stages,
                                             const LlamaOptions& options, const LoadProgress& progress) {
  TALARIA_RETURN_IF_ERROR(CheckStages(checkpoint.config(), stages));
  std::unique_ptr<Llama> model(new Llama(checkpoint.config()));
  model->stages_ = MakeStages(stages);
  const std::vector<std::vector<WeightJob>> groups = ListWeights(checkpoint, options, &model->stages_);
  uint64_t total = 0;
  for (const std::vector<WeightJob>& group : groups) {
    for (const WeightJob& job : group) total += job.file_bytes;
  }
  uint64_t done = 0;
  for (const std::vector<WeightJob>& group : groups) {
    if (progress && !progress(done, total))
      return Cancelled(checkpoint.path(), ": loading was stopped by the host");
    for (const WeightJob& job : group) {
      TALARIA_ASSIGN_OR_RETURN(*job.destination, job.backend->Pack(job.Request()));
      done += job.file_bytes;
    }
  }
  if (progress && !progress(done, total))
    return Cancelled(checkpoint.path(), ": loading was stopped by the host");
  return model;
}

uint64_t Llama::weight_bytes() const {
  uint64_t bytes = 0;
  for (const LlamaStage& stage : stages_) {
    for (const LlamaLayer& layer : stage.layers) {
      for (const auto* weight : {&layer.input_norm, &layer.query_key_value, &layer.attention_output,
                                 &layer.post_attention_norm, &layer.gate_up, &layer.down}) {
        bytes += (*weight)->bytes();
      }
    }
    for (const auto* weight : {&stage.embedding, &stage.final_norm, &stage.output}) {
      if (*weight != nullptr) bytes += (*weight)->bytes();
    }
  }
  return bytes;
}

uint64_t Llama::weight_bytes_per_token() const {
  // The embedding is read one row a token, unless it is the output head too.
  const LlamaStage& first = stages_.front();
  const uint64_t table = first.embedding->bytes();
  if (&first == &stages_.back() && first.output == nullptr) return weight_bytes();
  return weight_bytes() - table + table / static_cast<uint64_t>(config_.vocab_size);
}

// One transformer layer: the pre-norm residual form of Llama. *delta* is what the layer before leaves to be
// added to the residual; what this one leaves is returned. In the model's last layer only output rows go past
// the cache.
Activation Llama::Layer(const LlamaLayer& weights, int64_t index, bool last, Activation* residual,
                        Activation delta, Ops& ops) const {
  const auto epsilon = static_cast<float>(config_.rms_norm_eps);

  const Activation normed = ops.AddRmsNorm(*residual, delta, *weights.input_norm, epsilon);
  const Activation qkv = ops.Linear(normed, *weights.query_key_value);
  Activation query = ops.RopeStoreKv(qkv, index, attention_);
  if (last) {
    query = ops.GatherRows(query);
    *residual = ops.GatherRows(*residual);
  }
  const Activation attended = ops.Attention(query, index, attention_);
  const Activation attention_delta = ops.AllReduce(ops.Linear(attended, *weights.attention_output));

  const Activation mlp_input =
      ops.AddRmsNorm(*residual, attention_delta, *weights.post_attention_norm, epsilon);
  const Activation gated = ops.GatedLinear(mlp_input, *weights.gate_up);
  return ops.AllReduce(ops.Linear(gated, *weights.down));
}

ProgramBody Llama::Body(int32_t stage_index) const {
  return [this, stage_index](const ProgramKey& /*key*/, Ops& ops) {
    const LlamaStage& stage = stages_[static_cast<size_t>(stage_index)];
    const bool is_last_stage = static_cast<size_t>(stage_index) + 1 == stages_.size();

    Activation residual =
        stage_index == 0 ? ops.Embed(*stage.embedding) : ops.ImportResidual(config_.hidden_size);
    Activation delta;
    for (size_t i = 0; i < stage.layers.size(); ++i) {
      ops.EnterLayer(stage.first_layer + static_cast<int64_t>(i));
      const bool last = is_last_stage && i + 1 == stage.layers.size();
      delta = Layer(stage.layers[i], static_cast<int64_t>(i), last, &residual, delta, ops);
    }
    if (!is_last_stage) return ops.ExportResidual(residual, delta);

    const auto epsilon = static_cast<float>(config_.rms_norm_eps);
    const Activation hidden = ops.AddRmsNorm(residual, delta, *stage.final_norm, epsilon);
    const PackedWeight& output = stage.output != nullptr ? *stage.output : *stage.embedding;
    ops.Emit(hidden, ops.Linear(hidden, output));
  };
}

}  // namespace talaria
