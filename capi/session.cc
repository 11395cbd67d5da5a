#include <algorithm>
#include <limits>
#include <utility>

#include "capi/error.h"
#include "capi/handles.h"
#include "capi/structs.h"

namespace talaria::capi {
namespace {

// Runs *body* on the session's object as the one thread inside it.
template <typename Body>
int32_t EnterSession(talaria_session* session, talaria_error** error, Body body) noexcept {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(session, "session"));
    const SingleEntry::Scope scope(&session->object->entry);
    if (!scope.entered()) return FailedPrecondition("session: another thread is inside it");
    return body(*session->object);
  });
}

StatusOr<std::shared_ptr<Session>> MakeSession(const std::shared_ptr<Engine>& engine,
                                               const talaria_session_config* config) {
  talaria_session_config own = TALARIA_SESSION_CONFIG_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(config, "talaria_session_config", &own));
  constexpr int32_t kMost = 1 << 20;
  const int32_t events = own.event_capacity == 0 ? kDefaultEvents : own.event_capacity;
  if (events < 2 || events > kMost) {
    return InvalidArgument("event_capacity: expected 2 to ", kMost, " or 0, found ", own.event_capacity);
  }
  const int32_t logits = own.logits_capacity == 0 ? kDefaultLogits : std::max(own.logits_capacity, 0);
  if (own.logits_capacity < -1 || logits > kMost) {
    return InvalidArgument("logits_capacity: expected -1 to ", kMost, ", found ", own.logits_capacity);
  }
  if (own.reserved != 0) return InvalidArgument("talaria_session_config.reserved: expected 0");
  Allocator* allocator = engine->model->runtime->allocator.get();
  TALARIA_ASSIGN_OR_RETURN(std::shared_ptr<Sequence> sequence, engine->engine->Open(events, logits, allocator));
  return std::make_shared<Session>(engine, std::move(sequence));
}

// One byte for each of *count* appended tokens: whether its logits are wanted.
StatusOr<std::vector<uint8_t>> WantsOf(const talaria_append_options& options, uint64_t count) {
  std::vector<uint8_t> wants(static_cast<size_t>(count), 0);
  switch (options.logits) {
    case TALARIA_LOGITS_NONE: return wants;
    case TALARIA_LOGITS_LAST:
      if (count > 0) wants.back() = 1;
      return wants;
    case TALARIA_LOGITS_ALL: std::fill(wants.begin(), wants.end(), uint8_t{1}); return wants;
    case TALARIA_LOGITS_AT: break;
    default: return InvalidArgument("logits: expected 0 to 3, found ", options.logits);
  }
  // Before anything is read: an absurd count is not believed.
  if (options.at_count > count) {
    return InvalidArgument("at_count: expected at most ", count, ", one a token, found ", options.at_count);
  }
  if (options.at_count > 0) TALARIA_RETURN_IF_ERROR(NotNull(options.at, "at"));
  for (uint64_t i = 0; i < options.at_count; ++i) {
    if (options.at[i] >= count) {
      return InvalidArgument("at[", i, "]: expected an index below ", count, ", found ", options.at[i]);
    }
    wants[static_cast<size_t>(options.at[i])] = 1;
  }
  return wants;
}

Status Append(Session& session, const int32_t* tokens, uint64_t count, const talaria_append_options* options) {
  talaria_append_options own = TALARIA_APPEND_OPTIONS_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(options, "talaria_append_options", &own));
  if (count > 0) TALARIA_RETURN_IF_ERROR(NotNull(tokens, "tokens"));
  // Before anything is read or allocated: an absurd count is not believed.
  const auto context = static_cast<uint64_t>(session.sequence->context());
  if (count > context) {
    return ResourceExhausted("append: ", count, " tokens, the session's context is ", context);
  }
  TALARIA_ASSIGN_OR_RETURN(const std::vector<uint8_t> wants, WantsOf(own, count));
  return session.engine->engine->Append(*session.sequence, {tokens, static_cast<size_t>(count)}, wants);
}

Status Generate(Session& session, const talaria_generate_options* options) {
  talaria_generate_options own = TALARIA_GENERATE_OPTIONS_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(options, "talaria_generate_options", &own));
  if ((own.set & ~TALARIA_SET_TEMPERATURE) != 0) {
    return Unimplemented("talaria_generate_options.set: unknown bits, found ", own.set);
  }
  if (own.ignore_model_stops != 0 && own.ignore_model_stops != 1) {
    return InvalidArgument("ignore_model_stops: expected 0 or 1, found ", own.ignore_model_stops);
  }
  if (own.reserved != 0) return InvalidArgument("talaria_generate_options.reserved: expected 0");
  const Model& model = *session.engine->model;
  const bool chosen = (own.set & TALARIA_SET_TEMPERATURE) != 0;
  if (chosen && !(own.temperature >= 0 && own.temperature <= std::numeric_limits<float>::max())) {
    return InvalidArgument("temperature: expected 0 or more, found ", own.temperature);
  }
  const bool model_samples = model.generation.do_sample.value_or(false);
  if (chosen ? own.temperature != 0 : model_samples) {
    return Unimplemented(chosen ? "temperature" : "generation_config.json's do_sample",
                         ": only the greedy choice so far; set temperature to 0");
  }
  constexpr uint64_t kMostStops = 4096;
  if (own.stop_token_count > kMostStops) {
    return InvalidArgument("stop_tokens: expected at most ", kMostStops, ", found ", own.stop_token_count);
  }
  if (own.stop_token_count > 0) TALARIA_RETURN_IF_ERROR(NotNull(own.stop_tokens, "stop_tokens"));
  if (own.max_tokens < 0) return InvalidArgument("max_tokens: expected 0 or more, found ", own.max_tokens);
  GenerateOptions request;
  request.max_tokens = own.max_tokens == 0 ? session.sequence->context() : own.max_tokens;
  if (own.ignore_model_stops == 0) request.stop_tokens = model.stop_tokens;
  request.stop_tokens.insert(request.stop_tokens.end(), own.stop_tokens, own.stop_tokens + own.stop_token_count);
  return session.engine->engine->Generate(*session.sequence, request);
}

