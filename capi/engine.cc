#include <algorithm>
#include <utility>

#include "capi/error.h"
#include "capi/handles.h"
#include "capi/structs.h"

namespace talaria::capi {

StatusOr<EngineConfig> EngineConfigOf(const talaria_engine_config* given, const ModelConfig& config) {
  talaria_engine_config own = TALARIA_ENGINE_CONFIG_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(given, "talaria_engine_config", &own));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.own_thread, "own_thread"));
  if (own.reserved != 0) return InvalidArgument("talaria_engine_config.reserved: expected 0");
  static constexpr DType kCacheTypes[] = {DType::kF32, DType::kF16, DType::kBF16};
  if (own.cache_type < TALARIA_CACHE_F32 || own.cache_type > TALARIA_CACHE_BF16) {
    return InvalidArgument("cache_type: expected 0 to 2, found ", own.cache_type);
  }
  EngineConfig out;
  out.own_thread = own.own_thread == 1;
  out.cache_dtype = kCacheTypes[own.cache_type];
  if (own.step_target_us != 0) out.step_target_us = own.step_target_us;
  if (own.max_sessions != 0) out.max_sessions = own.max_sessions;
  out.context = own.context != 0 ? own.context : std::min<int64_t>(config.max_position_embeddings, 4096);
  out.cache_positions = own.cache_positions != 0 ? own.cache_positions : out.context;
  if (own.page_size != 0) out.page_size = own.page_size;
  if (own.step_rows != 0) out.step_rows = own.step_rows;
  out.output_rows = own.output_rows != 0 ? own.output_rows : std::min(16, out.step_rows);
  return out;
}

namespace {

StatusOr<std::shared_ptr<Engine>> MakeEngine(const std::shared_ptr<Model>& model,
                                             const talaria_engine_config* config) {
  TALARIA_ASSIGN_OR_RETURN(const EngineConfig own, EngineConfigOf(config, model->llama->config()));
  TALARIA_ASSIGN_OR_RETURN(const EngineMemory memory, talaria::Engine::Plan(*model->llama, own));
  const uint64_t needed = memory.cache + memory.scratch;
  const std::optional<uint64_t> available = AvailableBytes(*model->runtime);
  if (available && needed > *available) {
    return ResourceExhausted("engine: the cache and a step need ", BytesText(needed), ", ",
                             BytesText(*available), " are available");
  }
  auto engine = std::make_shared<Engine>();
  engine->model = model;
  const EngineHost host = {model->runtime->allocator.get(), model->runtime->log.get()};
  TALARIA_ASSIGN_OR_RETURN(engine->engine, talaria::Engine::Create(model->llama, own, host));
  return engine;
}

}  // namespace
}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_engine_create(talaria_model* model, const talaria_engine_config* config,
                                           talaria_engine** engine, talaria_error** error) TALARIA_NOEXCEPT {
  if (engine != nullptr) *engine = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(model, "model"));
    TALARIA_RETURN_IF_ERROR(NotNull(engine, "engine"));
    TALARIA_ASSIGN_OR_RETURN(std::shared_ptr<capi::Engine> object, MakeEngine(model->object, config));
    *engine = new talaria_engine{std::move(object)};
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_engine_free(talaria_engine* engine) TALARIA_NOEXCEPT { delete engine; }

int32_t TALARIA_CALL talaria_engine_step(talaria_engine* engine, uint64_t budget_us, talaria_step_info* info,
                                         talaria_error** error) TALARIA_NOEXCEPT {
  ClearStruct(info);
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(engine, "engine"));
    if (info != nullptr) TALARIA_RETURN_IF_ERROR(CheckOutputStruct(info, "talaria_step_info"));
    const Deadline deadline = budget_us == TALARIA_NO_BUDGET ? Deadline() : Deadline::After(budget_us);
    TALARIA_ASSIGN_OR_RETURN(const StepReport report, engine->object->engine->Step(deadline));
    if (info == nullptr) return absl::OkStatus();
    talaria_step_info own = TALARIA_STEP_INFO_INIT;
    own.idle = report.idle ? 1 : 0;
    own.suspended = report.suspended ? 1 : 0;
    own.steps = report.steps;
    own.rows = report.rows;
    return WriteStruct(own, "talaria_step_info", info);
  });
}

int32_t TALARIA_CALL talaria_engine_wait_any(talaria_engine* engine, uint64_t timeout_us,
                                             talaria_session** session,
                                             talaria_error** error) TALARIA_NOEXCEPT {
  if (session != nullptr) *session = nullptr;
  bool ready = false;
  const int32_t status = Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(engine, "engine"));
    TALARIA_RETURN_IF_ERROR(NotNull(session, "session"));
    const std::shared_ptr<Sequence> next = engine->object->engine->WaitAny(Deadline::After(timeout_us));
    ready = next != nullptr;
    if (ready) *session = static_cast<talaria_session*>(next->owner());
    return absl::OkStatus();
  });
  return status == TALARIA_OK && !ready ? TALARIA_NOT_READY : status;
}

int32_t TALARIA_CALL talaria_engine_set_wake(talaria_engine* engine, talaria_wake_function wake, void* user,
                                             talaria_error** error) TALARIA_NOEXCEPT {
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(engine, "engine"));
    engine->object->engine->SetWake(wake, user);
    return absl::OkStatus();
  });
}
