/* talaria_engine: a cache and a scheduler over a model. The host calls talaria_engine_step, one thread at a
 * time, or lets the engine's own thread do that (own_thread); the engine's sessions may be used from other
 * threads meanwhile. */
#ifndef TALARIA_ENGINE_H_
#define TALARIA_ENGINE_H_

#include "talaria/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct talaria_engine talaria_engine;
struct talaria_session;

/* Takes all the memory that steps need: later calls take none between their entry and exit. *config NULL: the
 * defaults. */
TALARIA_API int32_t TALARIA_CALL talaria_engine_create(talaria_model* model,
                                                       const talaria_engine_config* config,
                                                       talaria_engine** engine,
                                                       talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_engine_free(talaria_engine* engine) TALARIA_NOEXCEPT;

typedef struct talaria_step_info {
  uint32_t struct_size;
  int32_t idle;      /* 1: nothing to do until a session is given something or events are taken out */
  int32_t suspended; /* 1: a forward pass is under way; the next call goes on with it */
  int32_t steps;     /* forward passes finished in this call */
  int64_t rows;      /* tokens they processed */
} talaria_step_info;

#define TALARIA_STEP_INFO_INIT \
  { TALARIA_STRUCT_SIZE(talaria_step_info), 0, 0, 0, INT64_C(0) }

#define TALARIA_NO_BUDGET UINT64_MAX

/* Works for about *budget_us* microseconds, or until there is nothing to do. It stops inside a forward pass
 * and goes on there; a call with budget 0 does the least unit of work. *info may be NULL. After an error the
 * sessions are as they were before the forward pass that failed. FAILED_PRECONDITION for an engine with a
 * thread of its own. */
TALARIA_API int32_t TALARIA_CALL talaria_engine_step(talaria_engine* engine, uint64_t budget_us,
                                                     talaria_step_info* info,
                                                     talaria_error** error) TALARIA_NOEXCEPT;

/* Waits until one of the engine's sessions has an event, *timeout_us at most, and gives that session
 * (borrowed; sessions take turns). TALARIA_NOT_READY where none has. In an engine that its host drives
 * nothing is waited for: nothing could come meanwhile. Any thread. */
TALARIA_API int32_t TALARIA_CALL talaria_engine_wait_any(talaria_engine* engine, uint64_t timeout_us,
                                                         struct talaria_session** session,
                                                         talaria_error** error) TALARIA_NOEXCEPT;

/* Called on the thread that steps, inside a step, when a session gets an event; may do nothing but signal. */
typedef void(TALARIA_CALL* talaria_wake_function)(void* user);
/* *wake NULL: none. After the call returns the function before it is not called any more. */
TALARIA_API int32_t TALARIA_CALL talaria_engine_set_wake(talaria_engine* engine, talaria_wake_function wake,
                                                         void* user, talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_ENGINE_H_ */
