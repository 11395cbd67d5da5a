/* The golden checkpoint, opened: what most tests of the ABI begin with. */
#ifndef TALARIA_TESTS_CAPI_WORLD_H_
#define TALARIA_TESTS_CAPI_WORLD_H_

#include "talaria/talaria.h"
#include "tests/capi/check.h"

/* What transformers says of a prompt. */
typedef struct golden_prompt {
  const int32_t* ids;
  uint64_t count;
  const int32_t* greedy; /* the GREEDY_COUNT tokens that follow */
  const float* logits;   /* GOLDEN_VOCABULARY of them, after the last id */
} golden_prompt;

enum { GREEDY_COUNT = 24 };

/* 9 and 300 tokens of tests/golden/tiny_kv4. Valid until the program ends. */
golden_prompt golden_short(void);
golden_prompt golden_mid(void);
int32_t golden_vocabulary(void);
const char* golden_path(void);
uint64_t golden_path_bytes(void);
/* golden_path() and its length, as calls take them. */
#define GOLDEN_PATH golden_path(), golden_path_bytes()

typedef struct world {
  talaria_runtime* runtime;
  talaria_model* model;
  talaria_engine* engine;
  talaria_session* session;
} world;

/* Each config may be NULL. A failure is a failed check and leaves what was not made NULL. One thread in the
 * pool unless *runtime_config* says otherwise; weights in F32, with which every backend and instruction set
 * gives the golden tokens. */
world world_open_with(const talaria_runtime_config* runtime_config,
                      const talaria_engine_config* engine_config,
                      const talaria_session_config* session_config);
/* On a backend that is not the default: the reference takes pages of any size. */
world world_open_on(const char* backend, const talaria_runtime_config* runtime_config,
                    const talaria_engine_config* engine_config, const talaria_session_config* session_config);
world world_open(void);
/* The same over tests/golden/tiny_text, which has a tokenizer (GOLDEN_BEGIN and the others of text_world.h)
 * and a vocabulary of 690. */
world world_open_text(const talaria_runtime_config* runtime_config,
                      const talaria_engine_config* engine_config,
                      const talaria_session_config* session_config);
void world_free(world* all);

/* Greedy, *max_tokens* (0: until the context is full), past the model's stop tokens. */
talaria_generate_options greedy_options(int64_t max_tokens);

/* Steps with *budget_us* and takes events until the session's generation is finished; copies up to *capacity*
 * of its tokens. The number generated; *reason* (may be NULL) receives TALARIA_FINISH_... */
uint64_t finish_generation(talaria_engine* engine, talaria_session* session, uint64_t budget_us,
                           int32_t* tokens, uint64_t capacity, int32_t* reason);

/* Appends *prompt*, generates GREEDY_COUNT tokens with *budget_us* a step and checks them. */
void check_generates(world* all, golden_prompt prompt, uint64_t budget_us);

/* Takes one event that is to be TALARIA_EVENT_LOGITS and copies its GOLDEN_VOCABULARY floats. */
int take_logits(talaria_session* session, float* logits, int64_t* position);
/* Within 5e-5 of the largest magnitude of *expected*: the promise of the reference backend, kept by all in
 * F32. */
int near_golden(const float* found, const float* expected);

#endif /* TALARIA_TESTS_CAPI_WORLD_H_ */
