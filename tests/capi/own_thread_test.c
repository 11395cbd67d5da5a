/* Engines that step themselves: waiting for events, waiting for any session, waking, ends. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "tests/capi/world.h"

enum { LONG_US = 60000000 };

static world open_own(const talaria_session_config* session_config) {
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.own_thread = 1;
  return world_open_with(NULL, &config, session_config);
}

static int64_t now_ms(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void begin(talaria_session* session, golden_prompt prompt, int64_t max_tokens) {
  const talaria_generate_options options = greedy_options(max_tokens);
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_generate(session, &options, &error));
}

/* Takes events until the generation's end; its reason. */
static int32_t wait_for_end(talaria_session* session, int32_t* tokens, int32_t* count) {
  *count = 0;
  for (;;) {
    talaria_event event = TALARIA_EVENT_INIT;
    const int32_t status = talaria_session_next_event(session, LONG_US, &event, NULL);
    if (!check_true(status == TALARIA_OK, "an event comes", __FILE__, __LINE__)) return TALARIA_FINISH_NONE;
    if (event.kind == TALARIA_EVENT_FINISHED) return event.finish_reason;
    if (event.kind == TALARIA_EVENT_TOKEN && *count < GREEDY_COUNT) tokens[(*count)++] = event.token;
  }
}

static void an_engine_steps_itself_and_lets_nobody_else(void) {
  int32_t tokens[GREEDY_COUNT], count = 0;
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  world all = open_own(NULL);
  REQUIRE(all.session != NULL);
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "own_thread", talaria_engine_step(all.engine, 0, &info, &error));
  begin(all.session, golden_mid(), GREEDY_COUNT);
  CHECK_EQ(wait_for_end(all.session, tokens, &count), TALARIA_FINISH_LENGTH);
  CHECK_EQ(count, GREEDY_COUNT);
  CHECK_IDS(tokens, golden_mid().greedy, GREEDY_COUNT);
  world_free(&all);
}

static void a_wait_ends_at_its_time(void) {
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_session* any = NULL;
  world all = open_own(NULL);
  REQUIRE(all.session != NULL);
  const int64_t begun = now_ms(CLOCK_MONOTONIC);
  CHECK_NOT_READY(talaria_session_next_event(all.session, 30000, &event, &error));
  CHECK_NOT_READY(talaria_engine_wait_any(all.engine, 30000, &any, &error));
  CHECK(any == NULL && event.kind == TALARIA_EVENT_NONE);
  CHECK(now_ms(CLOCK_MONOTONIC) - begun >= 59);
  CHECK_NOT_READY(talaria_session_next_event(all.session, 0, &event, &error));
  CHECK_NOT_READY(talaria_engine_wait_any(all.engine, 0, &any, &error));
  world_free(&all);
}

static void a_driven_engine_waits_for_nothing(void) {
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_session* any = NULL;
  world all = world_open();
  REQUIRE(all.session != NULL);
  const int64_t begun = now_ms(CLOCK_MONOTONIC);
  CHECK_NOT_READY(talaria_session_next_event(all.session, LONG_US, &event, &error));
  CHECK_NOT_READY(talaria_engine_wait_any(all.engine, UINT64_MAX, &any, &error));
  CHECK(now_ms(CLOCK_MONOTONIC) - begun < 10000);
  begin(all.session, golden_short(), 1);
  CHECK_OK(talaria_engine_step(all.engine, TALARIA_NO_BUDGET, NULL, &error));
  CHECK_OK(talaria_engine_wait_any(all.engine, 0, &any, &error));
  CHECK(any == all.session);
  world_free(&all);
}

static void* cancel_soon(void* session) {
  const struct timespec time = {0, 30000000};
  nanosleep(&time, NULL);
  CHECK_EQ(talaria_session_cancel(session, NULL), TALARIA_OK);
  return NULL;
}

static void another_thread_cancels_one_that_waits(void) {
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  talaria_event event = TALARIA_EVENT_INIT;
  pthread_t thread;
  int32_t tokens[GREEDY_COUNT], count = 0;
  config.event_capacity = 2;
  world all = open_own(&config);
  REQUIRE(all.session != NULL);
  begin(all.session, golden_short(), 0);
  CHECK_OK(talaria_session_next_event(all.session, LONG_US, &event, &error));
  CHECK_EQ(event.token, golden_short().greedy[0]);
  CHECK_EQ(pthread_create(&thread, NULL, cancel_soon, all.session), 0);
  CHECK_EQ(wait_for_end(all.session, tokens, &count), TALARIA_FINISH_CANCELLED);
  pthread_join(thread, NULL);
  world_free(&all);
}

