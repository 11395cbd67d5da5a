#include "lib/engine/engine.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

#include "tests/counted_new.h"
#include "tests/engine/golden_model.h"

namespace talaria {
namespace {

using test::GoldenModel;
using test::TakeEvents;
using test::Taken;
using test::Tokens;

// Greedy tokens after a prompt, alone in an engine of its own.
std::vector<int32_t> Alone(GoldenModel& model, const std::vector<int32_t>& prompt, int64_t count) {
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, prompt).ok());
  REQUIRE(engine->Generate(*sequence, Tokens(count)).ok());
  Taken taken;
  while (taken.reason == FinishReason::kNone) {
    REQUIRE(engine->Step(Deadline()).ok());
    TakeEvents(*sequence, &taken);
  }
  CHECK(taken.reason == FinishReason::kLength);
  return taken.tokens;
}

TEST_CASE("sessions that share steps get the tokens they get alone") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  std::vector<std::shared_ptr<Sequence>> sessions;
  std::vector<Taken> taken(4);
  for (uint32_t i = 0; i < 4; ++i) {
    sessions.push_back(model.Open(*engine));
    REQUIRE(GoldenModel::AppendPlain(*engine, *sessions[i], model.Prompt(5 + 20 * i, i)).ok());
    REQUIRE(engine->Generate(*sessions[i], Tokens(12)).ok());
  }
  bool idle = false;
  while (!idle) {
    const auto report = engine->Step(Deadline::After(0));
    REQUIRE(report.ok());
    idle = report->idle;
    for (size_t i = 0; i < 4; ++i) TakeEvents(*sessions[i], &taken[i]);
  }
  for (uint32_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    CHECK(taken[i].tokens == Alone(model, model.Prompt(5 + 20 * i, i), 12));
  }
}

TEST_CASE("a decoding session goes on at every step while another's prompt is processed") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto talker = model.Open(*engine);
  const auto reader = model.Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *talker, model.Prompt(2)).ok());
  REQUIRE(engine->Generate(*talker, Tokens(20)).ok());
  REQUIRE(engine->Step(Deadline::After(0)).ok());
  REQUIRE(GoldenModel::AppendPlain(*engine, *reader, model.Prompt(100)).ok());
  // 99 rows of the prompt in chunks of 15 beside one row of the talker: 7 steps, a token in each.
  int64_t steps = 0;
  while (engine->StateOf(*reader).cached < 99) {
    const auto report = engine->Step(Deadline::After(0));
    REQUIRE(report.ok());
    steps += report->steps;
  }
  Taken taken;
  TakeEvents(*talker, &taken);
  CHECK(static_cast<int64_t>(taken.tokens.size()) >= steps - 1);
  CHECK(steps <= 9);
}

TEST_CASE("a full event queue pauses its session and no other, and nothing is lost") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto slow = model.Open(*engine, 2);
  const auto fast = model.Open(*engine);
  for (const auto& sequence : {slow, fast}) {
    REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, model.Prompt(5)).ok());
    REQUIRE(engine->Generate(*sequence, Tokens(10)).ok());
  }
  REQUIRE(engine->Step(Deadline())->idle);
  CHECK(slow->events().size() == 2);
  CHECK(fast->events().size() == 11);
  Taken taken;
  for (int i = 0; i < 20 && taken.reason == FinishReason::kNone; ++i) {
    TakeEvents(*slow, &taken);
    REQUIRE(engine->Step(Deadline()).ok());
  }
  CHECK(taken.tokens == Alone(model, model.Prompt(5), 10));
}

TEST_CASE("a step allocates nothing between its entry and its exit") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto first = model.Open(*engine, 256, 4);
  const auto second = model.Open(*engine);
  REQUIRE(GoldenModel::AppendForLogits(*engine, *first, model.Prompt(40)).ok());
  REQUIRE(GoldenModel::AppendPlain(*engine, *second, model.Prompt(30, 2)).ok());
  REQUIRE(engine->Generate(*second, Tokens(20)).ok());
  const uint64_t host_bytes = model.allocator.used_bytes();
  int64_t counted = 0;
  for (int i = 0; i < 60; ++i) {
    test::CountNew(true);
    const auto report = engine->Step(Deadline::After(i % 2 == 0 ? 0 : 1000));
    counted += test::CountNew(false);
    REQUIRE(report.ok());
    Event event;
    while (first->events().Pop(&event)) continue;
    while (second->events().Pop(&event)) continue;
  }
  CHECK(counted == 0);
  CHECK(model.allocator.used_bytes() == host_bytes);
}

