#include "lib/checkpoint/model_config.h"

#include <algorithm>

#include "lib/checkpoint/json_fields.h"
#include "lib/checkpoint/quantization.h"
#include "lib/checkpoint/rope_fields.h"
#include "lib/checkpoint/token_ids.h"

namespace talaria {
namespace {

// Real files have some 40 values; a quantization's list of modules may add a few thousand.
constexpr json::ParseLimits kLimits = {/*max_depth=*/64, /*max_values=*/1u << 16};

// An order of magnitude and more above the largest models known; small enough that the bytes of a weight of
// any two of them fit 64 bits: all heads together are held to kWidth too, so the widest is 2^24 x 2^20.
constexpr IntegerRange kWidth = {1, 1 << 20};
constexpr IntegerRange kVocabulary = {1, 1 << 24};
constexpr IntegerRange kLayers = {1, 1 << 16};
constexpr IntegerRange kHeads = {1, 1 << 16};
constexpr IntegerRange kHeadDim = {2, 1 << 14};
constexpr IntegerRange kPositions = {1, std::numeric_limits<int32_t>::max()};
constexpr NumberRange kEpsilon = {0, 1, /*above_least=*/true};

Status CheckArchitecture(const JsonFields& fields) {
  TALARIA_ASSIGN_OR_RETURN(const std::string model_type, fields.Text("model_type"));
  if (model_type != "llama") {
    return Unimplemented("model_type: ", Quoted(model_type), " is not known here (\"llama\" is)");
  }
  const json::Value* listed = fields.Find("architectures");
  if (listed == nullptr) return absl::OkStatus();
  const json::Array* names = listed->array();
  if (names == nullptr) return InvalidArgument("architectures: expected a list, found ", Shown(*listed));
  bool known = names->empty();
  for (const json::Value& name : *names) {
    if (!name.is_string()) return InvalidArgument("architectures: expected strings, found ", Shown(name));
    known = known || *name.string() == "LlamaForCausalLM";
  }
  if (known) return absl::OkStatus();
  return Unimplemented("architectures: ", Shown(names->front()),
                       " is not known here (\"LlamaForCausalLM\" is)");
}

// What the forward pass here leaves out must not be asked for.
Status CheckForwardPass(const JsonFields& fields) {
  TALARIA_ASSIGN_OR_RETURN(const std::optional<std::string> activation, fields.OptionalText("hidden_act"));
  // "swish" is transformers' other name for the same function.
  if (activation.has_value() && *activation != "silu" && *activation != "swish") {
    return Unimplemented("hidden_act: ", Quoted(*activation), " is not known here (\"silu\" is)");
  }
  for (const std::string_view key : {"attention_bias", "mlp_bias"}) {
    TALARIA_ASSIGN_OR_RETURN(const std::optional<bool> bias, fields.OptionalBool(key));
    if (bias.value_or(false)) return Unimplemented(key, ": true is not known here (false is)");
  }
  TALARIA_ASSIGN_OR_RETURN(const std::optional<double> rotary,
                           fields.OptionalNumber("partial_rotary_factor", {0, 1}));
  if (rotary.value_or(1) != 1)
    return Unimplemented("partial_rotary_factor: ", *rotary, " is not known here (1 is)");
  return absl::OkStatus();
}

Status ReadHeads(const JsonFields& fields, ModelConfig* config) {
  TALARIA_ASSIGN_OR_RETURN(config->num_heads, fields.Integer("num_attention_heads", kHeads));
  TALARIA_ASSIGN_OR_RETURN(const std::optional<int64_t> kv_heads,
                           fields.OptionalInteger("num_key_value_heads", kHeads));
  config->num_kv_heads = kv_heads.value_or(config->num_heads);
  if (config->num_heads % config->num_kv_heads != 0) {
    return InvalidArgument("num_key_value_heads: expected a divisor of num_attention_heads (",
                           config->num_heads, "), found ", config->num_kv_heads);
  }
  TALARIA_ASSIGN_OR_RETURN(const std::optional<int64_t> head_dim,
                           fields.OptionalInteger("head_dim", kHeadDim));
  if (!head_dim.has_value() && config->hidden_size % config->num_heads != 0) {
    return InvalidArgument("num_attention_heads: expected a divisor of hidden_size (", config->hidden_size,
                           ") where head_dim is absent, found ", config->num_heads);
  }
  config->head_dim = head_dim.value_or(config->hidden_size / config->num_heads);
  if (config->num_heads * config->head_dim > kWidth.most) {
    return InvalidArgument("num_attention_heads: expected at most ", kWidth.most, " / head_dim (",
                           config->head_dim, "), found ", config->num_heads);
  }
  if (config->head_dim % 2 != 0 || config->head_dim > kHeadDim.most) {
    return InvalidArgument("head_dim: expected an even number from 2 to ", kHeadDim.most,
                           " (rotary embedding turns pairs), found ", config->head_dim);
  }
  return absl::OkStatus();
}

StatusOr<std::string> ReadWeightType(const JsonFields& fields) {
  TALARIA_ASSIGN_OR_RETURN(const std::optional<std::string> name, fields.OptionalText("dtype"));
  TALARIA_ASSIGN_OR_RETURN(const std::optional<std::string> old_name, fields.OptionalText("torch_dtype"));
  if (name.has_value() && old_name.has_value() && *name != *old_name) {
    return InvalidArgument("dtype: ", Quoted(*name), " contradicts torch_dtype ", Quoted(*old_name));
  }
  return name.has_value() ? *name : old_name.value_or("");
}

}  // namespace

StatusOr<ModelConfig> ParseModelConfig(std::string_view json_text) {
  TALARIA_ASSIGN_OR_RETURN(const json::Value root, json::Parse(json_text, kLimits));
  TALARIA_ASSIGN_OR_RETURN(const JsonFields fields, JsonFields::Of(root, ""));
  TALARIA_RETURN_IF_ERROR(CheckArchitecture(fields));
  TALARIA_RETURN_IF_ERROR(CheckQuantization(fields));
  TALARIA_RETURN_IF_ERROR(CheckForwardPass(fields));

  ModelConfig config;
  config.model_type = "llama";
  TALARIA_ASSIGN_OR_RETURN(config.vocab_size, fields.Integer("vocab_size", kVocabulary));
  TALARIA_ASSIGN_OR_RETURN(config.hidden_size, fields.Integer("hidden_size", kWidth));
  TALARIA_ASSIGN_OR_RETURN(config.intermediate_size, fields.Integer("intermediate_size", kWidth));
  TALARIA_ASSIGN_OR_RETURN(config.num_layers, fields.Integer("num_hidden_layers", kLayers));
  TALARIA_RETURN_IF_ERROR(ReadHeads(fields, &config));
  TALARIA_ASSIGN_OR_RETURN(config.max_position_embeddings,
                           fields.Integer("max_position_embeddings", kPositions));
  TALARIA_ASSIGN_OR_RETURN(config.rms_norm_eps, fields.Number("rms_norm_eps", kEpsilon));
  TALARIA_ASSIGN_OR_RETURN(const RopeConfig rope, ReadRopeConfig(fields));
  config.rope_theta = rope.theta;
  config.rope_scaling = rope.scaling;
  TALARIA_ASSIGN_OR_RETURN(const std::optional<bool> tied, fields.OptionalBool("tie_word_embeddings"));
  config.tie_word_embeddings = tied.value_or(false);
  TALARIA_ASSIGN_OR_RETURN(config.eos_token_ids, ReadTokenIds(fields, "eos_token_id", config.vocab_size));
  TALARIA_ASSIGN_OR_RETURN(config.bos_token_id, ReadTokenId(fields, "bos_token_id", config.vocab_size));
  TALARIA_ASSIGN_OR_RETURN(config.pad_token_id, ReadTokenId(fields, "pad_token_id", config.vocab_size));
  TALARIA_ASSIGN_OR_RETURN(config.torch_dtype, ReadWeightType(fields));
  return config;
}

}  // namespace talaria
