#include <cstring>
#include <utility>

#include "backends/cpu/backend.h"
#include "backends/reference/backend.h"
#include "capi/error.h"
#include "capi/handles.h"
#include "capi/structs.h"

namespace talaria::capi {
namespace {

// A host's allocator as the library calls it.
struct HostAllocator {
  talaria_allocate_function allocate;
  talaria_release_function release;
  void* user;
};

void* HostAllocate(void* host, size_t bytes, size_t alignment) {
  const auto* hooks = static_cast<HostAllocator*>(host);
  return hooks->allocate(hooks->user, bytes, alignment);
}

void HostRelease(void* host, void* memory, size_t bytes, size_t alignment) {
  const auto* hooks = static_cast<HostAllocator*>(host);
  hooks->release(hooks->user, memory, bytes, alignment);
}

struct RuntimeWithHost : Runtime {
  HostAllocator host = {};
};

StatusOr<std::shared_ptr<Runtime>> MakeRuntime(const talaria_runtime_config& config) {
  if (config.threads < 0) return InvalidArgument("threads: expected 0 or more, found ", config.threads);
  if (config.reserved != 0) return InvalidArgument("talaria_runtime_config.reserved: expected 0");
  if ((config.allocate == nullptr) != (config.release == nullptr)) {
    return InvalidArgument("allocate and release: expected both or neither");
  }
  if (config.log_level < TALARIA_LOG_DEBUG || config.log_level > TALARIA_LOG_ERROR) {
    return InvalidArgument("log_level: expected 0 to 3, found ", config.log_level);
  }
  auto runtime = std::make_shared<RuntimeWithHost>();
  if (config.log != nullptr) {
    runtime->log = std::make_unique<LogSink>(
        static_cast<LogLevel>(config.log_level),
        [log = config.log, user = config.log_user](LogLevel level, std::string_view text) {
          const std::string line = OneLine(text);
          log(user, static_cast<int32_t>(level), line.c_str(), line.size());
        });
  } else {
    runtime->log = std::make_unique<LogSink>();
  }
  AllocatorHooks hooks;
  if (config.allocate != nullptr) {
    runtime->host = {config.allocate, config.release, config.allocator_user};
    hooks = {HostAllocate, HostRelease, &runtime->host};
  }
  runtime->allocator = std::make_unique<Allocator>(config.memory_ceiling_bytes, hooks);
  const int threads = config.threads == 0 ? platform::LogicalCores() : config.threads;
  TALARIA_ASSIGN_OR_RETURN(runtime->pool, ThreadPool::Create(threads));
  runtime->backends.Add("cpu", cpu::CreateBackend);
  runtime->backends.Add("reference", reference::CreateBackend);
  return std::shared_ptr<Runtime>(std::move(runtime));
}

constexpr std::string_view kFeatures[] = {
    "backend.cpu",
    "backend.reference",
    "checkpoint.safetensors",
    "weights.f32",
    "weights.f16",
    "weights.bf16",
    "sampling.greedy",
    "sampling.chain",
    "engine.driven",
    "engine.own_thread",
    "memory.plan",
    "tokenizer",
    "chat",
    "grammar",
};

}  // namespace
}  // namespace talaria::capi

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

uint32_t TALARIA_CALL talaria_version(void) TALARIA_NOEXCEPT {
  return (TALARIA_VERSION_MAJOR << 16) | (TALARIA_VERSION_MINOR << 8) | TALARIA_VERSION_PATCH;
}

#define TALARIA_TEXT_OF_(number) #number
#define TALARIA_TEXT_OF(number) TALARIA_TEXT_OF_(number)
const char* TALARIA_CALL talaria_version_text(void) TALARIA_NOEXCEPT {
  return TALARIA_TEXT_OF(TALARIA_VERSION_MAJOR) "." TALARIA_TEXT_OF(
      TALARIA_VERSION_MINOR) "." TALARIA_TEXT_OF(TALARIA_VERSION_PATCH);
}

uint32_t TALARIA_CALL talaria_abi_version(void) TALARIA_NOEXCEPT { return TALARIA_ABI_MAJOR; }

int32_t TALARIA_CALL talaria_feature(const char* name, uint64_t name_bytes, int32_t* present,
                                     talaria_error** error) TALARIA_NOEXCEPT {
  if (present != nullptr) *present = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(present, "present"));
    TALARIA_ASSIGN_OR_RETURN(const std::string wanted, TextArgument(name, name_bytes, "name"));
    for (const std::string_view feature : kFeatures) *present |= feature == wanted ? 1 : 0;
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_runtime_create(const talaria_runtime_config* config, talaria_runtime** runtime,
                                            talaria_error** error) TALARIA_NOEXCEPT {
  if (runtime != nullptr) *runtime = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(runtime, "runtime"));
    talaria_runtime_config own = TALARIA_RUNTIME_CONFIG_INIT;
    TALARIA_RETURN_IF_ERROR(ReadStruct(config, "talaria_runtime_config", &own));
    TALARIA_ASSIGN_OR_RETURN(std::shared_ptr<Runtime> object, MakeRuntime(own));
    *runtime = new talaria_runtime{std::move(object)};
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_runtime_free(talaria_runtime* runtime) TALARIA_NOEXCEPT { delete runtime; }

int32_t TALARIA_CALL talaria_runtime_get_used_bytes(const talaria_runtime* runtime, uint64_t* bytes,
                                                    talaria_error** error) TALARIA_NOEXCEPT {
  if (bytes != nullptr) *bytes = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(runtime, "runtime"));
    TALARIA_RETURN_IF_ERROR(NotNull(bytes, "bytes"));
    *bytes = runtime->object->allocator->used_bytes();
    return absl::OkStatus();
  });
}
