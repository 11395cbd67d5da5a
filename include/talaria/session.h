/* talaria_session: one conversation. One thread at a time, any thread; a second one inside gets
 * FAILED_PRECONDITION. Only talaria_session_cancel may be called beside another call. */
#ifndef TALARIA_SESSION_H_
#define TALARIA_SESSION_H_

#include "talaria/engine.h"
#include "talaria/grammar.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct talaria_session talaria_session;

typedef struct talaria_session_config {
  uint32_t struct_size;
  int32_t event_capacity;  /* events that may wait; a full queue pauses the session. 0: 64, else at least 2 */
  int32_t logits_capacity; /* rows of logits that may wait; -1: none. 0: 1 */
  uint32_t reserved;       /* zero */
  int32_t
      log_probability_capacity; /* likeliest tokens whose log-probabilities an event may carry, at most 128 */
  uint32_t reserved2;           /* zero */
} talaria_session_config;

#define TALARIA_SESSION_CONFIG_INIT \
  { TALARIA_STRUCT_SIZE(talaria_session_config), 0, 0, 0u, 0, 0u }

/* *config NULL: the defaults. RESOURCE_EXHAUSTED where the engine's max_sessions are open. */
TALARIA_API int32_t TALARIA_CALL talaria_session_create(talaria_engine* engine,
                                                        const talaria_session_config* config,
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
  int32_t logits;     /* TALARIA_LOGITS_... */
  const uint64_t* at; /* TALARIA_LOGITS_AT: indices into the appended tokens, in any order */
  uint64_t at_count;
} talaria_append_options;

#define TALARIA_APPEND_OPTIONS_INIT \
  { TALARIA_STRUCT_SIZE(talaria_append_options), TALARIA_LOGITS_NONE, NULL, UINT64_C(0) }

/* Adds tokens to the conversation; steps of the engine process them. RESOURCE_EXHAUSTED where the context or
 * the cache has no room for all; FAILED_PRECONDITION while a generation is under way. *options NULL: the
 * defaults. */
TALARIA_API int32_t TALARIA_CALL talaria_session_append_tokens(talaria_session* session,
                                                               const int32_t* tokens, uint64_t count,
                                                               const talaria_append_options* options,
                                                               talaria_error** error) TALARIA_NOEXCEPT;

/* The same for a prompt's text, by the model's tokenizer. NOT_FOUND where it has none. */
TALARIA_API int32_t TALARIA_CALL talaria_session_append_prompt(talaria_session* session,
                                                               const talaria_prompt* prompt,
                                                               const talaria_append_options* options,
                                                               talaria_error** error) TALARIA_NOEXCEPT;

/* Makes the session's tokens *tokens: what agrees with them from the start keeps its place in the cache, the
 * rest is dropped, and what is new is appended. So a conversation is rendered whole at every turn and only
 * what changed is processed. Errors are those of talaria_session_append_tokens. */