enum { SESSIONS = 4 };

static void whichever_session_has_an_event_is_given_in_turn(void) {
  talaria_session* sessions[SESSIONS] = {NULL};
  int32_t tokens[SESSIONS][GREEDY_COUNT], counts[SESSIONS] = {0}, ended = 0;
  world all = open_own(NULL);
  REQUIRE(all.session != NULL);
  for (int i = 0; i < SESSIONS; ++i) {
    CHECK_OK(talaria_session_create(all.engine, NULL, &sessions[i], &error));
    begin(sessions[i], golden_short(), GREEDY_COUNT);
  }
  while (ended < SESSIONS) {
    talaria_session* any = NULL;
    talaria_event event = TALARIA_EVENT_INIT;
    int at = 0;
    REQUIRE(talaria_engine_wait_any(all.engine, LONG_US, &any, NULL) == TALARIA_OK);
    while (at < SESSIONS && sessions[at] != any) ++at;
    REQUIRE(at < SESSIONS);
    CHECK_OK(talaria_session_next_event(any, 0, &event, &error));
    if (event.kind == TALARIA_EVENT_FINISHED) ++ended;
    if (event.kind == TALARIA_EVENT_TOKEN && counts[at] < GREEDY_COUNT)
      tokens[at][counts[at]++] = event.token;
  }
  for (int i = 0; i < SESSIONS; ++i) {
    CHECK_EQ(counts[i], GREEDY_COUNT);
    CHECK_IDS(tokens[i], golden_short().greedy, GREEDY_COUNT);
    talaria_session_free(sessions[i]);
  }
  world_free(&all);
}

typedef struct bell {
  pthread_mutex_t lock;
  pthread_cond_t rung;
  int calls;
} bell;

static void TALARIA_CALL ring(void* user) {
  bell* const own = user;
  pthread_mutex_lock(&own->lock);
  ++own->calls;
  pthread_cond_signal(&own->rung);
  pthread_mutex_unlock(&own->lock);
}

/* As a program with a loop of its own would: it sleeps until it is woken, then takes what is there. */
static void the_wake_function_is_enough_to_wait_by(void) {
  bell own = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
  int32_t count = 0, seen = 0, ended = 0;
  int32_t tokens[GREEDY_COUNT] = {0};
  world all = open_own(NULL);
  REQUIRE(all.session != NULL);
  CHECK_OK(talaria_engine_set_wake(all.engine, ring, &own, &error));
  begin(all.session, golden_short(), GREEDY_COUNT);
  while (!ended) {
    talaria_event event = TALARIA_EVENT_INIT;
    pthread_mutex_lock(&own.lock);
    while (own.calls == seen) pthread_cond_wait(&own.rung, &own.lock);
    seen = own.calls;
    pthread_mutex_unlock(&own.lock);
    while (talaria_session_next_event(all.session, 0, &event, NULL) == TALARIA_OK) {
      if (event.kind == TALARIA_EVENT_FINISHED) ended = 1;
      if (event.kind == TALARIA_EVENT_TOKEN && count < GREEDY_COUNT) tokens[count++] = event.token;
    }
  }
  CHECK_IDS(tokens, golden_short().greedy, GREEDY_COUNT);
  CHECK_OK(talaria_engine_set_wake(all.engine, NULL, NULL, &error));
  pthread_mutex_lock(&own.lock);
  seen = own.calls;
  pthread_mutex_unlock(&own.lock);
  begin(all.session, golden_short(), 4);
  CHECK_EQ(wait_for_end(all.session, tokens, &count), TALARIA_FINISH_LENGTH);
  CHECK_EQ(own.calls, seen);
  world_free(&all);
}

static void a_full_queue_pauses_and_goes_on(void) {
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  int32_t tokens[GREEDY_COUNT], count = 0;
  config.event_capacity = 2;
  world all = open_own(&config);
  REQUIRE(all.session != NULL);
  begin(all.session, golden_short(), GREEDY_COUNT);
  CHECK_EQ(wait_for_end(all.session, tokens, &count), TALARIA_FINISH_LENGTH);
  CHECK_EQ(count, GREEDY_COUNT);
  CHECK_IDS(tokens, golden_short().greedy, GREEDY_COUNT);
  world_free(&all);
}

