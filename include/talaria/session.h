/* talaria_session: one conversation. One thread at a time, any thread; a second one inside gets FAILED_PRECONDITION.
 * Only talaria_session_cancel may be called beside another call. */
#ifndef TALARIA_SESSION_H_
#define TALARIA_SESSION_H_

#include "talaria/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct talaria_session talaria_session;

typedef struct talaria_session_config {
  uint32_t struct_size;
  int32_t event_capacity;  /* events that may wait; a full queue pauses the session. 0: 64, else at least 2 */
  int32_t logits_capacity; /* rows of logits that may wait; -1: none. 0: 1 */
  uint32_t reserved;       /* zero */
} talaria_session_config;

#define TALARIA_SESSION_CONFIG_INIT \
  { TALARIA_STRUCT_SIZE(talaria_session_config), 0, 0, 0u }

/* *config NULL: the defaults. RESOURCE_EXHAUSTED where the engine's max_sessions are open. */
TALARIA_API int32_t TALARIA_CALL talaria_session_create(talaria_engine* engine, const talaria_session_config* config,
                                                        talaria_session** session,
                                                        talaria_error** error) TALARIA_NOEXCEPT;
/* A session with the same tokens that shares the cache so far. UNIMPLEMENTED so far. */
TALARIA_API int32_t TALARIA_CALL talaria_session_fork(talaria_session* session, talaria_session** fork,
                                                      talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_session_free(talaria_session* session) TALARIA_NOEXCEPT;

/* Which of the appended tokens' logits are wanted: the model's output after that token. */
enum { TALARIA_LOGITS_NONE = 0, TALARIA_LOGITS_LAST = 1, TALARIA_LOGITS_ALL = 2, TALARIA_LOGITS_AT = 3 };

typedef struct talaria_append_options {
  uint32_t struct_size;
  int32_t logits;           /* TALARIA_LOGITS_... */
  const uint64_t* at;       /* TALARIA_LOGITS_AT: indices into the appended tokens, in any order */
  uint64_t at_count;        /* at most as many as tokens */
} talaria_append_options;

#define TALARIA_APPEND_OPTIONS_INIT \
  { TALARIA_STRUCT_SIZE(talaria_append_options), TALARIA_LOGITS_NONE, NULL, UINT64_C(0) }

/* Adds tokens to the conversation; steps of the engine process them. RESOURCE_EXHAUSTED where the context or the cache
 * has no room for all; FAILED_PRECONDITION while a generation is under way. *options NULL: the defaults. */
TALARIA_API int32_t TALARIA_CALL talaria_session_append_tokens(talaria_session* session, const int32_t* tokens,
                                                               uint64_t count, const talaria_append_options* options,
                                                               talaria_error** error) TALARIA_NOEXCEPT;

/* Bits of talaria_generate_options.set. */
#define TALARIA_SET_TEMPERATURE (UINT64_C(1) << 0)

typedef struct talaria_generate_options {
  uint32_t struct_size;
  int32_t ignore_model_stops; /* 1: the model's own stop tokens do not end the generation */
  uint64_t set;               /* which of the fields marked with a bit were chosen; the rest is generation_config's */
  int64_t max_tokens;         /* 0: until the context is full */
  const int32_t* stop_tokens; /* further tokens that end it */
  uint64_t stop_token_count;
  float temperature;          /* TALARIA_SET_TEMPERATURE. 0: greedy, the only one so far */
  uint32_t reserved;          /* zero */
} talaria_generate_options;

#define TALARIA_GENERATE_OPTIONS_INIT                                                                            \
  {                                                                                                              \
    TALARIA_STRUCT_SIZE(talaria_generate_options), 0, UINT64_C(0), INT64_C(0), NULL, UINT64_C(0), 0.0f, 0u          \
  }

/* Begins a generation; its tokens come as events. UNIMPLEMENTED where the options and generation_config.json ask for
 * more than the greedy choice. *options NULL: the defaults. */
TALARIA_API int32_t TALARIA_CALL talaria_session_generate(talaria_session* session,
                                                          const talaria_generate_options* options,
                                                          talaria_error** error) TALARIA_NOEXCEPT;

enum { TALARIA_EVENT_NONE = 0, TALARIA_EVENT_TOKEN = 1, TALARIA_EVENT_LOGITS = 2, TALARIA_EVENT_FINISHED = 3 };

enum {
  TALARIA_FINISH_NONE = 0,
  TALARIA_FINISH_STOP_TOKEN = 1, /* the last token given is one of the stop tokens */
  TALARIA_FINISH_LENGTH = 2,     /* max_tokens were generated */
  TALARIA_FINISH_CONTEXT = 3,    /* the session's context is full */
  TALARIA_FINISH_CACHE = 4,      /* no page of the engine's cache was left */
  TALARIA_FINISH_CANCELLED = 5
};

typedef struct talaria_event {
  uint32_t struct_size;
  int32_t kind;           /* TALARIA_EVENT_... */
  int32_t token;          /* TOKEN: the one generated; LOGITS: the one they follow; else -1 */
  int32_t finish_reason;  /* FINISHED: TALARIA_FINISH_... */
  int64_t position;       /* TOKEN, LOGITS: of the token in the session; FINISHED: tokens in the session */
  const float* logits;    /* LOGITS: vocabulary_size floats, borrowed until the next event is taken or the free */
  uint64_t logits_count;
} talaria_event;

#define TALARIA_EVENT_INIT \
  { TALARIA_STRUCT_SIZE(talaria_event), TALARIA_EVENT_NONE, -1, TALARIA_FINISH_NONE, INT64_C(0), NULL, UINT64_C(0) }

/* The oldest event, or TALARIA_NOT_READY where there is none. In an engine that its host drives *timeout_us is not
 * waited for: nothing could come meanwhile. */
TALARIA_API int32_t TALARIA_CALL talaria_session_next_event(talaria_session* session, uint64_t timeout_us,
                                                            talaria_event* event, talaria_error** error) TALARIA_NOEXCEPT;

/* Ends a generation and leaves appended tokens that are not processed yet alone until the next append or generate. The
 * cache stays valid up to the last finished token. Any thread, also beside another call. */
TALARIA_API int32_t TALARIA_CALL talaria_session_cancel(talaria_session* session, talaria_error** error) TALARIA_NOEXCEPT;

typedef struct talaria_session_state {
  uint32_t struct_size;
  int32_t generating;
  int64_t token_count;  /* appended and generated */
  int64_t cached_count; /* of them processed */
} talaria_session_state;

#define TALARIA_SESSION_STATE_INIT \
  { TALARIA_STRUCT_SIZE(talaria_session_state), 0, INT64_C(0), INT64_C(0) }

TALARIA_API int32_t TALARIA_CALL talaria_session_get_state(talaria_session* session, talaria_session_state* state,
                                                           talaria_error** error) TALARIA_NOEXCEPT;

/* Copies up to *capacity tokens from index *first on; *written receives how many. */
TALARIA_API int32_t TALARIA_CALL talaria_session_read_tokens(talaria_session* session, uint64_t first,
                                                             uint64_t capacity, int32_t* tokens, uint64_t* written,
                                                             talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_SESSION_H_ */
