// The reference backend against what PyTorch transformers gave for the same checkpoints.
#include "tests/conformance/tiny.h"

#include <doctest/doctest.h>

#include <cmath>

#include "lib/model/rope.h"
#include "tests/fixtures.h"
#include "tests/skip.h"

namespace talaria::test {
namespace {

TEST_CASE("short and middle prompts give transformers' logits and greedy tokens") {
  if (TinyFolders().size() == 1)
    Skip("the fixtures' checkpoints are not beside the project; only tiny_kv4 is checked");
  for (const std::string& folder : TinyFolders()) {
    for (const char* name : {"one", "short", "mid"}) CheckPrompt(folder, name, 5e-5, RunOptions());
  }
}

TEST_CASE("nightly: the 9,000-token prompts give transformers' logits and greedy tokens") {
  if (TinyFolders().size() == 1) return Skip("the fixtures' checkpoints are not beside the project");
  for (const std::string& folder : TinyFolders()) {
    if (folder != GoldenFile("tiny_kv4")) CheckPrompt(folder, "long", 1e-3, RunOptions());
  }
}

TEST_CASE("rotary frequencies are transformers'") {
  for (const std::string& folder : TinyFolders()) {
    CAPTURE(folder);
    const LogSink log;
    const auto checkpoint = Checkpoint::Open(folder, log);
    REQUIRE_MESSAGE(checkpoint.ok(), checkpoint.status());
    const auto expected = LoadInverseFrequencies(folder);
    REQUIRE(expected.ok());
    const std::vector<float> found = RopeFrequencies(checkpoint->config());
    REQUIRE(found.size() == expected->size());
    // The golden has nine digits.
    for (size_t i = 0; i < found.size(); ++i) {
      CHECK(std::fabs(static_cast<double>(found[i]) - (*expected)[i]) <= 2e-7 * (*expected)[i]);
    }
  }
}

// Final logits and greedy tokens of one way to run tiny_kv4's 300-token prompt.
struct Outcome {
  std::vector<float> logits;
  std::vector<int32_t> greedy;
};

Outcome RunGolden(const RunOptions& options, int64_t positions = 300) {
  const std::string folder = GoldenFile("tiny_kv4");
  auto run = ModelRun::Open(folder, options);
  REQUIRE_MESSAGE(run.ok(), run.status());
  auto expected = LoadExpected(folder, "mid", (*run)->config().vocab_size);
  REQUIRE(expected.ok());
  expected->ids.resize(static_cast<size_t>(positions));
  auto logits = (*run)->Logits(expected->ids, {positions - 1});
  REQUIRE_MESSAGE(logits.ok(), logits.status());
  auto greedy = (*run)->Greedy(expected->ids, 24);
  REQUIRE_MESSAGE(greedy.ok(), greedy.status());
  return {std::move(logits->back()), *std::move(greedy)};
}

TEST_CASE("ranks, page sizes and chunks change nothing beyond rounding") {
  const Outcome base = RunGolden(RunOptions());
  const double scale = LargestMagnitude(base.logits);
  for (const int32_t ranks : {1, 2, 4}) {
    for (const int32_t page_size : {16, 64}) {
      for (const int32_t chunk : {1, 7, 512}) {
        CAPTURE(ranks);
        CAPTURE(page_size);
        CAPTURE(chunk);
        RunOptions options;
        options.ranks = ranks;
        options.page_size = page_size;
        options.chunk = chunk;
        const Outcome outcome = RunGolden(options);
        CHECK(outcome.greedy == base.greedy);
        CHECK(LargestDifference(outcome.logits, base.logits) <= 1e-5 * scale);
        // Only the division over ranks changes an order of summation.
        if (ranks == 1) CHECK(outcome.logits == base.logits);
      }
    }
  }
}

TEST_CASE("with equal leaves any number of ranks gives the same bits") {
  RunOptions options;
  options.canonical_leaves = 4;
  const Outcome base = RunGolden(options);
  for (const int32_t ranks : {2, 4}) {
    options.ranks = ranks;
    CHECK(RunGolden(options).logits == base.logits);
  }
}

TEST_CASE("layers divided into stages give the same bits") {
  const Outcome base = RunGolden(RunOptions(), 50);
  RunOptions options;
  options.stage_layers = {1, 1};
  const LogSink log;
  const auto checkpoint = Checkpoint::Open(GoldenFile("tiny_kv4"), log);
  REQUIRE(checkpoint.ok());
  options.stage_layers.back() = checkpoint->config().num_layers - 1;
  options.chunk = 7;
  CHECK(RunGolden(options, 50).logits == base.logits);
}

TEST_CASE("a step suspended and resumed at every op gives the same bits") {
  RunOptions options;
  options.chunk = 16;
  const Outcome base = RunGolden(options, 40);
  options.budget_us = 0;
  auto run = ModelRun::Open(GoldenFile("tiny_kv4"), options);
  REQUIRE(run.ok());
  auto expected = LoadExpected(GoldenFile("tiny_kv4"), "mid", (*run)->config().vocab_size);
  REQUIRE(expected.ok());
  expected->ids.resize(40);
  const auto logits = (*run)->Logits(expected->ids, {39});
  REQUIRE_MESSAGE(logits.ok(), logits.status());
  CHECK(logits->back() == base.logits);
  // Three chunks of all layers' ops: had a call done more than one op there would be fewer.
  CHECK((*run)->steps() >= 3 * 10 * (*run)->config().num_layers);
  const auto greedy = (*run)->Greedy(expected->ids, 24);
  REQUIRE(greedy.ok());
  CHECK(*greedy == base.greedy);
}

}  // namespace
}  // namespace talaria::test
