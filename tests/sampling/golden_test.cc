// Against tests/golden/make_sampling_golden.py: a plain implementation of every sampler, alone and in chains.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "lib/base/allocator.h"
#include "lib/base/file.h"
#include "lib/base/floating_point.h"
#include "lib/base/json.h"
#include "lib/sampling/log_probabilities.h"
#include "lib/sampling/sampler.h"
#include "tests/fixtures.h"

namespace talaria::sampling {
namespace {

std::vector<json::Value> ReadRows(std::string_view name) {
  const StatusOr<std::string> text = ReadWholeFile(test::GoldenFile(Cat("sampling/", name)), 16u << 20);
  REQUIRE(text.ok());
  std::vector<json::Value> rows;
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = text->find('\n', begin);
    StatusOr<json::Value> row = json::Parse(std::string_view(*text).substr(begin, end - begin));
    REQUIRE(row.ok());
    rows.push_back(*std::move(row));
    begin = end + 1;
  }
  return rows;
}

double NumberOf(const json::Value& value) { return *value.AsDouble(); }
int64_t IntegerOf(const json::Value& value) { return *value.AsInt64(); }
const json::Array& ArrayOf(const json::Value& object, std::string_view key) {
  static const json::Array empty;
  const json::Value* value = object.Find(key);
  return value == nullptr ? empty : *value->array();
}

std::vector<int32_t> TokensOf(const json::Array& array) {
  std::vector<int32_t> tokens;
  for (const json::Value& value : array) tokens.push_back(static_cast<int32_t>(IntegerOf(value)));
  return tokens;
}

std::vector<float> LogitsOf(const json::Value& row) {
  std::vector<float> logits;
  for (const json::Value& value : ArrayOf(row, "logits"))
    logits.push_back(static_cast<float>(NumberOf(value)));
  return logits;
}

SamplingParams ParamsOf(const json::Value& object) {
  SamplingParams params;
  size_t known = 0;
  const auto number = [&](std::string_view key, double* target) {
    if (const json::Value* value = object.Find(key)) *target = NumberOf(*value), ++known;
  };
  const auto integer = [&](std::string_view key, int64_t* target) {
    if (const json::Value* value = object.Find(key)) *target = IntegerOf(*value), ++known;
  };
  const auto flag = [&](std::string_view key, bool* target) {
    if (const json::Value* value = object.Find(key)) *target = *value->bool_value(), ++known;
  };
  number("temperature", &params.temperature);
  flag("temperature_last", &params.temperature_last);
  integer("top_k", &params.top_k);
  number("typical_p", &params.typical_p);
  number("top_p", &params.top_p);
  number("min_p", &params.min_p);
  number("xtc_probability", &params.xtc_probability);
  number("xtc_threshold", &params.xtc_threshold);
  number("repetition_penalty", &params.repetition_penalty);
  number("presence_penalty", &params.presence_penalty);
  number("frequency_penalty", &params.frequency_penalty);
  integer("penalty_window", &params.penalty_window);
  flag("penalize_prompt", &params.penalize_prompt);
  number("dry_multiplier", &params.dry_multiplier);
  number("dry_base", &params.dry_base);
  integer("dry_allowed_length", &params.dry_allowed_length);
  integer("dry_range", &params.dry_range);
  REQUIRE(known == object.object()->size());
  return params;
}

struct Case {
  std::string id;
  std::vector<float> logits;
  std::vector<int32_t> history;
  int64_t prompt_tokens = 0;
  std::vector<uint32_t> allowed;
  SamplerConfig config;
};

std::shared_ptr<const BannedStrings> BannedOf(const json::Value& row, Allocator* allocator) {
  const json::Array& texts = ArrayOf(row, "texts");
  if (texts.empty()) return nullptr;
  StatusOr<TokenIndex> index = TokenIndex::Create(
      allocator, static_cast<int64_t>(texts.size()),
      [&texts](int32_t id) { return std::string_view(*texts[static_cast<size_t>(id)].string()); });
  REQUIRE(index.ok());
  std::vector<std::string> strings;
  for (const json::Value& value : ArrayOf(row, "banned_strings")) strings.push_back(*value.string());
  StatusOr<BannedStrings> banned =
      BannedStrings::Create(std::make_shared<const TokenIndex>(*std::move(index)), strings);
  REQUIRE(banned.ok());
  return std::make_shared<const BannedStrings>(*std::move(banned));
}

Case CaseOf(const json::Value& row, const std::vector<json::Value>& rows, Allocator* allocator) {
  Case out;
  const json::Value& base = rows[static_cast<size_t>(IntegerOf(*row.Find("row")))];
  out.id = *row.Find("id")->string();
  out.logits = LogitsOf(base);
  out.history = TokensOf(ArrayOf(base, "history"));
  out.prompt_tokens = IntegerOf(*base.Find("prompt_tokens"));
  if (const json::Value* forbidden = row.Find("forbidden")) {
    out.allowed.assign((out.logits.size() + 31) / 32, 0xFFFFFFFF);
    for (const int32_t token : TokensOf(*forbidden->array())) {
      out.allowed[static_cast<size_t>(token) / 32] &= ~(1u << (token % 32));
    }
  }
  out.config.params = ParamsOf(*row.Find("params"));
  for (const json::Value& bias : ArrayOf(row, "logit_bias")) {
    const json::Array& pair = *bias.array();
    out.config.logit_bias.push_back({static_cast<int32_t>(IntegerOf(pair[0])),
                                     pair[1].is_null() ? kNever : static_cast<float>(NumberOf(pair[1]))});
  }
  out.config.xtc_spared = TokensOf(ArrayOf(row, "xtc_spared"));
  for (const json::Value& breaker : ArrayOf(row, "dry_breakers")) {
    out.config.dry_breakers.push_back(TokensOf(*breaker.array()));
  }
  out.config.banned_strings = BannedOf(row, allocator);
  out.config.seed = *row.Find("seed")->AsUint64();
  out.config.stream = *row.Find("stream")->AsUint64();
  return out;
}

// The largest difference, relative to 1e-3 or the probability, whichever is more.
double Difference(const json::Array& expected, Candidates* found) {
  std::vector<double> probabilities(static_cast<size_t>(1) << 16);
  double worst = 0;
  size_t most = 0;
  for (size_t i = 0; i < found->size(); ++i) {
    const auto token = static_cast<size_t>(found->id(i));
    probabilities[token] = static_cast<double>(found->weight(i)) / static_cast<double>(found->Total());
    most = std::max(most, token);
  }
  for (const json::Value& value : expected) {
    const auto token = static_cast<size_t>(IntegerOf((*value.array())[0]));
    const double wanted = NumberOf((*value.array())[1]);
    worst = std::max(worst, std::abs(probabilities[token] - wanted) / std::max(1e-3, wanted));
    // One that should be there and is not counts whatever its size.
    if (probabilities[token] == 0 && wanted > 1e-9) worst = 1;
    probabilities[token] = 0;
  }
  for (size_t token = 0; token <= most; ++token) {
    if (probabilities[token] > 2e-12) worst = 1;
  }
  return worst;
}

TEST_CASE("every sampler, alone and in chains, gives the plain implementation's probabilities and tokens") {
  Allocator allocator;
  const std::vector<json::Value> rows = ReadRows("rows.jsonl");
  size_t cases = 0;
  for (const json::Value& value : ReadRows("cases.jsonl")) {
    Case one = CaseOf(value, rows, &allocator);
    CAPTURE(one.id);
    const auto vocabulary = static_cast<int64_t>(one.logits.size());
    StatusOr<Scratch> scratch = Scratch::Create(&allocator, vocabulary, 64);
    REQUIRE(scratch.ok());
    const StatusOr<Sampler> sampler = Sampler::Create(std::move(one.config), vocabulary);
    REQUIRE(sampler.ok());
    SamplerRow row;
    row.logits = one.logits;
    row.history = {one.history, one.prompt_tokens};
    row.allowed = one.allowed.empty() ? nullptr : one.allowed.data();
    bool first = true;
    for (const json::Value& draw : ArrayOf(value, "draws")) {
      row.position = *(*draw.array())[0].AsUint64();
      if (first) {
        const ScopedFloatingPoint default_rounding;
        Candidates candidates(&*scratch);
        REQUIRE(sampler->Prepare(row, &candidates, &*scratch).ok());
        CHECK(Difference(ArrayOf(value, "probabilities"), &candidates) < 8e-6);  // written with 6 digits
        first = false;
      }
      const StatusOr<int32_t> token = sampler->Sample(row, &*scratch);
      REQUIRE(token.ok());
      CHECK(*token == IntegerOf((*draw.array())[1]));
    }
    ++cases;
  }
  CHECK(cases > 400);
}

TEST_CASE("log-probabilities are those of the raw logits, and the likeliest tokens come in order") {
  Allocator allocator;
  for (const json::Value& value : ReadRows("log_probabilities.jsonl")) {
    const std::vector<float> logits = LogitsOf(value);
    StatusOr<Scratch> scratch = Scratch::Create(&allocator, static_cast<int64_t>(logits.size()), 0);
    REQUIRE(scratch.ok());
    const json::Array& expected = ArrayOf(value, "top");
    std::vector<TokenLogProbability> top(expected.size());
    const StatusOr<float> chosen = LogProbabilities(
        logits, static_cast<int32_t>(IntegerOf(*value.Find("token"))), &*scratch, absl::MakeSpan(top));
    REQUIRE(chosen.ok());
    CHECK(std::abs(*chosen - NumberOf(*value.Find("log_probability"))) < 2e-6);
    for (size_t i = 0; i < top.size(); ++i) {
      CHECK(top[i].token == IntegerOf((*expected[i].array())[0]));
      CHECK(std::abs(top[i].log_probability - NumberOf((*expected[i].array())[1])) < 2e-6);
    }
  }
}

}  // namespace
}  // namespace talaria::sampling
