// Tokens of a session taken back, replaced and generated again.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/engine/golden_model.h"

namespace talaria {
namespace {

using test::Finish;
using test::GenerateAlone;
using test::GoldenModel;
using test::TakeEvents;
using test::Taken;
using test::Tokens;

std::vector<uint8_t> None(size_t count) { return std::vector<uint8_t>(count, 0); }

std::vector<float> LogitsAfter(GoldenModel& model, Engine& engine, Sequence& sequence) {
  for (int i = 0; i < 10000; ++i) {
    Event event;
    while (sequence.events().Pop(&event)) {
      if (event.kind == EventKind::kLogits)
        return {event.logits, event.logits + model.llama->config().vocab_size};
    }
    REQUIRE(engine.Step(Deadline::After(0)).ok());
  }
  FAIL("no logits came");
  return {};
}

TEST_CASE("a session that is rewound generates the same tokens again") {
  GoldenModel model;
  const std::vector<int32_t> prompt = model.Prompt(37);
  const std::vector<int32_t> expected = GenerateAlone(model, prompt, Tokens(12)).tokens;
  for (const int64_t back : {0, 1, 5, 12}) {
    CAPTURE(back);
    const auto engine = model.MakeEngine();
    const auto sequence = model.Open(*engine);
    REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, prompt).ok());
    REQUIRE(engine->Generate(*sequence, Tokens(12)).ok());
    CHECK(Finish(*engine, *sequence, 0).tokens == expected);
    REQUIRE(engine->Rewind(*sequence, 49 - back).ok());
    const Engine::SequenceState state = engine->StateOf(*sequence);
    CHECK(state.count == 49 - back);
    CHECK(state.cached <= 49 - back);
    // What was processed is not processed again.
    CHECK(state.cached >= 48 - back);
    if (back == 0) continue;
    REQUIRE(engine->Generate(*sequence, Tokens(back)).ok());
    const Taken again = Finish(*engine, *sequence, 0);
    CHECK(again.tokens == std::vector<int32_t>(expected.end() - back, expected.end()));
  }
}

TEST_CASE("logits after a rewind and other tokens have the bits of a fresh session") {
  GoldenModel model;
  const std::vector<int32_t> prompt = model.Prompt(40), other = model.Prompt(20, 9);
  std::vector<int32_t> whole(prompt.begin(), prompt.begin() + 23);
  whole.insert(whole.end(), other.begin(), other.end());
  std::vector<uint8_t> last = None(other.size());
  last.back() = 1;

  const auto engine = model.MakeEngine();
  const auto fresh = model.Open(*engine, 64, 1);
  std::vector<uint8_t> wants = None(whole.size());
  wants.back() = 1;
  REQUIRE(engine->Append(*fresh, whole, wants).ok());
  const std::vector<float> expected = LogitsAfter(model, *engine, *fresh);

  const auto edited = model.Open(*engine, 64, 1);
  REQUIRE(engine->Append(*edited, prompt, None(prompt.size())).ok());
  SUBCASE("after all was processed") { REQUIRE(engine->Step(Deadline())->idle); }
  SUBCASE("before any was") {}
  SUBCASE("in the middle of a forward pass") { REQUIRE(engine->Step(Deadline::After(0))->suspended); }
  REQUIRE(engine->Rewind(*edited, 23).ok());
  REQUIRE(engine->Append(*edited, other, last).ok());
  CHECK(LogitsAfter(model, *engine, *edited) == expected);
  // The same by one call.
  const auto replaced = model.Open(*engine, 64, 1);
  REQUIRE(engine->Append(*replaced, prompt, None(prompt.size())).ok());
  REQUIRE(engine->Step(Deadline::After(0)).ok());
  REQUIRE(engine->Replace(*replaced, whole, wants).ok());
  CHECK(LogitsAfter(model, *engine, *replaced) == expected);
}

