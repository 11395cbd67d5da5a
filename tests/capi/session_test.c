/* talaria_session: arguments, tokens, logits and what a session says of itself. Generations:
 * generation_test.c. */
#include <stdlib.h>
#include <string.h>

#include "tests/capi/world.h"

static world shared;
static int poison;
#define POISON(type) ((type*)(void*)&poison)

/* A further session in the shared engine. */
static talaria_session* open_session(const talaria_session_config* config) {
  talaria_session* session = NULL;
  CHECK_OK(talaria_session_create(shared.engine, config, &session, &error));
  return session;
}

static void step_all(void) { CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, NULL, &error)); }

static void null_arguments_are_refused(void) {
  const int32_t tokens[1] = {1};
  int32_t read[1] = {7};
  uint64_t written = 7;
  talaria_session* session = POISON(talaria_session);
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "engine", talaria_session_create(NULL, NULL, &session, &error));
  CHECK(session == NULL);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "session", talaria_session_create(shared.engine, NULL, NULL, &error));
  CHECK_EQ(talaria_session_create(shared.engine, NULL, NULL, NULL), TALARIA_INVALID_ARGUMENT);
  session = POISON(talaria_session);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "session", talaria_session_fork(NULL, &session, &error));
  CHECK(session == NULL);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "fork", talaria_session_fork(shared.session, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "session",
              talaria_session_append_tokens(NULL, tokens, 1, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "tokens",
              talaria_session_append_tokens(shared.session, NULL, 1, NULL, &error));
  CHECK_EQ(talaria_session_append_tokens(shared.session, NULL, 1, NULL, NULL), TALARIA_INVALID_ARGUMENT);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "session", talaria_session_generate(NULL, NULL, &error));
  event.kind = event.token = 7;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "session", talaria_session_next_event(NULL, 0, &event, &error));
  CHECK(event.kind == 0 && event.token == 0 && event.struct_size == sizeof(event));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "talaria_event",
              talaria_session_next_event(shared.session, 0, NULL, &error));
  CHECK_EQ(talaria_session_next_event(shared.session, 0, NULL, NULL), TALARIA_INVALID_ARGUMENT);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "session", talaria_session_cancel(NULL, &error));
  CHECK_EQ(talaria_session_cancel(NULL, NULL), TALARIA_INVALID_ARGUMENT);
  state.token_count = 7;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "session", talaria_session_get_state(NULL, &state, &error));
  CHECK_EQ(state.token_count, 0);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "talaria_session_state",
              talaria_session_get_state(shared.session, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "session",
              talaria_session_read_tokens(NULL, 0, 1, read, &written, &error));
  CHECK_EQ(written, 0);
  written = 7;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "tokens",
              talaria_session_read_tokens(shared.session, 0, 1, NULL, &written, &error));
  CHECK_EQ(written, 0);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "written",
              talaria_session_read_tokens(shared.session, 0, 1, read, NULL, &error));
  CHECK_EQ(read[0], 7);
  talaria_session_free(NULL);
}

static void a_fork_is_not_built_yet(void) {
  talaria_session* fork = POISON(talaria_session);
  CHECK_FAILS(TALARIA_UNIMPLEMENTED, "fork", talaria_session_fork(shared.session, &fork, &error));
  CHECK(fork == NULL);
}

static void each_field_of_the_config_has_its_range(void) {
  static const int32_t kEvents[] = {-1, 1, (1 << 20) + 1, INT32_MAX, INT32_MIN};
  static const int32_t kLogits[] = {-2, (1 << 20) + 1, INT32_MAX, INT32_MIN};
  talaria_session* session = POISON(talaria_session);
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  CHECK_EQ(config.struct_size, sizeof(config));
  for (size_t i = 0; i < sizeof(kEvents) / sizeof(kEvents[0]); ++i) {
    config.event_capacity = kEvents[i];
    CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "event_capacity",
                talaria_session_create(shared.engine, &config, &session, &error));
    CHECK(session == NULL);
  }
  config.event_capacity = 0;
  for (size_t i = 0; i < sizeof(kLogits) / sizeof(kLogits[0]); ++i) {
    config.logits_capacity = kLogits[i];
    CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "logits_capacity",
                talaria_session_create(shared.engine, &config, &session, &error));
  }
  config.logits_capacity = 0;
  config.reserved = 1;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "reserved",
              talaria_session_create(shared.engine, &config, &session, &error));
}

