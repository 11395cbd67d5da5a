/* Generations: options, ends, cancelling, and queues that are full. */
#include <string.h>

#include "tests/capi/world.h"

static world shared;

static talaria_session* open_session(const talaria_session_config* config) {
  talaria_session* session = NULL;
  CHECK_OK(talaria_session_create(shared.engine, config, &session, &error));
  return session;
}

/* A session that holds *prompt*, nothing of it processed. */
static talaria_session* session_with(golden_prompt prompt) {
  talaria_session* session = open_session(NULL);
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, prompt.count, NULL, &error));
  return session;
}

static int32_t is_generating(talaria_session* session) {
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  CHECK_OK(talaria_session_get_state(session, &state, &error));
  return state.generating;
}

/* The next event is of *kind*; gives it. */
static talaria_event expect_event(talaria_session* session, int32_t kind) {
  talaria_event event = TALARIA_EVENT_INIT;
  CHECK_OK(talaria_session_next_event(session, 0, &event, &error));
  CHECK_EQ(event.kind, kind);
  return event;
}

static void expect_no_event(talaria_session* session) {
  talaria_event event = TALARIA_EVENT_INIT;
  CHECK_NOT_READY(talaria_session_next_event(session, 0, &event, &error));
}

static void generate_refused(talaria_session* session, const talaria_generate_options* options, int32_t code,
                             const char* word) {
  CHECK_FAILS(code, word, talaria_session_generate(session, options, &error));
  CHECK_EQ(talaria_session_generate(session, options, NULL), code);
  CHECK_EQ(is_generating(session), 0);
}

static void each_field_of_the_options_has_its_range(void) {
  static const int32_t kStop[1] = {5};
  talaria_session* session = session_with(golden_short());
  const talaria_generate_options defaults = TALARIA_GENERATE_OPTIONS_INIT;
  CHECK_EQ(defaults.struct_size, sizeof(defaults));
  talaria_generate_options options = greedy_options(1);
  options.ignore_model_stops = 2;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "ignore_model_stops");
  options.ignore_model_stops = -1;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "ignore_model_stops");
  options = greedy_options(1);
  options.set |= UINT64_C(1) << 1;
  generate_refused(session, &options, TALARIA_UNIMPLEMENTED, "set");
  options.set = UINT64_MAX;
  generate_refused(session, &options, TALARIA_UNIMPLEMENTED, "set");
  options = greedy_options(-1);
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "max_tokens");
  options = greedy_options(INT64_MIN);
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "max_tokens");
  options = greedy_options(1);
  options.reserved = 1;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "reserved");
  options = greedy_options(1);
  options.stop_token_count = 1;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "stop_tokens");
  options.stop_tokens = kStop;
  options.stop_token_count = 4097;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "stop_tokens");
  talaria_session_free(session);
}

static void sampling_is_not_built_yet(void) {
  talaria_session* session = session_with(golden_short());
  /* generation_config.json of this checkpoint samples. */
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  generate_refused(session, &options, TALARIA_UNIMPLEMENTED, "do_sample");
  generate_refused(session, NULL, TALARIA_UNIMPLEMENTED, "do_sample");
  /* A temperature without its bit was not chosen. */
  options.temperature = 0.5f;
  generate_refused(session, &options, TALARIA_UNIMPLEMENTED, "do_sample");
  options.set = TALARIA_SET_TEMPERATURE;
  generate_refused(session, &options, TALARIA_UNIMPLEMENTED, "temperature");
  options.temperature = -1.0f;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "temperature");
  const uint32_t nan_bits = 0x7fc00000u;
  memcpy(&options.temperature, &nan_bits, sizeof(nan_bits));
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "temperature");
  talaria_session_free(session);
}

static void a_generation_needs_a_token_to_begin_with(void) {
  const talaria_generate_options options = greedy_options(1);
  talaria_session* session = open_session(NULL);
  generate_refused(session, &options, TALARIA_FAILED_PRECONDITION, "no tokens");
  talaria_session_free(session);
}

