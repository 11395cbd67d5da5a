#include "lib/sampling/params.h"

#include <string_view>

namespace talaria::sampling {
namespace {

// Upper bounds that stop absurd numbers only: beyond them a float's arithmetic would overflow.
constexpr double kMostTemperature = 1e6;
constexpr double kMostPenalty = 1e6;
constexpr double kMostAddend = 100;

struct Range {
  double least;
  double most;
  bool above_least = false;
};

// NaN is in no range.
Status CheckNumber(std::string_view name, double value, Range range) {
  if (value >= range.least && value <= range.most && !(range.above_least && value == range.least)) return {};
  return InvalidArgument(name, ": expected a number ", range.above_least ? "above " : "from ", range.least,
                         " to ", range.most, ", found ", value);
}

Status CheckInteger(std::string_view name, int64_t value, int64_t least) {
  if (value >= least) return {};
  return InvalidArgument(name, ": expected an integer of at least ", least, ", found ", value);
}

template <typename T, typename Source>
void TakeIfSaid(const Source& source, T* target) {
  if (source.has_value()) *target = *source;
}

}  // namespace

SamplingParams MergeParams(const SamplingParams& chosen, uint64_t set, const GenerationConfig& defaults) {
  SamplingParams merged;
  TakeIfSaid(defaults.temperature, &merged.temperature);
  if (defaults.do_sample.has_value() && !*defaults.do_sample) merged.temperature = 0;
  TakeIfSaid(defaults.top_k, &merged.top_k);
  TakeIfSaid(defaults.typical_p, &merged.typical_p);
  TakeIfSaid(defaults.top_p, &merged.top_p);
  TakeIfSaid(defaults.min_p, &merged.min_p);
  TakeIfSaid(defaults.repetition_penalty, &merged.repetition_penalty);
  const auto take = [&](uint64_t bit, auto field) {
    if ((set & bit) != 0) merged.*field = chosen.*field;
  };
  take(kSetTemperature, &SamplingParams::temperature);
  take(kSetTemperatureLast, &SamplingParams::temperature_last);
  take(kSetTopK, &SamplingParams::top_k);
  take(kSetTypicalP, &SamplingParams::typical_p);
  take(kSetTopP, &SamplingParams::top_p);
  take(kSetMinP, &SamplingParams::min_p);
  take(kSetXtcProbability, &SamplingParams::xtc_probability);
  take(kSetXtcThreshold, &SamplingParams::xtc_threshold);
  take(kSetRepetitionPenalty, &SamplingParams::repetition_penalty);
  take(kSetPresencePenalty, &SamplingParams::presence_penalty);
  take(kSetFrequencyPenalty, &SamplingParams::frequency_penalty);
  take(kSetPenaltyWindow, &SamplingParams::penalty_window);
  take(kSetPenalizePrompt, &SamplingParams::penalize_prompt);
  take(kSetDryMultiplier, &SamplingParams::dry_multiplier);
  take(kSetDryBase, &SamplingParams::dry_base);
  take(kSetDryAllowedLength, &SamplingParams::dry_allowed_length);
  take(kSetDryRange, &SamplingParams::dry_range);
  return merged;
}

Status CheckParams(const SamplingParams& params) {
  constexpr Range kProbability = {0, 1};
  constexpr Range kAddend = {-kMostAddend, kMostAddend};
  TALARIA_RETURN_IF_ERROR(CheckNumber("temperature", params.temperature, {0, kMostTemperature}));
  TALARIA_RETURN_IF_ERROR(CheckInteger("top_k", params.top_k, 0));
  TALARIA_RETURN_IF_ERROR(CheckNumber("typical_p", params.typical_p, {0, 1, /*above_least=*/true}));
  TALARIA_RETURN_IF_ERROR(CheckNumber("top_p", params.top_p, kProbability));
  TALARIA_RETURN_IF_ERROR(CheckNumber("min_p", params.min_p, kProbability));
  TALARIA_RETURN_IF_ERROR(CheckNumber("xtc_probability", params.xtc_probability, kProbability));
  TALARIA_RETURN_IF_ERROR(CheckNumber("xtc_threshold", params.xtc_threshold, kProbability));
  TALARIA_RETURN_IF_ERROR(
      CheckNumber("repetition_penalty", params.repetition_penalty, {0, kMostPenalty, /*above_least=*/true}));
  TALARIA_RETURN_IF_ERROR(CheckNumber("presence_penalty", params.presence_penalty, kAddend));
  TALARIA_RETURN_IF_ERROR(CheckNumber("frequency_penalty", params.frequency_penalty, kAddend));
  TALARIA_RETURN_IF_ERROR(CheckInteger("penalty_window", params.penalty_window, kWholeHistory));
  TALARIA_RETURN_IF_ERROR(CheckNumber("dry_multiplier", params.dry_multiplier, {0, kMostPenalty}));
  TALARIA_RETURN_IF_ERROR(CheckNumber("dry_base", params.dry_base, {1, kMostPenalty}));
  TALARIA_RETURN_IF_ERROR(CheckInteger("dry_allowed_length", params.dry_allowed_length, 1));
  return CheckInteger("dry_range", params.dry_range, kWholeHistory);
}

}  // namespace talaria::sampling
