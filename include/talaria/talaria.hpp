// C++17 over the C interface: objects that free themselves, errors as values. Header only; nothing here
// throws of its own, and hosts built without exceptions may use it. See the C headers for what each call
// does.
#ifndef TALARIA_TALARIA_HPP_
#define TALARIA_TALARIA_HPP_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "talaria/grammar.hpp"
#include "talaria/status.hpp"
#include "talaria/talaria.h"
#include "talaria/text.hpp"

namespace talaria {

using Event = talaria_event;

// One conversation. Movable; one thread at a time but for Cancel.
class Session {
 public:
  explicit Session(talaria_session* session) : handle_(session) {}
  talaria_session* get() const { return handle_.get(); }

  Status Append(const std::vector<int32_t>& tokens, const talaria_append_options* options = nullptr) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_append_tokens(get(), tokens.data(), tokens.size(), options, &error);
    return Status::Take(code, error);
  }
  Status AppendPrompt(const Prompt& prompt, const talaria_append_options* options = nullptr) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_append_prompt(get(), prompt.get(), options, &error);
    return Status::Take(code, error);
  }
  // What agrees from the start keeps its place in the cache.
  Status SetTokens(const std::vector<int32_t>& tokens, const talaria_append_options* options = nullptr) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_set_tokens(get(), tokens.data(), tokens.size(), options, &error);
    return Status::Take(code, error);
  }
  Status SetPrompt(const Prompt& prompt, const talaria_append_options* options = nullptr) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_set_prompt(get(), prompt.get(), options, &error);
    return Status::Take(code, error);
  }
  // Keeps the first *count* tokens.
  Status Rewind(uint64_t count) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_rewind(get(), count, &error);
    return Status::Take(code, error);
  }
  Status Generate(const talaria_generate_options* options = nullptr) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_generate(get(), options, &error);
    return Status::Take(code, error);
  }
  // Greedy, up to *max_tokens*.
  Status GenerateGreedy(int64_t max_tokens) {
    talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
    options.set = TALARIA_SET_TEMPERATURE;
    options.max_tokens = max_tokens;
    return Generate(&options);
  }
  // True: *event is the next one. False: there is none yet.
  Result<bool> NextEvent(Event* event, uint64_t timeout_us = 0) {
    *event = TALARIA_EVENT_INIT;
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_next_event(get(), timeout_us, event, &error);
    if (code == TALARIA_OK) return true;
    if (code == TALARIA_NOT_READY) return false;
    return Status::Take(code, error);
  }
  Status Cancel() {
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_cancel(get(), &error);
    return Status::Take(code, error);
  }
  Result<talaria_session_state> State() const {
    talaria_session_state state = TALARIA_SESSION_STATE_INIT;
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_get_state(get(), &state, &error);
    if (code == TALARIA_OK) return state;
    return Status::Take(code, error);
  }
  Result<talaria_usage> Usage() const {
    talaria_usage usage = TALARIA_USAGE_INIT;
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_get_usage(get(), &usage, &error);
    if (code == TALARIA_OK) return usage;
    return Status::Take(code, error);
  }
  // Why the last generation ended with TALARIA_FINISH_NO_CHOICE or TALARIA_FINISH_FAILED; ok where it did
  // not.
  Status Failure() const {
    talaria_error* failure = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_get_failure(get(), &failure, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    return Status::Take(talaria_error_code(failure), failure);
  }
  Result<std::vector<int32_t>> Tokens() const {
    Result<talaria_session_state> state = State();
    if (!state.ok()) return state.status();
    std::vector<int32_t> tokens(static_cast<size_t>(state->token_count));
    uint64_t written = 0;
    talaria_error* error = nullptr;
    const int32_t code =
        talaria_session_read_tokens(get(), 0, tokens.size(), tokens.data(), &written, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    tokens.resize(static_cast<size_t>(written));
    return tokens;
  }

 private:
  detail::Handle<talaria_session, talaria_session_free> handle_;
};

// A cache and a scheduler; one thread at a time calls Step, or a thread of its own does the work.
class Engine {
 public:
  explicit Engine(talaria_engine* engine) : handle_(engine) {}
  talaria_engine* get() const { return handle_.get(); }

  Result<talaria_step_info> Step(uint64_t budget_us = TALARIA_NO_BUDGET) {
    talaria_step_info info = TALARIA_STEP_INFO_INIT;
    talaria_error* error = nullptr;
    const int32_t code = talaria_engine_step(get(), budget_us, &info, &error);
    if (code == TALARIA_OK) return info;
    return Status::Take(code, error);
  }
  // The session, one of this engine's, that has an event; nullptr where none has one in time.
  Result<talaria_session*> WaitAny(uint64_t timeout_us) {
    talaria_session* session = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_engine_wait_any(get(), timeout_us, &session, &error);
    if (code == TALARIA_OK || code == TALARIA_NOT_READY) return session;
    return Status::Take(code, error);
  }
  // *wake* may do nothing but signal; nullptr: none.
  Status SetWake(talaria_wake_function wake, void* user) {
    talaria_error* error = nullptr;
    const int32_t code = talaria_engine_set_wake(get(), wake, user, &error);
    return Status::Take(code, error);
  }
  Result<Session> OpenSession(const talaria_session_config* config = nullptr) {
    talaria_session* session = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_session_create(get(), config, &session, &error);
    if (code == TALARIA_OK) return Session(session);
    return Status::Take(code, error);
  }

 private:
  detail::Handle<talaria_engine, talaria_engine_free> handle_;
};

// Weights; share one over any number of engines.
class Model {
 public:
  explicit Model(talaria_model* model) : handle_(model) {}
  talaria_model* get() const { return handle_.get(); }

  talaria_model_info Info() const {
    talaria_model_info info = TALARIA_MODEL_INFO_INIT;
    talaria_model_get_info(get(), &info, nullptr);
    return info;
  }
  std::vector<int32_t> StopTokens() const {
    const int32_t* tokens = nullptr;
    uint64_t count = 0;
    talaria_model_get_stop_tokens(get(), &tokens, &count, nullptr);
    return std::vector<int32_t>(tokens, tokens + count);
  }
  // The checkpoint's own; NOT_FOUND where it has none.
  Result<Tokenizer> GetTokenizer() const {
    talaria_tokenizer* tokenizer = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_model_get_tokenizer(get(), &tokenizer, &error);
    if (code == TALARIA_OK) return Tokenizer(tokenizer);
    return Status::Take(code, error);
  }
  Result<ChatTemplate> GetChatTemplate() const {
    talaria_chat_template* chat_template = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_model_get_chat_template(get(), &chat_template, &error);
    if (code == TALARIA_OK) return ChatTemplate(chat_template);
    return Status::Take(code, error);
  }
  Result<Engine> CreateEngine(const talaria_engine_config* config = nullptr) {
    talaria_engine* engine = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_engine_create(get(), config, &engine, &error);
    if (code == TALARIA_OK) return Engine(engine);
    return Status::Take(code, error);
  }

 private:
  detail::Handle<talaria_model, talaria_model_free> handle_;
};

// What models and engines of one host share.
class Runtime {
 public:
  static Result<Runtime> Create(const talaria_runtime_config* config = nullptr) {
    talaria_runtime* runtime = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_runtime_create(config, &runtime, &error);
    if (code == TALARIA_OK) return Runtime(runtime);
    return Status::Take(code, error);
  }
  explicit Runtime(talaria_runtime* runtime) : handle_(runtime) {}
  talaria_runtime* get() const { return handle_.get(); }

  Result<Model> OpenModel(std::string_view path, const talaria_model_config* config = nullptr) {
    talaria_model* model = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_model_open(get(), path.data(), path.size(), config, &model, &error);
    if (code == TALARIA_OK) return Model(model);
    return Status::Take(code, error);
  }
  Result<talaria_memory_plan> Plan(std::string_view path, const talaria_model_config* config = nullptr,
                                   const talaria_engine_config* engine_config = nullptr) {
    talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
    talaria_error* error = nullptr;
    const int32_t code =
        talaria_model_plan(get(), path.data(), path.size(), config, engine_config, &plan, &error);
    if (code == TALARIA_OK) return plan;
    return Status::Take(code, error);
  }
  // *special_path*: empty, or the added tokens of a rank file.
  Result<Tokenizer> OpenTokenizer(std::string_view path, std::string_view special_path = {}) {
    talaria_tokenizer* tokenizer = nullptr;
    talaria_error* error = nullptr;
    const char* special = special_path.empty() ? nullptr : special_path.data();
    const int32_t code = talaria_tokenizer_open(get(), path.data(), path.size(), special, special_path.size(),
                                                &tokenizer, &error);
    if (code == TALARIA_OK) return Tokenizer(tokenizer);
    return Status::Take(code, error);
  }
  // The templates that the checkpoint at *path brings.
  Result<ChatTemplate> OpenChatTemplate(std::string_view path) {
    talaria_chat_template* chat_template = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_chat_template_open(get(), path.data(), path.size(), &chat_template, &error);
    if (code == TALARIA_OK) return ChatTemplate(chat_template);
    return Status::Take(code, error);
  }
  // JSON, as talaria_model_describe.
  Result<std::string> Describe(std::string_view path) {
    talaria_text* json = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_model_describe(get(), path.data(), path.size(), &json, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    return detail::TakeText(json);
  }

 private:
  detail::Handle<talaria_runtime, talaria_runtime_free> handle_;
};

}  // namespace talaria

#endif  // TALARIA_TALARIA_HPP_
