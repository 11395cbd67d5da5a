#ifndef TALARIA_TESTS_CONFORMANCE_MODEL_RUN_H_
#define TALARIA_TESTS_CONFORMANCE_MODEL_RUN_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/backend/registry.h"
#include "lib/base/json.h"
#include "lib/base/thread_pool.h"
#include "lib/engine/engine.h"

namespace talaria::test {

// How a model is opened and stepped; results must not depend on any of it beyond the stated tolerances.
struct RunOptions {
  bool cpu = false;  // the CPU backend; else the reference
  std::string isa;   // of the CPU backend; empty: the best
  int threads = 2;
  WeightFormat format = WeightFormat::kSource;
  DType cache_dtype = DType::kF32;
  int32_t ranks = 1;
  int32_t canonical_leaves = 1;
  std::vector<int64_t> stage_layers;  // empty: one stage
  int32_t page_size = 64;
  int32_t chunk = 256;
  uint64_t budget_us = UINT64_MAX;  // of each call of Step; 0 suspends wherever a step can
};

// A checkpoint on one backend, with checking of recordings on.
class ModelRun {
 public:
  static StatusOr<std::unique_ptr<ModelRun>> Open(const std::string& path, const RunOptions& options);

  const ModelConfig& config() const { return llama_->config(); }
  // Logits at *positions* (ascending) of *tokens*, in one session of a fresh engine.
  StatusOr<std::vector<std::vector<float>>> Logits(const std::vector<int32_t>& tokens,
                                                   const std::vector<int64_t>& positions);
  // *count* tokens after *tokens*.
  StatusOr<std::vector<int32_t>> Greedy(const std::vector<int32_t>& tokens, int64_t count);
  // Calls of Step that the last run took.
  int64_t steps() const { return steps_; }

 private:
  StatusOr<std::unique_ptr<Engine>> MakeEngine(int64_t context);

  RunOptions options_;
  LogSink log_;
  Allocator allocator_;
  std::unique_ptr<ThreadPool> pool_;
  std::shared_ptr<const Llama> llama_;
  int64_t steps_ = 0;
};

// One prompt of an expected.json (FACTS.md, section 6).
struct ExpectedPrompt {
  std::vector<int32_t> ids;
  std::map<int64_t, std::vector<std::pair<int32_t, float>>> top;  // by position: token, logit
  std::vector<float> final_logits;
  std::vector<int32_t> greedy;
  std::vector<double> margins;
};

// The prompt *name* of *folder*/expected.json. Ids that the file does not list are made by its own
// prompt_rule.
StatusOr<ExpectedPrompt> LoadExpected(const std::string& folder, std::string_view name, int64_t vocabulary);
// Its inv_freq.
StatusOr<std::vector<double>> LoadInverseFrequencies(const std::string& folder);

double LargestMagnitude(const std::vector<float>& values);
double LargestDifference(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace talaria::test

#endif  // TALARIA_TESTS_CONFORMANCE_MODEL_RUN_H_
