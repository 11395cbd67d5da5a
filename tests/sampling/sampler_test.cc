#include "lib/sampling/sampler.h"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/allocator.h"
#include "lib/base/platform.h"
#include "lib/sampling/log_probabilities.h"
#include "tests/counted_new.h"
#include "tests/sampling/made_row.h"

namespace talaria::sampling {
namespace {

using test::MadeRow;
using test::RowKind;

constexpr size_t kVocabulary = 1000;
constexpr int64_t kHistory = 500;

struct World {
  Allocator allocator;
  Scratch scratch = *Scratch::Create(&allocator, kVocabulary, kHistory);
  std::vector<float> logits = MadeRow(RowKind::kModel, kVocabulary, 9);
  std::vector<int32_t> tokens;

  World() {
    for (int32_t i = 0; i < 300; ++i) tokens.push_back(i * i % 23 * 17);
  }
  SamplerRow RowAt(uint64_t position) const {
    SamplerRow row;
    row.logits = logits;
    row.history = {tokens, 100};
    row.position = position;
    return row;
  }
};

std::shared_ptr<const BannedStrings> Banned(Allocator* allocator) {
  StatusOr<TokenIndex> index = TokenIndex::Create(allocator, kVocabulary, [](int32_t id) {
    return std::string_view("abcdefghijklmnopqrstuvwxyz")
        .substr(static_cast<size_t>(id) % 26, 1 + static_cast<size_t>(id) % 3);
  });
  REQUIRE(index.ok());
  StatusOr<BannedStrings> banned =
      BannedStrings::Create(std::make_shared<const TokenIndex>(*std::move(index)), {"abcd", "xyz", "opq"});
  REQUIRE(banned.ok());
  return std::make_shared<const BannedStrings>(*std::move(banned));
}

SamplerConfig Everything(Allocator* allocator) {
  SamplerConfig config;
  config.params = {0.9, false, 200, 0.98, 0.95, 0.001, 0.5, 0.1,          1.1,
                   0.2, 0.1,   200, true, 0.8,  1.75,  2,   kWholeHistory};
  config.logit_bias = {{3, 1.5f}, {7, kNever}};
  config.xtc_spared = {12, 5};
  config.dry_breakers = {{4}, {1, 2}};
  config.banned_strings = Banned(allocator);
  config.seed = 42;
  return config;
}

std::string CreateError(const SamplerConfig& config) {
  const StatusOr<Sampler> sampler = Sampler::Create(config, kVocabulary);
  return sampler.ok() ? "" : std::string(Message(sampler.status()));
}

TEST_CASE("a token depends on seed, stream and position, and on nothing that went before") {
  World world;
  SamplerConfig config = Everything(&world.allocator);
  const StatusOr<Sampler> sampler = Sampler::Create(config, kVocabulary);
  config.stream = 1;
  const StatusOr<Sampler> other_stream = Sampler::Create(config, kVocabulary);
  REQUIRE(sampler.ok());
  REQUIRE(other_stream.ok());
  std::vector<int32_t> forwards;
  int differ = 0;
  for (uint64_t position = 0; position < 200; ++position) {
    forwards.push_back(*sampler->Sample(world.RowAt(position), &world.scratch));
    differ += *other_stream->Sample(world.RowAt(position), &world.scratch) != forwards.back() ? 1 : 0;
  }
  CHECK(differ > 50);
  // Backwards, with fresh scratch, other rows in between.
  World other;
  other.tokens.assign(177, 5);
  for (uint64_t position = 200; position-- > 0;) {
    Scratch fresh = *Scratch::Create(&world.allocator, kVocabulary, kHistory);
    CHECK(other_stream->Sample(other.RowAt(position), &world.scratch).ok());
    CHECK(*sampler->Sample(world.RowAt(position), &fresh) == forwards[position]);
    CHECK(*sampler->Sample(world.RowAt(position), &world.scratch) == forwards[position]);
  }
}

TEST_CASE("a host's floating-point control word changes nothing and is kept") {
  World world;
  for (float& logit : world.logits) logit *= 1e-39f;  // denormals: with flush-to-zero all are equal
  SamplerConfig config;
  config.params.temperature = 1e-3;
  config.params.top_k = 3;
  const StatusOr<Sampler> sampler = Sampler::Create(config, kVocabulary);
  SamplerConfig greedy;
  greedy.params.temperature = 0;
  const StatusOr<Sampler> best = Sampler::Create(greedy, kVocabulary);
  REQUIRE(sampler.ok());
  REQUIRE(best.ok());
  TokenLogProbability top;
  const int32_t expected_best = *best->Sample(world.RowAt(1), &world.scratch);
  const int32_t expected = *sampler->Sample(world.RowAt(1), &world.scratch);
  const float expected_log = *LogProbabilities(world.logits, 4, &world.scratch, {&top, 1});
  const uint64_t before = platform::FloatingPointControl();
  // Round towards zero, flush denormals to zero and take them for zero.
  const uint64_t strange = platform::DefaultFloatingPointControl() | 0xE040;
  platform::SetFloatingPointControl(strange);
  const int32_t found_best = *best->Sample(world.RowAt(1), &world.scratch);
  const int32_t found = *sampler->Sample(world.RowAt(1), &world.scratch);
  const float found_log = *LogProbabilities(world.logits, 4, &world.scratch, {&top, 1});
  const uint64_t after = platform::FloatingPointControl();
  platform::SetFloatingPointControl(before);
  CHECK(after == strange);
  CHECK(found_best == expected_best);
  CHECK(found == expected);
  CHECK(found_log == expected_log);
  CHECK(expected_best != 0);
}

TEST_CASE("choosing allocates nothing") {
  World world;
  const StatusOr<Sampler> sampler = Sampler::Create(Everything(&world.allocator), kVocabulary);
  REQUIRE(sampler.ok());
  const std::vector<uint32_t> allowed((kVocabulary + 31) / 32, 0xFFFFFFF7);
  std::vector<TokenLogProbability> top(20);
  const uint64_t used = world.allocator.used_bytes();
  bool ok = true;
  test::CountNew(true);
  for (uint64_t position = 0; position < 50; ++position) {
    SamplerRow row = world.RowAt(position);
    row.allowed = allowed.data();
    ok = ok && sampler->Sample(row, &world.scratch).ok();
    ok = ok && LogProbabilities(world.logits, 1, &world.scratch, absl::MakeSpan(top)).ok();
  }
  CHECK(test::CountNew(false) == 0);
  CHECK(ok);
  CHECK(world.allocator.used_bytes() == used);
}

TEST_CASE("tokens come as often as their probabilities say") {
  World world;
  struct Chain {
    SamplingParams params;
    const char* name;
  };
  SamplingParams top_k;
  top_k.top_k = 20;
  SamplingParams hot;
  hot.temperature = 1.5;
  hot.top_p = 0.8;
  SamplingParams xtc = top_k;
  xtc.xtc_probability = 1;
  for (const Chain& chain :
       {Chain{{}, "plain"}, Chain{top_k, "top_k"}, Chain{hot, "hot"}, Chain{xtc, "xtc"}}) {
    CAPTURE(chain.name);
    SamplerConfig config;
    config.params = chain.params;
    config.seed = 6;
    const StatusOr<Sampler> sampler = Sampler::Create(config, kVocabulary);
    REQUIRE(sampler.ok());
    constexpr double kDraws = 40000;
    std::vector<double> counts(kVocabulary);
    for (uint64_t position = 0; position < static_cast<uint64_t>(kDraws); ++position) {
      counts[static_cast<size_t>(*sampler->Sample(world.RowAt(position), &world.scratch))] += 1;
    }
    Candidates candidates(&world.scratch);
    REQUIRE(sampler->Prepare(world.RowAt(0), &candidates, &world.scratch).ok());
    // Cells of less than 10 are taken together.
    double chi_square = 0;
    double cells = 0;
    double rare_expected = 0;
    double rare_found = 0;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const double expected =
          kDraws * static_cast<double>(candidates.weight(i)) / static_cast<double>(candidates.Total());
      const double found = std::exchange(counts[static_cast<size_t>(candidates.id(i))], 0);
      if (expected < 10) {
        rare_expected += expected;
        rare_found += found;
      } else {
        chi_square += (found - expected) * (found - expected) / expected;
        cells += 1;
      }
    }
    if (rare_expected > 0) {
      chi_square += (rare_found - rare_expected) * (rare_found - rare_expected) / rare_expected;
      cells += 1;
    }
    // No token that is not left was drawn; and 4 deviations of a chi-square distribution.
    for (const double count : counts) CHECK(count == 0);
    CHECK(cells > 4);
    CHECK(std::abs(chi_square - (cells - 1)) < 4 * std::sqrt(2 * (cells - 1)));
  }
}

TEST_CASE(
    "exclude-top-choices acts as often as it is told, and not on the same random numbers as the choice") {
  World world;
  std::fill(world.logits.begin(), world.logits.end(), -20.0f);
  world.logits[1] = 5;
  world.logits[2] = 4;
  SamplerConfig config;
  config.params.xtc_probability = 0.25;
  const StatusOr<Sampler> sampler = Sampler::Create(config, kVocabulary);
  REQUIRE(sampler.ok());
  constexpr int kDraws = 20000;
  int lower = 0;
  for (int i = 0; i < kDraws; ++i)
    lower += *sampler->Sample(world.RowAt(static_cast<uint64_t>(i)), &world.scratch) == 2;
  const double expected = 0.25 + 0.75 / (1 + std::exp(1.0));
  CHECK(std::abs(lower / static_cast<double>(kDraws) - expected) < 0.014);
}

TEST_CASE("without temperature the likeliest is chosen whatever else is set, and a backend may do it alone") {
  World world;
  SamplerConfig config;
  config.params.temperature = 0;
  config.params.top_p = 0.1;
  config.params.typical_p = 0.2;
  config.params.xtc_probability = 1;
  const StatusOr<Sampler> sampler = Sampler::Create(config, kVocabulary);
  REQUIRE(sampler.ok());
  CHECK(sampler->IsArgmax());
  const auto best = std::max_element(world.logits.begin(), world.logits.end()) - world.logits.begin();
  CHECK(*sampler->Sample(world.RowAt(3), &world.scratch) == best);
  config.logit_bias = {{static_cast<int32_t>(best), -50.0f}};
  const StatusOr<Sampler> biased = Sampler::Create(config, kVocabulary);
  CHECK(!biased->IsArgmax());
  CHECK(*biased->Sample(world.RowAt(3), &world.scratch) != best);
}

TEST_CASE("a row in which nothing may be chosen is an error, and the next row works") {
  World world;
  const StatusOr<Sampler> sampler = Sampler::Create(Everything(&world.allocator), kVocabulary);
  REQUIRE(sampler.ok());
  const std::vector<uint32_t> nothing((kVocabulary + 31) / 32, 0);
  SamplerRow row = world.RowAt(0);
  row.allowed = nothing.data();
  const StatusOr<int32_t> none = sampler->Sample(row, &world.scratch);
  CHECK(none.status().code() == StatusCode::kInvalidArgument);
  CHECK(
      Message(none.status()) ==
      "sampling: expected a token that may be chosen, found none among 1000 that is allowed and has a logit "
      "above -inf");
  CHECK(sampler->Sample(world.RowAt(0), &world.scratch).ok());
}

TEST_CASE("the only allowed token is chosen however unlikely it is") {
  World world;
  const StatusOr<Sampler> sampler = Sampler::Create(Everything(&world.allocator), kVocabulary);
  REQUIRE(sampler.ok());
  for (const size_t token : {0, 31, 32, 999}) {
    std::vector<uint32_t> only((kVocabulary + 31) / 32, 0);
    only[token / 32] = 1u << (token % 32);
    world.logits[token] = -3e38f;
    SamplerRow row = world.RowAt(0);
    row.allowed = only.data();
    CHECK(*sampler->Sample(row, &world.scratch) == static_cast<int32_t>(token));
  }
}

TEST_CASE("rows that do not fit the sampler or the scratch are refused") {
  World world;
  const StatusOr<Sampler> sampler = Sampler::Create({}, kVocabulary);
  REQUIRE(sampler.ok());
  const auto error = [&](const SamplerRow& row) {
    const StatusOr<int32_t> token = sampler->Sample(row, &world.scratch);
    CHECK(token.status().code() == StatusCode::kInvalidArgument);
    return std::string(Message(token.status()));
  };
  SamplerRow row = world.RowAt(0);
  row.logits.remove_suffix(1);
  CHECK(error(row) == "sampling: expected 1000 logits, found 999 and scratch for 1000");
  const std::vector<int32_t> many(501);
  row = world.RowAt(0);
  row.history = {many, 0};
  CHECK(error(row) == "sampling: expected a history of at most 500 tokens, found 501");
  row.history = {world.tokens, 301};
  CHECK(error(row) == "sampling: expected a prompt of 0 to 300 tokens of the history, found 301");
  row.history = {world.tokens, -1};
  CHECK(error(row) == "sampling: expected a prompt of 0 to 300 tokens of the history, found -1");
}

TEST_CASE("lists that name foreign tokens, or one twice, are refused") {
  Allocator allocator;
  SamplerConfig config;
  config.logit_bias = {{1, 2.0f}, {1000, 1.0f}};
  CHECK(CreateError(config) == "logit_bias[1]: expected a token of 0 to 999, found 1000");
  config.logit_bias = {{1, 2.0f}, {3, HUGE_VALF}};
  CHECK(CreateError(config) == "logit_bias[1]: expected a finite number or -inf, found inf");
  config.logit_bias = {{3, std::nanf("")}};
  CHECK(CreateError(config) == "logit_bias[0]: expected a finite number or -inf, found nan");
  config.logit_bias = {{5, 1.0f}, {2, 1.0f}, {5, 1.0f}};
  CHECK(CreateError(config) == "logit_bias: expected each token once, found 5 twice");
  config.logit_bias.clear();
  config.xtc_spared = {4, -1};
  CHECK(CreateError(config) == "xtc_spared[1]: expected a token of 0 to 999, found -1");
  config.xtc_spared.clear();
  config.dry_breakers = {{4, 1000}};
  CHECK(CreateError(config) == "dry_breakers[0]: expected ids of 0 to 999, found 1000");
  config.dry_breakers.clear();
  config.params.top_p = 2;
  CHECK(CreateError(config) == "top_p: expected a number from 0 to 1, found 2");
  config.params.top_p = 1;
  config.banned_strings = Banned(&allocator);
  CHECK(Message(Sampler::Create(config, 999).status()) ==
        "banned_strings: expected texts of 999 tokens, found 1000");
  CHECK(Sampler::Create({}, 0).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("scratch takes what it announced, and no more than there is") {
  Allocator allocator;
  {
    const StatusOr<Scratch> scratch = Scratch::Create(&allocator, 128256, 131072);
    REQUIRE(scratch.ok());
    CHECK(allocator.used_bytes() == Scratch::BytesFor(128256, 131072));
  }
  CHECK(allocator.used_bytes() == 0);
  Allocator tight(1000);
  CHECK(Scratch::Create(&tight, 1000, 0).status().code() == StatusCode::kResourceExhausted);
  CHECK(Scratch::Create(&allocator, 0, 0).status().code() == StatusCode::kInvalidArgument);
  CHECK(Scratch::Create(&allocator, kMaxVocabulary + 1, 0).status().code() == StatusCode::kInvalidArgument);
  CHECK(Scratch::Create(&allocator, 1, -1).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE(
    "log-probabilities of foreign tokens and too many of the likeliest are refused; missing ones are -inf") {
  World world;
  std::vector<TokenLogProbability> top(129);
  const auto error = [&](int32_t token, size_t count) {
    return std::string(
        Message(LogProbabilities(world.logits, token, &world.scratch, absl::MakeSpan(top).subspan(0, count))
                    .status()));
  };
  CHECK(error(1000, 1) == "log-probabilities: expected a token of 0 to 999, found 1000");
  CHECK(error(-1, 1) == "log-probabilities: expected a token of 0 to 999, found -1");
  CHECK(error(0, 129) == "log-probabilities: expected at most 128 of the likeliest tokens, found 129");
  CHECK(error(0, 128).empty());
  std::fill(world.logits.begin(), world.logits.end(), kNever);
  CHECK(error(0, 1) == "log-probabilities: expected a logit above -inf, found none among 1000");
  world.logits[5] = 2;
  world.logits[9] = 2;
  CHECK(*LogProbabilities(world.logits, 0, &world.scratch, absl::MakeSpan(top).subspan(0, 3)) == kNever);
  CHECK(top[0].token == 5);
  CHECK(top[0].log_probability == doctest::Approx(-std::log(2.0)));
  CHECK(top[1].token == 9);
  CHECK(top[2].token == -1);
  CHECK(top[2].log_probability == kNever);
}

}  // namespace
}  // namespace talaria::sampling
