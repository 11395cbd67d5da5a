#include "capi/describe.h"

#include <utility>

#include "lib/base/utf8.h"

namespace talaria::capi {
namespace {

using json::Array;
using json::Object;
using json::Value;

Value Integers(const std::vector<int64_t>& numbers) {
  Array items;
  for (const int64_t number : numbers) items.push_back(Value::Integer(number));
  return items;
}

Value RopeScalingOf(const RopeScaling& scaling) {
  if (scaling.kind == RopeScalingKind::kNone) return Value();
  Object out;
  out.push_back({"rope_type", scaling.kind == RopeScalingKind::kLinear ? "linear" : "llama3"});
  out.push_back({"factor", Value::Double(scaling.factor)});
  if (scaling.kind == RopeScalingKind::kLlama3) {
    out.push_back({"low_freq_factor", Value::Double(scaling.low_freq_factor)});
    out.push_back({"high_freq_factor", Value::Double(scaling.high_freq_factor)});
    out.push_back(
        {"original_max_position_embeddings", Value::Integer(scaling.original_max_position_embeddings)});
  }
  return out;
}

Value ConfigOf(const ModelConfig& config) {
  Object out;
  out.push_back({"vocab_size", Value::Integer(config.vocab_size)});
  out.push_back({"hidden_size", Value::Integer(config.hidden_size)});
  out.push_back({"intermediate_size", Value::Integer(config.intermediate_size)});
  out.push_back({"num_hidden_layers", Value::Integer(config.num_layers)});
  out.push_back({"num_attention_heads", Value::Integer(config.num_heads)});
  out.push_back({"num_key_value_heads", Value::Integer(config.num_kv_heads)});
  out.push_back({"head_dim", Value::Integer(config.head_dim)});
  out.push_back({"max_position_embeddings", Value::Integer(config.max_position_embeddings)});
  out.push_back({"rms_norm_eps", Value::Double(config.rms_norm_eps)});
  out.push_back({"rope_theta", Value::Double(config.rope_theta)});
  out.push_back({"rope_scaling", RopeScalingOf(config.rope_scaling)});
  out.push_back({"tie_word_embeddings", config.tie_word_embeddings});
  return out;
}

// The fields that generation_config.json has.
Value GenerationOf(const GenerationConfig& config) {
  Object out;
  if (config.do_sample) out.push_back({"do_sample", *config.do_sample});
  if (config.temperature) out.push_back({"temperature", Value::Double(*config.temperature)});
  if (config.top_k) out.push_back({"top_k", Value::Integer(*config.top_k)});
  if (config.top_p) out.push_back({"top_p", Value::Double(*config.top_p)});
  if (config.min_p) out.push_back({"min_p", Value::Double(*config.min_p)});
  if (config.typical_p) out.push_back({"typical_p", Value::Double(*config.typical_p)});
  if (config.repetition_penalty)
    out.push_back({"repetition_penalty", Value::Double(*config.repetition_penalty)});
  if (config.max_new_tokens) out.push_back({"max_new_tokens", Value::Integer(*config.max_new_tokens)});
  return out;
}

}  // namespace

std::vector<int32_t> StopTokensOf(const Checkpoint& checkpoint) {
  const std::vector<int32_t>& chosen = checkpoint.generation_config().eos_token_ids;
  return chosen.empty() ? checkpoint.config().eos_token_ids : chosen;
}

Value Describe(const Checkpoint& checkpoint) {
  Array shards;
  for (const std::string& shard : checkpoint.shards()) shards.push_back(Value(shard));
  Array tensors;
  for (const TensorInfo& tensor : checkpoint.tensors()) {
    Object row;
    row.push_back({"name", tensor.name});
    row.push_back({"dtype", NameOf(tensor.dtype)});
    row.push_back({"shape", Integers(tensor.shape)});
    row.push_back({"shard", Value::Integer(tensor.shard)});
    row.push_back({"bytes", Value::Unsigned(tensor.bytes)});
    tensors.push_back(std::move(row));
  }
  Array stops;
  for (const int32_t token : StopTokensOf(checkpoint)) stops.push_back(Value::Integer(token));
  Object out;
  // The host's own bytes; all other text was read from JSON, which is UTF-8.
  out.push_back({"path", SanitizeUtf8(checkpoint.path())});
  out.push_back({"architecture", checkpoint.config().model_type});
  out.push_back({"config", ConfigOf(checkpoint.config())});
  out.push_back({"parameters", Value::Unsigned(checkpoint.parameter_count())});
  out.push_back({"weight_bytes", Value::Unsigned(checkpoint.weight_bytes())});
  out.push_back({"shards", std::move(shards)});
  out.push_back({"tensors", std::move(tensors)});
  out.push_back({"generation_config", GenerationOf(checkpoint.generation_config())});
  out.push_back({"stop_tokens", std::move(stops)});
  return out;
}

}  // namespace talaria::capi
