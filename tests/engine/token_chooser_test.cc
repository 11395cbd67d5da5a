#include "lib/engine/token_chooser.h"

#include <doctest/doctest.h>

#include <cmath>

#include "lib/kv/page_pool.h"

namespace talaria {
namespace {

constexpr int64_t kVocabulary = 10, kContext = 32;

struct Chosen {
  Allocator allocator;
  PagePool pages{8};
  std::unique_ptr<TokenChooser> chooser;
  std::shared_ptr<Sequence> sequence;

  Chosen() {
    auto made = TokenChooser::Create(&allocator, 3, kVocabulary, kContext);
    REQUIRE_MESSAGE(made.ok(), made.status());
    chooser = std::make_unique<TokenChooser>(*std::move(made));
    CHECK(allocator.used_bytes() == TokenChooser::BytesFor(3, kVocabulary, kContext));
    auto events = EventQueue::Create({8, 0, 4, kVocabulary}, &allocator);
    REQUIRE(events.ok());
    auto opened = Sequence::Create(&pages, 16, kContext, *std::move(events), nullptr, &allocator);
    REQUIRE(opened.ok());
    sequence = *std::move(opened);
    const std::vector<int32_t> tokens = {1, 2, 3};
    REQUIRE(sequence->Append(tokens, std::vector<uint8_t>(3, 0)).ok());
  }

  void Begin(GenerateOptions options) {
    options.max_tokens = 4;
    if (sequence->generating()) sequence->Cancel();
    Event event;
    while (sequence->events().Pop(&event)) continue;
    REQUIRE(sequence->Generate(std::move(options)).ok());
  }

  // Fills row *row* with logits that favour *best*.
  float* Row(int32_t row, int32_t best) const {
    float* logits = chooser->LogitsRow(row);
    for (int64_t i = 0; i < kVocabulary; ++i) logits[i] = static_cast<float>(i) * 0.1f;
    logits[best] = 5;
    return logits;
  }
};

std::shared_ptr<const sampling::Sampler> SamplerOf(sampling::SamplerConfig config) {
  auto made = sampling::Sampler::Create(std::move(config), kVocabulary);
  REQUIRE_MESSAGE(made.ok(), made.status());
  return std::make_shared<const sampling::Sampler>(*std::move(made));
}

TEST_CASE("rows of choices do not overlap") {
  const Chosen all;
  for (int32_t row = 0; row < 3; ++row) all.Row(row, row);
  for (int32_t row = 0; row < 3; ++row) CHECK(all.chooser->LogitsRow(row)[row] == 5);
}

TEST_CASE("the host chooses only where a backend cannot") {
  GenerateOptions options;
  CHECK_FALSE(TokenChooser::IsNeeded(options));
  sampling::SamplerConfig config;
  config.params.temperature = 0;
  options.sampler = SamplerOf(config);
  CHECK_FALSE(TokenChooser::IsNeeded(options));
  options.log_probabilities = true;
  CHECK(TokenChooser::IsNeeded(options));
  options.log_probabilities = false;
  config.logit_bias = {{1, 1.0f}};
  options.sampler = SamplerOf(config);
  CHECK(TokenChooser::IsNeeded(options));
  config.logit_bias.clear();
  config.params.temperature = 1;
  options.sampler = SamplerOf(config);
  CHECK(TokenChooser::IsNeeded(options));
}

TEST_CASE("the largest logit is taken, the lower id of equal ones, and told of") {
  Chosen all;
  GenerateOptions options;
  options.log_probabilities = true;
  options.top = 3;
  all.Begin(options);
  float* logits = all.Row(1, 4);
  logits[7] = 5;
  Event told;
  const auto token = all.chooser->Choose(*all.sequence, logits, 1, &told);
  REQUIRE(token.ok());
  CHECK(*token == 4);
  CHECK(told.has_log_probability);
  double sum = 0;
  for (int64_t i = 0; i < kVocabulary; ++i) sum += std::exp(static_cast<double>(logits[i]));
  CHECK(static_cast<double>(told.log_probability) == doctest::Approx(5 - std::log(sum)));
  REQUIRE(told.top.size() == 3);
  CHECK(told.top[0].token == 4);
  CHECK(told.top[1].token == 7);
  CHECK(told.top[2].token == 9);
}

TEST_CASE("what is told of one row stays while another is chosen") {
  Chosen all;
  GenerateOptions options;
  options.log_probabilities = true;
  options.top = 2;
  all.Begin(options);
  Event first, second;
  REQUIRE(all.chooser->Choose(*all.sequence, all.Row(0, 3), 0, &first).ok());
  REQUIRE(all.chooser->Choose(*all.sequence, all.Row(1, 8), 1, &second).ok());
  CHECK(first.top[0].token == 3);
  CHECK(second.top[0].token == 8);
}

TEST_CASE("a choice depends on seed, stream and position alone, and is the sampler's") {
  Chosen all;
  sampling::SamplerConfig config;
  config.params.temperature = 2;
  config.seed = 9;
  GenerateOptions options;
  options.sampler = SamplerOf(config);
  all.Begin(options);
  float logits[kVocabulary] = {};
  Event told;
  const auto token = all.chooser->Choose(*all.sequence, logits, 0, &told);
  REQUIRE(token.ok());
  CHECK_FALSE(told.has_log_probability);
  Allocator allocator;
  auto scratch = sampling::Scratch::Create(&allocator, kVocabulary, kContext);
  REQUIRE(scratch.ok());
  sampling::SamplerRow row;
  row.logits = logits;
  row.history = {all.sequence->tokens(), 3};
  row.position = 3;
  CHECK(*options.sampler->Sample(row, &*scratch) == *token);
  CHECK(*all.chooser->Choose(*all.sequence, logits, 2, &told) == *token);
}

TEST_CASE("a row of which nothing may be chosen is an error") {
  Chosen all;
  sampling::SamplerConfig config;
  for (int32_t i = 0; i < kVocabulary; ++i) config.logit_bias.push_back({i, sampling::kNever});
  GenerateOptions options;
  options.sampler = SamplerOf(config);
  all.Begin(options);
  Event told;
  CHECK(all.chooser->Choose(*all.sequence, all.Row(0, 1), 0, &told).status().code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("memory that is wanting is an error and nothing is kept") {
  const uint64_t needed = TokenChooser::BytesFor(3, kVocabulary, kContext);
  Allocator enough(needed), small(needed - 1);
  CHECK(TokenChooser::Create(&enough, 3, kVocabulary, kContext).ok());
  CHECK(TokenChooser::Create(&small, 3, kVocabulary, kContext).status().code() ==
        StatusCode::kResourceExhausted);
  CHECK(small.used_bytes() == 0);
}

}  // namespace
}  // namespace talaria