talaria_event EventOf(const Event& event, int64_t vocabulary) {
  talaria_event own = TALARIA_EVENT_INIT;
  own.token = event.token;
  own.position = event.position;
  switch (event.kind) {
    case EventKind::kToken: own.kind = TALARIA_EVENT_TOKEN; break;
    case EventKind::kLogits:
      own.kind = TALARIA_EVENT_LOGITS;
      own.logits = event.logits;
      own.logits_count = static_cast<uint64_t>(vocabulary);
      break;
    case EventKind::kFinished:
      own.kind = TALARIA_EVENT_FINISHED;
      own.finish_reason = static_cast<int32_t>(event.reason);
      break;
  }
  return own;
}

static_assert(static_cast<int32_t>(FinishReason::kStopToken) == TALARIA_FINISH_STOP_TOKEN);
static_assert(static_cast<int32_t>(FinishReason::kLength) == TALARIA_FINISH_LENGTH);
static_assert(static_cast<int32_t>(FinishReason::kContext) == TALARIA_FINISH_CONTEXT);
static_assert(static_cast<int32_t>(FinishReason::kCacheFull) == TALARIA_FINISH_CACHE);
static_assert(static_cast<int32_t>(FinishReason::kCancelled) == TALARIA_FINISH_CANCELLED);

}  // namespace
}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_session_create(talaria_engine* engine, const talaria_session_config* config,
                                            talaria_session** session, talaria_error** error) TALARIA_NOEXCEPT {
  if (session != nullptr) *session = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(engine, "engine"));
    TALARIA_RETURN_IF_ERROR(NotNull(session, "session"));
    TALARIA_ASSIGN_OR_RETURN(std::shared_ptr<Session> object, MakeSession(engine->object, config));
    *session = new talaria_session{std::move(object)};
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_session_fork(talaria_session* session, talaria_session** fork,
                                          talaria_error** error) TALARIA_NOEXCEPT {
  if (fork != nullptr) *fork = nullptr;
  return EnterSession(session, error, [&](Session& /*object*/) -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(fork, "fork"));
    return Unimplemented("talaria_session_fork");
  });
}

void TALARIA_CALL talaria_session_free(talaria_session* session) TALARIA_NOEXCEPT { delete session; }

int32_t TALARIA_CALL talaria_session_append_tokens(talaria_session* session, const int32_t* tokens, uint64_t count,
                                                   const talaria_append_options* options,
                                                   talaria_error** error) TALARIA_NOEXCEPT {
  return EnterSession(session, error, [&](Session& object) { return Append(object, tokens, count, options); });
}

int32_t TALARIA_CALL talaria_session_generate(talaria_session* session, const talaria_generate_options* options,
                                              talaria_error** error) TALARIA_NOEXCEPT {
  return EnterSession(session, error, [&](Session& object) { return Generate(object, options); });
}

int32_t TALARIA_CALL talaria_session_next_event(talaria_session* session, uint64_t /*timeout_us*/,
                                                talaria_event* event, talaria_error** error) TALARIA_NOEXCEPT {
  ClearOutputStruct(event);
  bool ready = false;
  const int32_t status = EnterSession(session, error, [&](Session& object) -> Status {
    TALARIA_RETURN_IF_ERROR(CheckOutputStruct(event, "talaria_event"));
    Event next;
    ready = object.sequence->events().Pop(&next);
    const int64_t vocabulary = object.engine->model->llama->config().vocab_size;
    return WriteStruct(ready ? EventOf(next, vocabulary) : talaria_event(TALARIA_EVENT_INIT), "talaria_event", event);
  });
  return status == TALARIA_OK && !ready ? TALARIA_NOT_READY : status;
}

int32_t TALARIA_CALL talaria_session_cancel(talaria_session* session, talaria_error** error) TALARIA_NOEXCEPT {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(session, "session"));
    session->object->engine->engine->Cancel(*session->object->sequence);
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_session_get_state(talaria_session* session, talaria_session_state* state,
                                               talaria_error** error) TALARIA_NOEXCEPT {
  ClearOutputStruct(state);
  return EnterSession(session, error, [&](Session& object) -> Status {
    const talaria::Engine::SequenceState now = object.engine->engine->StateOf(*object.sequence);
    talaria_session_state own = TALARIA_SESSION_STATE_INIT;
    own.generating = now.generating ? 1 : 0;
    own.token_count = now.count;
    own.cached_count = now.cached;
    return WriteStruct(own, "talaria_session_state", state);
  });
}

int32_t TALARIA_CALL talaria_session_read_tokens(talaria_session* session, uint64_t first, uint64_t capacity,
                                                 int32_t* tokens, uint64_t* written,
                                                 talaria_error** error) TALARIA_NOEXCEPT {
  if (written != nullptr) *written = 0;
  return EnterSession(session, error, [&](Session& object) -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(written, "written"));
    if (capacity > 0) TALARIA_RETURN_IF_ERROR(NotNull(tokens, "tokens"));
    const auto context = static_cast<uint64_t>(object.sequence->context());
    *written = static_cast<uint64_t>(object.engine->engine->CopyTokens(
        *object.sequence, static_cast<int64_t>(std::min(first, context)),
        static_cast<int64_t>(std::min(capacity, context)), tokens));
    return absl::OkStatus();
  });
}
