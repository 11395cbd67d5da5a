#include "lib/sampling/params.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace talaria::sampling {
namespace {

template <typename T>
std::string ErrorOf(T SamplingParams::*field, T value) {
  SamplingParams params;
  params.*field = value;
  const Status status = CheckParams(params);
  if (status.ok()) return "";
  CHECK(status.code() == StatusCode::kInvalidArgument);
  return std::string(Message(status));
}

TEST_CASE("a parameter out of its range is refused by name, with what was expected and found") {
  const double nan = std::nan("");
  using P = SamplingParams;
  CHECK(ErrorOf(&P::temperature, nan) == "temperature: expected a number from 0 to 1e+06, found nan");
  CHECK(ErrorOf(&P::temperature, -0.5) == "temperature: expected a number from 0 to 1e+06, found -0.5");
  CHECK(ErrorOf(&P::typical_p, 0.0) == "typical_p: expected a number above 0 to 1, found 0");
  CHECK(ErrorOf(&P::top_k, int64_t{-1}) == "top_k: expected an integer of at least 0, found -1");
  for (const double value : {nan, -1e-9, 1.0001, HUGE_VAL, -HUGE_VAL}) {
    CAPTURE(value);
    CHECK(ErrorOf(&P::typical_p, value).rfind("typical_p: ", 0) == 0);
    CHECK(ErrorOf(&P::top_p, value).rfind("top_p: ", 0) == 0);
    CHECK(ErrorOf(&P::min_p, value).rfind("min_p: ", 0) == 0);
    CHECK(ErrorOf(&P::xtc_probability, value).rfind("xtc_probability: ", 0) == 0);
    CHECK(ErrorOf(&P::xtc_threshold, value).rfind("xtc_threshold: ", 0) == 0);
  }
  for (const double value : {nan, 0.0, -1.0, HUGE_VAL}) {
    CHECK(ErrorOf(&P::repetition_penalty, value).rfind("repetition_penalty: ", 0) == 0);
  }
  for (const double value : {nan, -101.0, 101.0}) {
    CHECK(ErrorOf(&P::presence_penalty, value).rfind("presence_penalty: ", 0) == 0);
    CHECK(ErrorOf(&P::frequency_penalty, value).rfind("frequency_penalty: ", 0) == 0);
  }
  CHECK(ErrorOf(&P::penalty_window, int64_t{-2}).rfind("penalty_window: ", 0) == 0);
  CHECK(ErrorOf(&P::dry_multiplier, -1.0).rfind("dry_multiplier: ", 0) == 0);
  CHECK(ErrorOf(&P::dry_base, 0.99).rfind("dry_base: ", 0) == 0);
  CHECK(ErrorOf(&P::dry_allowed_length, int64_t{0}).rfind("dry_allowed_length: ", 0) == 0);
  CHECK(ErrorOf(&P::dry_range, int64_t{-2}).rfind("dry_range: ", 0) == 0);
  CHECK(CheckParams({}).ok());
  CHECK(ErrorOf(&P::temperature, 0.0).empty());
  CHECK(ErrorOf(&P::top_p, 0.0).empty());
  CHECK(ErrorOf(&P::top_k, INT64_MAX).empty());
}

TEST_CASE(
    "what the host did not choose comes from generation_config.json, and what that does not say is off") {
  GenerationConfig file;
  const SamplingParams off = MergeParams({}, 0, file);
  CHECK(off.temperature == 1);
  CHECK(off.top_k == 0);
  CHECK(off.top_p == 1);

  file.do_sample = true;
  file.temperature = 0.6;
  file.top_p = 0.9;
  file.top_k = 40;
  file.min_p = 0.05;
  file.typical_p = 0.8;
  file.repetition_penalty = 1.1;
  SamplingParams chosen;
  chosen.temperature = 0.2;  // not in the mask
  chosen.top_p = 0;
  chosen.min_p = 0.5;
  chosen.dry_multiplier = 0.8;
  const SamplingParams merged = MergeParams(chosen, kSetTopP | kSetDryMultiplier, file);
  CHECK(merged.temperature == 0.6);
  CHECK(merged.top_p == 0);
  CHECK(merged.top_k == 40);
  CHECK(merged.min_p == 0.05);
  CHECK(merged.typical_p == 0.8);
  CHECK(merged.repetition_penalty == 1.1);
  CHECK(merged.dry_multiplier == 0.8);
}

TEST_CASE("a model that does not sample is greedy, unless the host chose a temperature") {
  GenerationConfig file;
  file.do_sample = false;
  file.temperature = 0.6;
  CHECK(MergeParams({}, 0, file).temperature == 0);
  SamplingParams chosen;
  chosen.temperature = 0.7;
  CHECK(MergeParams(chosen, kSetTemperature, file).temperature == 0.7);
}

TEST_CASE("every field has a bit of its own") {
  SamplingParams chosen = {2, true, 3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 13, true, 1.4, 1.5, 16, 17};
  const auto fields = [](const SamplingParams& p) {
    return std::vector<double>{p.temperature,
                               static_cast<double>(p.temperature_last),
                               static_cast<double>(p.top_k),
                               p.typical_p,
                               p.top_p,
                               p.min_p,
                               p.xtc_probability,
                               p.xtc_threshold,
                               p.repetition_penalty,
                               p.presence_penalty,
                               p.frequency_penalty,
                               static_cast<double>(p.penalty_window),
                               static_cast<double>(p.penalize_prompt),
                               p.dry_multiplier,
                               p.dry_base,
                               static_cast<double>(p.dry_allowed_length),
                               static_cast<double>(p.dry_range)};
  };
  const std::vector<double> all = fields(chosen);
  const std::vector<double> none = fields({});
  for (size_t bit = 0; bit < all.size(); ++bit) {
    CAPTURE(bit);
    const std::vector<double> merged = fields(MergeParams(chosen, uint64_t{1} << bit, {}));
    for (size_t field = 0; field < all.size(); ++field)
      CHECK(merged[field] == (field == bit ? all : none)[field]);
  }
}

}  // namespace
}  // namespace talaria::sampling
