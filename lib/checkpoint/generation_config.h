#ifndef TALARIA_LIB_CHECKPOINT_GENERATION_CONFIG_H_
#define TALARIA_LIB_CHECKPOINT_GENERATION_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace talaria {

// generation_config.json: how the model's makers sample from it. What the file does not say stays unset; each
// caller has defaults of its own.
struct GenerationConfig {
  std::vector<int32_t> eos_token_ids;  // in order, each once; empty: ModelConfig's hold
  std::optional<int32_t> bos_token_id;
  std::optional<int32_t> pad_token_id;
  std::optional<bool> do_sample;
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<double> min_p;
  std::optional<double> typical_p;
  std::optional<double> repetition_penalty;
  std::optional<int64_t> top_k;  // 0: no limit
  std::optional<int64_t> max_new_tokens;
};

// Unknown members are ignored. INVALID_ARGUMENT, naming the member but no file, for text that is no JSON
// object, a member of the wrong type, a number out of its range, a token id outside the vocabulary.
StatusOr<GenerationConfig> ParseGenerationConfig(std::string_view json_text, int64_t vocab_size);

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_GENERATION_CONFIG_H_
