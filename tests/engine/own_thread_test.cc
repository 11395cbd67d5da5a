// Engines that step themselves.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "lib/base/platform.h"
#include "tests/engine/golden_model.h"
#include "tests/engine/troubled_backend.h"

namespace talaria {
namespace {

using test::GenerateAlone;
using test::GoldenModel;
using test::Taken;
using test::Tokens;

// Long beside any wait of these tests, short beside a test's limit.
constexpr uint64_t kLongUs = 60000000;

EngineConfig OwnThread() {
  EngineConfig config = GoldenModel::Config();
  config.own_thread = true;
  return config;
}

Taken WaitForEnd(Engine& engine, Sequence& sequence) {
  Taken taken;
  Event event;
  while (taken.reason == FinishReason::kNone) {
    REQUIRE(engine.NextEvent(sequence, Deadline::After(kLongUs), &event));
    if (event.kind == EventKind::kToken) taken.tokens.push_back(event.token);
    if (event.kind == EventKind::kFinished) taken.reason = event.reason;
  }
  return taken;
}

void Begin(Engine& engine, Sequence& sequence, const std::vector<int32_t>& prompt, int64_t count) {
  REQUIRE(GoldenModel::AppendPlain(engine, sequence, prompt).ok());
  REQUIRE(engine.Generate(sequence, Tokens(count)).ok());
}

int64_t Milliseconds(int64_t since_ns) { return (platform::MonotonicNanoseconds() - since_ns) / 1000000; }

TEST_CASE("an engine of its own thread generates what a driven one does, and lets nobody else step") {
  GoldenModel model;
  const auto engine = model.MakeEngine(OwnThread());
  const auto sequence = model.Open(*engine);
  CHECK(engine->Step(Deadline()).status().code() == StatusCode::kFailedPrecondition);
  for (int turn = 0; turn < 3; ++turn) {
    REQUIRE(engine->Rewind(*sequence, 0).ok());
    Begin(*engine, *sequence, model.Prompt(20), 10);
    CHECK(WaitForEnd(*engine, *sequence).tokens == GenerateAlone(model, model.Prompt(20), Tokens(10)).tokens);
  }
}

TEST_CASE("a wait without events ends at its time, and a session that another thread cancels says so") {
  GoldenModel model;
  const auto engine = model.MakeEngine(OwnThread());
  const auto sequence = model.Open(*engine);
  Event event;
  int64_t begin = platform::MonotonicNanoseconds();
  CHECK_FALSE(engine->NextEvent(*sequence, Deadline::After(30000), &event));
  CHECK(engine->WaitAny(Deadline::After(30000)) == nullptr);
  CHECK(Milliseconds(begin) >= 60);
  CHECK_FALSE(engine->NextEvent(*sequence, Deadline::After(0), &event));
  // Paused by its queue, so that it cannot come to its end by itself.
  const auto small = model.Open(*engine, 2);
  Begin(*engine, *small, model.Prompt(5), 50);
  REQUIRE(engine->NextEvent(*small, Deadline::After(kLongUs), &event));
  // Nothing is taken out meanwhile: else a fast machine comes to the end before the other thread cancels.
  std::thread canceller([&] { engine->Cancel(*small); });
  canceller.join();
  CHECK(WaitForEnd(*engine, *small).reason == FinishReason::kCancelled);
}

TEST_CASE("a driven engine waits for nothing") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine);
  Event event;
  const int64_t begin = platform::MonotonicNanoseconds();
  CHECK_FALSE(engine->NextEvent(*sequence, Deadline::After(kLongUs), &event));
  CHECK(engine->WaitAny(Deadline::After(kLongUs)) == nullptr);
  CHECK(Milliseconds(begin) < 10000);
}

TEST_CASE("an idle engine uses no CPU") {
  GoldenModel model;
  const auto engine = model.MakeEngine(OwnThread());
  const auto sequence = model.Open(*engine);
  Begin(*engine, *sequence, model.Prompt(5), 5);
  WaitForEnd(*engine, *sequence);
  const int64_t begin = platform::ProcessCpuNanoseconds();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  CHECK(platform::ProcessCpuNanoseconds() - begin < 10000000);
}

