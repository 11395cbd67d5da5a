// Generations that draw: the same tokens whatever runs beside them and however often they are suspended.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/counted_new.h"
#include "tests/engine/golden_model.h"

namespace talaria {
namespace {

using test::Finish;
using test::GenerateAlone;
using test::GoldenModel;
using test::TakeEvents;
using test::Taken;
using test::Tokens;

std::shared_ptr<const sampling::Sampler> MakeSampler(sampling::SamplerConfig config, int64_t vocabulary) {
  auto made = sampling::Sampler::Create(std::move(config), vocabulary);
  REQUIRE_MESSAGE(made.ok(), made.status());
  return std::make_shared<const sampling::Sampler>(*std::move(made));
}

// Draws with much in the chain.
GenerateOptions Drawn(const GoldenModel& model, int64_t count, uint64_t seed, uint64_t stream) {
  sampling::SamplerConfig config;
  config.params.temperature = 1.5;
  config.params.top_p = 0.95;
  config.params.top_k = 50;
  config.params.repetition_penalty = 1.2;
  config.params.presence_penalty = 0.3;
  config.params.dry_multiplier = 0.8;
  config.seed = seed;
  config.stream = stream;
  GenerateOptions options = Tokens(count);
  options.sampler = MakeSampler(std::move(config), model.llama->config().vocab_size);
  return options;
}

TEST_CASE("equal seed and stream give equal tokens, and others others") {
  GoldenModel model;
  const std::vector<int32_t> prompt = model.Prompt(9);
  const std::vector<int32_t> first = GenerateAlone(model, prompt, Drawn(model, 20, 1, 1)).tokens;
  CHECK(first.size() == 20);
  CHECK(GenerateAlone(model, prompt, Drawn(model, 20, 1, 1)).tokens == first);
  CHECK(GenerateAlone(model, prompt, Drawn(model, 20, 2, 1)).tokens != first);
  CHECK(GenerateAlone(model, prompt, Drawn(model, 20, 1, 2)).tokens != first);
  CHECK(GenerateAlone(model, prompt, Tokens(20)).tokens != first);
}

TEST_CASE(
    "drawn tokens are the same in company, in any chunks, suspended everywhere, driven or on the own "
    "thread") {
  GoldenModel model;
  constexpr size_t kSessions = 4;
  std::vector<std::vector<int32_t>> expected;
  for (uint32_t i = 0; i < kSessions; ++i) {
    expected.push_back(GenerateAlone(model, model.Prompt(5 + 13 * i, i), Drawn(model, 12, 7, i)).tokens);
  }
  struct Way {
    const char* name;
    int32_t step_rows, output_rows;
    uint64_t budget_us;
    bool own_thread;
  };
  for (const Way& way :
       {Way{"suspended at every op", 16, 8, 0, false}, Way{"a row a step", 1, 1, 1000, false},
        Way{"chunks of 7", 7, 7, 1000000, false}, Way{"two outputs", 64, 2, 300, false},
        Way{"all at once", 64, 8, 1000000, false}, Way{"own thread", 16, 8, 0, true}}) {
    CAPTURE(way.name);
    EngineConfig config = GoldenModel::Config();
    config.step_rows = way.step_rows;
    config.output_rows = way.output_rows;
    config.own_thread = way.own_thread;
    const auto engine = model.MakeEngine(config);
    std::vector<std::shared_ptr<Sequence>> sessions;
    std::vector<Taken> taken(kSessions);
    for (uint32_t i = 0; i < kSessions; ++i) {
      sessions.push_back(model.Open(*engine));
      REQUIRE(GoldenModel::AppendPlain(*engine, *sessions[i], model.Prompt(5 + 13 * i, i)).ok());
      REQUIRE(engine->Generate(*sessions[i], Drawn(model, 12, 7, i)).ok());
    }
    for (size_t i = 0; i < kSessions; ++i) {
      Event event;
      while (taken[i].reason == FinishReason::kNone) {
        if (!way.own_thread) REQUIRE(engine->Step(Deadline::After(way.budget_us)).ok());
        while (engine->NextEvent(*sessions[i], Deadline::After(way.own_thread ? 10000000 : 0), &event)) {
          if (event.kind == EventKind::kToken) taken[i].tokens.push_back(event.token);
          if (event.kind == EventKind::kFinished) taken[i].reason = event.reason;
          if (event.kind == EventKind::kFinished) break;
        }
      }
      CHECK(taken[i].tokens == expected[i]);
    }
  }
}

TEST_CASE(
    "a drawing session that is rewound draws the same tokens again, and goes on as if it had not been cut") {
  GoldenModel model;
  const std::vector<int32_t> prompt = model.Prompt(9);
  // Without penalties: those tell prompt from generated tokens.
  sampling::SamplerConfig config;
  config.params.temperature = 1.5;
  config.seed = 3;
  GenerateOptions options = Tokens(16);
  options.sampler = MakeSampler(config, model.llama->config().vocab_size);
  const std::vector<int32_t> expected = GenerateAlone(model, prompt, options).tokens;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, prompt).ok());
  REQUIRE(engine->Generate(*sequence, options).ok());
  CHECK(Finish(*engine, *sequence, 0).tokens == expected);
  REQUIRE(engine->Rewind(*sequence, 9 + 6).ok());
  options.max_tokens = 10;
  REQUIRE(engine->Generate(*sequence, options).ok());
  CHECK(Finish(*engine, *sequence, 0).tokens == std::vector<int32_t>(expected.begin() + 6, expected.end()));
}

