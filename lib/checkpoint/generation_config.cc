#include "lib/checkpoint/generation_config.h"

#include "lib/checkpoint/json_fields.h"
#include "lib/checkpoint/token_ids.h"

namespace talaria {
namespace {

// Real files have some 10 values.
constexpr json::ParseLimits kLimits = {/*max_depth=*/64, /*max_values=*/1u << 16};

// Ranges in which the samplers are defined, as transformers checks them; the upper bounds only stop absurd
// numbers.
constexpr NumberRange kTemperature = {0, 1e6};
constexpr NumberRange kProbability = {0, 1};
constexpr NumberRange kTypicalP = {0, 1, /*above_least=*/true};
constexpr NumberRange kPenalty = {0, 1e6, /*above_least=*/true};
constexpr int64_t kMaxInt32 = std::numeric_limits<int32_t>::max();

}  // namespace

StatusOr<GenerationConfig> ParseGenerationConfig(std::string_view json_text, int64_t vocab_size) {
  TALARIA_ASSIGN_OR_RETURN(const json::Value root, json::Parse(json_text, kLimits));
  TALARIA_ASSIGN_OR_RETURN(const JsonFields fields, JsonFields::Of(root, ""));
  GenerationConfig config;
  TALARIA_ASSIGN_OR_RETURN(config.eos_token_ids, ReadTokenIds(fields, "eos_token_id", vocab_size));
  TALARIA_ASSIGN_OR_RETURN(config.bos_token_id, ReadTokenId(fields, "bos_token_id", vocab_size));
  TALARIA_ASSIGN_OR_RETURN(config.pad_token_id, ReadTokenId(fields, "pad_token_id", vocab_size));
  TALARIA_ASSIGN_OR_RETURN(config.do_sample, fields.OptionalBool("do_sample"));
  TALARIA_ASSIGN_OR_RETURN(config.temperature, fields.OptionalNumber("temperature", kTemperature));
  TALARIA_ASSIGN_OR_RETURN(config.top_p, fields.OptionalNumber("top_p", kProbability));
  TALARIA_ASSIGN_OR_RETURN(config.min_p, fields.OptionalNumber("min_p", kProbability));
  TALARIA_ASSIGN_OR_RETURN(config.typical_p, fields.OptionalNumber("typical_p", kTypicalP));
  TALARIA_ASSIGN_OR_RETURN(config.repetition_penalty, fields.OptionalNumber("repetition_penalty", kPenalty));
  TALARIA_ASSIGN_OR_RETURN(config.top_k, fields.OptionalInteger("top_k", {0, kMaxInt32}));
  TALARIA_ASSIGN_OR_RETURN(config.max_new_tokens, fields.OptionalInteger("max_new_tokens", {1, kMaxInt32}));
  return config;
}

}  // namespace talaria