TEST_CASE("tokens that agree keep their cache, and the rest is processed anew") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine);
  std::vector<int32_t> tokens = model.Prompt(60);
  REQUIRE(engine->Replace(*sequence, tokens, None(60)).ok());
  REQUIRE(engine->Step(Deadline())->idle);
  CHECK(engine->StateOf(*sequence).cached == 59);
  tokens[33] = (tokens[33] + 1) % 200;
  tokens.resize(50);
  REQUIRE(engine->Replace(*sequence, tokens, None(50)).ok());
  CHECK(engine->StateOf(*sequence).cached == 33);
  CHECK(engine->StateOf(*sequence).count == 50);
  CHECK(engine->StateOf(*sequence).usage.reused == 33);
  REQUIRE(engine->Generate(*sequence, Tokens(6)).ok());
  const Taken taken = Finish(*engine, *sequence, 0);
  CHECK(taken.tokens == GenerateAlone(model, tokens, Tokens(6)).tokens);
  CHECK(engine->StateOf(*sequence).usage.prompt_rows == 59 + 17);
  // The same tokens with the answer: nothing to do but the answer's last token.
  tokens.insert(tokens.end(), taken.tokens.begin(), taken.tokens.end());
  REQUIRE(engine->Replace(*sequence, tokens, None(tokens.size())).ok());
  CHECK(engine->StateOf(*sequence).cached == 55);
  CHECK(engine->StateOf(*sequence).usage.reused == 33 + 55);
}

TEST_CASE("taking back or replacing tokens at any op of a forward pass disturbs nobody") {
  GoldenModel model;
  const std::vector<int32_t> mine = model.Prompt(30, 3), changed = model.Prompt(28, 4);
  const std::vector<int32_t> theirs = model.Prompt(25, 5);
  const std::vector<int32_t> expected_theirs = GenerateAlone(model, theirs, Tokens(6)).tokens;
  const std::vector<int32_t> expected_mine = GenerateAlone(model, changed, Tokens(6)).tokens;
  int64_t suspended = 0;
  for (int op = 0; op < 200; op += 3) {
    CAPTURE(op);
    const auto engine = model.MakeEngine();
    const auto first = model.Open(*engine);
    const auto second = model.Open(*engine);
    REQUIRE(engine->Append(*first, mine, None(mine.size())).ok());
    REQUIRE(engine->Append(*second, theirs, None(theirs.size())).ok());
    REQUIRE(engine->Generate(*second, Tokens(6)).ok());
    Taken taken;
    for (int i = 0; i < op; ++i) {
      const auto report = engine->Step(Deadline::After(0));
      REQUIRE(report.ok());
      if (i == op - 1) suspended += report->suspended ? 1 : 0;
    }
    if (op % 2 == 0) {
      REQUIRE(engine->Replace(*first, changed, None(changed.size())).ok());
    } else {
      REQUIRE(engine->Rewind(*first, op % 5).ok());
      REQUIRE(engine->Replace(*first, changed, None(changed.size())).ok());
    }
    REQUIRE(engine->Generate(*first, Tokens(6)).ok());
    CHECK(Finish(*engine, *first, 0).tokens == expected_mine);
    TakeEvents(*second, &taken);
    for (int i = 0; i < 100000 && taken.reason == FinishReason::kNone; ++i) {
      REQUIRE(engine->Step(Deadline::After(0)).ok());
      TakeEvents(*second, &taken);
    }
    CHECK(taken.tokens == expected_theirs);
  }
  CHECK(suspended > 30);
}

TEST_CASE("logits that a dropped row was to give are not given, and their places come back") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine, 4, 2);
  REQUIRE(GoldenModel::AppendForLogits(*engine, *sequence, model.Prompt(2)).ok());
  REQUIRE(engine->Step(Deadline::After(0))->suspended);
  REQUIRE(engine->Rewind(*sequence, 0).ok());
  CHECK(engine->Step(Deadline())->idle);
  CHECK(sequence->events().size() == 0);
  CHECK(sequence->events().logits_room() == 2);
  CHECK(sequence->events().room() == 4);
}

