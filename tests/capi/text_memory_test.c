/* Memory that runs out while a model with text is opened, prompted and drawn from: each call that fails is
 * RESOURCE_EXHAUSTED and, called again, goes on as if nothing had been: the same tokens, the same text.
 * Nothing is left behind. The first 2,000 allocations and then every 97th; `capi_text_memory_test nightly`:
 * all. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/capi/host_memory.h"
#include "tests/capi/refused_malloc.h"
#include "tests/capi/text_world.h"
#include "tests/capi/world.h"

enum { TOKENS = 3, MOST_TEXT = 256 };

static int nightly;
static host_memory memory = HOST_MEMORY_INIT;

/* What a run gave. */
typedef struct outcome {
  int32_t tokens[TOKENS];
  int32_t count, reason, failed; /* calls that failed */
  char text[MOST_TEXT];
  uint64_t bytes;
} outcome;

/* Calls once more what failed for want of memory: nobody refuses twice. */
#define TRY(call)                                                           \
  do {                                                                      \
    int32_t try_status = (call);                                            \
    if (try_status == TALARIA_RESOURCE_EXHAUSTED) {                         \
      ++out->failed;                                                        \
      CHECK_EQ(talaria_error_code(error), try_status);                      \
      talaria_error_free(error);                                            \
      error = NULL;                                                         \
      try_status = (call);                                                  \
    }                                                                       \
    if (!check_true(try_status == TALARIA_OK, #call, __FILE__, __LINE__)) { \
      printf("  %s\n", talaria_error_message(error, NULL));                 \
      talaria_error_free(error);                                            \
      goto end;                                                             \
    }                                                                       \
  } while (0)

/* Counts allocations from *refuse_at*; the host's where *by_host*, else malloc's. */
static uint64_t run_once(uint64_t refuse_at, int by_host, outcome* out) {
  static const char* const kStops[2] = {"never to be said", "nor this one either"};
  static const uint64_t kStopBytes[2] = {16, 19};
  static const char* const kBanned[1] = {"an"};
  static const uint64_t kBannedBytes[1] = {2};
  static const char* const kBreakers[1] = {"\n"};
  static const uint64_t kBreakerBytes[1] = {1};
  static const int32_t kBiased[2] = {5, 7};
  static const float kBiases[2] = {-2, 1};
  talaria_runtime_config config = host_memory_config(&memory, 1);
  talaria_session_config session_config = TALARIA_SESSION_CONFIG_INIT;
  talaria_append_options append = TALARIA_APPEND_OPTIONS_INIT;
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  world all = {NULL, NULL, NULL, NULL};
  talaria_tokenizer* tokenizer = NULL;
  talaria_chat_template* by = NULL;
  talaria_messages* messages = NULL;
  talaria_prompt* prompt = NULL;
  talaria_error* error = NULL;
  const char* path = TALARIA_GOLDEN_FOLDER "/tiny_text";
  session_config.log_probability_capacity = 4;
  append.logits = TALARIA_LOGITS_LAST;
  options.max_tokens = TOKENS;
  options.ignore_model_stops = 1;
  options.set = TALARIA_SET_TEMPERATURE | TALARIA_SET_DRY_MULTIPLIER | TALARIA_SET_REPETITION_PENALTY;
  options.temperature = 1;
  options.dry_multiplier = 1;
  options.repetition_penalty = 1.2;
  options.seed = 4;
  options.stop_strings = kStops;
  options.stop_string_bytes = kStopBytes;
  options.stop_string_count = 2;
  options.banned_strings = kBanned;
  options.banned_string_bytes = kBannedBytes;
  options.banned_string_count = 1;
  options.dry_breakers = kBreakers;
  options.dry_breaker_bytes = kBreakerBytes;
  options.dry_breaker_count = 1;
  options.bias_tokens = kBiased;
  options.bias_values = kBiases;
  options.bias_count = 2;
  options.log_probabilities = 1;
  options.top_log_probabilities = 4;
  memset(out, 0, sizeof(*out));
  memory.calls = memory.refused = 0;
  memory.refuse_at = by_host ? refuse_at : 0;
  refuse_malloc(by_host ? 0 : refuse_at);
  TRY(talaria_runtime_create(&config, &all.runtime, &error));
  TRY(talaria_model_open(all.runtime, path, strlen(path), NULL, &all.model, &error));
  TRY(talaria_model_get_tokenizer(all.model, &tokenizer, &error));
  TRY(talaria_model_get_chat_template(all.model, &by, &error));
  TRY(talaria_messages_parse(TEXT("[{\"role\": \"user\", \"content\": \"Say a word.\"}]"), 0, &messages,
                             &error));
  TRY(talaria_chat_template_render(by, messages, NULL, &prompt, &error));
  TRY(talaria_engine_create(all.model, NULL, &all.engine, &error));
  TRY(talaria_session_create(all.engine, &session_config, &all.session, &error));
  TRY(talaria_session_append_prompt(all.session, prompt, NULL, &error));
  TRY(talaria_engine_step(all.engine, TALARIA_NO_BUDGET, NULL, &error));
  TRY(talaria_session_set_prompt(all.session, prompt, &append, &error));
  TRY(talaria_session_generate(all.session, &options, &error));
  while (out->reason == TALARIA_FINISH_NONE) {
    talaria_event event = TALARIA_EVENT_INIT;
    TRY(talaria_engine_step(all.engine, TALARIA_NO_BUDGET, NULL, &error));
    TRY(talaria_session_next_event(all.session, 0, &event, &error));
    if (event.kind == TALARIA_EVENT_TOKEN && out->count < TOKENS) out->tokens[out->count++] = event.token;
    if (event.kind == TALARIA_EVENT_FINISHED) out->reason = event.finish_reason;
    if (event.text == NULL || out->bytes + event.text_bytes > MOST_TEXT) continue;
    memcpy(out->text + out->bytes, event.text, event.text_bytes);
    out->bytes += event.text_bytes;
  }
end:;
  const uint64_t mallocs = allow_malloc();
  const uint64_t host_calls = memory.calls;
  memory.refuse_at = 0;
  talaria_prompt_free(prompt);
  talaria_messages_free(messages);
  talaria_chat_template_free(by);
  talaria_tokenizer_free(tokenizer);
  world_free(&all);
  CHECK_EQ(memory.held_bytes, 0);
  CHECK_EQ(memory.blocks, 0);
  CHECK_EQ(memory.wrong, 0);
  return by_host ? host_calls : mallocs;
}

static void refuse_each(int by_host, uint64_t least_calls) {
  outcome expected, got;
  /* What is made once in a process' life is made in the first runs, of which one fails. */
  run_once(0, by_host, &expected);
  run_once(5, by_host, &expected);
  const int64_t blocks = live_blocks();
  const uint64_t calls = run_once(0, by_host, &expected);
  CHECK_EQ(live_blocks(), blocks);
  CHECK(expected.count == TOKENS && expected.reason == TALARIA_FINISH_LENGTH && expected.failed == 0);
  CHECK(calls > least_calls);
  int64_t failed = 0, runs = 0;
  for (uint64_t at = 1; at <= calls; at += nightly || at < 2000 ? 1 : 97) {
    run_once(at, by_host, &got);
    ++runs;
    CHECK_EQ(by_host ? memory.refused : refused_mallocs(), 1);
    failed += got.failed;
    /* The C library may do without what it was refused; nothing of ours may. */
    if (by_host) CHECK_EQ(got.failed, 1);
    CHECK_EQ(got.count, expected.count);
    CHECK_IDS(got.tokens, expected.tokens, TOKENS);
    CHECK(got.bytes == expected.bytes && memcmp(got.text, expected.text, got.bytes) == 0);
    CHECK_EQ(live_blocks(), blocks);
    if (check_failures() > 5) {
      printf("  at allocation %d of %d\n", (int)at, (int)calls);
      return;
    }
  }
  CHECK(failed >= runs - runs / 20);
}

static void every_allocation_of_the_host_may_be_refused(void) { refuse_each(1, 10); }

static void every_small_allocation_may_be_refused(void) {
#ifdef UNDER_SANITIZER
  SKIP("a sanitizer has its own malloc");
#else
  refuse_each(0, 1000);
#endif
}

static void steps_that_draw_and_match_and_tell_allocate_nothing(void) {
  talaria_runtime_config config = host_memory_config(&memory, 1);
  talaria_session_config session_config = TALARIA_SESSION_CONFIG_INIT;
  static const char* const kTexts[1] = {"never to be said"};
  static const uint64_t kBytes[1] = {16};
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  const int32_t prompt[4] = {70, 80, 90, 100};
  int32_t ended = 0, tokens = 0;
  session_config.log_probability_capacity = 8;
  world all = world_open_text(&config, NULL, &session_config);
  REQUIRE(all.session != NULL);
  options.max_tokens = 30;
  options.ignore_model_stops = 1;
  options.set = TALARIA_SET_TEMPERATURE | TALARIA_SET_DRY_MULTIPLIER | TALARIA_SET_PRESENCE_PENALTY;
  options.temperature = 1;
  options.dry_multiplier = 1;
  options.presence_penalty = 0.5;
  options.stop_strings = options.banned_strings = kTexts;
  options.stop_string_bytes = options.banned_string_bytes = kBytes;
  options.stop_string_count = options.banned_string_count = 1;
  options.log_probabilities = 1;
  options.top_log_probabilities = 8;
  CHECK_OK(talaria_session_append_tokens(all.session, prompt, 4, NULL, &error));
  CHECK_OK(talaria_session_generate(all.session, &options, &error));
  const uint64_t host_calls = memory.calls;
  for (int i = 0; i < 10000 && !ended; ++i) {
    talaria_event event = TALARIA_EVENT_INIT;
    refuse_malloc(0);
    const int32_t status = talaria_engine_step(all.engine, i % 2 == 0 ? 0 : 200, NULL, NULL);
    CHECK_EQ(allow_malloc(), 0);
    CHECK_EQ(status, TALARIA_OK);
    while (talaria_session_next_event(all.session, 0, &event, NULL) == TALARIA_OK) {
      ended = event.kind == TALARIA_EVENT_FINISHED;
      tokens += event.kind == TALARIA_EVENT_TOKEN;
    }
  }
  CHECK_EQ(tokens, 30);
  CHECK_EQ(memory.calls, host_calls);
  world_free(&all);
}

int main(int count, char** arguments) {
  nightly = count > 1 && strcmp(arguments[1], "nightly") == 0;
  RUN(every_allocation_of_the_host_may_be_refused);
  RUN(every_small_allocation_may_be_refused);
  RUN(steps_that_draw_and_match_and_tell_allocate_nothing);
  return check_end();
}
