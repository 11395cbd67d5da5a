// The CPU backend, each instruction set of this machine, against what PyTorch transformers gave.
#include <doctest/doctest.h>

#include "backends/cpu/isa/select.h"
#include "tests/conformance/tiny.h"
#include "tests/fixtures.h"
#include "tests/skip.h"

namespace talaria::test {
namespace {

RunOptions OnCpu(const std::string& isa) {
  RunOptions options;
  options.cpu = true;
  options.isa = isa;
  return options;
}

TEST_CASE("cpu: short and middle prompts in F32 give transformers' logits and greedy tokens") {
  if (TinyFolders().size() == 1)
    Skip("the fixtures' checkpoints are not beside the project; only tiny_kv4 is checked");
  for (const std::string& isa : cpu::AvailableIsas()) {
    CAPTURE(isa);
    RunOptions options = OnCpu(isa);
    options.format = WeightFormat::kF32;
    for (const std::string& folder : TinyFolders()) {
      for (const char* name : {"one", "short", "mid"}) CheckPrompt(folder, name, 2e-4, options);
    }
  }
}

void CheckLong(const std::string& folder, const std::string& isa) {
  CAPTURE(isa);
  RunOptions options = OnCpu(isa);
  options.format = WeightFormat::kF32;
  options.chunk = 512;
  CheckPrompt(folder, "long", 1e-3, options);
}

TEST_CASE("cpu: a 9,000-token prompt in F32 gives transformers' logits and greedy tokens") {
  const std::string folder = SharedFixture("tiny/v1_gqa8_llama3rope_bf16");
  if (folder.empty()) return Skip("the fixtures' checkpoints are not beside the project");
  CheckLong(folder, cpu::AvailableIsas().back());
}

TEST_CASE("nightly: cpu: all 9,000-token prompts in F32 give transformers' logits and greedy tokens") {
  if (TinyFolders().size() == 1) return Skip("the fixtures' checkpoints are not beside the project");
  for (const std::string& isa : cpu::AvailableIsas()) {
    for (const std::string& folder : TinyFolders()) {
      if (folder != GoldenFile("tiny_kv4")) CheckLong(folder, isa);
    }
  }
}

TEST_CASE("cpu: weights as stored and narrow caches stay within their stated tolerances") {
  for (const std::string& isa : cpu::AvailableIsas()) {
    for (const std::string& folder : TinyFolders()) {
      for (const DType cache : {DType::kF32, DType::kF16, DType::kBF16}) {
        CAPTURE(isa);
        CAPTURE(folder);
        CAPTURE(cache);
        RunOptions options = OnCpu(isa);
        options.cache_dtype = cache;
        auto run = ModelRun::Open(folder, options);
        REQUIRE_MESSAGE(run.ok(), run.status());
        const auto expected = LoadExpected(folder, "mid", (*run)->config().vocab_size);
        REQUIRE(expected.ok());
        const auto logits = (*run)->Logits(expected->ids, {static_cast<int64_t>(expected->ids.size()) - 1});
        REQUIRE_MESSAGE(logits.ok(), logits.status());
        const double difference = LargestDifference(logits->back(), expected->final_logits) /
                                  LargestMagnitude(expected->final_logits);
        // Where the products take activations as they are, BF16 and F16 weights are exact: only the cache
        // rounds.
        double tolerance = cache == DType::kF32 ? 2e-4 : cache == DType::kF16 ? 5e-3 : 3e-2;
        if (isa == "avx512_bf16") tolerance = std::max(tolerance, 3e-2);
        CHECK(difference <= tolerance);
      }
    }
  }
}

// Final logits of one way to run tiny_kv4's 300-token prompt.
std::vector<float> RunGolden(const RunOptions& options, int64_t positions = 300, int64_t* steps = nullptr) {
  auto run = ModelRun::Open(GoldenFile("tiny_kv4"), options);
  REQUIRE_MESSAGE(run.ok(), run.status());
  auto expected = LoadExpected(GoldenFile("tiny_kv4"), "mid", (*run)->config().vocab_size);
  REQUIRE(expected.ok());
  expected->ids.resize(static_cast<size_t>(positions));
  auto logits = (*run)->Logits(expected->ids, {positions - 1});
  REQUIRE_MESSAGE(logits.ok(), logits.status());
  if (steps != nullptr) *steps = (*run)->steps();
  return std::move(logits->back());
}

TEST_CASE("cpu: through the engine, threads, chunks, page sizes, stages and suspending change no bit") {
  for (const std::string& isa : cpu::AvailableIsas()) {
    for (const WeightFormat format : {WeightFormat::kF32, WeightFormat::kBF16}) {
      CAPTURE(isa);
      RunOptions base = OnCpu(isa);
      base.format = format;
      const std::vector<float> expected = RunGolden(base);
      for (const int32_t chunk : {1, 7, 64, 512}) {
        for (const int threads : {1, 3}) {
          RunOptions options = base;
          options.chunk = chunk;
          options.threads = threads;
          options.page_size = chunk == 7 ? 128 : 64;
          CHECK(RunGolden(options) == expected);
        }
      }
      RunOptions options = base;
      options.stage_layers = {1, 2};
      CHECK(RunGolden(options) == expected);
      options = base;
      options.budget_us = 0;
      int64_t steps = 0;
      CHECK(RunGolden(options, 300, &steps) == expected);
      // Each of 300 rows is a tile of several ops in each layer.
      CHECK(steps > 300 * 5);
      options = base;
      options.canonical_leaves = 4;
      const std::vector<float> leaves = RunGolden(options);
      for (const int32_t ranks : {2, 4}) {
        options.ranks = ranks;
        CHECK(RunGolden(options) == leaves);
      }
    }
  }
}

}  // namespace
}  // namespace talaria::test
