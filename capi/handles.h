#ifndef TALARIA_CAPI_HANDLES_H_
#define TALARIA_CAPI_HANDLES_H_

#include <memory>
#include <optional>
#include <vector>

#include "lib/backend/registry.h"
#include "lib/base/single_entry.h"
#include "lib/base/thread_pool.h"
#include "lib/engine/engine.h"
#include "talaria/talaria.h"

// What the opaque handles hold. The C++ objects keep their parents alive by shared ownership, so hosts may
// free handles in any order.
namespace talaria::capi {

struct Runtime {
  std::unique_ptr<LogSink> log;
  std::unique_ptr<Allocator> allocator;
  std::unique_ptr<ThreadPool> pool;
  BackendRegistry backends;
};

// The last members go first: engine before model before runtime.
struct Model {
  std::shared_ptr<Runtime> runtime;
  std::shared_ptr<const Llama> llama;
  GenerationConfig generation;
  std::vector<int32_t> stop_tokens;
  uint64_t parameter_count = 0;
};

struct Engine {
  std::shared_ptr<const Model> model;
  std::unique_ptr<talaria::Engine> engine;
};

struct Session {
  explicit Session(std::shared_ptr<Engine> owner) : engine(std::move(owner)) {}
  ~Session() {
    if (sequence != nullptr) engine->engine->Close(sequence);
  }

  std::shared_ptr<Engine> engine;
  std::shared_ptr<Sequence> sequence;
  SingleEntry entry;
};

}  // namespace talaria::capi

struct talaria_runtime {
  std::shared_ptr<talaria::capi::Runtime> object;
};
struct talaria_model {
  std::shared_ptr<talaria::capi::Model> object;
};
struct talaria_engine {
  std::shared_ptr<talaria::capi::Engine> object;
};
struct talaria_session {
  std::shared_ptr<talaria::capi::Session> object;
};

namespace talaria::capi {

// The engine's configuration that the caller's means, with defaults for *config*.
StatusOr<talaria::EngineConfig> EngineConfigOf(const talaria_engine_config* given, const ModelConfig& config);
// What is left of the ceiling and of the machine's memory; nothing where there is no ceiling and the system
// does not say.
std::optional<uint64_t> AvailableBytes(const Runtime& runtime);

inline constexpr int32_t kDefaultEvents = 64;
inline constexpr int32_t kDefaultLogits = 1;

}  // namespace talaria::capi

#endif  // TALARIA_CAPI_HANDLES_H_
