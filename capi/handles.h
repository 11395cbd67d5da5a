#ifndef TALARIA_CAPI_HANDLES_H_
#define TALARIA_CAPI_HANDLES_H_

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lib/backend/registry.h"
#include "lib/base/single_entry.h"
#include "lib/base/thread_pool.h"
#include "lib/chat/chat_template.h"
#include "lib/engine/engine.h"
#include "lib/engine/text_stream.h"
#include "lib/sampling/token_index.h"
#include "lib/tokenizer/tokenizer.h"
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
  std::shared_ptr<const talaria::Tokenizer> tokenizer;               // null: the checkpoint has none
  std::shared_ptr<const talaria::chat::ChatTemplate> chat_template;  // null with it
  std::shared_ptr<const Llama> llama;
  GenerationConfig generation;
  std::vector<int32_t> stop_tokens;
  uint64_t parameter_count = 0;

  // What banned strings look tokens up in: made when the first of them is banned.
  StatusOr<std::shared_ptr<const sampling::TokenIndex>> TokenTexts() const;
  // What grammars choose among: made when the first generation is held to one.
  StatusOr<std::shared_ptr<const grammar::TokenTable>> GrammarTokens() const;
  // What a generated token says; empty for special tokens and ids without one.
  std::string_view OrdinaryText(int32_t id) const {
    return id >= tokenizer->size() || tokenizer->IsSpecial(id) ? std::string_view() : tokenizer->BytesOf(id);
  }

 private:
  mutable std::mutex texts_mutex_;
  mutable std::shared_ptr<const sampling::TokenIndex> texts_;
  mutable std::shared_ptr<const grammar::TokenTable> grammar_tokens_;
};

struct Engine {
  std::shared_ptr<const Model> model;
  std::unique_ptr<talaria::Engine> engine;
};

struct Session {
  Session(std::shared_ptr<Engine> its_engine, talaria_session* its_handle)
      : engine(std::move(its_engine)), handle(its_handle) {}
  ~Session() {
    if (sequence != nullptr) engine->engine->Close(sequence);
  }

  std::shared_ptr<Engine> engine;
  talaria_session* const handle;
  std::shared_ptr<Sequence> sequence;
  SingleEntry entry;

  // Of generations whose end the host has not taken yet, the oldest first.
  std::list<TextStream> texts;
  std::string text;  // of the event taken last
  // An event that was taken and of which the host could not be told for want of memory.
  std::optional<Event> untold;
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

// What *options* ask of a generation in *session*; the errors name their field.
StatusOr<GenerateOptions> GenerateOptionsOf(const Session& session, const talaria_generate_options* options);

inline constexpr int32_t kDefaultEvents = 64;
inline constexpr int32_t kDefaultLogits = 1;

}  // namespace talaria::capi

#endif  // TALARIA_CAPI_HANDLES_H_