/* The session refuses to append *count* of *tokens* with *options* and stays as it is. */
static void append_refused(talaria_session* session, const int32_t* tokens, uint64_t count,
                           const talaria_append_options* options, int32_t code, const char* word) {
  talaria_session_state before = TALARIA_SESSION_STATE_INIT, after = TALARIA_SESSION_STATE_INIT;
  CHECK_OK(talaria_session_get_state(session, &before, &error));
  CHECK_FAILS(code, word, talaria_session_append_tokens(session, tokens, count, options, &error));
  CHECK_OK(talaria_session_get_state(session, &after, &error));
  CHECK_EQ(after.token_count, before.token_count);
}

static void wrong_tokens_are_refused_whole(void) {
  const int32_t too_large[3] = {1, 2, 200}, negative[3] = {1, -1, 2}, extreme[1] = {INT32_MAX},
                least[1] = {INT32_MIN};
  talaria_session* session = open_session(NULL);
  append_refused(session, too_large, 3, NULL, TALARIA_INVALID_ARGUMENT,
                 "token 2: expected 0 to 199, found 200");
  append_refused(session, negative, 3, NULL, TALARIA_INVALID_ARGUMENT, "token 1");
  append_refused(session, extreme, 1, NULL, TALARIA_INVALID_ARGUMENT, "2147483647");
  append_refused(session, least, 1, NULL, TALARIA_INVALID_ARGUMENT, "-2147483648");
  talaria_session_free(session);
}

static void absurd_counts_are_not_believed(void) {
  static const uint64_t kCounts[] = {
      2049,      UINT64_C(1) << 31, UINT64_C(1) << 32, UINT64_C(1) << 61, UINT64_C(1) << 62,
      INT64_MAX, UINT64_MAX};
  const int32_t one[1] = {1};
  const uint64_t at[1] = {0};
  int32_t read[1];
  uint64_t written = 7;
  talaria_append_options append = TALARIA_APPEND_OPTIONS_INIT;
  talaria_generate_options generate = greedy_options(1);
  talaria_session* session = open_session(NULL);
  CHECK_OK(talaria_session_append_tokens(session, one, 1, NULL, &error));
  append.logits = TALARIA_LOGITS_AT;
  append.at = at;
  generate.stop_tokens = one;
  for (size_t i = 0; i < sizeof(kCounts) / sizeof(kCounts[0]); ++i) {
    append_refused(session, one, kCounts[i], NULL, TALARIA_RESOURCE_EXHAUSTED, "context");
    append.at_count = kCounts[i];
    append_refused(session, one, 1, &append, TALARIA_INVALID_ARGUMENT, "at_count");
    if (kCounts[i] > 4096) {
      generate.stop_token_count = kCounts[i];
      CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "stop_token",
                  talaria_session_generate(session, &generate, &error));
    }
    CHECK_OK(talaria_session_read_tokens(session, kCounts[i], 1, read, &written, &error));
    CHECK_EQ(written, 0);
    CHECK_OK(talaria_session_read_tokens(session, 0, kCounts[i], read, &written, &error));
    CHECK_EQ(written, 1);
    CHECK_EQ(read[0], 1);
  }
  talaria_session_free(session);
}

static void wrong_append_options_are_refused(void) {
  const int32_t tokens[3] = {1, 2, 3};
  const uint64_t outside[2] = {0, 3};
  talaria_append_options options = TALARIA_APPEND_OPTIONS_INIT;
  talaria_session* session = open_session(NULL);
  CHECK_EQ(options.struct_size, sizeof(options));
  options.logits = 4;
  append_refused(session, tokens, 3, &options, TALARIA_INVALID_ARGUMENT, "logits");
  options.logits = -1;
  append_refused(session, tokens, 3, &options, TALARIA_INVALID_ARGUMENT, "logits");
  options.logits = TALARIA_LOGITS_AT;
  options.at_count = 1;
  append_refused(session, tokens, 3, &options, TALARIA_INVALID_ARGUMENT, "at");
  options.at = outside;
  options.at_count = 2;
  append_refused(session, tokens, 3, &options, TALARIA_INVALID_ARGUMENT,
                 "at[1]: expected an index below 3, found 3");
  append_refused(session, NULL, 0, &options, TALARIA_INVALID_ARGUMENT, "at");
  talaria_session_free(session);
}

