// rooms: checkpoint
// Any bytes as generation_config.json: token ids that are accepted are in the vocabulary.
#include <cstdint>
#include <cstdlib>

#include "lib/checkpoint/generation_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kVocabulary = 1000;
  const auto config =
      talaria::ParseGenerationConfig({reinterpret_cast<const char*>(data), size}, kVocabulary);
  if (!config.ok()) return 0;
  for (const int32_t id : config->eos_token_ids) {
    if (id < 0 || id >= kVocabulary) std::abort();
  }
  if (config->temperature.has_value() && !(*config->temperature >= 0)) std::abort();
  return 0;
}
