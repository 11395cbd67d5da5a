/* talaria_engine: its config field by field, steps and their budget, several sessions. */
#include <string.h>

#include "tests/capi/host_memory.h"
#include "tests/capi/world.h"

static talaria_model* model;
static int poison;
#define POISON(type) ((type*)(void*)&poison)

static void TALARIA_CALL wake(void* user) { (void)user; }

static void null_arguments_are_refused(void) {
  world all = world_open();
  talaria_engine* engine = POISON(talaria_engine);
  talaria_session* session = POISON(talaria_session);
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  REQUIRE(all.session != NULL);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "model", talaria_engine_create(NULL, NULL, &engine, &error));
  CHECK(engine == NULL);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "engine", talaria_engine_create(all.model, NULL, NULL, &error));
  CHECK_EQ(talaria_engine_create(all.model, NULL, NULL, NULL), TALARIA_INVALID_ARGUMENT);
  info.idle = info.steps = 7;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "engine", talaria_engine_step(NULL, 0, &info, &error));
  CHECK(info.idle == 0 && info.steps == 0);
  CHECK_OK(talaria_engine_step(all.engine, 0, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "engine", talaria_engine_wait_any(NULL, 0, &session, &error));
  CHECK(session == NULL);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "session", talaria_engine_wait_any(all.engine, 0, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "engine", talaria_engine_set_wake(NULL, wake, NULL, &error));
  CHECK_OK(talaria_engine_set_wake(all.engine, wake, NULL, &error));
  CHECK_OK(talaria_engine_set_wake(all.engine, NULL, NULL, &error));
  world_free(&all);
  talaria_engine_free(NULL);
}

static void refused(talaria_engine_config config, int32_t code, const char* word) {
  talaria_engine* engine = POISON(talaria_engine);
  CHECK_FAILS(code, word, talaria_engine_create(model, &config, &engine, &error));
  CHECK(engine == NULL);
}

static void each_field_of_the_config_has_its_range(void) {
  static const int32_t kWrong[] = {-1, INT32_MIN, 65537, INT32_MAX};
  const talaria_engine_config defaults = TALARIA_ENGINE_CONFIG_INIT;
  talaria_engine_config config = defaults;
  CHECK_EQ(config.struct_size, sizeof(config));
  for (size_t i = 0; i < sizeof(kWrong) / sizeof(kWrong[0]); ++i) {
    config = defaults;
    config.max_sessions = kWrong[i];
    refused(config, TALARIA_INVALID_ARGUMENT, "max_sessions");
    config = defaults;
    config.page_size = kWrong[i];
    refused(config, TALARIA_INVALID_ARGUMENT, "page_size");
    config = defaults;
    config.step_rows = kWrong[i];
    refused(config, TALARIA_INVALID_ARGUMENT, "step_rows");
    config = defaults;
    config.output_rows = kWrong[i];
    refused(config, TALARIA_INVALID_ARGUMENT, "output_rows");
  }
  config = defaults;
  config.step_rows = 8;
  config.output_rows = 9;
  refused(config, TALARIA_INVALID_ARGUMENT, "output_rows");
  config = defaults;
  config.own_thread = 2;
  refused(config, TALARIA_INVALID_ARGUMENT, "own_thread");
  config.own_thread = -1;
  refused(config, TALARIA_INVALID_ARGUMENT, "own_thread");
  config = defaults;
  config.cache_type = 3;
  refused(config, TALARIA_INVALID_ARGUMENT, "cache_type");
  config.cache_type = -1;
  refused(config, TALARIA_INVALID_ARGUMENT, "cache_type");
  config = defaults;
  config.step_target_us = -1;
  refused(config, TALARIA_INVALID_ARGUMENT, "step_target_us");
  config.step_target_us = INT64_MAX;
  refused(config, TALARIA_INVALID_ARGUMENT, "step_target_us");
  config = defaults;
  config.reserved = 1;
  refused(config, TALARIA_INVALID_ARGUMENT, "reserved");
  config = defaults;
  config.context = -1;
  refused(config, TALARIA_INVALID_ARGUMENT, "context");
  config.context = 2049;
  refused(config, TALARIA_INVALID_ARGUMENT, "context");
  config.context = INT64_MAX;
  refused(config, TALARIA_INVALID_ARGUMENT, "context");
  config.context = INT64_MIN;
  refused(config, TALARIA_INVALID_ARGUMENT, "context");
  config = defaults;
  config.cache_positions = -1;
  refused(config, TALARIA_INVALID_ARGUMENT, "cache_positions");
  config.cache_positions = INT64_MAX;
  refused(config, TALARIA_INVALID_ARGUMENT, "cache_positions");
}