TEST_CASE("pages of what was taken back are free for others at the next step") {
  GoldenModel model;
  EngineConfig config = GoldenModel::Config();
  config.cache_positions = 128;
  const auto engine = model.MakeEngine(config);
  const auto sequence = model.Open(*engine);
  const auto other = model.Open(*engine);
  REQUIRE(engine->Append(*sequence, model.Prompt(120), None(120)).ok());
  REQUIRE(engine->Step(Deadline())->idle);
  CHECK(engine->free_pages() == 0);
  CHECK(engine->Append(*other, model.Prompt(20), None(20)).code() == StatusCode::kResourceExhausted);
  REQUIRE(engine->Rewind(*sequence, 17).ok());
  REQUIRE(engine->Step(Deadline()).ok());
  CHECK(engine->free_pages() == 6);
  REQUIRE(engine->Append(*other, model.Prompt(20), None(20)).ok());
}

TEST_CASE("what cannot be taken back or put in its place leaves the session as it was") {
  GoldenModel model;
  EngineConfig config = GoldenModel::Config();
  config.cache_positions = 64;
  const auto engine = model.MakeEngine(config);
  const auto sequence = model.Open(*engine);
  const std::vector<int32_t> prompt = model.Prompt(30);
  REQUIRE(engine->Append(*sequence, prompt, None(30)).ok());
  REQUIRE(engine->Step(Deadline())->idle);
  CHECK(engine->Rewind(*sequence, 31).code() == StatusCode::kInvalidArgument);
  CHECK(engine->Rewind(*sequence, -1).code() == StatusCode::kInvalidArgument);
  const std::vector<int32_t> long_one = model.Prompt(100, 7), too_long = model.Prompt(129, 7);
  CHECK(engine->Replace(*sequence, long_one, None(100)).code() == StatusCode::kResourceExhausted);
  CHECK(engine->Replace(*sequence, too_long, None(129)).code() == StatusCode::kResourceExhausted);
  CHECK(engine->Replace(*sequence, {1, 200}, None(2)).code() == StatusCode::kInvalidArgument);
  CHECK(engine->StateOf(*sequence).count == 30);
  CHECK(engine->StateOf(*sequence).cached == 29);
  REQUIRE(engine->Generate(*sequence, Tokens(3)).ok());
  CHECK(engine->Rewind(*sequence, 1).code() == StatusCode::kFailedPrecondition);
  CHECK(engine->Replace(*sequence, prompt, None(30)).code() == StatusCode::kFailedPrecondition);
  CHECK(Finish(*engine, *sequence, 0).tokens == GenerateAlone(model, prompt, Tokens(3)).tokens);
}

TEST_CASE("usage counts each given token once however often it runs") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine, 64, 4);
  const auto usage = [&] { return engine->StateOf(*sequence).usage; };
  std::vector<uint8_t> last = None(5);
  last.back() = 1;
  REQUIRE(engine->Append(*sequence, model.Prompt(5), last).ok());
  REQUIRE(engine->Step(Deadline())->idle);
  CHECK(usage().prompt_rows == 5);
  CHECK(usage().first_token == 0);
  REQUIRE(engine->Generate(*sequence, Tokens(4)).ok());
  CHECK(Finish(*engine, *sequence, 0).tokens.size() == 4);
  CHECK(usage().prompt_rows == 5);
  CHECK(usage().generated == 4);
  CHECK(usage().reused == 0);
  CHECK(usage().work > 0);
  CHECK(usage().first_token > 0);
  CHECK(usage().generation >= usage().first_token);
  // A further turn: its own tokens only.
  REQUIRE(engine->Append(*sequence, model.Prompt(6, 2), None(6)).ok());
  REQUIRE(engine->Generate(*sequence, Tokens(2)).ok());
  Finish(*engine, *sequence, 0);
  CHECK(usage().prompt_rows == 11);
  CHECK(usage().generated == 6);
  REQUIRE(engine->Generate(*sequence, Tokens(1)).ok());
  Finish(*engine, *sequence, 0);
  CHECK(usage().prompt_rows == 11);
  CHECK(usage().generated == 7);
}

}  // namespace
}  // namespace talaria
