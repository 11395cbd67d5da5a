#include "lib/sampling/dry.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "lib/base/allocator.h"
#include "lib/base/philox.h"

namespace talaria::sampling {
namespace {

constexpr size_t kVocabulary = 8;
using Tokens = std::vector<int32_t>;

// Every place, every length, one token at a time.
std::vector<float> PlainDry(const SamplingParams& params, const std::vector<Tokens>& breakers, Tokens tokens,
                            std::vector<float> logits) {
  if (params.dry_range >= 0 && static_cast<int64_t>(tokens.size()) > params.dry_range) {
    tokens.erase(tokens.begin(), tokens.end() - params.dry_range);
  }
  size_t limit = tokens.size();
  for (size_t end = 1; end <= tokens.size(); ++end) {
    for (const Tokens& breaker : breakers) {
      if (breaker.size() <= end && std::equal(breaker.begin(), breaker.end(),
                                              tokens.begin() + static_cast<int64_t>(end - breaker.size()))) {
        limit = tokens.size() - end;
      }
    }
  }
  std::map<int32_t, size_t> longest;
  for (size_t end = 1; end < tokens.size(); ++end) {
    size_t match = 0;
    while (match < end && match < limit && tokens[end - 1 - match] == tokens[tokens.size() - 1 - match])
      ++match;
    longest[tokens[end]] = std::max(longest[tokens[end]], match);
  }
  for (const auto& [token, match] : longest) {
    const bool is_breaker = std::count(breakers.begin(), breakers.end(), Tokens{token}) > 0;
    if (static_cast<int64_t>(match) < params.dry_allowed_length || is_breaker) continue;
    if (token < 0 || token >= static_cast<int32_t>(kVocabulary)) continue;
    logits[static_cast<size_t>(token)] -= static_cast<float>(
        params.dry_multiplier * std::pow(params.dry_base, static_cast<double>(static_cast<int64_t>(match) -
                                                                              params.dry_allowed_length)));
  }
  return logits;
}

TEST_CASE("repetitions are found and punished as by looking at every place for every length") {
  const Philox random(11, 12);
  Allocator allocator;
  StatusOr<Scratch> scratch = Scratch::Create(&allocator, kVocabulary, 64);
  REQUIRE(scratch.ok());
  size_t punished = 0;
  for (uint64_t round = 0; round < 20000; ++round) {
    const PhiloxCounter dice = random.At(round * 1000);
    SamplingParams params;
    params.dry_multiplier = 1 + dice[0] % 3;
    params.dry_base = 1 + (dice[0] >> 8) % 3 * 0.25;
    params.dry_allowed_length = 1 + (dice[0] >> 16) % 4;
    params.dry_range = (dice[0] >> 24) % 3 == 0 ? (dice[1] & 31) : kWholeHistory;
    const auto different = static_cast<int32_t>(1 + dice[2] % 9);  // 8: an id outside the vocabulary
    const size_t length = dice[3] % 48;
    Tokens tokens;
    for (size_t i = 0; i < length; ++i) {
      tokens.push_back(
          static_cast<int32_t>(random.At(round * 1000 + i + 1)[0] % static_cast<uint32_t>(different)));
      // Now and then what was said is said again.
      if (i > 8 && random.At(round * 1000 + i + 1)[1] % 8 == 0) {
        for (size_t j = 0; j < 5; ++j) tokens.push_back(tokens[tokens.size() - 7]);
      }
    }
    tokens.resize(std::min<size_t>(tokens.size(), 64));
    std::vector<Tokens> breakers;
    for (uint32_t i = 0; i < (dice[1] >> 8) % 4; ++i) {
      Tokens breaker;
      for (uint32_t j = 0; j <= (dice[1] >> (12 + i)) % 2; ++j) {
        breaker.push_back(static_cast<int32_t>((dice[1] >> (16 + 3 * (i + j))) % kVocabulary));
      }
      breakers.push_back(breaker);
    }
    const StatusOr<DryBreakers> made = DryBreakers::Create(breakers, kVocabulary);
    REQUIRE(made.ok());
    const std::vector<float> before(kVocabulary, 0.0f);
    std::vector<float> after = before;
    ApplyDry(params, *made, tokens, &*scratch, absl::MakeSpan(after));
    const std::vector<float> expected = PlainDry(params, breakers, tokens, before);
    bool same = true;
    for (size_t i = 0; i < kVocabulary; ++i) {
      same = same && std::abs(after[i] - expected[i]) <= std::abs(expected[i]) * 1e-6f;
    }
    CAPTURE(round);
    REQUIRE(same);
    punished += after != before ? 1 : 0;
  }
  CHECK(punished > 5000);
  CHECK(std::count(scratch->marks.begin(), scratch->marks.end(), 0u) == static_cast<int64_t>(kVocabulary));
}

TEST_CASE("a repetition of thousands of tokens is punished by a finite number") {
  Allocator allocator;
  StatusOr<Scratch> scratch = Scratch::Create(&allocator, kVocabulary, 20000);
  REQUIRE(scratch.ok());
  SamplingParams params;
  params.dry_multiplier = 0.8;
  std::vector<float> logits(kVocabulary, 0.0f);
  ApplyDry(params, DryBreakers(), Tokens(20000, 3), &*scratch, absl::MakeSpan(logits));
  CHECK(logits[3] < -1e29f);
  CHECK(std::isfinite(logits[3]));
  CHECK(logits[2] == 0);
}

TEST_CASE("breakers that are empty or hold foreign tokens are refused by place") {
  CHECK(Message(DryBreakers::Create({{1}, {}}, 8).status()) ==
        "dry_breakers[1]: expected tokens, found none");
  CHECK(Message(DryBreakers::Create({{1, 8}}, 8).status()) ==
        "dry_breakers[0]: expected ids of 0 to 7, found 8");
  CHECK(Message(DryBreakers::Create({{-1}}, 8).status()) ==
        "dry_breakers[0]: expected ids of 0 to 7, found -1");
  CHECK(DryBreakers::Create({Tokens(65537, 1)}, 8).status().code() == StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace talaria::sampling
