/* Memory that runs out: the host's allocator refusing at every call, a ceiling at every height, and malloc
 * failing at every call inside the library. Each is RESOURCE_EXHAUSTED, leaves nothing behind, and the next
 * try works. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/capi/host_memory.h"
#include "tests/capi/refused_malloc.h"
#include "tests/capi/world.h"

/* --- a whole run, one call after another
 * ---------------------------------------------------------------------------- */

/* Does everything once, up to the first call that fails; its status, and the error's text in *text*. */
static int32_t run_once(world* all, char* text, size_t text_bytes) {
  const golden_prompt prompt = golden_short();
  talaria_generate_options options = greedy_options(4);
  talaria_append_options append = TALARIA_APPEND_OPTIONS_INIT;
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_text* json = NULL;
  talaria_error* error = NULL;
  int32_t present = 0;
  int32_t status =
      talaria_feature("backend.reference, by a name that fits no short string", 54, &present, &error);
  append.logits = TALARIA_LOGITS_LAST;
  options.stop_tokens = &present;
  options.stop_token_count = 1;
  if (status == TALARIA_OK) status = talaria_model_plan(all->runtime, GOLDEN_PATH, NULL, NULL, &plan, &error);
  if (status == TALARIA_OK) status = talaria_model_describe(all->runtime, GOLDEN_PATH, &json, &error);
  if (status == TALARIA_OK) status = talaria_model_open(all->runtime, GOLDEN_PATH, NULL, &all->model, &error);
  if (status == TALARIA_OK) status = talaria_engine_create(all->model, NULL, &all->engine, &error);
  if (status == TALARIA_OK) status = talaria_session_create(all->engine, NULL, &all->session, &error);
  if (status == TALARIA_OK) {
    status = talaria_session_append_tokens(all->session, prompt.ids, prompt.count, &append, &error);
  }
  if (status == TALARIA_OK) status = talaria_session_generate(all->session, &options, &error);
  if (status == TALARIA_OK) status = talaria_engine_step(all->engine, TALARIA_NO_BUDGET, NULL, &error);
  while (status == TALARIA_OK && event.kind != TALARIA_EVENT_FINISHED) {
    status = talaria_session_next_event(all->session, 0, &event, &error);
  }
  allow_malloc();
  strncpy(text, talaria_error_message(error, NULL), text_bytes - 1);
  text[text_bytes - 1] = '\0';
  CHECK_EQ(talaria_error_code(error), status);
  talaria_error_free(error);
  talaria_text_free(json);
  return status;
}

static void free_but_runtime(world* all) {
  talaria_session_free(all->session);
  talaria_engine_free(all->engine);
  talaria_model_free(all->model);
  all->session = NULL;
  all->engine = NULL;
  all->model = NULL;
}

static void run_and_check_that_all_is_well(world* all) {
  char text[256];
  CHECK_EQ(run_once(all, text, sizeof(text)), TALARIA_OK);
  CHECK(strcmp(text, "") == 0);
  free_but_runtime(all);
}

/* --- tests
 * ------------------------------------------------------------------------------------------------------------
 */

static void every_allocation_of_the_host_may_be_refused(void) {
  static const int32_t kThreads[] = {1, 3};
  for (int t = 0; t < 2; ++t) {
    host_memory memory = HOST_MEMORY_INIT;
    const talaria_runtime_config config = host_memory_config(&memory, kThreads[t]);
    world all = {NULL, NULL, NULL, NULL};
    CHECK_OK(talaria_runtime_create(&config, &all.runtime, &error));
    run_and_check_that_all_is_well(&all);
    const uint64_t calls = memory.calls;
    CHECK(calls > 20);
    for (uint64_t refuse_at = 1; refuse_at <= calls; ++refuse_at) {
      char text[256];
      memory.calls = memory.refused = 0;
      memory.refuse_at = refuse_at;
      CHECK_EQ(run_once(&all, text, sizeof(text)), TALARIA_RESOURCE_EXHAUSTED);
      CHECK_EQ(memory.refused, 1);
      CHECK(strstr(text, "could not be allocated") != NULL);
      free_but_runtime(&all);
      CHECK_EQ(memory.held_bytes, 0);
      CHECK_EQ(memory.blocks, 0);
      memory.refuse_at = 0;
      run_and_check_that_all_is_well(&all);
      CHECK_EQ(memory.held_bytes, 0);
    }
    CHECK_EQ(memory.wrong, 0);
    world_free(&all);
  }
}

