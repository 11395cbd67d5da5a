#include <cmath>
#include <utility>

#include "capi/error.h"
#include "capi/grammar_handles.h"
#include "capi/handles.h"
#include "capi/structs.h"

namespace talaria::capi {
namespace {

// The bits of the ABI are those of the room.
static_assert(TALARIA_SET_TEMPERATURE == sampling::kSetTemperature &&
              TALARIA_SET_TEMPERATURE_LAST == sampling::kSetTemperatureLast &&
              TALARIA_SET_TOP_K == sampling::kSetTopK && TALARIA_SET_TYPICAL_P == sampling::kSetTypicalP &&
              TALARIA_SET_TOP_P == sampling::kSetTopP && TALARIA_SET_MIN_P == sampling::kSetMinP &&
              TALARIA_SET_XTC_PROBABILITY == sampling::kSetXtcProbability &&
              TALARIA_SET_XTC_THRESHOLD == sampling::kSetXtcThreshold &&
              TALARIA_SET_REPETITION_PENALTY == sampling::kSetRepetitionPenalty &&
              TALARIA_SET_PRESENCE_PENALTY == sampling::kSetPresencePenalty &&
              TALARIA_SET_FREQUENCY_PENALTY == sampling::kSetFrequencyPenalty &&
              TALARIA_SET_PENALTY_WINDOW == sampling::kSetPenaltyWindow &&
              TALARIA_SET_PENALIZE_PROMPT == sampling::kSetPenalizePrompt &&
              TALARIA_SET_DRY_MULTIPLIER == sampling::kSetDryMultiplier &&
              TALARIA_SET_DRY_BASE == sampling::kSetDryBase &&
              TALARIA_SET_DRY_ALLOWED_LENGTH == sampling::kSetDryAllowedLength &&
              TALARIA_SET_DRY_RANGE == sampling::kSetDryRange);
constexpr uint64_t kKnownBits = (TALARIA_SET_DRY_RANGE << 1) - 1;

constexpr uint64_t kMostTokens = 4096;
constexpr uint64_t kMostBiases = 1 << 20;
constexpr uint64_t kMostTexts = 1024;

Status CheckCount(uint64_t count, uint64_t most, const void* base, std::string_view name) {
  if (count > most) return InvalidArgument(name, ": expected at most ", most, ", found ", count);
  return count > 0 ? NotNull(base, name) : absl::OkStatus();
}

StatusOr<std::vector<std::string>> TextsOf(const char* const* texts, const uint64_t* bytes, uint64_t count,
                                           std::string_view name) {
  TALARIA_RETURN_IF_ERROR(CheckCount(count, kMostTexts, texts, name));
  if (count > 0 && bytes == nullptr) return InvalidArgument(name, ": expected their lengths, found NULL");
  std::vector<std::string> out;
  for (uint64_t i = 0; i < count; ++i) {
    TALARIA_ASSIGN_OR_RETURN(std::string text, TextArgument(texts[i], bytes[i], name));
    out.push_back(std::move(text));
  }
  return out;
}

Status CheckPlain(const talaria_generate_options& own) {
  if ((own.set & ~kKnownBits) != 0) {
    return InvalidArgument("talaria_generate_options.set: expected bits this library knows, found ", own.set);
  }
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.ignore_model_stops, "ignore_model_stops"));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.penalize_prompt, "penalize_prompt"));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.temperature_last, "temperature_last"));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.log_probabilities, "log_probabilities"));
  constexpr auto kMostTop = static_cast<int32_t>(sampling::kMaxTopLogProbabilities);
  if (own.top_log_probabilities < 0 || own.top_log_probabilities > kMostTop) {
    return InvalidArgument("top_log_probabilities: expected 0 to ", kMostTop, ", found ",
                           own.top_log_probabilities);
  }
  if (own.top_log_probabilities != 0 && own.log_probabilities == 0) {
    return InvalidArgument("top_log_probabilities: expected log_probabilities 1 with it");
  }
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.no_jump_forward, "no_jump_forward"));
  if (own.grammar_begin < -1)
    return InvalidArgument("grammar_begin: expected -1 or more, found ", own.grammar_begin);
  if (own.reserved3 != 0) return InvalidArgument("talaria_generate_options.reserved3: expected 0");
  if (own.reserved != 0) return InvalidArgument("talaria_generate_options.reserved: expected 0");
  if (own.max_tokens < 0) return InvalidArgument("max_tokens: expected 0 or more, found ", own.max_tokens);
  return absl::OkStatus();
}

sampling::SamplingParams ParamsOf(const Model& model, const talaria_generate_options& own) {
  sampling::SamplingParams chosen;
  chosen.temperature = static_cast<double>(own.temperature);
  chosen.temperature_last = own.temperature_last == 1;
  chosen.top_k = own.top_k;
  chosen.typical_p = own.typical_p;
  chosen.top_p = own.top_p;
  chosen.min_p = own.min_p;
  chosen.xtc_probability = own.xtc_probability;
  chosen.xtc_threshold = own.xtc_threshold;
  chosen.repetition_penalty = own.repetition_penalty;
  chosen.presence_penalty = own.presence_penalty;
  chosen.frequency_penalty = own.frequency_penalty;
  chosen.penalty_window = own.penalty_window;
  chosen.penalize_prompt = own.penalize_prompt == 1;
  chosen.dry_multiplier = own.dry_multiplier;
  chosen.dry_base = own.dry_base;
  chosen.dry_allowed_length = own.dry_allowed_length;
  chosen.dry_range = own.dry_range;
  sampling::SamplingParams merged = sampling::MergeParams(chosen, own.set, model.generation);
  // As transformers reads a file that does not ask for sampling.
  const bool samples = model.generation.do_sample.value_or(false);
  if ((own.set & TALARIA_SET_TEMPERATURE) == 0 && !samples) merged.temperature = 0;
  return merged;
}