TEST_CASE("cancelling and going on at any op gives the tokens of one run") {
  GoldenModel model;
  sampling::SamplerConfig config;
  config.params.temperature = 1;
  config.seed = 11;
  GenerateOptions options = Tokens(8);
  options.sampler = MakeSampler(config, model.llama->config().vocab_size);
  const std::vector<int32_t> prompt = model.Prompt(4);
  const std::vector<int32_t> expected = GenerateAlone(model, prompt, options).tokens;
  for (int calls = 1; calls < 150; calls += 4) {
    CAPTURE(calls);
    const auto engine = model.MakeEngine();
    const auto sequence = model.Open(*engine);
    REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, prompt).ok());
    REQUIRE(engine->Generate(*sequence, options).ok());
    for (int i = 0; i < calls; ++i) REQUIRE(engine->Step(Deadline::After(0)).ok());
    engine->Cancel(*sequence);
    Taken taken;
    TakeEvents(*sequence, &taken);
    GenerateOptions rest = options;
    rest.max_tokens = 8 - static_cast<int64_t>(taken.tokens.size());
    if (rest.max_tokens == 0) break;
    REQUIRE(engine->Generate(*sequence, rest).ok());
    const Taken more = Finish(*engine, *sequence, 0);
    taken.tokens.insert(taken.tokens.end(), more.tokens.begin(), more.tokens.end());
    CHECK(taken.tokens == expected);
  }
}

