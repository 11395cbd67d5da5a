#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "capi/error.h"
#include "capi/handles.h"
#include "capi/structs.h"
#include "capi/text_handles.h"

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

StatusOr<std::unique_ptr<talaria_session>> MakeSession(const std::shared_ptr<Engine>& engine,
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
  if (own.reserved != 0 || own.reserved2 != 0) {
    return InvalidArgument("talaria_session_config.reserved: expected 0");
  }
  // The objects first: a sequence that is open always has somebody to close it.
  auto handle = std::make_unique<talaria_session>();
  handle->object = std::make_shared<Session>(engine, handle.get());
  TALARIA_ASSIGN_OR_RETURN(
      handle->object->sequence,
      engine->engine->Open({events, logits, own.log_probability_capacity, handle.get()}));
  return handle;
}

// One byte for each of *count* appended tokens: whether its logits are wanted.
StatusOr<std::vector<uint8_t>> WantsOf(const talaria_append_options& options, uint64_t count) {
  std::vector<uint8_t> wants(static_cast<size_t>(count), 0);
  switch (options.logits) {
    case TALARIA_LOGITS_NONE:
      return wants;
    case TALARIA_LOGITS_LAST:
      if (count > 0) wants.back() = 1;
      return wants;
    case TALARIA_LOGITS_ALL:
      std::fill(wants.begin(), wants.end(), uint8_t{1});
      return wants;
    case TALARIA_LOGITS_AT:
      break;
    default:
      return InvalidArgument("logits: expected 0 to 3, found ", options.logits);
  }
  if (options.at_count > count) {
    return InvalidArgument("at_count: expected at most one index a token, ", count, ", found ",
                           options.at_count);
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

// Gives *tokens* to the session by *give*, Engine::Append or Engine::Replace.
Status Give(Session& session, const int32_t* tokens, uint64_t count, const talaria_append_options* options,
            Status (talaria::Engine::*give)(Sequence&, absl::Span<const int32_t>,
                                            absl::Span<const uint8_t>)) {
  talaria_append_options own = TALARIA_APPEND_OPTIONS_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(options, "talaria_append_options", &own));
  if (count > 0) TALARIA_RETURN_IF_ERROR(NotNull(tokens, "tokens"));
  // Before anything is read or allocated: an absurd count is not believed.
  const auto context = static_cast<uint64_t>(session.sequence->context());
  if (count > context) {
    return ResourceExhausted("append: ", count, " tokens, the session's context is ", context);
  }
  TALARIA_ASSIGN_OR_RETURN(const std::vector<uint8_t> wants, WantsOf(own, count));
  const absl::Span<const int32_t> given(tokens, static_cast<size_t>(count));
  return (session.engine->engine.get()->*give)(*session.sequence, given, wants);
}

// The ids of *prompt* by the model's tokenizer.
StatusOr<std::vector<int32_t>> IdsOf(const Session& session, const talaria_prompt* prompt) {
  TALARIA_RETURN_IF_ERROR(NotNull(prompt, "prompt"));
  const std::shared_ptr<const Tokenizer>& tokenizer = session.engine->model->tokenizer;
  if (tokenizer == nullptr) return NotFound("the model has no tokenizer; give tokens instead");
  std::vector<int32_t> ids;
  TALARIA_RETURN_IF_ERROR(tokenizer->EncodeMarked(prompt->text, &ids));
  return ids;
}

Status Generate(Session& session, const talaria_generate_options* options) {
  const Model& model = *session.engine->model;
  TALARIA_ASSIGN_OR_RETURN(GenerateOptions request, GenerateOptionsOf(session, options));
  if (model.tokenizer == nullptr) {
    return session.engine->engine->Generate(*session.sequence, std::move(request));
  }
  // All memory first: the generation and its text begin together.
  std::list<TextStream> text;
  text.emplace_back(model.tokenizer, request.stop_strings);
  TALARIA_RETURN_IF_ERROR(session.engine->engine->Generate(*session.sequence, std::move(request)));
  session.texts.splice(session.texts.end(), text);
  return absl::OkStatus();
}

// What the event lets out of its generation's text. Nothing has changed where it throws for want of memory.
void TakeText(Session& session, const Event& event) {
  session.text.clear();
  if (session.texts.empty()) return;
  if (event.kind == EventKind::kToken) session.texts.front().Push(event.token, &session.text);
  if (event.kind != EventKind::kFinished) return;
  session.texts.front().Finish(&session.text);
  session.texts.pop_front();
}

talaria_event EventOf(const Event& event, int64_t vocabulary) {
  talaria_event own = TALARIA_EVENT_INIT;
  own.token = event.token;
  own.position = event.position;
  own.has_log_probability = event.has_log_probability ? 1 : 0;
  own.log_probability = event.log_probability;
  static_assert(sizeof(talaria_token_log_probability) == sizeof(sampling::TokenLogProbability));
  own.top = reinterpret_cast<const talaria_token_log_probability*>(event.top.data());
  own.top_count = event.top.size();
  own.top_element_size = sizeof(talaria_token_log_probability);
  switch (event.kind) {
    case EventKind::kToken:
      own.kind = TALARIA_EVENT_TOKEN;
      break;
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
static_assert(static_cast<int32_t>(FinishReason::kStopString) == TALARIA_FINISH_STOP_STRING);
static_assert(static_cast<int32_t>(FinishReason::kNoChoice) == TALARIA_FINISH_NO_CHOICE);
static_assert(static_cast<int32_t>(FinishReason::kFailed) == TALARIA_FINISH_FAILED);
static_assert(static_cast<int32_t>(FinishReason::kGrammar) == TALARIA_FINISH_GRAMMAR);

}  // namespace
}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_session_create(talaria_engine* engine, const talaria_session_config* config,
                                            talaria_session** session,
                                            talaria_error** error) TALARIA_NOEXCEPT {
  if (session != nullptr) *session = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(engine, "engine"));
    TALARIA_RETURN_IF_ERROR(NotNull(session, "session"));
    TALARIA_ASSIGN_OR_RETURN(std::unique_ptr<talaria_session> made, MakeSession(engine->object, config));
    *session = made.release();
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

int32_t TALARIA_CALL talaria_session_append_tokens(talaria_session* session, const int32_t* tokens,
                                                   uint64_t count, const talaria_append_options* options,
                                                   talaria_error** error) TALARIA_NOEXCEPT {
  return EnterSession(session, error, [&](Session& object) {
    return Give(object, tokens, count, options, &talaria::Engine::Append);
  });
}

int32_t TALARIA_CALL talaria_session_set_tokens(talaria_session* session, const int32_t* tokens,
                                                uint64_t count, const talaria_append_options* options,
                                                talaria_error** error) TALARIA_NOEXCEPT {
  return EnterSession(session, error, [&](Session& object) {
    return Give(object, tokens, count, options, &talaria::Engine::Replace);
  });
}

int32_t TALARIA_CALL talaria_session_append_prompt(talaria_session* session, const talaria_prompt* prompt,
                                                   const talaria_append_options* options,
                                                   talaria_error** error) TALARIA_NOEXCEPT {
  return EnterSession(session, error, [&](Session& object) -> Status {
    TALARIA_ASSIGN_OR_RETURN(const std::vector<int32_t> ids, IdsOf(object, prompt));
    return Give(object, ids.data(), ids.size(), options, &talaria::Engine::Append);
  });
}

int32_t TALARIA_CALL talaria_session_set_prompt(talaria_session* session, const talaria_prompt* prompt,
                                                const talaria_append_options* options,
                                                talaria_error** error) TALARIA_NOEXCEPT {
  return EnterSession(session, error, [&](Session& object) -> Status {
    TALARIA_ASSIGN_OR_RETURN(const std::vector<int32_t> ids, IdsOf(object, prompt));
    return Give(object, ids.data(), ids.size(), options, &talaria::Engine::Replace);
  });
}

int32_t TALARIA_CALL talaria_session_rewind(talaria_session* session, uint64_t count,
                                            talaria_error** error) TALARIA_NOEXCEPT {
  return EnterSession(session, error, [&](Session& object) -> Status {
    const auto most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    return object.engine->engine->Rewind(*object.sequence, static_cast<int64_t>(std::min(count, most)));
  });
}

int32_t TALARIA_CALL talaria_session_generate(talaria_session* session,
                                              const talaria_generate_options* options,
                                              talaria_error** error) TALARIA_NOEXCEPT {
  return EnterSession(session, error, [&](Session& object) { return Generate(object, options); });
}

int32_t TALARIA_CALL talaria_session_next_event(talaria_session* session, uint64_t timeout_us,
                                                talaria_event* event,
                                                talaria_error** error) TALARIA_NOEXCEPT {
  ClearStruct(event);
  bool ready = false;
  const int32_t status = EnterSession(session, error, [&](Session& object) -> Status {
    TALARIA_RETURN_IF_ERROR(CheckOutputStruct(event, "talaria_event"));
    if (!object.untold.has_value()) {
      Event taken;
      if (!object.engine->engine->NextEvent(*object.sequence, Deadline::After(timeout_us), &taken)) {
        return WriteStruct(talaria_event(TALARIA_EVENT_INIT), "talaria_event", event);
      }
      object.untold = taken;
    }
    ready = true;
    const Event next = *object.untold;
    talaria_event own = EventOf(next, object.engine->model->llama->config().vocab_size);
    TakeText(object, next);
    object.untold.reset();
    if (object.engine->model->tokenizer != nullptr && next.kind != EventKind::kLogits) {
      own.text = object.text.c_str();
      own.text_bytes = object.text.size();
    }
    return WriteStruct(own, "talaria_event", event);
  });
  return status == TALARIA_OK && !ready ? TALARIA_NOT_READY : status;
}

int32_t TALARIA_CALL talaria_session_cancel(talaria_session* session,
                                            talaria_error** error) TALARIA_NOEXCEPT {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(session, "session"));
    session->object->engine->engine->Cancel(*session->object->sequence);
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_session_get_state(talaria_session* session, talaria_session_state* state,
                                               talaria_error** error) TALARIA_NOEXCEPT {
  ClearStruct(state);
  return EnterSession(session, error, [&](Session& object) -> Status {
    const talaria::Engine::SequenceState now = object.engine->engine->StateOf(*object.sequence);
    talaria_session_state own = TALARIA_SESSION_STATE_INIT;
    own.generating = now.generating ? 1 : 0;
    own.token_count = now.count;
    own.cached_count = now.cached;
    return WriteStruct(own, "talaria_session_state", state);
  });
}

int32_t TALARIA_CALL talaria_session_get_usage(talaria_session* session, talaria_usage* usage,
                                               talaria_error** error) TALARIA_NOEXCEPT {
  ClearStruct(usage);
  return EnterSession(session, error, [&](Session& object) -> Status {
    const Usage used = object.engine->engine->StateOf(*object.sequence).usage;
    talaria_usage own = TALARIA_USAGE_INIT;
    own.prompt_tokens = used.prompt_rows;
    own.reused_tokens = used.reused;
    own.generated_tokens = used.generated;
    own.work_us = used.work / 1000;
    own.first_token_us = used.first_token / 1000;
    own.generation_us = used.generation / 1000;
    return WriteStruct(own, "talaria_usage", usage);
  });
}

int32_t TALARIA_CALL talaria_session_get_failure(talaria_session* session, talaria_error** failure,
                                                 talaria_error** error) TALARIA_NOEXCEPT {
  if (failure != nullptr) *failure = nullptr;
  return EnterSession(session, error, [&](Session& object) -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(failure, "failure"));
    const Status why = object.engine->engine->StateOf(*object.sequence).failure;
    if (!why.ok()) Report(why, failure);
    return absl::OkStatus();
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
    *written = static_cast<uint64_t>(
        object.engine->engine->CopyTokens(*object.sequence, static_cast<int64_t>(std::min(first, context)),
                                          static_cast<int64_t>(std::min(capacity, context)), tokens));
    return absl::OkStatus();
  });
}