static void what_a_failed_call_was_called_on_stays_usable(void) {
  host_memory memory = HOST_MEMORY_INIT;
  const talaria_runtime_config config = host_memory_config(&memory, 1);
  world all = world_open_with(&config, NULL, NULL);
  talaria_session* session = NULL;
  talaria_engine* engine = NULL;
  REQUIRE(all.session != NULL);
  memory.refuse_at = memory.calls + 1;
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "sampling",
              talaria_engine_create(all.model, NULL, &engine, &error));
  memory.refuse_at = memory.calls + 4;
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "cache", talaria_engine_create(all.model, NULL, &engine, &error));
  memory.refuse_at = memory.calls + 2;
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "session",
              talaria_session_create(all.engine, NULL, &session, &error));
  check_generates(&all, golden_short(), TALARIA_NO_BUDGET);
  world_free(&all);
  CHECK_EQ(memory.held_bytes, 0);
}

static void steps_and_session_calls_take_nothing_of_the_host(void) {
  host_memory memory = HOST_MEMORY_INIT;
  const talaria_runtime_config config = host_memory_config(&memory, 1);
  world all = world_open_with(&config, NULL, NULL);
  REQUIRE(all.session != NULL);
  const uint64_t calls = memory.calls;
  check_generates(&all, golden_short(), 0);
  CHECK_EQ(memory.calls, calls);
  world_free(&all);
}

static void a_step_allocates_nothing(void) {
#ifdef UNDER_SANITIZER
  SKIP("a sanitizer has its own malloc");
#else
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(GREEDY_COUNT);
  world all = world_open();
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  int32_t tokens[GREEDY_COUNT];
  uint64_t written = 0;
  REQUIRE(all.session != NULL);
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_generate(all.session, &options, &error));
  refuse_malloc(0);
  int32_t status = TALARIA_OK;
  while (status == TALARIA_OK && event.kind != TALARIA_EVENT_FINISHED) {
    status = talaria_engine_step(all.engine, 0, NULL, NULL);
    while (status == TALARIA_OK && event.kind != TALARIA_EVENT_FINISHED) {
      status = talaria_session_next_event(all.session, 0, &event, NULL);
    }
    if (status == TALARIA_NOT_READY) status = TALARIA_OK;
  }
  talaria_session_get_state(all.session, &state, NULL);
  talaria_session_read_tokens(all.session, 9, GREEDY_COUNT, tokens, &written, NULL);
  CHECK_EQ(allow_malloc(), 0);
  CHECK_EQ(event.finish_reason, TALARIA_FINISH_LENGTH);
  CHECK_IDS(tokens, prompt.greedy, GREEDY_COUNT);
  world_free(&all);
#endif
}

static void every_small_allocation_may_fail(void) {
#ifdef UNDER_SANITIZER
  SKIP("a sanitizer has its own malloc");
#else
  host_memory memory = HOST_MEMORY_INIT;
  const talaria_runtime_config config = host_memory_config(&memory, 1);
  world all = {NULL, NULL, NULL, NULL};
  CHECK_OK(talaria_runtime_create(&config, &all.runtime, &error));
  char text[256];
  refuse_malloc(0);
  CHECK_EQ(run_once(&all, text, sizeof(text)), TALARIA_OK);
  const uint64_t calls = allow_malloc();
  free_but_runtime(&all);
  CHECK(calls > 500);
  for (uint64_t refuse_at = 1; refuse_at <= calls; ++refuse_at) {
    refuse_malloc(refuse_at);
    const int32_t status = run_once(&all, text, sizeof(text));
    /* The C library may do without what it was refused; nothing of ours may. */
    CHECK(status == TALARIA_RESOURCE_EXHAUSTED || (status == TALARIA_OK && refused_mallocs() == 1));
    free_but_runtime(&all);
    CHECK_EQ(memory.held_bytes, 0);
  }
  run_and_check_that_all_is_well(&all);
  world_free(&all);
#endif
}

static void a_runtime_that_finds_no_memory_is_not_made(void) {
#ifdef UNDER_SANITIZER
  SKIP("a sanitizer has its own malloc");
#else
  talaria_runtime* runtime = NULL;
  talaria_error* error = NULL;
  int32_t status = TALARIA_RESOURCE_EXHAUSTED;
  uint64_t refuse_at = 1;
  for (; status != TALARIA_OK && refuse_at < 1000; ++refuse_at) {
    refuse_malloc(refuse_at);
    status = talaria_runtime_create(NULL, &runtime, &error);
    const uint64_t calls = allow_malloc();
    CHECK(status == TALARIA_OK || status == TALARIA_RESOURCE_EXHAUSTED);
    CHECK((runtime == NULL) == (status != TALARIA_OK));
    CHECK_EQ(talaria_error_code(error), status);
    talaria_error_free(error);
    if (status != TALARIA_OK) CHECK(calls >= refuse_at);
  }
  CHECK(refuse_at > 3 && refuse_at < 1000);
  talaria_runtime_free(runtime);
#endif
}

