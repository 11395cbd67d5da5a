#ifndef TALARIA_LIB_SAMPLING_SAMPLER_H_
#define TALARIA_LIB_SAMPLING_SAMPLER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/philox.h"
#include "lib/base/status.h"
#include "lib/sampling/banned_strings.h"
#include "lib/sampling/candidates.h"
#include "lib/sampling/dry.h"
#include "lib/sampling/history.h"
#include "lib/sampling/params.h"
#include "lib/sampling/scratch.h"

namespace talaria::sampling {

struct LogitBias {
  int32_t token = 0;
  float addend = 0;  // finite, or -inf: never chosen
};

// All that a host chose for one generation.
struct SamplerConfig {
  SamplingParams params;
  std::vector<LogitBias> logit_bias;
  std::vector<int32_t> xtc_spared;  // tokens that exclude-top-choices may not take, as stop tokens
  std::vector<std::vector<int32_t>> dry_breakers;
  std::shared_ptr<const BannedStrings> banned_strings;  // null: none
  uint64_t seed = 0;
  uint64_t stream = 0;
};

// One token to be chosen.
struct SamplerRow {
  absl::Span<const float> logits;  // [vocabulary], as the model gave them
  History history;
  // Of the token to be chosen; addresses the random numbers.
  uint64_t position = 0;
  // One bit a token, lowest bit first, ceil(vocabulary / 32) words; set: allowed. Null: all are.
  const uint32_t* allowed = nullptr;
};

// Chooses tokens as one host wants them. What is chosen depends on the row and the config alone: there is no
// state, nothing to rewind, and the same bits on every machine. Immutable; any number of threads, each with a
// scratch of its own.
class Sampler {
 public:
  // INVALID_ARGUMENT, naming the field, what was expected and what was found, for a parameter out of its
  // range, a token outside the vocabulary or biased twice, a bias that is NaN or +inf, banned strings over
  // another vocabulary; and as DryBreakers::Create.
  static StatusOr<Sampler> Create(SamplerConfig config, int64_t vocabulary);

  // A token. One bounded piece of work (README: how long), in which nothing allocates but an error's text.
  // INVALID_ARGUMENT where the row's or the scratch's vocabulary is another, the history longer than the
  // scratch's or its prompt longer than itself, or no token is left that may be chosen.
  StatusOr<int32_t> Sample(const SamplerRow& row, Scratch* scratch) const;

  // The candidates from which Sample draws, with their weights. Errors are Sample's. The caller has set the
  // default floating-point control word (ScopedFloatingPoint).
  Status Prepare(const SamplerRow& row, Candidates* candidates, Scratch* scratch) const;

  // Whether Sample gives the largest logit under the mask: a backend can do that by itself.
  bool IsArgmax() const { return config_.params.temperature == 0 && !edits_; }

 private:
  Sampler(SamplerConfig config, DryBreakers breakers, int64_t vocabulary);
  Status CheckRow(const SamplerRow& row, const Scratch& scratch) const;
  void Edit(const SamplerRow& row, Candidates* candidates, Scratch* scratch) const;
  void Truncate(const PhiloxCounter& random, Candidates* candidates) const;

  SamplerConfig config_;
  DryBreakers breakers_;
  int64_t vocabulary_;
  bool edits_;
};

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_SAMPLER_H_