static void an_absurd_cache_is_refused_for_lack_of_memory_before_any_is_taken(void) {
  host_memory memory = HOST_MEMORY_INIT;
  const talaria_runtime_config runtime_config = host_memory_config(&memory, 1);
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  talaria_engine* engine = POISON(talaria_engine);
  world all = {NULL, NULL, NULL, NULL};
  CHECK_OK(talaria_runtime_create(&runtime_config, &all.runtime, &error));
  CHECK_OK(talaria_model_open(all.runtime, GOLDEN_PATH, NULL, &all.model, &error));
  const uint64_t calls = memory.calls;
  config.cache_positions = (INT64_C(1) << 36) - 64;
  CHECK_OK(talaria_model_plan(all.runtime, GOLDEN_PATH, NULL, &config, &plan, &error));
  CHECK(plan.cache_bytes > UINT64_C(1) << 46);
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "available",
              talaria_engine_create(all.model, &config, &engine, &error));
  CHECK(engine == NULL);
  CHECK_EQ(memory.calls, calls);
  world_free(&all);
}

static void the_least_engine_works(void) {
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.max_sessions = 1;
  config.context = 40;
  config.page_size = 1;
  config.step_rows = 1;
  config.output_rows = 1;
  world all = world_open_on("reference", NULL, &config, NULL);
  REQUIRE(all.session != NULL);
  check_generates(&all, golden_short(), TALARIA_NO_BUDGET);
  world_free(&all);
}

static void an_idle_engine_says_so(void) {
  world all = world_open();
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  REQUIRE(all.session != NULL);
  info.suspended = info.steps = 7;
  CHECK_OK(talaria_engine_step(all.engine, TALARIA_NO_BUDGET, &info, &error));
  CHECK(info.idle == 1 && info.suspended == 0 && info.steps == 0 && info.rows == 0);
  world_free(&all);
}

static void a_step_reports_what_it_did(void) {
  const golden_prompt prompt = golden_mid();
  talaria_append_options options = TALARIA_APPEND_OPTIONS_INIT;
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  float logits[1024];
  int64_t position = -1;
  config.step_rows = 128;
  world all = world_open_with(NULL, &config, NULL);
  REQUIRE(all.session != NULL && golden_vocabulary() <= 1024);
  options.logits = TALARIA_LOGITS_LAST;
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, &options, &error));
  CHECK_OK(talaria_engine_step(all.engine, TALARIA_NO_BUDGET, &info, &error));
  CHECK_EQ(info.steps, 3);
  CHECK_EQ(info.rows, 300);
  CHECK_EQ(info.idle, 1);
  CHECK_EQ(info.suspended, 0);
  REQUIRE(take_logits(all.session, logits, &position));
  CHECK_EQ(position, 299);
  CHECK(near_golden(logits, prompt.logits));
  world_free(&all);
}

/* Rows that steps with *budget_us* took, and how many calls it needed. */
static int calls_with_budget(uint64_t budget_us, float* logits) {
  const golden_prompt prompt = golden_short();
  talaria_append_options options = TALARIA_APPEND_OPTIONS_INIT;
  world all = world_open();
  int calls = 0;
  int64_t rows = 0;
  options.logits = TALARIA_LOGITS_LAST;
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, &options, &error));
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  while (!info.idle && calls < 10000) {
    CHECK_OK(talaria_engine_step(all.engine, budget_us, &info, &error));
    rows += info.rows;
    ++calls;
  }
  CHECK_EQ(rows, (int64_t)prompt.count);
  CHECK(take_logits(all.session, logits, NULL));
  world_free(&all);
  return calls;
}

static void a_step_without_budget_left_does_the_least_and_changes_no_bit(void) {
  float at_once[1024], in_steps[1024];
  REQUIRE(golden_vocabulary() <= 1024);
  CHECK_EQ(calls_with_budget(TALARIA_NO_BUDGET, at_once), 1);
  /* Each of 3 layers has 10 ops and more. */
  CHECK(calls_with_budget(0, in_steps) > 30);
  CHECK(memcmp(at_once, in_steps, (size_t)golden_vocabulary() * sizeof(float)) == 0);
  CHECK(calls_with_budget(1, in_steps) > 1);
  CHECK(memcmp(at_once, in_steps, (size_t)golden_vocabulary() * sizeof(float)) == 0);
  CHECK_EQ(calls_with_budget(UINT64_MAX - 1, in_steps), 1);
  CHECK(memcmp(at_once, in_steps, (size_t)golden_vocabulary() * sizeof(float)) == 0);
}

static void steps_without_budget_left_generate_the_same_tokens(void) {
  world all = world_open();
  REQUIRE(all.session != NULL);
  check_generates(&all, golden_mid(), 0);
  world_free(&all);
}