static void one_generation_at_a_time(void) {
  const talaria_generate_options options = greedy_options(2);
  const golden_prompt prompt = golden_short();
  talaria_session* session = session_with(prompt);
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "under way", talaria_session_generate(session, &options, &error));
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "under way",
              talaria_session_append_tokens(session, prompt.ids, 1, NULL, &error));
  CHECK_EQ(finish_generation(shared.engine, session, TALARIA_NO_BUDGET, NULL, 0, NULL), 2);
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, 1, NULL, &error));
  talaria_session_free(session);
}

static void events_of_a_generation_are_tokens_and_the_end(void) {
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(3);
  talaria_session* session = session_with(prompt);
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, NULL, &error));
  for (int i = 0; i < 3; ++i) {
    const talaria_event event = expect_event(session, TALARIA_EVENT_TOKEN);
    CHECK_EQ(event.token, prompt.greedy[i]);
    CHECK_EQ(event.position, 9 + i);
    CHECK_EQ(event.finish_reason, TALARIA_FINISH_NONE);
    CHECK(event.logits == NULL && event.logits_count == 0);
  }
  const talaria_event end = expect_event(session, TALARIA_EVENT_FINISHED);
  CHECK_EQ(end.finish_reason, TALARIA_FINISH_LENGTH);
  CHECK_EQ(end.position, 12);
  CHECK_EQ(end.token, -1);
  expect_no_event(session);
  talaria_session_free(session);
}

static void a_generation_in_parts_is_the_same(void) {
  const golden_prompt prompt = golden_mid();
  int32_t tokens[GREEDY_COUNT] = {0};
  talaria_session* session = session_with(prompt);
  for (int32_t i = 0; i < GREEDY_COUNT; i += 4) {
    const talaria_generate_options options = greedy_options(4);
    CHECK_OK(talaria_session_generate(session, &options, &error));
    CHECK_EQ(finish_generation(shared.engine, session, TALARIA_NO_BUDGET, tokens + i, 4, NULL), 4);
  }
  CHECK_IDS(tokens, prompt.greedy, GREEDY_COUNT);
  talaria_session_free(session);
}

static void a_prompt_in_parts_is_the_same(void) {
  const golden_prompt prompt = golden_mid();
  world all = shared;
  all.session = open_session(NULL);
  for (uint64_t at = 0; at + 1 < prompt.count; at += 23) {
    const uint64_t left = prompt.count - 1 - at;
    CHECK_OK(
        talaria_session_append_tokens(all.session, prompt.ids + at, left < 23 ? left : 23, NULL, &error));
    if (at % 2 == 0)
      CHECK_OK(talaria_engine_step(shared.engine, at % 3 == 0 ? 0 : TALARIA_NO_BUDGET, NULL, &error));
  }
  const golden_prompt last = {prompt.ids + prompt.count - 1, 1, prompt.greedy, prompt.logits};
  check_generates(&all, last, TALARIA_NO_BUDGET);
  talaria_session_free(all.session);
}

static void logits_and_the_choice_of_one_row_agree(void) {
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(2);
  talaria_append_options append = TALARIA_APPEND_OPTIONS_INIT;
  float logits[1024];
  talaria_session* session = open_session(NULL);
  REQUIRE(golden_vocabulary() <= 1024);
  append.logits = TALARIA_LOGITS_LAST;
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, prompt.count, &append, &error));
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, NULL, &error));
  CHECK(take_logits(session, logits, NULL) && near_golden(logits, prompt.logits));
  CHECK_EQ(expect_event(session, TALARIA_EVENT_TOKEN).token, prompt.greedy[0]);
  CHECK_EQ(expect_event(session, TALARIA_EVENT_TOKEN).token, prompt.greedy[1]);
  expect_event(session, TALARIA_EVENT_FINISHED);
  talaria_session_free(session);
}