static void a_ceiling_is_kept_or_refused(void) {
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  talaria_engine_config engine_config = TALARIA_ENGINE_CONFIG_INIT;
  talaria_model_config model_config = TALARIA_MODEL_CONFIG_INIT;
  char needed[32];
  engine_config.max_sessions = 1;
  model_config.weights = TALARIA_WEIGHTS_F32;
  {
    talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
    talaria_runtime* runtime = NULL;
    config.threads = 2;
    CHECK_OK(talaria_runtime_create(&config, &runtime, &error));
    CHECK_OK(talaria_model_plan(runtime, GOLDEN_PATH, &model_config, &engine_config, &plan, &error));
    talaria_runtime_free(runtime);
  }
  snprintf(needed, sizeof(needed), "%" PRIu64 " bytes", plan.weight_bytes);
  const uint64_t engine_bytes = plan.cache_bytes + plan.scratch_bytes;
  const uint64_t heights[] = {1,
                              plan.weight_bytes - 1,
                              plan.weight_bytes,
                              plan.weight_bytes + engine_bytes - 1,
                              plan.weight_bytes + engine_bytes,
                              plan.peak_bytes - 1,
                              plan.peak_bytes};
  for (size_t i = 0; i < sizeof(heights) / sizeof(heights[0]); ++i) {
    host_memory memory = HOST_MEMORY_INIT;
    talaria_runtime_config config = host_memory_config(&memory, 2);
    world all = {NULL, NULL, NULL, NULL};
    config.memory_ceiling_bytes = heights[i];
    CHECK_OK(talaria_runtime_create(&config, &all.runtime, &error));
    if (i < 2) {
      CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, needed,
                  talaria_model_open(all.runtime, GOLDEN_PATH, &model_config, &all.model, &error));
      CHECK_EQ(memory.calls, 0);
    } else {
      CHECK_OK(talaria_model_open(all.runtime, GOLDEN_PATH, &model_config, &all.model, &error));
    }
    if (i == 2 || i == 3) {
      CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "",
                  talaria_engine_create(all.model, &engine_config, &all.engine, &error));
      CHECK_EQ(memory.held_bytes, plan.weight_bytes);
    } else if (i > 3) {
      CHECK_OK(talaria_engine_create(all.model, &engine_config, &all.engine, &error));
    }
    if (i == 4 || i == 5) {
      CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "session",
                  talaria_session_create(all.engine, NULL, &all.session, &error));
      CHECK_EQ(memory.held_bytes, plan.weight_bytes + engine_bytes);
    } else if (i > 5) {
      CHECK_OK(talaria_session_create(all.engine, NULL, &all.session, &error));
      check_generates(&all, golden_short(), TALARIA_NO_BUDGET);
    }
    CHECK(memory.most_bytes <= heights[i]);
    world_free(&all);
    CHECK_EQ(memory.held_bytes, 0);
  }
}

static void the_plan_tells_what_the_ceiling_leaves(void) {
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  config.memory_ceiling_bytes = 20000000;
  world all = world_open_with(&config, NULL, NULL);
  REQUIRE(all.engine != NULL);
  uint64_t used = 0;
  CHECK_OK(talaria_runtime_get_used_bytes(all.runtime, &used, &error));
  CHECK_OK(talaria_model_plan(all.runtime, GOLDEN_PATH, NULL, NULL, &plan, &error));
  CHECK_EQ(plan.available_bytes, 20000000 - used);
  world_free(&all);
}

int main(void) {
  RUN(every_allocation_of_the_host_may_be_refused);
  RUN(what_a_failed_call_was_called_on_stays_usable);
  RUN(steps_and_session_calls_take_nothing_of_the_host);
  RUN(a_step_allocates_nothing);
  RUN(every_small_allocation_may_fail);
  RUN(a_runtime_that_finds_no_memory_is_not_made);
  RUN(a_ceiling_is_kept_or_refused);
  RUN(the_plan_tells_what_the_ceiling_leaves);
  return check_end();
}