TALARIA_API int32_t TALARIA_CALL talaria_session_set_tokens(talaria_session* session, const int32_t* tokens,
                                                            uint64_t count,
                                                            const talaria_append_options* options,
                                                            talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API int32_t TALARIA_CALL talaria_session_set_prompt(talaria_session* session,
                                                            const talaria_prompt* prompt,
                                                            const talaria_append_options* options,
                                                            talaria_error** error) TALARIA_NOEXCEPT;

/* Keeps the first *count* tokens: to edit or regenerate what came after them. FAILED_PRECONDITION while a
 * generation is under way. */
TALARIA_API int32_t TALARIA_CALL talaria_session_rewind(talaria_session* session, uint64_t count,
                                                        talaria_error** error) TALARIA_NOEXCEPT;

/* Bits of talaria_generate_options.set: fields whose choice is told from generation_config.json's. */
#define TALARIA_SET_TEMPERATURE (UINT64_C(1) << 0)
#define TALARIA_SET_TEMPERATURE_LAST (UINT64_C(1) << 1)
#define TALARIA_SET_TOP_K (UINT64_C(1) << 2)
#define TALARIA_SET_TYPICAL_P (UINT64_C(1) << 3)
#define TALARIA_SET_TOP_P (UINT64_C(1) << 4)
#define TALARIA_SET_MIN_P (UINT64_C(1) << 5)
#define TALARIA_SET_XTC_PROBABILITY (UINT64_C(1) << 6)
#define TALARIA_SET_XTC_THRESHOLD (UINT64_C(1) << 7)
#define TALARIA_SET_REPETITION_PENALTY (UINT64_C(1) << 8)
#define TALARIA_SET_PRESENCE_PENALTY (UINT64_C(1) << 9)
#define TALARIA_SET_FREQUENCY_PENALTY (UINT64_C(1) << 10)
#define TALARIA_SET_PENALTY_WINDOW (UINT64_C(1) << 11)
#define TALARIA_SET_PENALIZE_PROMPT (UINT64_C(1) << 12)
#define TALARIA_SET_DRY_MULTIPLIER (UINT64_C(1) << 13)
#define TALARIA_SET_DRY_BASE (UINT64_C(1) << 14)
#define TALARIA_SET_DRY_ALLOWED_LENGTH (UINT64_C(1) << 15)
#define TALARIA_SET_DRY_RANGE (UINT64_C(1) << 16)

/* How tokens are chosen; lib/sampling/README.md has the samplers' order and their sources. A field with a bit
 * in *set counts only where its bit is set; otherwise generation_config.json's holds, or the sampler is off.
 * A generation_config.json without "do_sample": true means temperature 0. */
typedef struct talaria_generate_options {
  uint32_t struct_size;
  int32_t ignore_model_stops; /* 1: the model's own stop tokens do not end the generation */
  uint64_t set;       /* which of the fields marked with a bit were chosen; the rest is generation_config's */
  int64_t max_tokens; /* 0: until the context is full */
  const int32_t* stop_tokens; /* further tokens that end it */
  uint64_t stop_token_count;
  float temperature; /* bit. 0: the likeliest token */
  uint32_t reserved; /* zero */

  const char* const* stop_strings; /* texts that end it, also across tokens; events' text ends before them */
  const uint64_t* stop_string_bytes;
  uint64_t stop_string_count;

  uint64_t seed;              /* of the random numbers: equal (seed, stream, position) gives equal numbers */
  uint64_t stream;            /* which of a host's many conversations it is */
  int64_t top_k;              /* bit. 0: off */
  double top_p;               /* bit. 1: off */
  double min_p;               /* bit. 0: off */
  double typical_p;           /* bit. 1: off */
  double xtc_probability;     /* bit. 0: off */
  double xtc_threshold;       /* bit */
  double repetition_penalty;  /* bit. 1: off */
  double presence_penalty;    /* bit. 0: off */
  double frequency_penalty;   /* bit. 0: off */
  int64_t penalty_window;     /* bit. Last tokens that the three look at; -1: all */
  double dry_multiplier;      /* bit. 0: off */
  double dry_base;            /* bit */
  int64_t dry_allowed_length; /* bit */
  int64_t dry_range;          /* bit. Last tokens that are looked at; -1: all */
  int32_t penalize_prompt;    /* bit. 1: presence and frequency look at the prompt too */
  int32_t temperature_last;   /* bit. 1: top_k and the like see probabilities at temperature 1 */

  const int32_t* bias_tokens; /* tokens whose logits are changed */
  const float* bias_values;   /* by so much; -INFINITY: never chosen */
  uint64_t bias_count;
  const char* const* banned_strings; /* texts that must not appear, also across tokens */
  const uint64_t* banned_string_bytes;
  uint64_t banned_string_count;
  const char* const* dry_breakers; /* texts that a repetition does not go across */
  const uint64_t* dry_breaker_bytes;
  uint64_t dry_breaker_count;

  int32_t log_probabilities;     /* 1: token events carry the token's log-probability, as the model gave it */
  int32_t top_log_probabilities; /* and those of so many of the likeliest; at most the session's capacity */

  const talaria_grammar* grammar; /* the text is one of its texts; NULL: any. May be freed after the call */
  int64_t grammar_begin;          /* the session's tokens from this position on are its beginning already, as
                                   * after a rewind into it; -1: none is */
  int32_t no_jump_forward; /* 1: every token takes a forward pass; 0: those that the grammar forces are taken
                            * without, in the ids that their text encodes to. With log_probabilities
                            * none is forced */
  uint32_t reserved3;      /* zero */
} talaria_generate_options;

#define TALARIA_GENERATE_OPTIONS_INIT                                                                       \
  {                                                                                                         \
    TALARIA_STRUCT_SIZE(talaria_generate_options), 0, UINT64_C(0), INT64_C(0), NULL, UINT64_C(0), 0.0f, 0u, \
        NULL, NULL, UINT64_C(0), UINT64_C(0), UINT64_C(0), INT64_C(0), 1.0, 0.0, 1.0, 0.0, 0.1, 1.0, 0.0,   \
        0.0, INT64_C(-1), 0.0, 1.75, INT64_C(2), INT64_C(-1), 0, 0, NULL, NULL, UINT64_C(0), NULL, NULL,    \
        UINT64_C(0), NULL, NULL, UINT64_C(0), 0, 0, NULL, INT64_C(-1), 0, 0u                                \
  }

/* Begins a generation; its tokens come as events. *options NULL: the defaults. */
TALARIA_API int32_t TALARIA_CALL talaria_session_generate(talaria_session* session,
                                                          const talaria_generate_options* options,
                                                          talaria_error** error) TALARIA_NOEXCEPT;

enum {
  TALARIA_EVENT_NONE = 0,
  TALARIA_EVENT_TOKEN = 1,
  TALARIA_EVENT_LOGITS = 2,
  TALARIA_EVENT_FINISHED = 3
};

enum {
  TALARIA_FINISH_NONE = 0,
  TALARIA_FINISH_STOP_TOKEN = 1, /* the last token given is one of the stop tokens */
  TALARIA_FINISH_LENGTH = 2,     /* max_tokens were generated */
  TALARIA_FINISH_CONTEXT = 3,    /* the session's context is full */
  TALARIA_FINISH_CACHE = 4,      /* no page of the engine's cache was left */
  TALARIA_FINISH_CANCELLED = 5,
  TALARIA_FINISH_STOP_STRING = 6, /* the text came to a stop string */
  TALARIA_FINISH_NO_CHOICE = 7,   /* bans, biases and grammar left no token to choose */
  TALARIA_FINISH_FAILED = 8,      /* a step of the engine's own thread failed; talaria_session_get_failure */
  TALARIA_FINISH_GRAMMAR = 9      /* the grammar's text is complete and nothing may follow it */
};

typedef struct talaria_token_log_probability {
  int32_t token; /* -1: there are no more */
  float log_probability;
} talaria_token_log_probability;

typedef struct talaria_event {
  uint32_t struct_size;
  int32_t kind;          /* TALARIA_EVENT_... */
  int32_t token;         /* TOKEN: the one generated; LOGITS: the one they follow; else -1 */
  int32_t finish_reason; /* FINISHED: TALARIA_FINISH_... */
  int64_t position;      /* TOKEN, LOGITS: of the token in the session; FINISHED: tokens in the session */
  const float* logits;   /* LOGITS: vocabulary_size floats, borrowed until the next
                          * talaria_session_next_event or the free */
  uint64_t logits_count;
  const char* text; /* TOKEN: what it lets out, whole characters of UTF-8 without special tokens, nothing that
                     * a stop string may take back; FINISHED: the rest. Ends with a zero byte, borrowed as
                     * *logits. NULL where the model has no tokenizer */
  uint64_t text_bytes;                      /* may be 0 */
  const talaria_token_log_probability* top; /* TOKEN: the likeliest tokens, descending, borrowed as *logits */
  uint64_t top_count;
  uint64_t top_element_size; /* bytes from one to the next */
  float log_probability;     /* TOKEN, where has_log_probability is 1 */
  int32_t has_log_probability;
} talaria_event;

#define TALARIA_EVENT_INIT                                                                             \
  {                                                                                                    \
    TALARIA_STRUCT_SIZE(talaria_event), TALARIA_EVENT_NONE, -1, TALARIA_FINISH_NONE, INT64_C(0), NULL, \
        UINT64_C(0), NULL, UINT64_C(0), NULL, UINT64_C(0), UINT64_C(0), 0.0f, 0                        \
  }

/* The oldest event, waited for *timeout_us at most; TALARIA_NOT_READY where there is none. In an engine that
 * its host drives nothing is waited for: nothing could come meanwhile. */
TALARIA_API int32_t TALARIA_CALL talaria_session_next_event(talaria_session* session, uint64_t timeout_us,
                                                            talaria_event* event,
                                                            talaria_error** error) TALARIA_NOEXCEPT;

/* Ends a generation and leaves appended tokens that are not processed yet alone until the next append or
 * generate. The cache stays valid up to the last finished token. Any thread, also beside another call. */
TALARIA_API int32_t TALARIA_CALL talaria_session_cancel(talaria_session* session,
                                                        talaria_error** error) TALARIA_NOEXCEPT;

typedef struct talaria_session_state {
  uint32_t struct_size;
  int32_t generating;
  int64_t token_count;  /* appended and generated */
  int64_t cached_count; /* of them processed */
} talaria_session_state;

#define TALARIA_SESSION_STATE_INIT \
  { TALARIA_STRUCT_SIZE(talaria_session_state), 0, INT64_C(0), INT64_C(0) }

TALARIA_API int32_t TALARIA_CALL talaria_session_get_state(talaria_session* session,
                                                           talaria_session_state* state,
                                                           talaria_error** error) TALARIA_NOEXCEPT;

/* What a session has used, from its start. */
typedef struct talaria_usage {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t prompt_tokens; /* that the host gave and that were processed */
  int64_t reused_tokens; /* that the host gave again and the cache held (talaria_session_set_tokens) */
  int64_t generated_tokens;
  int64_t work_us;        /* its share, by tokens, of the time that forward passes took */
  int64_t first_token_us; /* of the generation begun last, on the clock: to its first token */
  int64_t generation_us;  /* and to its end; 0: not yet */
} talaria_usage;

#define TALARIA_USAGE_INIT                                                                              \
  {                                                                                                     \
    TALARIA_STRUCT_SIZE(talaria_usage), 0u, INT64_C(0), INT64_C(0), INT64_C(0), INT64_C(0), INT64_C(0), \
        INT64_C(0)                                                                                      \
  }

TALARIA_API int32_t TALARIA_CALL talaria_session_get_usage(talaria_session* session, talaria_usage* usage,
                                                           talaria_error** error) TALARIA_NOEXCEPT;

/* Why the last generation ended with TALARIA_FINISH_NO_CHOICE or TALARIA_FINISH_FAILED: *failure receives an
 * error to be freed, or NULL where it did not. */
TALARIA_API int32_t TALARIA_CALL talaria_session_get_failure(talaria_session* session,
                                                             talaria_error** failure,
                                                             talaria_error** error) TALARIA_NOEXCEPT;

/* Copies up to *capacity tokens from index *first on; *written receives how many. */
TALARIA_API int32_t TALARIA_CALL talaria_session_read_tokens(talaria_session* session, uint64_t first,
                                                             uint64_t capacity, int32_t* tokens,
                                                             uint64_t* written,
                                                             talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_SESSION_H_ */
