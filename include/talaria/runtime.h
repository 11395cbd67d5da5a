/* talaria_runtime: what models and engines of one host share: memory, log, threads. */
#ifndef TALARIA_RUNTIME_H_
#define TALARIA_RUNTIME_H_

#include "talaria/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct talaria_runtime talaria_runtime;

enum { TALARIA_LOG_DEBUG = 0, TALARIA_LOG_INFO = 1, TALARIA_LOG_WARNING = 2, TALARIA_LOG_ERROR = 3 };

/* One line, without its end of line; *line ends with a zero byte. Called from any thread, from one at a time.
 * Must not call the library. */
typedef void(TALARIA_CALL* talaria_log_function)(void* user, int32_t level, const char* line, uint64_t bytes);

/* *bytes (never 0) of memory aligned to *alignment (a power of two, 64 or more), or NULL. Serves all memory
 * whose size depends on the model or the context; small containers use operator new. From any thread; must
 * not call the library. */
typedef void*(TALARIA_CALL* talaria_allocate_function)(void* user, uint64_t bytes, uint64_t alignment);
/* Takes back what allocate gave, with the same numbers. From any thread; must not call
 * the library. */
typedef void(TALARIA_CALL* talaria_release_function)(void* user, void* memory, uint64_t bytes,
                                                     uint64_t alignment);

typedef struct talaria_runtime_config {
  uint32_t struct_size;
  int32_t threads;   /* that work on a step, the caller of talaria_engine_step counted; 0: one a core */
  int32_t log_level; /* lines below it are not made */
  uint32_t reserved; /* zero */
  talaria_log_function log; /* NULL: no log */
  void* log_user;
  talaria_allocate_function allocate; /* NULL: the library's own; else release must be given too */
  talaria_release_function release;
  void* allocator_user;
  uint64_t memory_ceiling_bytes; /* of what the allocator serves, all objects together; 0: none */
} talaria_runtime_config;

#define TALARIA_RUNTIME_CONFIG_INIT                                                                        \
  {                                                                                                        \
    TALARIA_STRUCT_SIZE(talaria_runtime_config), 0, TALARIA_LOG_WARNING, 0u, NULL, NULL, NULL, NULL, NULL, \
        UINT64_C(0)                                                                                        \
  }

/* *config NULL: the defaults. Any number of runtimes may exist; they share nothing. */
TALARIA_API int32_t TALARIA_CALL talaria_runtime_create(const talaria_runtime_config* config,
                                                        talaria_runtime** runtime,
                                                        talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_runtime_free(talaria_runtime* runtime) TALARIA_NOEXCEPT;

/* Bytes that the allocator has given and not yet got back. Any thread. */
TALARIA_API int32_t TALARIA_CALL talaria_runtime_get_used_bytes(const talaria_runtime* runtime,
                                                                uint64_t* bytes,
                                                                talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_RUNTIME_H_ */