static void a_stop_token_ends_a_generation_and_is_given(void) {
  const golden_prompt prompt = golden_short();
  const int32_t stops[3] = {7777, prompt.greedy[4], -5};
  talaria_generate_options options = greedy_options(GREEDY_COUNT);
  int32_t tokens[GREEDY_COUNT] = {0};
  int32_t reason = 0;
  talaria_session* session = session_with(prompt);
  options.stop_tokens = stops;
  options.stop_token_count = 3;
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_EQ(finish_generation(shared.engine, session, TALARIA_NO_BUDGET, tokens, GREEDY_COUNT, &reason), 5);
  CHECK_EQ(reason, TALARIA_FINISH_STOP_TOKEN);
  CHECK_IDS(tokens, prompt.greedy, 5);
  talaria_session_free(session);
}

static void a_full_context_ends_a_generation(void) {
  const golden_prompt prompt = golden_short();
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  talaria_generate_options options = greedy_options(0);
  int32_t tokens[GREEDY_COUNT] = {0};
  int32_t reason = 0;
  config.context = 20;
  world all = world_open_with(NULL, &config, NULL);
  REQUIRE(all.session != NULL);
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_generate(all.session, &options, &error));
  CHECK_EQ(finish_generation(all.engine, all.session, TALARIA_NO_BUDGET, tokens, GREEDY_COUNT, &reason), 11);
  CHECK_EQ(reason, TALARIA_FINISH_CONTEXT);
  CHECK_IDS(tokens, prompt.greedy, 11);
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "context", talaria_session_generate(all.session, &options, &error));
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "context of 20",
              talaria_session_append_tokens(all.session, prompt.ids, 1, NULL, &error));
  world_free(&all);
}

static void a_full_cache_ends_a_generation_and_a_freed_session_makes_room(void) {
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(GREEDY_COUNT);
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  talaria_session* other = NULL;
  int32_t tokens[GREEDY_COUNT] = {0};
  int32_t reason = 0;
  config.page_size = 4;
  config.context = 64;
  config.cache_positions = 28; /* 7 pages: 3 for each prompt, 1 to grow into */
  world all = world_open_on("reference", NULL, &config, NULL);
  REQUIRE(all.session != NULL);
  CHECK_OK(talaria_session_create(all.engine, NULL, &other, &error));
  CHECK_OK(talaria_session_append_tokens(other, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_generate(all.session, &options, &error));
  /* Positions 9 to 15 find a place; the token after them is chosen, and it has none. */
  CHECK_EQ(finish_generation(all.engine, all.session, TALARIA_NO_BUDGET, tokens, GREEDY_COUNT, &reason), 8);
  CHECK_EQ(reason, TALARIA_FINISH_CACHE);
  CHECK_IDS(tokens, prompt.greedy, 8);
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "pages",
              talaria_session_append_tokens(other, prompt.ids, 8, NULL, &error));
  talaria_session_free(other);
  CHECK_OK(talaria_session_generate(all.session, &options, &error));
  CHECK_EQ(
      finish_generation(all.engine, all.session, TALARIA_NO_BUDGET, tokens + 8, GREEDY_COUNT - 8, &reason),
      12);
  CHECK_EQ(reason, TALARIA_FINISH_CACHE);
  CHECK_IDS(tokens, prompt.greedy, 20);
  world_free(&all);
}

static void cancelling_before_a_generation_holds_tokens_back_until_the_next_call(void) {
  const golden_prompt prompt = golden_short();
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  world all = shared;
  all.session = session_with(prompt);
  CHECK_OK(talaria_session_cancel(all.session, &error));
  CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, NULL, &error));
  CHECK_OK(talaria_session_get_state(all.session, &state, &error));
  CHECK(state.token_count == 9 && state.cached_count == 0);
  expect_no_event(all.session);
  const golden_prompt rest = {NULL, 0, prompt.greedy, prompt.logits};
  check_generates(&all, rest, TALARIA_NO_BUDGET);
  talaria_session_free(all.session);
}