TEST_CASE("cancel ends a generation at once and leaves the session usable") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, model.Prompt(5)).ok());
  REQUIRE(engine->Generate(*sequence, Tokens(30)).ok());
  Taken taken;
  while (taken.tokens.size() < 3) {
    REQUIRE(engine->Step(Deadline::After(0)).ok());
    TakeEvents(*sequence, &taken);
  }
  // In the middle of a forward pass.
  REQUIRE(engine->Step(Deadline::After(0))->suspended);
  engine->Cancel(*sequence);
  TakeEvents(*sequence, &taken);
  CHECK(taken.reason == FinishReason::kCancelled);
  CHECK(engine->Step(Deadline::After(0))->rows == 0);
  CHECK(engine->Step(Deadline::After(0))->idle);
  CHECK(engine->StateOf(*sequence).count == 8);

  Taken rest;
  REQUIRE(engine->Generate(*sequence, Tokens(7)).ok());
  while (rest.reason == FinishReason::kNone) {
    REQUIRE(engine->Step(Deadline()).ok());
    TakeEvents(*sequence, &rest);
  }
  taken.tokens.insert(taken.tokens.end(), rest.tokens.begin(), rest.tokens.end());
  CHECK(taken.tokens == Alone(model, model.Prompt(5), 10));
}

TEST_CASE("cancel and a new generation during one forward pass give no token of the old one") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, model.Prompt(5)).ok());
  REQUIRE(engine->Generate(*sequence, Tokens(1)).ok());
  REQUIRE(engine->Step(Deadline::After(0))->suspended);
  engine->Cancel(*sequence);
  Taken old;
  TakeEvents(*sequence, &old);
  CHECK(old.tokens.empty());
  REQUIRE(engine->Generate(*sequence, Tokens(4)).ok());
  Taken taken;
  while (taken.reason == FinishReason::kNone) {
    REQUIRE(engine->Step(Deadline::After(0)).ok());
    TakeEvents(*sequence, &taken);
  }
  CHECK(taken.tokens == Alone(model, model.Prompt(5), 4));
}

TEST_CASE("logits asked for and a generation after them agree with a generation alone") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto sequence = model.Open(*engine, 256, 8);
  const std::vector<int32_t> prompt = model.Prompt(6);
  REQUIRE(GoldenModel::AppendForLogits(*engine, *sequence, prompt).ok());
  const std::vector<int32_t> expected = Alone(model, prompt, 4);
  SUBCASE("begun before the logits are there") { REQUIRE(engine->Generate(*sequence, Tokens(4)).ok()); }
  SUBCASE("begun in the middle of the forward pass") {
    REQUIRE(engine->Step(Deadline::After(0))->suspended);
    REQUIRE(engine->Generate(*sequence, Tokens(4)).ok());
  }
  SUBCASE("begun afterwards") {
    REQUIRE(engine->Step(Deadline())->idle);
    REQUIRE(engine->Generate(*sequence, Tokens(4)).ok());
  }
  Taken taken;
  int64_t logits = 0;
  for (int i = 0; i < 100 && taken.reason == FinishReason::kNone; ++i) {
    REQUIRE(engine->Step(Deadline()).ok());
    Event event;
    while (sequence->events().Pop(&event)) {
      if (event.kind == EventKind::kToken) taken.tokens.push_back(event.token);
      if (event.kind == EventKind::kFinished) taken.reason = event.reason;
      if (event.kind == EventKind::kLogits) {
        CHECK(event.position == logits++);
        if (event.position == 5) {
          const float* end = event.logits + model.llama->config().vocab_size;
          CHECK(std::max_element(event.logits, end) - event.logits == expected[0]);
        }
      }
    }
  }
  CHECK(logits == 6);
  CHECK(taken.tokens == expected);
}

TEST_CASE("closing a session during a forward pass gives its pages back and disturbs nobody") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const int32_t pages = engine->free_pages();
  const auto stays = model.Open(*engine);
  auto goes = model.Open(*engine);
  for (const auto& sequence : {stays, goes}) {
    REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, model.Prompt(5)).ok());
    REQUIRE(engine->Generate(*sequence, Tokens(6)).ok());
  }
  REQUIRE(engine->Step(Deadline::After(0))->suspended);
  engine->Close(goes);
  goes.reset();
  Taken taken;
  while (taken.reason == FinishReason::kNone) {
    REQUIRE(engine->Step(Deadline::After(0)).ok());
    TakeEvents(*stays, &taken);
  }
  CHECK(taken.tokens == Alone(model, model.Prompt(5), 6));
  engine->Close(stays);
  CHECK(engine->free_pages() == pages);
}