StatusOr<std::shared_ptr<const sampling::Sampler>> SamplerOf(const Model& model,
                                                             const talaria_generate_options& own,
                                                             const std::vector<int32_t>& stop_tokens) {
  sampling::SamplerConfig config;
  config.params = ParamsOf(model, own);
  config.seed = own.seed;
  config.stream = own.stream;
  // A stop token that the model cannot choose is no error: hosts give one list to many models.
  const auto vocabulary = static_cast<int32_t>(model.llama->config().vocab_size);
  for (const int32_t token : stop_tokens) {
    if (token >= 0 && token < vocabulary) config.xtc_spared.push_back(token);
  }
  TALARIA_RETURN_IF_ERROR(CheckCount(own.bias_count, kMostBiases, own.bias_tokens, "bias_tokens"));
  if (own.bias_count > 0) TALARIA_RETURN_IF_ERROR(NotNull(own.bias_values, "bias_values"));
  for (uint64_t i = 0; i < own.bias_count; ++i) {
    config.logit_bias.push_back({own.bias_tokens[i], own.bias_values[i]});
  }
  TALARIA_ASSIGN_OR_RETURN(
      const std::vector<std::string> breakers,
      TextsOf(own.dry_breakers, own.dry_breaker_bytes, own.dry_breaker_count, "dry_breakers"));
  for (const std::string& breaker : breakers) {
    if (model.tokenizer == nullptr) return FailedPrecondition("dry_breakers: the model has no tokenizer");
    std::vector<int32_t> ids;
    TALARIA_RETURN_IF_ERROR(model.tokenizer->Encode(breaker, {}, &ids));
    config.dry_breakers.push_back(std::move(ids));
  }
  TALARIA_ASSIGN_OR_RETURN(
      std::vector<std::string> banned,
      TextsOf(own.banned_strings, own.banned_string_bytes, own.banned_string_count, "banned_strings"));
  if (!banned.empty()) {
    TALARIA_ASSIGN_OR_RETURN(std::shared_ptr<const sampling::TokenIndex> texts, model.TokenTexts());
    TALARIA_ASSIGN_OR_RETURN(sampling::BannedStrings strings,
                             sampling::BannedStrings::Create(std::move(texts), std::move(banned)));
    config.banned_strings = std::make_shared<const sampling::BannedStrings>(std::move(strings));
  }
  TALARIA_ASSIGN_OR_RETURN(sampling::Sampler sampler,
                           sampling::Sampler::Create(std::move(config), vocabulary));
  return std::make_shared<const sampling::Sampler>(std::move(sampler));
}

// What holds the generation to its grammar; null: it has none.
StatusOr<std::shared_ptr<GrammarGuide>> GuideOf(const Session& session, const talaria_generate_options& own) {
  if (own.grammar == nullptr) return nullptr;
  const Model& model = *session.engine->model;
  TALARIA_ASSIGN_OR_RETURN(const auto tokens, model.GrammarTokens());
  TALARIA_ASSIGN_OR_RETURN(auto automaton, own.grammar->AutomatonOver(tokens));
  std::vector<int32_t> already;
  if (own.grammar_begin >= 0) {
    const int64_t count = session.engine->engine->StateOf(*session.sequence).count;
    if (own.grammar_begin > count) {
      return InvalidArgument("grammar_begin: expected at most the session's ", count, " tokens, found ",
                             own.grammar_begin);
    }
    already.resize(static_cast<size_t>(count - own.grammar_begin));
    session.engine->engine->CopyTokens(*session.sequence, own.grammar_begin, count - own.grammar_begin,
                                       already.data());
  }
  return GrammarGuide::Create(std::move(automaton), own.no_jump_forward == 1 ? nullptr : model.tokenizer,
                              already);
}

}  // namespace

StatusOr<GenerateOptions> GenerateOptionsOf(const Session& session, const talaria_generate_options* options) {
  const Model& model = *session.engine->model;
  talaria_generate_options own = TALARIA_GENERATE_OPTIONS_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(options, "talaria_generate_options", &own));
  TALARIA_RETURN_IF_ERROR(CheckPlain(own));
  TALARIA_RETURN_IF_ERROR(CheckCount(own.stop_token_count, kMostTokens, own.stop_tokens, "stop_tokens"));
  GenerateOptions request;
  request.max_tokens = own.max_tokens == 0 ? session.sequence->context() : own.max_tokens;
  if (own.ignore_model_stops == 0) request.stop_tokens = model.stop_tokens;
  request.stop_tokens.insert(request.stop_tokens.end(), own.stop_tokens,
                             own.stop_tokens + own.stop_token_count);
  request.tokenizer = model.tokenizer;
  TALARIA_ASSIGN_OR_RETURN(
      const std::vector<std::string> stops,
      TextsOf(own.stop_strings, own.stop_string_bytes, own.stop_string_count, "stop_strings"));
  if (!stops.empty()) {
    TALARIA_ASSIGN_OR_RETURN(request.stop_strings, StopStrings::Create(stops));
  }
  TALARIA_ASSIGN_OR_RETURN(request.sampler, SamplerOf(model, own, request.stop_tokens));
  request.log_probabilities = own.log_probabilities == 1;
  request.top = own.top_log_probabilities;
  TALARIA_ASSIGN_OR_RETURN(request.guide, GuideOf(session, own));
  return request;
}

}  // namespace talaria::capi