static void cancelling_at_any_op_leaves_a_session_that_goes_on_as_if_nothing_had_been(void) {
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(GREEDY_COUNT);
  for (int cancel_after = 0; cancel_after < 90; cancel_after += 7) {
    int32_t tokens[GREEDY_COUNT] = {0}, reason = 0;
    talaria_session* session = session_with(prompt);
    CHECK_OK(talaria_session_generate(session, &options, &error));
    for (int i = 0; i < cancel_after; ++i) CHECK_OK(talaria_engine_step(shared.engine, 0, NULL, &error));
    CHECK_OK(talaria_session_cancel(session, &error));
    CHECK_EQ(is_generating(session), 0);
    const uint64_t got = finish_generation(shared.engine, session, 0, tokens, GREEDY_COUNT, &reason);
    CHECK_EQ(reason, TALARIA_FINISH_CANCELLED);
    expect_no_event(session);
    CHECK_IDS(tokens, prompt.greedy, got);
    talaria_session_state state = TALARIA_SESSION_STATE_INIT;
    CHECK_OK(talaria_session_get_state(session, &state, &error));
    CHECK_EQ(state.token_count, 9 + (int64_t)got);
    const talaria_generate_options rest = greedy_options(GREEDY_COUNT - (int64_t)got);
    CHECK_OK(talaria_session_generate(session, &rest, &error));
    CHECK_EQ(finish_generation(shared.engine, session, TALARIA_NO_BUDGET, tokens + got, GREEDY_COUNT - got,
                               &reason),
             GREEDY_COUNT - got);
    CHECK_EQ(reason, TALARIA_FINISH_LENGTH);
    CHECK_IDS(tokens, prompt.greedy, GREEDY_COUNT);
    talaria_session_free(session);
  }
}

static void cancelling_after_a_generation_does_nothing(void) {
  const talaria_generate_options options = greedy_options(2);
  talaria_session* session = session_with(golden_short());
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_EQ(finish_generation(shared.engine, session, TALARIA_NO_BUDGET, NULL, 0, NULL), 2);
  for (int i = 0; i < 100; ++i) CHECK_OK(talaria_session_cancel(session, &error));
  expect_no_event(session);
  talaria_session_free(session);
}

static void cancelling_one_leaves_the_other_alone(void) {
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(GREEDY_COUNT);
  int32_t tokens[GREEDY_COUNT] = {0}, reason = 0;
  talaria_session* one = session_with(prompt);
  talaria_session* other = session_with(prompt);
  CHECK_OK(talaria_session_generate(one, &options, &error));
  CHECK_OK(talaria_session_generate(other, &options, &error));
  for (int i = 0; i < 10; ++i) CHECK_OK(talaria_engine_step(shared.engine, 0, NULL, &error));
  CHECK_OK(talaria_session_cancel(one, &error));
  CHECK_EQ(finish_generation(shared.engine, other, 0, tokens, GREEDY_COUNT, &reason), GREEDY_COUNT);
  CHECK_EQ(reason, TALARIA_FINISH_LENGTH);
  CHECK_IDS(tokens, prompt.greedy, GREEDY_COUNT);
  CHECK_EQ(expect_event(one, TALARIA_EVENT_FINISHED).finish_reason, TALARIA_FINISH_CANCELLED);
  talaria_session_free(one);
  talaria_session_free(other);
}

static void a_full_queue_pauses_its_session_and_no_other(void) {
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(GREEDY_COUNT);
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  config.event_capacity = 2;
  talaria_session* narrow = open_session(&config);
  world all = shared;
  all.session = open_session(NULL);
  CHECK_OK(talaria_session_append_tokens(narrow, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_generate(narrow, &options, &error));
  check_generates(&all, prompt, TALARIA_NO_BUDGET);
  CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, &info, &error));
  CHECK_EQ(info.idle, 1);
  CHECK_OK(talaria_session_get_state(narrow, &state, &error));
  CHECK_EQ(state.token_count, 11);
  for (int i = 0; i < GREEDY_COUNT; ++i) {
    CHECK_EQ(expect_event(narrow, TALARIA_EVENT_TOKEN).token, prompt.greedy[i]);
    CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, &info, &error));
    CHECK_EQ(info.idle, 1);
  }
  CHECK_EQ(expect_event(narrow, TALARIA_EVENT_FINISHED).finish_reason, TALARIA_FINISH_LENGTH);
  expect_no_event(narrow);
  talaria_session_free(narrow);
  talaria_session_free(all.session);
}

