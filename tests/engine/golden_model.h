#ifndef TALARIA_TESTS_ENGINE_GOLDEN_MODEL_H_
#define TALARIA_TESTS_ENGINE_GOLDEN_MODEL_H_

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "backends/reference/backend.h"
#include "lib/base/thread_pool.h"
#include "lib/engine/engine.h"
#include "tests/fixtures.h"

namespace talaria::test {

// tiny_kv4 on the reference backend, and what its sessions are made from.
struct GoldenModel {
  LogSink log;
  Allocator allocator;
  std::unique_ptr<ThreadPool> pool;
  std::shared_ptr<const Llama> llama;

  GoldenModel() {
    auto made = ThreadPool::Create(1);
    REQUIRE(made.ok());
    pool = *std::move(made);
    const auto checkpoint = Checkpoint::Open(GoldenFile("tiny_kv4"), log);
    REQUIRE_MESSAGE(checkpoint.ok(), checkpoint.status());
    BackendOptions options;
    options.allocator = &allocator;
    options.pool = pool.get();
    options.log = &log;
    auto backend = reference::CreateBackend(options);
    REQUIRE(backend.ok());
    const std::shared_ptr<Backend> shared = *std::move(backend);
    auto loaded = Llama::Load(*checkpoint, {{shared, checkpoint->config().num_layers}}, {}, {});
    REQUIRE_MESSAGE(loaded.ok(), loaded.status());
    llama = *std::move(loaded);
  }

  static EngineConfig Config() {
    EngineConfig config;
    config.max_sessions = 4;
    config.context = 128;
    config.cache_positions = 512;
    config.page_size = 16;
    config.step_rows = 16;
    config.output_rows = 8;
    return config;
  }

  std::unique_ptr<Engine> MakeEngine(const EngineConfig& config = Config()) const {
    auto engine = Engine::Create(llama, config);
    REQUIRE_MESSAGE(engine.ok(), engine.status());
    return *std::move(engine);
  }

  std::shared_ptr<Sequence> Open(Engine& engine, int32_t events = 256, int32_t logits = 0) {
    auto sequence = engine.Open(events, logits, &allocator);
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

}  // namespace talaria::test

#endif  // TALARIA_TESTS_ENGINE_GOLDEN_MODEL_H_
