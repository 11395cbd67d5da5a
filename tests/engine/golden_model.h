#ifndef TALARIA_TESTS_ENGINE_GOLDEN_MODEL_H_
#define TALARIA_TESTS_ENGINE_GOLDEN_MODEL_H_

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends/reference/backend.h"
#include "lib/base/thread_pool.h"
#include "lib/engine/engine.h"
#include "tests/fixtures.h"

namespace talaria::test {

// A golden checkpoint on the reference backend, and what its sessions are made from: tiny_kv4, or tiny_text,
// which has a tokenizer.
struct GoldenModel {
  LogSink log;
  Allocator allocator;
  std::unique_ptr<ThreadPool> pool;
  std::shared_ptr<const Llama> llama;
  std::shared_ptr<const Tokenizer> tokenizer;  // null for tiny_kv4

  using Wrap = std::function<std::unique_ptr<Backend>(std::unique_ptr<Backend>)>;
  explicit GoldenModel(const std::string& name = "tiny_kv4", const Wrap& wrap = nullptr) {
    auto made = ThreadPool::Create(1);
    REQUIRE(made.ok());
    pool = *std::move(made);
    const auto checkpoint = Checkpoint::Open(GoldenFile(name), log);
    REQUIRE_MESSAGE(checkpoint.ok(), checkpoint.status());
    BackendOptions options;
    options.allocator = &allocator;
    options.pool = pool.get();
    options.log = &log;
    auto backend = reference::CreateBackend(options);
    REQUIRE(backend.ok());
    const std::shared_ptr<Backend> shared = wrap ? wrap(*std::move(backend)) : *std::move(backend);
    auto loaded = Llama::Load(*checkpoint, {{shared, checkpoint->config().num_layers}}, {}, {});
    REQUIRE_MESSAGE(loaded.ok(), loaded.status());
    llama = *std::move(loaded);
    auto opened = Tokenizer::Open(GoldenFile(name));
    if (opened.ok()) tokenizer = *std::move(opened);
  }

  static EngineConfig Config() {
    EngineConfig config;
    config.max_sessions = 4;
    config.context = 128;
    config.cache_positions = 512;
    config.page_size = 16;
    config.step_rows = 16;
    config.output_rows = 8;
    // What a step takes is no business of most tests: prompts join by as many rows as fit.
    config.step_target_us = int64_t{3600} * 1000000;
    return config;
  }

  std::unique_ptr<Engine> MakeEngine(const EngineConfig& config = Config()) {
    auto engine = Engine::Create(llama, config, {&allocator, &log});
    REQUIRE_MESSAGE(engine.ok(), engine.status());
    return *std::move(engine);
  }

  static std::shared_ptr<Sequence> Open(Engine& engine, int32_t events = 256, int32_t logits = 0) {
    SequenceConfig config;
    config.events = events;
    config.logits_rows = logits;
    config.top = 8;
    auto sequence = engine.Open(config);
    REQUIRE_MESSAGE(sequence.ok(), sequence.status());
    return *std::move(sequence);
  }

  // *count* tokens that depend on *seed*.
  std::vector<int32_t> Prompt(int64_t count, uint32_t seed = 1) const {
    std::vector<int32_t> tokens;
    for (int64_t i = 0; i < count; ++i) {
      seed = seed * 1664525u + 1013904223u;
      tokens.push_back(static_cast<int32_t>((seed >> 8) % static_cast<uint32_t>(llama->config().vocab_size)));
    }
    return tokens;
  }

  static Status AppendPlain(Engine& engine, Sequence& sequence, const std::vector<int32_t>& tokens) {
    return engine.Append(sequence, tokens, std::vector<uint8_t>(tokens.size(), 0));
  }
  static Status AppendForLogits(Engine& engine, Sequence& sequence, const std::vector<int32_t>& tokens) {
    return engine.Append(sequence, tokens, std::vector<uint8_t>(tokens.size(), 1));
  }
};

inline GenerateOptions Tokens(int64_t count) {
  GenerateOptions options;
  options.max_tokens = count;
  return options;
}

// The tokens waiting in the queue, and how the generation ended.
struct Taken {
  std::vector<int32_t> tokens;
  FinishReason reason = FinishReason::kNone;
};
inline void TakeEvents(Sequence& sequence, Taken* taken) {
  Event event;
  while (sequence.events().Pop(&event)) {
    if (event.kind == EventKind::kToken) taken->tokens.push_back(event.token);
    if (event.kind == EventKind::kFinished) taken->reason = event.reason;
  }
}

// Does all the work of *engine* in steps of *budget_us* until the sequence's generation has ended.
inline Taken Finish(Engine& engine, Sequence& sequence, uint64_t budget_us) {
  Taken taken;
  for (int i = 0; i < 1000000 && taken.reason == FinishReason::kNone; ++i) {
    const auto report = engine.Step(Deadline::After(budget_us));
    REQUIRE_MESSAGE(report.ok(), report.status());
    TakeEvents(sequence, &taken);
  }
  REQUIRE(taken.reason != FinishReason::kNone);
  return taken;
}

// A generation after *prompt*, alone in an engine of its own.
inline Taken GenerateAlone(GoldenModel& model, const std::vector<int32_t>& prompt, GenerateOptions options,
                           const EngineConfig& config = GoldenModel::Config()) {
  const auto engine = model.MakeEngine(config);
  const auto sequence = GoldenModel::Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *sequence, prompt).ok());
  REQUIRE(engine->Generate(*sequence, std::move(options)).ok());
  return Finish(*engine, *sequence, 1000000);
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_ENGINE_GOLDEN_MODEL_H_