static void no_more_than_max_sessions_are_open(void) {
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  talaria_session* sessions[3] = {NULL, NULL, NULL};
  talaria_session* further = POISON(talaria_session);
  config.max_sessions = 3;
  world all = world_open_with(NULL, &config, NULL);
  REQUIRE(all.session != NULL);
  CHECK_OK(talaria_session_create(all.engine, NULL, &sessions[0], &error));
  CHECK_OK(talaria_session_create(all.engine, NULL, &sessions[1], &error));
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "max_sessions",
              talaria_session_create(all.engine, NULL, &further, &error));
  CHECK(further == NULL);
  talaria_session_free(sessions[0]);
  CHECK_OK(talaria_session_create(all.engine, NULL, &sessions[0], &error));
  check_generates(&all, golden_short(), TALARIA_NO_BUDGET);
  talaria_session_free(sessions[0]);
  talaria_session_free(sessions[1]);
  world_free(&all);
}

static void a_session_freed_while_a_step_is_suspended_makes_room_at_once(void) {
  const golden_prompt prompt = golden_mid();
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  config.max_sessions = 1;
  config.context = 400;
  world all = world_open_with(NULL, &config, NULL);
  REQUIRE(all.session != NULL);
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_engine_step(all.engine, 0, &info, &error));
  CHECK_EQ(info.suspended, 1);
  talaria_session_free(all.session);
  all.session = NULL;
  CHECK_OK(talaria_session_create(all.engine, NULL, &all.session, &error));
  REQUIRE(all.session != NULL);
  /* The cache holds one such prompt: its pages must be free again. */
  check_generates(&all, prompt, TALARIA_NO_BUDGET);
  world_free(&all);
}

enum { CROWD = 5 };

static void sessions_beside_one_another_get_the_tokens_they_get_alone(void) {
  const golden_prompt prompts[2] = {golden_short(), golden_mid()};
  const talaria_generate_options options = greedy_options(GREEDY_COUNT);
  for (uint64_t budget = 0; budget < 2; ++budget) {
    talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
    talaria_session* sessions[CROWD] = {NULL};
    int32_t tokens[CROWD][GREEDY_COUNT];
    int32_t counts[CROWD] = {0}, finished = 0;
    config.max_sessions = CROWD + 1;
    config.cache_positions = 4096;
    config.step_rows = 40;
    config.output_rows = 3;
    world all = world_open_with(NULL, &config, NULL);
    REQUIRE(all.session != NULL);
    for (int i = 0; i < CROWD; ++i) {
      CHECK_OK(talaria_session_create(all.engine, NULL, &sessions[i], &error));
      CHECK_OK(
          talaria_session_append_tokens(sessions[i], prompts[i % 2].ids, prompts[i % 2].count, NULL, &error));
      CHECK_OK(talaria_session_generate(sessions[i], &options, &error));
    }
    for (int32_t calls = 0; finished < CROWD && calls < 100000; ++calls) {
      talaria_event event = TALARIA_EVENT_INIT;
      CHECK_EQ(talaria_engine_step(all.engine, budget == 0 ? 0 : TALARIA_NO_BUDGET, NULL, NULL), TALARIA_OK);
      for (int i = 0; i < CROWD; ++i) {
        while (talaria_session_next_event(sessions[i], 0, &event, NULL) == TALARIA_OK) {
          if (event.kind == TALARIA_EVENT_FINISHED) ++finished;
          if (event.kind == TALARIA_EVENT_TOKEN && counts[i] < GREEDY_COUNT)
            tokens[i][counts[i]++] = event.token;
        }
      }
    }
    CHECK_EQ(finished, CROWD);
    for (int i = 0; i < CROWD; ++i) {
      CHECK_EQ(counts[i], GREEDY_COUNT);
      if (counts[i] == GREEDY_COUNT) CHECK_IDS(tokens[i], prompts[i % 2].greedy, GREEDY_COUNT);
      talaria_session_free(sessions[i]);
    }
    world_free(&all);
  }
}

static void engines_share_a_model(void) {
  world one = world_open();
  world other = {NULL, NULL, NULL, NULL};
  REQUIRE(one.session != NULL);
  CHECK_OK(talaria_engine_create(one.model, NULL, &other.engine, &error));
  CHECK_OK(talaria_session_create(other.engine, NULL, &other.session, &error));
  check_generates(&one, golden_short(), TALARIA_NO_BUDGET);
  check_generates(&other, golden_mid(), TALARIA_NO_BUDGET);
  world_free(&one);
  world_free(&other);
}

int main(void) {
  world all = world_open();
  model = all.model;
  if (model == NULL) return 1;
  RUN(null_arguments_are_refused);
  RUN(each_field_of_the_config_has_its_range);
  RUN(an_absurd_cache_is_refused_for_lack_of_memory_before_any_is_taken);
  RUN(the_least_engine_works);
  RUN(an_idle_engine_says_so);
  RUN(a_step_reports_what_it_did);
  RUN(a_step_without_budget_left_does_the_least_and_changes_no_bit);
  RUN(steps_without_budget_left_generate_the_same_tokens);
  RUN(no_more_than_max_sessions_are_open);
  RUN(a_session_freed_while_a_step_is_suspended_makes_room_at_once);
  RUN(sessions_beside_one_another_get_the_tokens_they_get_alone);
  RUN(engines_share_a_model);
  world_free(&all);
  return check_end();
}
