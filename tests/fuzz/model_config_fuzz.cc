// rooms: checkpoint
// Any bytes as config.json: what is accepted has the shape of a model.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "lib/checkpoint/model_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config = talaria::ParseModelConfig({reinterpret_cast<const char*>(data), size});
  if (!config.ok()) return 0;
  const bool sound = config->num_layers > 0 && config->num_kv_heads > 0 && config->head_dim > 0 &&
                     config->num_heads % config->num_kv_heads == 0 && config->head_dim % 2 == 0 &&
                     config->hidden_size > 0 && config->intermediate_size > 0 && config->vocab_size > 0 &&
                     config->max_position_embeddings > 0 && config->rms_norm_eps > 0 &&
                     std::isfinite(config->rope_theta) && config->rope_theta >= 1 &&
                     config->rope_scaling.factor >= 1;
  if (!sound) std::abort();
  for (const int32_t id : config->eos_token_ids) {
    if (id < 0 || id >= config->vocab_size) std::abort();
  }
  return 0;
}