static void appending_nothing_changes_nothing(void) {
  talaria_session* session = open_session(NULL);
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  talaria_append_options options = TALARIA_APPEND_OPTIONS_INIT;
  talaria_event event = TALARIA_EVENT_INIT;
  CHECK_OK(talaria_session_append_tokens(session, NULL, 0, NULL, &error));
  for (options.logits = TALARIA_LOGITS_NONE; options.logits <= TALARIA_LOGITS_AT; ++options.logits) {
    CHECK_OK(talaria_session_append_tokens(session, NULL, 0, &options, &error));
  }
  step_all();
  CHECK_OK(talaria_session_get_state(session, &state, &error));
  CHECK(state.token_count == 0 && state.cached_count == 0 && state.generating == 0);
  CHECK_NOT_READY(talaria_session_next_event(session, 0, &event, &error));
  talaria_session_free(session);
}

static void no_event_is_not_ready_and_no_error(void) {
  talaria_session* session = open_session(NULL);
  talaria_event event;
  memset(&event, 0x55, sizeof(event));
  event.struct_size = sizeof(event);
  CHECK_NOT_READY(talaria_session_next_event(session, 0, &event, &error));
  CHECK_EQ(event.struct_size, sizeof(event));
  CHECK_EQ(event.kind, TALARIA_EVENT_NONE);
  CHECK_EQ(event.token, -1);
  CHECK_EQ(event.finish_reason, TALARIA_FINISH_NONE);
  CHECK_EQ(event.position, 0);
  CHECK(event.logits == NULL && event.logits_count == 0);
  /* Nothing could come while the host waits here instead of stepping. */
  CHECK_NOT_READY(talaria_session_next_event(session, UINT64_MAX, &event, &error));
  CHECK_EQ(talaria_session_next_event(session, 0, &event, NULL), TALARIA_NOT_READY);
  talaria_session_free(session);
}

static void the_state_counts_tokens(void) {
  const golden_prompt prompt = golden_short();
  talaria_session* session = open_session(NULL);
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  const talaria_generate_options options = greedy_options(3);
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_get_state(session, &state, &error));
  CHECK(state.token_count == 9 && state.cached_count == 0 && state.generating == 0);
  step_all();
  CHECK_OK(talaria_session_get_state(session, &state, &error));
  /* The last one waits for what comes after it. */
  CHECK(state.token_count == 9 && state.cached_count == 8);
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_OK(talaria_session_get_state(session, &state, &error));
  CHECK_EQ(state.generating, 1);
  CHECK_EQ(finish_generation(shared.engine, session, TALARIA_NO_BUDGET, NULL, 0, NULL), 3);
  CHECK_OK(talaria_session_get_state(session, &state, &error));
  CHECK(state.token_count == 12 && state.cached_count == 11 && state.generating == 0);
  talaria_session_free(session);
}

static void tokens_can_be_read_back_in_any_part(void) {
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(3);
  talaria_session* session = open_session(NULL);
  int32_t all[16];
  uint64_t written = 0;
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_EQ(finish_generation(shared.engine, session, TALARIA_NO_BUDGET, NULL, 0, NULL), 3);
  CHECK_OK(talaria_session_read_tokens(session, 0, 16, all, &written, &error));
  CHECK_EQ(written, 12);
  CHECK_IDS(all, prompt.ids, 9);
  CHECK_IDS(all + 9, prompt.greedy, 3);
  for (uint64_t first = 0; first <= 13; ++first) {
    for (uint64_t capacity = 0; capacity <= 14; ++capacity) {
      int32_t part[16];
      memset(part, 0x55, sizeof(part));
      CHECK_OK(talaria_session_read_tokens(session, first, capacity, part, &written, &error));
      const uint64_t left = first < 12 ? 12 - first : 0;
      CHECK_EQ(written, capacity < left ? capacity : left);
      CHECK_IDS(part, all + first, written);
      for (uint64_t i = written; i < 16; ++i) CHECK_EQ(part[i], 0x55555555);
    }
  }
  CHECK_OK(talaria_session_read_tokens(session, 0, 0, NULL, &written, &error));
  CHECK_EQ(written, 0);
  talaria_session_free(session);
}

