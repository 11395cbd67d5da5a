/* A conversation whose model calls tools: who has to do something next, and what the model is told. It sits
 * beside a session and does not hold one: the host generates from its prompt and feeds it the text. */
#ifndef TALARIA_TOOL_LOOP_H_
#define TALARIA_TOOL_LOOP_H_

#include "talaria/tool_call.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One thread at a time; a second one inside gets FAILED_PRECONDITION. Around a session:
 *
 *   create with the messages so far, or create and say
 *   while the state is GENERATE:
 *     render; talaria_session_set_prompt; talaria_session_generate
 *     for each event of the session: feed its text; take the loop's events
 *     finish; take the loop's events: each CALL_END with problem 0 waits for a result
 *     while the state is RESULTS: run a call, set_result or set_error
 *   DONE: the answer is there; say what the user says next
 *
 * The model's turns are kept as it wrote them, so that a session's cache holds. Calls that are none, or that
 * their tools do not take, are answered by the loop itself, with what is wrong, in the words that Hermes was
 * trained with. */
typedef struct talaria_tool_loop talaria_tool_loop;

enum {
  TALARIA_LOOP_GENERATE = 1, /* the model is to go on */
  TALARIA_LOOP_RESULTS = 2,  /* calls wait for their results */
  TALARIA_LOOP_DONE = 3,     /* the model called nothing: the turn is the user's */
  TALARIA_LOOP_TOO_DEEP = 4  /* the model called max_depth times in a row and is not asked any more */
};

/* How results stand in the prompt. */
enum {
  TALARIA_RESULTS_AUTO = 0,  /* NAMED, but PLAIN for the templates "card" and "planning" */
  TALARIA_RESULTS_NAMED = 1, /* {"name": ..., "content": ...}, as Hermes was trained */
  TALARIA_RESULTS_PLAIN = 2  /* as they come: for templates that print the name themselves */
};

typedef struct talaria_tool_loop_options {
  uint32_t struct_size;
  int32_t reasoning;                 /* TALARIA_REASONING_... of the events; turns keep it */
  const char* const* reasoning_tags; /* as in talaria_tool_parser_options */
  const uint64_t* reasoning_tag_bytes;
  uint64_t reasoning_tag_count;
  /* How prompts are rendered, with the tools; copied. add_generation_prompt and continue_final_message are
   * the loop's own: zero. NULL: the defaults, without tools. */
  const talaria_render_options* render;
  int32_t max_depth; /* results given back in a row since the user spoke; 0: 5 */
  int32_t results;   /* TALARIA_RESULTS_... */
} talaria_tool_loop_options;

#define TALARIA_TOOL_LOOP_OPTIONS_INIT                                                                  \
  {                                                                                                     \
    TALARIA_STRUCT_SIZE(talaria_tool_loop_options), TALARIA_REASONING_AS_TEXT, NULL, NULL, UINT64_C(0), \
        NULL, 0, TALARIA_RESULTS_AUTO                                                                   \
  }

/* *messages (NULL: none) are copied; the template is kept alive. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_loop_create(const talaria_chat_template* chat_template,
                                                          const talaria_messages* messages,
                                                          const talaria_tool_loop_options* options,
                                                          talaria_tool_loop** loop,
                                                          talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_tool_loop_free(talaria_tool_loop* loop) TALARIA_NOEXCEPT;

typedef struct talaria_tool_loop_state {
  uint32_t struct_size;
  int32_t state;    /* TALARIA_LOOP_... */
  uint64_t waiting; /* calls without a result */
  int32_t depth;    /* results given back since the user spoke */
  uint32_t reserved;
} talaria_tool_loop_state;

#define TALARIA_TOOL_LOOP_STATE_INIT \
  { TALARIA_STRUCT_SIZE(talaria_tool_loop_state), 0, UINT64_C(0), 0, 0u }

TALARIA_API int32_t TALARIA_CALL talaria_tool_loop_get_state(talaria_tool_loop* loop,
                                                             talaria_tool_loop_state* state,
                                                             talaria_error** error) TALARIA_NOEXCEPT;

/* What the user says. FAILED_PRECONDITION while calls wait and while the model speaks. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_loop_say(talaria_tool_loop* loop, const char* text,
                                                       uint64_t text_bytes,
                                                       talaria_error** error) TALARIA_NOEXCEPT;

/* These three in state GENERATE, else FAILED_PRECONDITION. The prompt that the model goes on from; */
TALARIA_API int32_t TALARIA_CALL talaria_tool_loop_render(talaria_tool_loop* loop, talaria_prompt** prompt,
                                                          talaria_error** error) TALARIA_NOEXCEPT;
/* the next bytes of what it says, cut anywhere; */
TALARIA_API int32_t TALARIA_CALL talaria_tool_loop_feed(talaria_tool_loop* loop, const char* text,
                                                        uint64_t text_bytes,
                                                        talaria_error** error) TALARIA_NOEXCEPT;
/* and that it has ended, which changes the state: to GENERATE again where all its calls were bad. Where a
 * feed or the finish is RESOURCE_EXHAUSTED the turn is lost: a loop made of talaria_tool_loop_copy_messages
 * takes it from its beginning, with depth 0 and calls counted from 0. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_loop_finish(talaria_tool_loop* loop,
                                                          talaria_error** error) TALARIA_NOEXCEPT;

/* As talaria_tool_parser_next_event. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_loop_next_event(talaria_tool_loop* loop,
                                                              talaria_tool_event* event,
                                                              talaria_error** error) TALARIA_NOEXCEPT;

/* What call *id gave: JSON or any text. NOT_FOUND where no such call waits. With the last one the state
 * changes. In any order: the model sees them in its own. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_loop_set_result(talaria_tool_loop* loop, const char* id,
                                                              uint64_t id_bytes, const char* content,
                                                              uint64_t content_bytes,
                                                              talaria_error** error) TALARIA_NOEXCEPT;
/* The same where it could not be done: the model is told why, and asked to call again. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_loop_set_error(talaria_tool_loop* loop, const char* id,
                                                             uint64_t id_bytes, const char* problem,
                                                             uint64_t problem_bytes,
                                                             talaria_error** error) TALARIA_NOEXCEPT;

/* A copy of the conversation so far. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_loop_copy_messages(talaria_tool_loop* loop,
                                                                 talaria_messages** messages,
                                                                 talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_TOOL_LOOP_H_ */
