// C++17 over the C interface: objects that free themselves, errors as values. Header only; nothing here
// throws of its own, and hosts built without exceptions may use it. See the C headers for what each call
// does.
#ifndef TALARIA_TALARIA_HPP_
#define TALARIA_TALARIA_HPP_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "talaria/talaria.h"

namespace talaria {

// Why a call failed; code TALARIA_OK: it did not.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(int32_t code, std::string message) : code_(code), message_(std::move(message)) {}

  // Takes over the error object of a call that gave *code*.
  static Status Take(int32_t code, talaria_error* error) {
    if (code == TALARIA_OK || code == TALARIA_NOT_READY) return Status(code, "");
    uint64_t bytes = 0;
    const char* text = talaria_error_message(error, &bytes);
    Status status(code, std::string(text, static_cast<size_t>(bytes)));
    talaria_error_free(error);
    return status;
  }

  bool ok() const { return code_ == TALARIA_OK; }
  int32_t code() const { return code_; }
  const std::string& message() const { return message_; }
  // "NOT_FOUND: model/config.json: no such file".
  std::string text() const { return std::string(talaria_status_name(code_)) + ": " + message_; }

 private:
  int32_t code_ = TALARIA_OK;
  std::string message_;
};

// A value, or why there is none. Look at ok() before *.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

namespace detail {

template <typename T, void(TALARIA_CALL* Free)(T*) noexcept>
struct Freer {
  void operator()(T* object) const { Free(object); }
};
template <typename T, void(TALARIA_CALL* Free)(T*) noexcept>
using Handle = std::unique_ptr<T, Freer<T, Free>>;

}  // namespace detail

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

// A cache and a scheduler; one thread at a time calls Step.
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

// As talaria_encode_options.
struct EncodeOptions {
  int32_t special = TALARIA_SPECIAL_AS_TEXT;
  std::vector<std::string> allowed;
  bool add_bos = false;
};

// Text to ids and back; share one among threads.
class Tokenizer {
 public:
  explicit Tokenizer(talaria_tokenizer* tokenizer) : handle_(tokenizer) {}
  talaria_tokenizer* get() const { return handle_.get(); }

  Result<std::vector<int32_t>> Encode(std::string_view text, const EncodeOptions& options = {}) const {
    std::vector<const char*> allowed;
    std::vector<uint64_t> allowed_bytes;
    for (const std::string& content : options.allowed) {
      allowed.push_back(content.data());
      allowed_bytes.push_back(content.size());
    }
    talaria_encode_options own = TALARIA_ENCODE_OPTIONS_INIT;
    own.special = options.special;
    own.allowed = allowed.data();
    own.allowed_bytes = allowed_bytes.data();
    own.allowed_count = allowed.size();
    own.add_bos = options.add_bos ? 1 : 0;
    talaria_ids* ids = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_tokenizer_encode(get(), text.data(), text.size(), &own, &ids, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    uint64_t count = 0;
    const int32_t* data = talaria_ids_data(ids, &count);
    std::vector<int32_t> out(data, data + count);
    talaria_ids_free(ids);
    return out;
  }
  // The bytes of *ids*, which need not be UTF-8.
  Result<std::string> DecodeBytes(const std::vector<int32_t>& ids, bool skip_special = false) const {
    talaria_text* text = nullptr;
    talaria_error* error = nullptr;
    const int32_t code =
        talaria_tokenizer_decode(get(), ids.data(), ids.size(), skip_special ? 1 : 0, &text, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    uint64_t bytes = 0;
    const char* data = talaria_text_data(text, &bytes);
    std::string out(data, static_cast<size_t>(bytes));
    talaria_text_free(text);
    return out;
  }
  // Their text: what is no UTF-8 becomes U+FFFD.
  Result<std::string> Decode(const std::vector<int32_t>& ids, bool skip_special = false) const {
    talaria_decoder* decoder = nullptr;
    talaria_error* error = nullptr;
    int32_t code = talaria_decoder_create(get(), skip_special ? 1 : 0, &decoder, &error);
    const detail::Handle<talaria_decoder, talaria_decoder_free> owner(decoder);
    std::string out;
    const char* text = nullptr;
    uint64_t bytes = 0;
    for (size_t i = 0; code == TALARIA_OK && i < ids.size(); ++i) {
      code = talaria_decoder_push(decoder, ids[i], &text, &bytes, &error);
      if (code == TALARIA_OK) out.append(text, static_cast<size_t>(bytes));
    }
    if (code == TALARIA_OK) code = talaria_decoder_flush(decoder, &text, &bytes, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    return out.append(text, static_cast<size_t>(bytes));
  }

 private:
  detail::Handle<talaria_tokenizer, talaria_tokenizer_free> handle_;
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
  // JSON, as talaria_model_describe.
  Result<std::string> Describe(std::string_view path) {
    talaria_text* json = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_model_describe(get(), path.data(), path.size(), &json, &error);
    if (code != TALARIA_OK) return Status::Take(code, error);
    uint64_t bytes = 0;
    const char* text = talaria_text_data(json, &bytes);
    std::string out(text, static_cast<size_t>(bytes));
    talaria_text_free(json);
    return out;
  }

 private:
  detail::Handle<talaria_runtime, talaria_runtime_free> handle_;
};

}  // namespace talaria

#endif  // TALARIA_TALARIA_HPP_