static void logits_come_for_every_position_that_was_asked_for(void) {
  static const uint64_t kAt[] = {8, 0, 5, 5};
  static const int64_t kPositions[] = {0, 5, 8};
  const golden_prompt prompt = golden_short();
  const uint64_t vocabulary = (uint64_t)golden_vocabulary();
  float* const all = calloc(9 * vocabulary, sizeof(float));
  float* const row = calloc(vocabulary, sizeof(float));
  talaria_append_options options = TALARIA_APPEND_OPTIONS_INIT;
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  int64_t position = -1;
  REQUIRE(all != NULL && row != NULL);
  config.logits_capacity = 2;
  talaria_session* session = open_session(&config);
  options.logits = TALARIA_LOGITS_ALL;
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, prompt.count, &options, &error));
  for (int64_t i = 0; i < 9; ++i) {
    step_all();
    REQUIRE(take_logits(session, all + (uint64_t)i * vocabulary, &position));
    CHECK_EQ(position, i);
  }
  CHECK(near_golden(all + 8 * vocabulary, prompt.logits));
  talaria_session_free(session);

  session = open_session(&config);
  options.logits = TALARIA_LOGITS_AT;
  options.at = kAt;
  options.at_count = 4;
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, prompt.count, &options, &error));
  for (int i = 0; i < 3; ++i) {
    step_all();
    REQUIRE(take_logits(session, row, &position));
    CHECK_EQ(position, kPositions[i]);
    CHECK(memcmp(row, all + (uint64_t)position * vocabulary, vocabulary * sizeof(float)) == 0);
  }
  talaria_event event = TALARIA_EVENT_INIT;
  step_all();
  CHECK_NOT_READY(talaria_session_next_event(session, 0, &event, &error));
  talaria_session_free(session);
  free(all);
  free(row);
}

static void a_logits_event_names_token_and_position(void) {
  const golden_prompt prompt = golden_short();
  talaria_append_options options = TALARIA_APPEND_OPTIONS_INIT;
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_session* session = open_session(NULL);
  options.logits = TALARIA_LOGITS_LAST;
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, prompt.count, &options, &error));
  step_all();
  CHECK_OK(talaria_session_next_event(session, 0, &event, &error));
  CHECK_EQ(event.kind, TALARIA_EVENT_LOGITS);
  CHECK_EQ(event.token, prompt.ids[8]);
  CHECK_EQ(event.position, 8);
  CHECK_EQ(event.finish_reason, TALARIA_FINISH_NONE);
  CHECK_EQ(event.logits_count, golden_vocabulary());
  talaria_session_free(session);
}

static void a_session_without_room_for_logits_gives_none(void) {
  const golden_prompt prompt = golden_short();
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  talaria_append_options options = TALARIA_APPEND_OPTIONS_INIT;
  world all = shared;
  config.logits_capacity = -1;
  all.session = open_session(&config);
  options.logits = TALARIA_LOGITS_LAST;
  append_refused(all.session, prompt.ids, prompt.count, &options, TALARIA_FAILED_PRECONDITION,
                 "logits_capacity");
  check_generates(&all, prompt, TALARIA_NO_BUDGET);
  talaria_session_free(all.session);
}

static void waiting_logits_pause_a_session_until_they_are_taken(void) {
  const golden_prompt prompt = golden_short();
  talaria_append_options options = TALARIA_APPEND_OPTIONS_INIT;
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_session* session = open_session(NULL);
  options.logits = TALARIA_LOGITS_ALL;
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, prompt.count, &options, &error));
  for (int64_t taken = 0; taken < 9; ++taken) {
    CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, &info, &error));
    CHECK_EQ(info.idle, 1);
    CHECK_OK(talaria_session_get_state(session, &state, &error));
    CHECK_EQ(state.cached_count, taken + 1);
    CHECK_OK(talaria_session_next_event(session, 0, &event, &error));
    CHECK_EQ(event.position, taken);
    /* The row that was taken is still lent: it is given back when the next event is asked for. */
    CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, &info, &error));
    CHECK_EQ(info.steps, 0);
    CHECK_NOT_READY(talaria_session_next_event(session, 0, &event, &error));
  }
  talaria_session_free(session);
}

int main(void) {
  shared = world_open();
  if (shared.session == NULL) return 1;
  RUN(null_arguments_are_refused);
  RUN(a_fork_is_not_built_yet);
  RUN(each_field_of_the_config_has_its_range);
  RUN(wrong_tokens_are_refused_whole);
  RUN(absurd_counts_are_not_believed);
  RUN(wrong_append_options_are_refused);
  RUN(appending_nothing_changes_nothing);
  RUN(no_event_is_not_ready_and_no_error);
  RUN(the_state_counts_tokens);
  RUN(tokens_can_be_read_back_in_any_part);
  RUN(logits_come_for_every_position_that_was_asked_for);
  RUN(a_logits_event_names_token_and_position);
  RUN(a_session_without_room_for_logits_gives_none);
  RUN(waiting_logits_pause_a_session_until_they_are_taken);
  world_free(&shared);
  return check_end();
}