TEST_CASE("log-probabilities are those of the logits, whoever chooses") {
  GoldenModel model;
  const std::vector<int32_t> prompt = model.Prompt(9);
  for (const bool draws : {false, true}) {
    CAPTURE(draws);
    const auto engine = model.MakeEngine();
    const auto sequence = model.Open(*engine, 256, 16);
    REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, prompt).ok());
    GenerateOptions options = draws ? Drawn(model, 6, 5, 0) : Tokens(6);
    options.log_probabilities = true;
    options.top = 5;
    REQUIRE(engine->Generate(*sequence, options).ok());
    std::vector<int32_t> tokens = prompt;
    std::vector<float> told;
    std::vector<std::vector<sampling::TokenLogProbability>> tops;
    while (tokens.size() < prompt.size() + 6) {
      REQUIRE(engine->Step(Deadline::After(0)).ok());
      Event event;
      while (sequence->events().Pop(&event)) {
        if (event.kind != EventKind::kToken) continue;
        CHECK(event.has_log_probability);
        REQUIRE(event.top.size() == 5);
        tokens.push_back(event.token);
        told.push_back(event.log_probability);
        tops.emplace_back(event.top.begin(), event.top.end());
      }
    }
    CHECK(std::vector<int32_t>(tokens.begin() + 9, tokens.end()) ==
          GenerateAlone(model, prompt, draws ? Drawn(model, 6, 5, 0) : Tokens(6)).tokens);
    // The same positions' logits, asked for.
    const auto reader = model.Open(*engine, 256, 16);
    REQUIRE(GoldenModel::AppendForLogits(*engine, *reader, tokens).ok());
    size_t checked = 0;
    for (int i = 0; i < 10000 && checked < 6; ++i) {
      REQUIRE(engine->Step(Deadline()).ok());
      Event event;
      while (reader->events().Pop(&event)) {
        const auto at = static_cast<size_t>(event.position);
        if (at < 8 || at + 1 >= tokens.size()) continue;
        const int64_t count = model.llama->config().vocab_size;
        double sum = 0;
        for (int64_t k = 0; k < count; ++k) sum += std::exp(static_cast<double>(event.logits[k]));
        const auto expected = [&](int32_t token) {
          return static_cast<double>(event.logits[token]) - std::log(sum);
        };
        const size_t n = at - 8;
        CHECK(static_cast<double>(told[n]) == doctest::Approx(expected(tokens[at + 1])).epsilon(1e-5));
        CHECK(tops[n][0].token == std::max_element(event.logits, event.logits + count) - event.logits);
        for (size_t k = 0; k < 5; ++k) {
          CHECK(static_cast<double>(tops[n][k].log_probability) ==
                doctest::Approx(expected(tops[n][k].token)).epsilon(1e-5));
          if (k > 0) CHECK(tops[n][k].log_probability <= tops[n][k - 1].log_probability);
        }
        ++checked;
      }
    }
    CHECK(checked == 6);
  }
}

TEST_CASE("logits, a draw and log-probabilities of one row agree") {
  GoldenModel model;
  const std::vector<int32_t> prompt = model.Prompt(9);
  const std::vector<int32_t> expected = GenerateAlone(model, prompt, Drawn(model, 3, 5, 0)).tokens;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine, 64, 2);
  std::vector<uint8_t> last(9, 0);
  last.back() = 1;
  REQUIRE(engine->Append(*sequence, prompt, last).ok());
  GenerateOptions options = Drawn(model, 3, 5, 0);
  options.log_probabilities = true;
  options.top = 1;
  REQUIRE(engine->Generate(*sequence, options).ok());
  REQUIRE(engine->Step(Deadline())->idle);
  Event event;
  REQUIRE(sequence->events().Pop(&event));
  REQUIRE(event.kind == EventKind::kLogits);
  const float* end = event.logits + model.llama->config().vocab_size;
  const auto best = static_cast<int32_t>(std::max_element(event.logits, end) - event.logits);
  REQUIRE(sequence->events().Pop(&event));
  CHECK(event.token == expected[0]);
  REQUIRE(event.top.size() == 1);
  CHECK(event.top[0].token == best);
  Taken rest;
  TakeEvents(*sequence, &rest);
  CHECK(rest.tokens == std::vector<int32_t>(expected.begin() + 1, expected.end()));
}

TEST_CASE("where nothing may be chosen the generation ends, says why, and the session goes on") {
  GoldenModel model;
  const int64_t vocabulary = model.llama->config().vocab_size;
  sampling::SamplerConfig config;
  config.params.temperature = 1;
  for (int32_t i = 0; i < vocabulary; ++i) config.logit_bias.push_back({i, sampling::kNever});
  GenerateOptions none = Tokens(4);
  none.sampler = MakeSampler(config, vocabulary);
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine);
  const auto other = model.Open(*engine);
  const std::vector<int32_t> prompt = model.Prompt(5);
  for (const auto& each : {sequence, other}) REQUIRE(GoldenModel::AppendPlain(*engine, *each, prompt).ok());
  REQUIRE(engine->Generate(*sequence, none).ok());
  REQUIRE(engine->Generate(*other, Tokens(4)).ok());
  const Taken taken = Finish(*engine, *sequence, 0);
  CHECK(taken.reason == FinishReason::kNoChoice);
  CHECK(taken.tokens.empty());
  const Engine::SequenceState state = engine->StateOf(*sequence);
  CHECK(state.failure.code() == StatusCode::kInvalidArgument);
  CHECK(state.count == 5);
  CHECK_FALSE(state.generating);
  CHECK(Finish(*engine, *other, 0).tokens == GenerateAlone(model, prompt, Tokens(4)).tokens);
  REQUIRE(engine->Generate(*sequence, Tokens(4)).ok());
  CHECK(engine->StateOf(*sequence).failure.ok());
  CHECK(Finish(*engine, *sequence, 0).tokens == GenerateAlone(model, prompt, Tokens(4)).tokens);
}

