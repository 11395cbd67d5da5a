#ifndef TALARIA_LIB_CHECKPOINT_MODEL_CONFIG_H_
#define TALARIA_LIB_CHECKPOINT_MODEL_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace talaria {

enum class RopeScalingKind {
  kNone,
  kLinear,  // every frequency divided by factor
  kLlama3,  // long wavelengths divided by factor, short ones kept, interpolated between
};

// How rotary frequencies are stretched. With wavelength = 2 pi / frequency, llama3 keeps wavelengths below
// original_max_position_embeddings / high_freq_factor, divides frequencies by factor above
// original_max_position_embeddings / low_freq_factor, and interpolates between (Meta's llama-models,
// apply_scaling).
struct RopeScaling {
  RopeScalingKind kind = RopeScalingKind::kNone;
  double factor = 1;                             // at least 1
  double low_freq_factor = 0;                    // kLlama3 only: above 0, below high_freq_factor
  double high_freq_factor = 0;                   // kLlama3 only
  int64_t original_max_position_embeddings = 0;  // kLlama3 only; positions
};

// config.json of a Llama model: shapes and constants of the forward pass. What ParseModelConfig returned
// holds: every count is at least 1, num_heads is a multiple of num_kv_heads, head_dim is even, token ids are
// below vocab_size, and the bytes of each weight fit 64 bits (those of a cache of all positions need not).
struct ModelConfig {
  std::string model_type;
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_layers = 0;
  int64_t num_heads = 0;
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;  // num_heads * head_dim need not be hidden_size
  int64_t max_position_embeddings = 0;
  double rms_norm_eps = 0;
  double rope_theta = 0;
  RopeScaling rope_scaling;
  bool tie_word_embeddings = false;
  std::vector<int32_t> eos_token_ids;  // in order, each once; may be empty
  std::optional<int32_t> bos_token_id;
  std::optional<int32_t> pad_token_id;
  // As written under torch_dtype or dtype; may be empty. What the weights are, the weights say.
  std::string torch_dtype;
};

// Takes every spelling that transformers has written: rope_scaling with `rope_type` or `type`, or
// rope_parameters; torch_dtype or dtype; head_dim and num_key_value_heads absent or null; eos_token_id a
// number or a list. Unknown members are ignored. Errors name the member and no file: INVALID_ARGUMENT for
// what is malformed, missing, out of range or contradictory, UNIMPLEMENTED (by name) for an architecture,
// activation, rope type, bias or quantization that is not known here.
StatusOr<ModelConfig> ParseModelConfig(std::string_view json_text);

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_MODEL_CONFIG_H_