static void the_end_has_its_place_in_a_full_queue(void) {
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(2);
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  config.event_capacity = 2;
  talaria_session* session = open_session(&config);
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, NULL, &error));
  CHECK_EQ(is_generating(session), 0);
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "queue", talaria_session_generate(session, &options, &error));
  expect_event(session, TALARIA_EVENT_TOKEN);
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "queue", talaria_session_generate(session, &options, &error));
  expect_event(session, TALARIA_EVENT_TOKEN);
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_EQ(expect_event(session, TALARIA_EVENT_FINISHED).position, 11);
  CHECK_EQ(finish_generation(shared.engine, session, TALARIA_NO_BUDGET, NULL, 0, NULL), 2);
  talaria_session_free(session);
}

static void ends_of_generations_push_out_no_logits_of_a_step_under_way(void) {
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(2);
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  talaria_append_options append = TALARIA_APPEND_OPTIONS_INIT;
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  world all = shared;
  int64_t logits_seen = 0, ends_seen = 0, ends = 0;
  config.event_capacity = 2;
  config.logits_capacity = 2;
  talaria_session* session = open_session(&config);
  /* Another session that stays in the step, so that cancelling this one does not end the step. */
  all.session = session_with(prompt);
  append.logits = TALARIA_LOGITS_ALL;
  CHECK_OK(talaria_session_append_tokens(session, prompt.ids, 2, &append, &error));
  CHECK_OK(talaria_engine_step(shared.engine, 0, &info, &error));
  CHECK_EQ(info.suspended, 1);
  for (int i = 0; i < 8; ++i) {
    if (talaria_session_generate(session, &options, NULL) != TALARIA_OK) continue;
    CHECK_OK(talaria_session_cancel(session, &error));
    ++ends;
  }
  CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, &info, &error));
  talaria_event event = TALARIA_EVENT_INIT;
  int32_t status = TALARIA_OK;
  while ((status = talaria_session_next_event(session, 0, &event, NULL)) == TALARIA_OK && ends_seen < 100) {
    if (event.kind == TALARIA_EVENT_LOGITS) CHECK_EQ(event.position, logits_seen++);
    if (event.kind == TALARIA_EVENT_FINISHED) ++ends_seen;
  }
  CHECK_EQ(status, TALARIA_NOT_READY);
  CHECK_EQ(logits_seen, 2);
  CHECK_EQ(ends_seen, ends);
  talaria_session_free(session);
  talaria_session_free(all.session);
}

int main(void) {
  shared = world_open();
  if (shared.session == NULL) return 1;
  RUN(each_field_of_the_options_has_its_range);
  RUN(sampling_is_not_built_yet);
  RUN(a_generation_needs_a_token_to_begin_with);
  RUN(one_generation_at_a_time);
  RUN(events_of_a_generation_are_tokens_and_the_end);
  RUN(a_generation_in_parts_is_the_same);
  RUN(a_prompt_in_parts_is_the_same);
  RUN(logits_and_the_choice_of_one_row_agree);
  RUN(a_stop_token_ends_a_generation_and_is_given);
  RUN(a_full_context_ends_a_generation);
  RUN(a_full_cache_ends_a_generation_and_a_freed_session_makes_room);
  RUN(cancelling_before_a_generation_holds_tokens_back_until_the_next_call);
  RUN(cancelling_at_any_op_leaves_a_session_that_goes_on_as_if_nothing_had_been);
  RUN(cancelling_after_a_generation_does_nothing);
  RUN(cancelling_one_leaves_the_other_alone);
  RUN(a_full_queue_pauses_its_session_and_no_other);
  RUN(the_end_has_its_place_in_a_full_queue);
  RUN(ends_of_generations_push_out_no_logits_of_a_step_under_way);
  world_free(&shared);
  return check_end();
}