TEST_CASE("events that a step under way will cause keep their places whatever the host begins and cancels") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const auto asks = model.Open(*engine, 2, 2);
  const auto other = model.Open(*engine);
  REQUIRE(GoldenModel::AppendForLogits(*engine, *asks, model.Prompt(2)).ok());
  REQUIRE(GoldenModel::AppendPlain(*engine, *other, model.Prompt(3)).ok());
  REQUIRE(engine->Generate(*other, Tokens(2)).ok());
  REQUIRE(engine->Step(Deadline::After(0))->suspended);
  // Both places of the queue are spoken for by the logits under way.
  CHECK(engine->Generate(*asks, Tokens(1)).code() == StatusCode::kFailedPrecondition);
  REQUIRE(engine->Step(Deadline()).ok());
  Event event;
  for (int64_t position = 0; position < 2; ++position) {
    REQUIRE(asks->events().Pop(&event));
    CHECK(event.kind == EventKind::kLogits);
    CHECK(event.position == position);
  }
  CHECK_FALSE(asks->events().Pop(&event));
}

TEST_CASE("a session freed while its step is suspended gives its place back at once") {
  GoldenModel model;
  EngineConfig config = GoldenModel::Config();
  config.max_sessions = 1;
  const auto engine = model.MakeEngine(config);
  auto first = model.Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *first, model.Prompt(20)).ok());
  REQUIRE(engine->Step(Deadline::After(0))->suspended);
  engine->Close(first);
  first.reset();
  CHECK(engine->free_pages() == 32);
  const auto second = model.Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *second, model.Prompt(5)).ok());
  REQUIRE(engine->Generate(*second, Tokens(4)).ok());
  Taken taken;
  while (taken.reason == FinishReason::kNone) {
    REQUIRE(engine->Step(Deadline()).ok());
    TakeEvents(*second, &taken);
  }
  CHECK(taken.tokens == Alone(model, model.Prompt(5), 4));
}

TEST_CASE("decoding sessions that fill every step do not starve a prompt") {
  GoldenModel model;
  EngineConfig config = GoldenModel::Config();
  config.step_rows = 2;
  config.output_rows = 2;
  const auto engine = model.MakeEngine(config);
  std::vector<std::shared_ptr<Sequence>> talkers = {model.Open(*engine), model.Open(*engine)};
  for (const auto& talker : talkers) {
    REQUIRE(GoldenModel::AppendPlain(*engine, *talker, model.Prompt(1)).ok());
    REQUIRE(engine->Generate(*talker, Tokens(60)).ok());
  }
  const auto reader = model.Open(*engine, 8, 1);
  std::vector<uint8_t> last(6, 0);
  last.back() = 1;
  REQUIRE(engine->Append(*reader, model.Prompt(6), last).ok());
  int64_t steps = 0;
  while (reader->events().size() == 0 && steps < 40) {
    const auto report = engine->Step(Deadline::After(0));
    REQUIRE(report.ok());
    steps += report->steps;
  }
  // A row of its own at every third step.
  CHECK(steps <= 20);
  CHECK(engine->StateOf(*talkers[0]).generating);
}

TEST_CASE("what does not fit is refused whole, by name, and the session stays as it was") {
  GoldenModel model;
  EngineConfig config = GoldenModel::Config();
  config.cache_positions = 64;
  config.max_sessions = 2;
  const auto engine = model.MakeEngine(config);
  const auto sequence = model.Open(*engine);
  CHECK(GoldenModel::AppendPlain(*engine, *sequence, model.Prompt(129)).code() ==
        StatusCode::kResourceExhausted);
  CHECK(GoldenModel::AppendPlain(*engine, *sequence, model.Prompt(65)).code() ==
        StatusCode::kResourceExhausted);
  CHECK(GoldenModel::AppendPlain(*engine, *sequence, {0, -1}).code() == StatusCode::kInvalidArgument);
  CHECK(GoldenModel::AppendPlain(*engine, *sequence, {static_cast<int32_t>(model.llama->config().vocab_size)})
            .code() == StatusCode::kInvalidArgument);
  CHECK(GoldenModel::AppendForLogits(*engine, *sequence, {1}).code() == StatusCode::kFailedPrecondition);
  CHECK(engine->Generate(*sequence, Tokens(1)).code() == StatusCode::kFailedPrecondition);
  CHECK(engine->StateOf(*sequence).count == 0);
  CHECK(engine->free_pages() == 4);

  REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, model.Prompt(60)).ok());
  REQUIRE(engine->Generate(*sequence, Tokens(50)).ok());
  CHECK(GoldenModel::AppendPlain(*engine, *sequence, {1}).code() == StatusCode::kFailedPrecondition);
  CHECK(engine->Generate(*sequence, Tokens(50)).code() == StatusCode::kFailedPrecondition);
  Taken taken;
  while (taken.reason == FinishReason::kNone) {
    REQUIRE(engine->Step(Deadline()).ok());
    TakeEvents(*sequence, &taken);
  }
  CHECK(taken.reason == FinishReason::kCacheFull);
  CHECK(taken.tokens.size() == 5);
  const auto second = model.Open(*engine);
  CHECK(engine->Open(SequenceConfig()).status().code() == StatusCode::kResourceExhausted);
}

