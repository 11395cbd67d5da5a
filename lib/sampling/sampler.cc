#include "lib/sampling/sampler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/floating_point.h"
#include "lib/sampling/penalties.h"

namespace talaria::sampling {
namespace {

Status CheckToken(std::string_view list, size_t place, int32_t token, int64_t vocabulary) {
  if (token >= 0 && token < vocabulary) return {};
  return InvalidArgument(list, "[", place, "]: expected a token of 0 to ", vocabulary - 1, ", found ", token);
}

// Sorts the list.
Status CheckBias(std::vector<LogitBias>* list, int64_t vocabulary) {
  for (size_t i = 0; i < list->size(); ++i) {
    const LogitBias& bias = (*list)[i];
    TALARIA_RETURN_IF_ERROR(CheckToken("logit_bias", i, bias.token, vocabulary));
    if (std::isfinite(bias.addend) || bias.addend == kNever) continue;
    return InvalidArgument("logit_bias[", i, "]: expected a finite number or -inf, found ", bias.addend);
  }
  std::sort(list->begin(), list->end(), [](LogitBias a, LogitBias b) { return a.token < b.token; });
  const auto twice = std::adjacent_find(list->begin(), list->end(),
                                        [](LogitBias a, LogitBias b) { return a.token == b.token; });
  if (twice == list->end()) return {};
  return InvalidArgument("logit_bias: expected each token once, found ", twice->token, " twice");
}

uint64_t BitsOf(uint32_t low, uint32_t high) { return uint64_t{high} << 32 | low; }

}  // namespace

Sampler::Sampler(SamplerConfig config, DryBreakers breakers, int64_t vocabulary)
    : config_(std::move(config)), breakers_(std::move(breakers)), vocabulary_(vocabulary) {
  edits_ = !config_.logit_bias.empty() || HasPenalties(config_.params) || config_.params.dry_multiplier > 0 ||
           config_.banned_strings != nullptr;
}

StatusOr<Sampler> Sampler::Create(SamplerConfig config, int64_t vocabulary) {
  if (vocabulary < 1 || vocabulary > kMaxVocabulary) {
    return InvalidArgument("sampling: expected a vocabulary of 1 to ", kMaxVocabulary, " tokens, found ",
                           vocabulary);
  }
  TALARIA_RETURN_IF_ERROR(CheckParams(config.params));
  TALARIA_RETURN_IF_ERROR(CheckBias(&config.logit_bias, vocabulary));
  for (size_t i = 0; i < config.xtc_spared.size(); ++i) {
    TALARIA_RETURN_IF_ERROR(CheckToken("xtc_spared", i, config.xtc_spared[i], vocabulary));
  }
  std::sort(config.xtc_spared.begin(), config.xtc_spared.end());
  if (config.banned_strings != nullptr && config.banned_strings->vocabulary() != vocabulary) {
    return InvalidArgument("banned_strings: expected texts of ", vocabulary, " tokens, found ",
                           config.banned_strings->vocabulary());
  }
  TALARIA_ASSIGN_OR_RETURN(DryBreakers breakers,
                           DryBreakers::Create(std::exchange(config.dry_breakers, {}), vocabulary));
  return Sampler(std::move(config), std::move(breakers), vocabulary);
}

Status Sampler::CheckRow(const SamplerRow& row, const Scratch& scratch) const {
  const auto logits = static_cast<int64_t>(row.logits.size());
  if (logits != vocabulary_ || scratch.vocabulary() != vocabulary_) {
    return InvalidArgument("sampling: expected ", vocabulary_, " logits, found ", logits, " and scratch for ",
                           scratch.vocabulary());
  }
  const auto tokens = static_cast<int64_t>(row.history.tokens.size());
  if (tokens > scratch.max_history()) {
    return InvalidArgument("sampling: expected a history of at most ", scratch.max_history(),
                           " tokens, found ", tokens);
  }
  if (row.history.prompt_tokens < 0 || row.history.prompt_tokens > tokens) {
    return InvalidArgument("sampling: expected a prompt of 0 to ", tokens, " tokens of the history, found ",
                           row.history.prompt_tokens);
  }
  return {};
}

// What changes logits. Bias first, so that penalties act on what the host made of the model's logits; what
// rules tokens out last, as nothing may bring them back.
void Sampler::Edit(const SamplerRow& row, Candidates* candidates, Scratch* scratch) const {
  const absl::Span<float> logits = candidates->logits();
  for (const LogitBias bias : config_.logit_bias) logits[static_cast<size_t>(bias.token)] += bias.addend;
  if (HasPenalties(config_.params)) ApplyPenalties(config_.params, row.history, scratch, logits);
  if (config_.params.dry_multiplier > 0) {
    ApplyDry(config_.params, breakers_, row.history.tokens, scratch, logits);
  }
  if (row.allowed != nullptr) candidates->Allow(row.allowed);
  if (config_.banned_strings != nullptr) config_.banned_strings->Mask(row.history.generated(), logits);
}

void Sampler::Truncate(const PhiloxCounter& random, Candidates* candidates) const {
  const SamplingParams& params = config_.params;
  if (!params.temperature_last) candidates->SetTemperature(params.temperature);
  candidates->KeepTopK(params.top_k);
  candidates->KeepTypical(params.typical_p);
  candidates->KeepTopP(params.top_p);
  candidates->KeepMinP(params.min_p);
  if (OpenUniformDouble(random[2], random[3]) < params.xtc_probability) {
    candidates->ExcludeTop(params.xtc_threshold, config_.xtc_spared);
  }
  if (params.temperature_last) candidates->SetTemperature(params.temperature);
}

Status Sampler::Prepare(const SamplerRow& row, Candidates* candidates, Scratch* scratch) const {
  TALARIA_RETURN_IF_ERROR(CheckRow(row, *scratch));
  candidates->Load(row.logits);
  Edit(row, candidates, scratch);
  if (!candidates->Seal()) {
    return InvalidArgument("sampling: expected a token that may be chosen, found none among ", vocabulary_,
                           " that is allowed and has a logit above -inf");
  }
  if (config_.params.temperature == 0) {
    candidates->KeepTopK(1);
  } else {
    Truncate(Philox(config_.seed, config_.stream).At(row.position), candidates);
  }
  return {};
}

StatusOr<int32_t> Sampler::Sample(const SamplerRow& row, Scratch* scratch) const {
  const ScopedFloatingPoint default_rounding;
  Candidates candidates(scratch);
  TALARIA_RETURN_IF_ERROR(Prepare(row, &candidates, scratch));
  if (config_.params.temperature == 0) return candidates.Best();
  const PhiloxCounter random = Philox(config_.seed, config_.stream).At(row.position);
  return candidates.Choose(BitsOf(random[0], random[1]));
}

}  // namespace talaria::sampling