TEST_CASE(
    "an engine whose session is paused by its queue uses no CPU either, and goes on when it is emptied") {
  GoldenModel model;
  const auto engine = model.MakeEngine(OwnThread());
  const auto sequence = model.Open(*engine, 2);
  Begin(*engine, *sequence, model.Prompt(5), 20);
  for (int i = 0; i < 10000 && sequence->events().room() > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const int64_t begin = platform::ProcessCpuNanoseconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  CHECK(platform::ProcessCpuNanoseconds() - begin < 10000000);
  CHECK(sequence->events().size() == 2);
  CHECK(WaitForEnd(*engine, *sequence).tokens == GenerateAlone(model, model.Prompt(5), Tokens(20)).tokens);
}

TEST_CASE("logits of every token come one by one where there is room for one row") {
  GoldenModel model;
  const auto engine = model.MakeEngine(OwnThread());
  const auto sequence = model.Open(*engine, 8, 1);
  REQUIRE(GoldenModel::AppendForLogits(*engine, *sequence, model.Prompt(12)).ok());
  Event event;
  for (int64_t position = 0; position < 12; ++position) {
    REQUIRE(engine->NextEvent(*sequence, Deadline::After(5000000), &event));
    CHECK(event.kind == EventKind::kLogits);
    CHECK(event.position == position);
  }
}

TEST_CASE("sessions that have events take turns") {
  GoldenModel model;
  const auto engine = model.MakeEngine(OwnThread());
  std::vector<std::shared_ptr<Sequence>> sessions;
  std::vector<Taken> taken(3);
  for (uint32_t i = 0; i < 3; ++i) {
    sessions.push_back(model.Open(*engine));
    Begin(*engine, *sessions[i], model.Prompt(5 + i, i), 10);
  }
  size_t ended = 0;
  Event event;
  while (ended < 3) {
    const std::shared_ptr<Sequence> next = engine->WaitAny(Deadline::After(kLongUs));
    REQUIRE(next != nullptr);
    const auto at = static_cast<size_t>(std::find(sessions.begin(), sessions.end(), next) - sessions.begin());
    REQUIRE(at < 3);
    // One event a turn: whoever has more waits for the others.
    REQUIRE(engine->NextEvent(*next, Deadline::After(0), &event));
    if (event.kind == EventKind::kToken) taken[at].tokens.push_back(event.token);
    if (event.kind == EventKind::kFinished) ++ended;
  }
  CHECK(engine->WaitAny(Deadline::After(0)) == nullptr);
  for (uint32_t i = 0; i < 3; ++i) {
    CHECK(taken[i].tokens == GenerateAlone(model, model.Prompt(5 + i, i), Tokens(10)).tokens);
  }
  // All three have events now: three turns give three sessions.
  std::set<Sequence*> seen;
  for (uint32_t i = 0; i < 3; ++i) {
    REQUIRE(engine->Generate(*sessions[i], Tokens(1)).ok());
    while (sessions[i]->events().size() < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (int i = 0; i < 3; ++i) seen.insert(engine->WaitAny(Deadline::After(0)).get());
  CHECK(seen.size() == 3);
  engine->Close(sessions[1]);
  for (int i = 0; i < 3; ++i) CHECK(engine->WaitAny(Deadline::After(0)) != sessions[1]);
}

TEST_CASE("the wake function is called for events, not for idle steps, and not after it was taken away") {
  GoldenModel model;
  std::atomic<int> calls{0};
  const auto wake = [](void* user) { ++*static_cast<std::atomic<int>*>(user); };
  SUBCASE("on the engine's thread") {
    const auto engine = model.MakeEngine(OwnThread());
    const auto sequence = model.Open(*engine);
    engine->SetWake(wake, &calls);
    Begin(*engine, *sequence, model.Prompt(5), 6);
    WaitForEnd(*engine, *sequence);
    CHECK(calls >= 1);
    engine->SetWake(nullptr, nullptr);
    const int before = calls;
    REQUIRE(engine->Generate(*sequence, Tokens(6)).ok());
    WaitForEnd(*engine, *sequence);
    CHECK(calls == before);
  }
  SUBCASE("in a driven engine") {
    const auto engine = model.MakeEngine();
    const auto sequence = model.Open(*engine);
    engine->SetWake(wake, &calls);
    for (int i = 0; i < 5; ++i) REQUIRE(engine->Step(Deadline())->idle);
    CHECK(calls == 0);
    Begin(*engine, *sequence, model.Prompt(5), 6);
    REQUIRE(engine->Step(Deadline())->idle);
    CHECK(calls >= 6);
    const int before = calls;
    REQUIRE(engine->Step(Deadline())->idle);
    CHECK(calls == before);
    engine->Cancel(*sequence);
  }
  SUBCASE("for an end that planning a step brings") {
    EngineConfig config = GoldenModel::Config();
    config.cache_positions = 16;
    const auto engine = model.MakeEngine(config);
    const auto sequence = model.Open(*engine);
    Begin(*engine, *sequence, model.Prompt(16), 6);
    // The token of position 16 has a place; the one after it has none.
    REQUIRE(engine->Step(Deadline::After(0)).ok());
    while (sequence->events().size() == 0) REQUIRE(engine->Step(Deadline::After(0)).ok());
    engine->SetWake(wake, &calls);
    REQUIRE(engine->Step(Deadline())->idle);
    CHECK(calls == 1);
    CHECK(sequence->events().size() == 2);
  }
}

TEST_CASE("closing while a forward pass runs ends soon") {
  GoldenModel model;
  EngineConfig config = OwnThread();
  config.context = 2048;
  config.cache_positions = 2048;
  config.step_rows = 1024;
  for (int round = 0; round < 3; ++round) {
    auto engine = model.MakeEngine(config);
    auto sequence = model.Open(*engine);
    Begin(*engine, *sequence, model.Prompt(1500), 100);
    std::this_thread::sleep_for(std::chrono::milliseconds(10 * round));
    const int64_t begin = platform::MonotonicNanoseconds();
    engine->Close(sequence);
    sequence.reset();
    engine.reset();
    // One op of the reference backend on all rows, which a sanitizer makes long; the whole pass is 15 s.
    CHECK(Milliseconds(begin) < 5000);
  }
}

TEST_CASE("cancelling ends the forward pass under way") {
  GoldenModel model;
  EngineConfig config = OwnThread();
  config.context = 2048;
  config.cache_positions = 2048;
  config.step_rows = 1024;
  const auto engine = model.MakeEngine(config);
  const auto sequence = model.Open(*engine);
  Begin(*engine, *sequence, model.Prompt(1500), 100);
  engine->Cancel(*sequence);
  Event event;
  REQUIRE(engine->NextEvent(*sequence, Deadline::After(500000), &event));
  CHECK(event.reason == FinishReason::kCancelled);
  REQUIRE(engine->Rewind(*sequence, 5).ok());
  REQUIRE(engine->Generate(*sequence, Tokens(4)).ok());
  std::vector<int32_t> prompt = model.Prompt(1500);
  prompt.resize(5);
  CHECK(WaitForEnd(*engine, *sequence).tokens == GenerateAlone(model, prompt, Tokens(4)).tokens);
}

TEST_CASE("a step that fails ends its generations with the reason, and the engine goes on") {
  test::Trouble trouble;
  StatusCode code = StatusCode::kDataLoss;
  std::string words = "device is gone";
  SUBCASE("by a status") {}
  SUBCASE("by an exception") {
    trouble.throws = true;
    code = StatusCode::kResourceExhausted;
    words = "out of memory";
  }
  GoldenModel model("tiny_kv4", [&](std::unique_ptr<Backend> inner) {
    return std::make_unique<test::TroubledBackend>(std::move(inner), &trouble);
  });
  const std::vector<int32_t> expected = GenerateAlone(model, model.Prompt(5), Tokens(6)).tokens;
  const auto engine = model.MakeEngine(OwnThread());
  const auto sequence = model.Open(*engine);
  // The thread may take up a prompt before its generation is asked for: all of this one but the last token,
  // so that the next run is a step of the generation.
  REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, model.Prompt(5)).ok());
  while (engine->StateOf(*sequence).cached < 4) std::this_thread::yield();
  trouble.fail_at = trouble.runs + 1;
  REQUIRE(engine->Generate(*sequence, Tokens(6)).ok());
  Taken taken = WaitForEnd(*engine, *sequence);
  CHECK(taken.reason == FinishReason::kFailed);
  const Engine::SequenceState state = engine->StateOf(*sequence);
  CHECK(state.failure.code() == code);
  CHECK(Message(state.failure).find(words) != std::string_view::npos);
  CHECK(state.count == 5 + static_cast<int64_t>(taken.tokens.size()));
  REQUIRE(engine->Rewind(*sequence, 5).ok());
  REQUIRE(engine->Generate(*sequence, Tokens(6)).ok());
  CHECK(engine->StateOf(*sequence).failure.ok());
  CHECK(WaitForEnd(*engine, *sequence).tokens == expected);
}

TEST_CASE("a driven step that fails gives the error and leaves all sessions as they were") {
  test::Trouble trouble;
  SUBCASE("by a status") {}
  SUBCASE("by an exception") { trouble.throws = true; }
  GoldenModel model("tiny_kv4", [&](std::unique_ptr<Backend> inner) {
    return std::make_unique<test::TroubledBackend>(std::move(inner), &trouble);
  });
  const std::vector<int32_t> expected = GenerateAlone(model, model.Prompt(5), Tokens(6)).tokens;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine);
  Begin(*engine, *sequence, model.Prompt(5), 6);
  Taken taken;
  for (int i = 0; i < 100000 && taken.reason == FinishReason::kNone; ++i) {
    const int64_t count = engine->StateOf(*sequence).count;
    if (i % 20 == 7) trouble.fail_at = trouble.runs + 1;
    const auto report = engine->Step(Deadline::After(i % 3 == 0 ? 1000 : 0));
    if (!report.ok()) {
      CHECK(report.status().code() ==
            (trouble.throws ? StatusCode::kResourceExhausted : StatusCode::kDataLoss));
      CHECK(engine->StateOf(*sequence).generating);
      CHECK(engine->StateOf(*sequence).count >= count);
    }
    test::TakeEvents(*sequence, &taken);
  }
  CHECK(taken.tokens == expected);
}

}  // namespace
}  // namespace talaria