TEST_CASE("a generation ends at a stop token, which is given, and at the end of the context") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  const std::vector<int32_t> all = Alone(model, model.Prompt(5), 8);
  const auto sequence = model.Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, model.Prompt(5)).ok());
  GenerateOptions options = Tokens(100);
  options.stop_tokens = {all[3]};
  REQUIRE(engine->Generate(*sequence, options).ok());
  Taken taken;
  while (taken.reason == FinishReason::kNone) {
    REQUIRE(engine->Step(Deadline()).ok());
    TakeEvents(*sequence, &taken);
  }
  const auto until = std::find(all.begin(), all.end(), all[3]) + 1;
  CHECK(taken.reason == FinishReason::kStopToken);
  CHECK(taken.tokens == std::vector<int32_t>(all.begin(), until));

  REQUIRE(engine->Generate(*sequence, Tokens(1000)).ok());
  Taken rest;
  while (rest.reason == FinishReason::kNone) {
    REQUIRE(engine->Step(Deadline()).ok());
    TakeEvents(*sequence, &rest);
  }
  CHECK(rest.reason == FinishReason::kContext);
  CHECK(engine->StateOf(*sequence).count == 128);
  CHECK(engine->Generate(*sequence, Tokens(1)).code() == StatusCode::kResourceExhausted);
}

TEST_CASE("a configuration out of range is refused, naming the field") {
  GoldenModel model;
  const std::vector<std::pair<std::string, std::function<void(EngineConfig&)>>> spoil = {
      {"max_sessions", [](EngineConfig& c) { c.max_sessions = 0; }},
      {"context", [](EngineConfig& c) { c.context = 0; }},
      {"context", [](EngineConfig& c) { c.context = int64_t{1} << 40; }},
      {"cache_positions", [](EngineConfig& c) { c.cache_positions = -5; }},
      {"cache_positions", [](EngineConfig& c) { c.cache_positions = int64_t{1} << 60; }},
      {"page_size", [](EngineConfig& c) { c.page_size = 0; }},
      {"step_rows", [](EngineConfig& c) { c.step_rows = 1 << 20; }},
      {"output_rows", [](EngineConfig& c) { c.output_rows = 17; }},
      {"I64", [](EngineConfig& c) { c.cache_dtype = DType::kI64; }},
  };
  for (const auto& [field, change] : spoil) {
    EngineConfig config = GoldenModel::Config();
    change(config);
    const Status status = Engine::Create(model.llama, config, {&model.allocator, &model.log}).status();
    CAPTURE(status);
    CHECK_FALSE(status.ok());
    CHECK(Message(status).find(field) != std::string_view::npos);
  }
}

TEST_CASE("the plan of memory is what an engine then takes") {
  GoldenModel model;
  const uint64_t before = model.allocator.used_bytes();
  CHECK(before == model.llama->weight_bytes());
  const auto planned = Engine::Plan(*model.llama, GoldenModel::Config());
  REQUIRE(planned.ok());
  const auto engine = model.MakeEngine();
  CHECK(model.allocator.used_bytes() - before == planned->cache + planned->scratch);
}

TEST_CASE("sessions may be used from other threads while one steps, and two cannot step at once") {
  GoldenModel model;
  const auto engine = model.MakeEngine();
  std::atomic<bool> stop{false};
  std::thread stepper([&] {
    while (!stop) CHECK(engine->Step(Deadline::After(50)).ok());
  });
  std::vector<std::thread> users;
  for (uint32_t u = 0; u < 3; ++u) {
    users.emplace_back([&, u] {
      for (int round = 0; round < 5; ++round) {
        auto opened = engine->Open({256});
        if (!opened.ok()) continue;
        Sequence& sequence = **opened;
        if (!GoldenModel::AppendPlain(*engine, sequence, model.Prompt(5 + u)).ok()) continue;
        if (engine->Generate(sequence, Tokens(6)).ok()) {
          Taken taken;
          while (taken.reason == FinishReason::kNone) {
            TakeEvents(sequence, &taken);
            if (round % 2 == 1 && taken.tokens.size() >= 2) engine->Cancel(sequence);
          }
        }
        engine->Close(*opened);
      }
    });
  }
  for (std::thread& user : users) user.join();
  stop = true;
  stepper.join();
  CHECK(engine->free_pages() == 32);
}

}  // namespace
}  // namespace talaria
