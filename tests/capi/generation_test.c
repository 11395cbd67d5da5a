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
  options.set |= UINT64_C(1) << 17;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "set");
  options.set = UINT64_MAX;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "set");
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

static void each_sampling_field_has_its_range(void) {
  talaria_session* session = session_with(golden_short());
  const uint32_t nan_bits = 0x7fc00000u;
  float nan = 0;
  memcpy(&nan, &nan_bits, sizeof(nan));
  const int32_t token[2] = {5, 5};
  float bias[2] = {1, 2};
#define REFUSED(field, value, bit)                                         \
  do {                                                                     \
    talaria_generate_options options = greedy_options(1);                  \
    options.field = value;                                                 \
    options.set |= bit;                                                    \
    generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, #field); \
  } while (0)
  REFUSED(temperature, -1.0f, TALARIA_SET_TEMPERATURE);
  REFUSED(temperature, nan, TALARIA_SET_TEMPERATURE);
  REFUSED(temperature_last, 2, TALARIA_SET_TEMPERATURE_LAST);
  REFUSED(top_k, -1, TALARIA_SET_TOP_K);
  REFUSED(typical_p, 0, TALARIA_SET_TYPICAL_P);
  REFUSED(top_p, 1.5, TALARIA_SET_TOP_P);
  REFUSED(min_p, -0.1, TALARIA_SET_MIN_P);
  REFUSED(xtc_probability, 2, TALARIA_SET_XTC_PROBABILITY);
  REFUSED(xtc_threshold, -1, TALARIA_SET_XTC_THRESHOLD);
  REFUSED(repetition_penalty, 0, TALARIA_SET_REPETITION_PENALTY);
  REFUSED(presence_penalty, 101, TALARIA_SET_PRESENCE_PENALTY);
  REFUSED(frequency_penalty, -101, TALARIA_SET_FREQUENCY_PENALTY);
  REFUSED(penalty_window, -2, TALARIA_SET_PENALTY_WINDOW);
  REFUSED(penalize_prompt, -1, TALARIA_SET_PENALIZE_PROMPT);
  REFUSED(dry_multiplier, -1, TALARIA_SET_DRY_MULTIPLIER);
  REFUSED(dry_base, 0.5, TALARIA_SET_DRY_BASE);
  REFUSED(dry_allowed_length, 0, TALARIA_SET_DRY_ALLOWED_LENGTH);
  REFUSED(dry_range, -2, TALARIA_SET_DRY_RANGE);
  REFUSED(log_probabilities, 2, 0);
  REFUSED(top_log_probabilities, 1, 0); /* without log_probabilities */
#undef REFUSED
  talaria_generate_options options = greedy_options(1);
  options.log_probabilities = 1;
  options.top_log_probabilities = -1;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "top_log_probabilities");
  options.top_log_probabilities = 129;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "top_log_probabilities");
  options.top_log_probabilities = 1;
  generate_refused(session, &options, TALARIA_FAILED_PRECONDITION, "capacity");
  options = greedy_options(1);
  options.bias_count = 2;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "bias_tokens");
  options.bias_tokens = token;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "bias_values");
  options.bias_values = bias;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "twice");
  options.bias_count = 1;
  bias[0] = nan;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "logit_bias");
  talaria_session_free(session);
}

/* This checkpoint has no tokenizer. */
static void what_needs_a_tokenizer_says_so(void) {
  static const char* const kTexts[1] = {"x"};
  static const uint64_t kBytes[1] = {1};
  talaria_session* session = session_with(golden_short());
  talaria_prompt* prompt = NULL;
  talaria_tokenizer* tokenizer = (talaria_tokenizer*)(void*)&shared;
  talaria_chat_template* by = (talaria_chat_template*)(void*)&shared;
  talaria_generate_options options = greedy_options(1);
  options.stop_strings = kTexts;
  options.stop_string_count = 1;
  generate_refused(session, &options, TALARIA_INVALID_ARGUMENT, "stop_strings");
  options.stop_string_bytes = kBytes;
  generate_refused(session, &options, TALARIA_FAILED_PRECONDITION, "tokenizer");
  options = greedy_options(1);
  options.banned_strings = kTexts;
  options.banned_string_bytes = kBytes;
  options.banned_string_count = 1;
  generate_refused(session, &options, TALARIA_FAILED_PRECONDITION, "tokenizer");
  options = greedy_options(1);
  options.dry_breakers = kTexts;
  options.dry_breaker_bytes = kBytes;
  options.dry_breaker_count = 1;
  generate_refused(session, &options, TALARIA_FAILED_PRECONDITION, "tokenizer");
  CHECK_OK(talaria_prompt_create(&prompt, &error));
  CHECK_FAILS(TALARIA_NOT_FOUND, "tokenizer", talaria_session_append_prompt(session, prompt, NULL, &error));
  CHECK_FAILS(TALARIA_NOT_FOUND, "tokenizer", talaria_session_set_prompt(session, prompt, NULL, &error));
  CHECK_FAILS(TALARIA_NOT_FOUND, "tokenizer", talaria_model_get_tokenizer(shared.model, &tokenizer, &error));
  CHECK_FAILS(TALARIA_NOT_FOUND, "tokenizer", talaria_model_get_chat_template(shared.model, &by, &error));
  CHECK(tokenizer == NULL && by == NULL);
  talaria_prompt_free(prompt);
  talaria_session_free(session);
}

/* generation_config.json of this checkpoint samples: temperature 0.6, top_p 0.9. */
static void what_the_host_did_not_choose_comes_from_the_checkpoint(void) {
  talaria_generate_options options[3] = {TALARIA_GENERATE_OPTIONS_INIT, TALARIA_GENERATE_OPTIONS_INIT,
                                         TALARIA_GENERATE_OPTIONS_INIT};
  int32_t tokens[3][GREEDY_COUNT] = {{0}};
  options[0].temperature = 0; /* without its bit: not chosen */
  options[1].set = TALARIA_SET_TEMPERATURE | TALARIA_SET_TOP_P;
  options[1].temperature = 0.6f;
  options[1].top_p = 0.9;
  options[2].set = TALARIA_SET_TEMPERATURE;
  options[2].temperature = 3.0f;
  for (int i = 0; i < 3; ++i) {
    talaria_session* session = session_with(golden_short());
    options[i].seed = 7;
    options[i].stream = 3;
    options[i].max_tokens = GREEDY_COUNT;
    options[i].ignore_model_stops = 1;
    CHECK_OK(talaria_session_generate(session, &options[i], &error));
    CHECK_EQ(finish_generation(shared.engine, session, TALARIA_NO_BUDGET, tokens[i], GREEDY_COUNT, NULL),
             GREEDY_COUNT);
    talaria_session_free(session);
  }
  /* 0.6f is not 0.6: a draw would have to fall into a gap of 1e-8 to tell them apart. */
  CHECK_IDS(tokens[0], tokens[1], GREEDY_COUNT);
  CHECK(memcmp(tokens[0], golden_short().greedy, sizeof(tokens[0])) != 0);
  CHECK(memcmp(tokens[0], tokens[2], sizeof(tokens[0])) != 0);
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
  RUN(each_sampling_field_has_its_range);
  RUN(what_needs_a_tokenizer_says_so);
  RUN(what_the_host_did_not_choose_comes_from_the_checkpoint);
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