/* One row of logits at a time, which is the default: each is given back when the next is asked for. */
static void logits_of_every_token_come_through_one_row(void) {
  const golden_prompt prompt = golden_short();
  talaria_append_options append = TALARIA_APPEND_OPTIONS_INIT;
  world all = open_own(NULL);
  REQUIRE(all.session != NULL);
  append.logits = TALARIA_LOGITS_ALL;
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, &append, &error));
  for (uint64_t i = 0; i < prompt.count; ++i) {
    talaria_event event = TALARIA_EVENT_INIT;
    REQUIRE(talaria_session_next_event(all.session, 5000000, &event, NULL) == TALARIA_OK);
    CHECK(event.kind == TALARIA_EVENT_LOGITS && event.position == (int64_t)i);
    if (i + 1 == prompt.count) CHECK(near_golden(event.logits, prompt.logits));
  }
  world_free(&all);
}

static void freeing_while_a_forward_pass_runs_ends_soon(void) {
  for (int order = 0; order < 2; ++order) {
    world all = open_own(NULL);
    REQUIRE(all.session != NULL);
    begin(all.session, golden_mid(), 0);
    const int64_t begun = now_ms(CLOCK_MONOTONIC);
    if (order == 0) talaria_session_free(all.session);
    talaria_engine_free(all.engine);
    if (order == 1) talaria_session_free(all.session);
    all.session = NULL;
    all.engine = NULL;
    CHECK(now_ms(CLOCK_MONOTONIC) - begun < 500);
    world_free(&all);
  }
}

static void an_idle_engine_uses_no_cpu(void) {
  const struct timespec time = {2, 0};
  int32_t tokens[GREEDY_COUNT], count = 0;
  world all = open_own(NULL);
  REQUIRE(all.session != NULL);
  begin(all.session, golden_short(), 4);
  CHECK_EQ(wait_for_end(all.session, tokens, &count), TALARIA_FINISH_LENGTH);
  const int64_t begun = now_ms(CLOCK_PROCESS_CPUTIME_ID);
  nanosleep(&time, NULL);
  CHECK(now_ms(CLOCK_PROCESS_CPUTIME_ID) - begun < 10);
  world_free(&all);
}

/* Where the backend keeps such a cache; otherwise the engine is refused with the type's name. */
static void the_cache_may_be_of_half_precision(void) {
  static const int32_t kTypes[] = {TALARIA_CACHE_F16, TALARIA_CACHE_BF16};
  static const char* const kNames[] = {"F16", "BF16"};
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT, half = TALARIA_MEMORY_PLAN_INIT;
  world all = world_open();
  REQUIRE(all.model != NULL);
  CHECK_OK(talaria_model_plan(all.runtime, GOLDEN_PATH, NULL, NULL, &plan, &error));
  for (int i = 0; i < 2; ++i) {
    talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
    world own = {NULL, NULL, NULL, NULL};
    int32_t tokens[GREEDY_COUNT], count = 0;
    config.cache_type = kTypes[i];
    config.own_thread = 1;
    if (talaria_engine_create(all.model, &config, &own.engine, NULL) != TALARIA_OK) {
      CHECK_FAILS(TALARIA_UNIMPLEMENTED, kNames[i],
                  talaria_engine_create(all.model, &config, &own.engine, &error));
      continue;
    }
    CHECK_OK(talaria_model_plan(all.runtime, GOLDEN_PATH, NULL, &config, &half, &error));
    CHECK_EQ(half.cache_bytes * 2, plan.cache_bytes);
    CHECK_OK(talaria_session_create(own.engine, NULL, &own.session, &error));
    begin(own.session, golden_short(), 4);
    CHECK_EQ(wait_for_end(own.session, tokens, &count), TALARIA_FINISH_LENGTH);
    /* The first margin is far above what half precision loses. */
    CHECK_IDS(tokens, golden_short().greedy, 1);
    world_free(&own);
  }
  world_free(&all);
}

int main(void) {
  RUN(an_engine_steps_itself_and_lets_nobody_else);
  RUN(a_wait_ends_at_its_time);
  RUN(a_driven_engine_waits_for_nothing);
  RUN(another_thread_cancels_one_that_waits);
  RUN(whichever_session_has_an_event_is_given_in_turn);
  RUN(the_wake_function_is_enough_to_wait_by);
  RUN(a_full_queue_pauses_and_goes_on);
  RUN(logits_of_every_token_come_through_one_row);
  RUN(freeing_while_a_forward_pass_runs_ends_soon);
  RUN(an_idle_engine_uses_no_cpu);
  RUN(the_cache_may_be_of_half_precision);
  return check_end();
}
