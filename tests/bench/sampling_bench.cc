// Times the choice of one token from 128,256 logits, on one thread: least, median and 99th percentile of many
// calls, in microseconds of processor time.
//   sampling_bench [CALLS]
// Rows: "model" has a few tokens far ahead as a language model's rows do, "even" is a normal distribution of
// deviation 1, in which no truncation leaves few, and in "equal" all logits are the same.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/base/allocator.h"
#include "lib/base/philox.h"
#include "lib/base/platform.h"
#include "lib/sampling/log_probabilities.h"
#include "lib/sampling/sampler.h"

namespace {

using namespace talaria::sampling;  // NOLINT(google-build-using-namespace)
using talaria::Allocator;
using talaria::Philox;
using talaria::StatusOr;

constexpr int64_t kVocabulary = 128256;
constexpr int64_t kHistory = 131072;

double Normal(const Philox& random, uint64_t position) {
  return std::sqrt(-2 * std::log(random.UniformDouble(2 * position))) *
         std::cos(6.283185307179586 * random.UniformDouble(2 * position + 1));
}

std::vector<float> Row(const std::string& kind) {
  std::vector<float> row(kVocabulary);
  const Philox random(1, 2);
  for (size_t i = 0; i < row.size(); ++i) {
    const double normal = Normal(random, i);
    if (kind == "equal") row[i] = 1;
    if (kind == "even") row[i] = static_cast<float>(normal);
    // Bulk far below, a tail of 1 in 500 that thins out towards the best.
    if (kind == "model")
      row[i] = static_cast<float>(2.2 * normal + (i % 500 == 7 ? 8 + 3 * std::abs(normal) : 0));
  }
  return row;
}

struct Chain {
  const char* name;
  SamplingParams params;
  int64_t history = 0;
};

std::vector<Chain> Chains() {
  std::vector<Chain> chains;
  const auto add = [&chains](const char* name, int64_t history, auto set) {
    chains.push_back({name, {}, history});
    set(&chains.back().params);
  };
  const auto all = [](SamplingParams* p) {
    *p = {0.6, false,         40,   0.97, 0.9,  0.02, 0.5,          0.1, 1.1, 0.2,
          0.1, kWholeHistory, true, 0.8,  1.75, 2,    kWholeHistory};
  };
  add("greedy", 0, [](SamplingParams* p) { p->temperature = 0; });
  add("temperature 0.6", 0, [](SamplingParams* p) { p->temperature = 0.6; });
  add("top-k 40, temperature 0.6", 0, [](SamplingParams* p) { p->temperature = 0.6, p->top_k = 40; });
  add("top-p 0.9, temperature 0.6", 0, [](SamplingParams* p) { p->temperature = 0.6, p->top_p = 0.9; });
  add("top-p 0.9, temperature 1", 0, [](SamplingParams* p) { p->top_p = 0.9; });
  add("top-p 0.95, temperature 1.5", 0, [](SamplingParams* p) { p->temperature = 1.5, p->top_p = 0.95; });
  add("min-p 0.05", 0, [](SamplingParams* p) { p->min_p = 0.05; });
  add("typical 0.95", 0, [](SamplingParams* p) { p->typical_p = 0.95; });
  add("exclude top choices", 0, [](SamplingParams* p) { p->xtc_probability = 1; });
  add("all, 1,000 tokens before", 1000, all);
  add("all, 8,000 tokens before", 8000, all);
  add("all, 128,000 tokens before", 128000, all);
  add("all but top-k, 1,000 tokens before", 1000, [&all](SamplingParams* p) { all(p), p->top_k = 0; });
  return chains;
}

template <typename Call>
void Measure(const char* row, const char* name, int calls, Call call) {
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) {
    const int64_t begin = talaria::platform::ProcessCpuNanoseconds();
    call(static_cast<uint64_t>(i));
    times.push_back(static_cast<double>(talaria::platform::ProcessCpuNanoseconds() - begin) / 1000);
  }
  std::sort(times.begin(), times.end());
  std::printf("%-6s %-36s %8.0f %8.0f %8.0f\n", row, name, times.front(), times[times.size() / 2],
              times[times.size() * 99 / 100]);
}

}  // namespace

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::max(1, std::atoi(argv[1])) : 300;
  Allocator allocator;
  StatusOr<Scratch> scratch = Scratch::Create(&allocator, kVocabulary, kHistory);
  if (!scratch.ok()) return 1;
  std::vector<int32_t> history(static_cast<size_t>(kHistory));
  const Philox random(3, 4);
  // Half of the vocabulary, Zipf's frequencies by and large.
  for (size_t i = 0; i < history.size(); ++i) {
    history[i] = static_cast<int32_t>(std::exp(random.UniformDouble(i) * std::log(64000.0)));
  }
  std::printf("%-6s %-36s %8s %8s %8s\n", "row", "chain", "least", "median", "99 %");
  for (const char* kind : {"model", "even", "equal"}) {
    const std::vector<float> logits = Row(kind);
    for (const Chain& chain : Chains()) {
      SamplerConfig config;
      config.params = chain.params;
      const StatusOr<Sampler> sampler = Sampler::Create(config, kVocabulary);
      if (!sampler.ok()) return 1;
      SamplerRow row;
      row.logits = logits;
      row.history = {absl::MakeConstSpan(history).subspan(0, static_cast<size_t>(chain.history)), 0};
      Measure(kind, chain.name, calls, [&](uint64_t position) {
        row.position = position;
        if (!sampler->Sample(row, &*scratch).ok()) std::abort();
      });
    }
    std::vector<TokenLogProbability> top(20);
    Measure(kind, "log-probabilities, 20 likeliest", calls, [&](uint64_t /*position*/) {
      if (!LogProbabilities(logits, 5, &*scratch, absl::MakeSpan(top)).ok()) std::abort();
    });
  }
  return 0;
}