TEST_CASE("a step that draws, matches stop strings and tells log-probabilities allocates nothing") {
  GoldenModel model("tiny_text");
  REQUIRE(model.tokenizer != nullptr);
  auto stops = StopStrings::Create({"this will hardly ever be said", "nor this"});
  REQUIRE(stops.ok());
  const auto engine = model.MakeEngine();
  std::vector<std::shared_ptr<Sequence>> sessions;
  for (uint32_t i = 0; i < 3; ++i) {
    sessions.push_back(model.Open(*engine));
    REQUIRE(GoldenModel::AppendPlain(*engine, *sessions[i], model.Prompt(20 + i, i)).ok());
    GenerateOptions options = Drawn(model, 40, 3, i);
    options.stop_strings = *stops;
    options.tokenizer = model.tokenizer;
    options.log_probabilities = true;
    options.top = 8;
    REQUIRE(engine->Generate(*sessions[i], options).ok());
  }
  const uint64_t host_bytes = model.allocator.used_bytes();
  int64_t counted = 0, tokens = 0;
  for (int i = 0; i < 100; ++i) {
    test::CountNew(true);
    const auto report = engine->Step(Deadline::After(i % 2 == 0 ? 0 : 1000));
    counted += test::CountNew(false);
    REQUIRE(report.ok());
    Event event;
    for (const auto& sequence : sessions) {
      while (sequence->events().Pop(&event)) tokens += event.kind == EventKind::kToken ? 1 : 0;
    }
  }
  CHECK(counted == 0);
  CHECK(model.allocator.used_bytes() == host_bytes);
  CHECK(tokens > 20);
}

TEST_CASE("a stop string ends a generation with the token that completes it") {
  GoldenModel model("tiny_text");
  const std::vector<int32_t> prompt = model.Prompt(6);
  sampling::SamplerConfig config;
  config.params.temperature = 1;
  config.seed = 4;
  GenerateOptions options = Tokens(40);
  options.sampler = MakeSampler(config, model.llama->config().vocab_size);
  options.tokenizer = model.tokenizer;
  const std::vector<int32_t> all = GenerateAlone(model, prompt, options).tokens;
  for (size_t last = 1; last < 30; ++last) {
    // The end of one token and the beginning of the next.
    const std::string_view first = model.tokenizer->BytesOf(all[last - 1]);
    const std::string_view second = model.tokenizer->BytesOf(all[last]);
    if (first.empty() || second.empty()) continue;
    const std::string stop = std::string(first.substr(first.size() - 1)) + std::string(second.substr(0, 1));
    CAPTURE(stop);
    auto stops = StopStrings::Create({stop});
    REQUIRE(stops.ok());
    options.stop_strings = *stops;
    // Where it is said first.
    StopMatcher matcher(*stops);
    size_t expected = 0;
    while (!matcher.FeedAll(model.tokenizer->BytesOf(all[expected]))) ++expected;
    const Taken taken = GenerateAlone(model, prompt, options);
    CHECK(taken.reason == FinishReason::kStopString);
    CHECK(taken.tokens ==
          std::vector<int32_t>(all.begin(), all.begin() + static_cast<int64_t>(expected) + 1));
  }
}

TEST_CASE("stop strings without a tokenizer and more likeliest tokens than there is room for are refused") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, {1, 2}).ok());
  GenerateOptions options = Tokens(1);
  options.stop_strings = *StopStrings::Create({"x"});
  CHECK(engine->Generate(*sequence, options).code() == StatusCode::kFailedPrecondition);
  options = Tokens(1);
  options.log_probabilities = true;
  options.top = 9;
  CHECK(engine->Generate(*sequence, options).code() == StatusCode::kFailedPrecondition);
  CHECK_FALSE(engine->StateOf(*sequence).generating);
}

}  // namespace
}  // namespace talaria
