/* Calls in random order with random arguments, on several sessions of a driven engine and of one with its own
 * thread: whatever comes, every status is one that is promised, the numbers agree, and nothing is left
 * behind. `capi_random_calls_test nightly` makes 10,000 calls a seed, for 5 seeds. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>

#include "tests/capi/host_memory.h"
#include "tests/capi/world.h"

enum { SESSIONS = 5, VOCABULARY = 690, CONTEXT = 96, MOST_BIASES = 8 };

static uint64_t random_state;
static int nightly;
static int64_t ends[TALARIA_FINISH_FAILED + 1]; /* by reason */

static uint32_t random_below(uint32_t end) {
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(random_state >> 33) % end;
}
static int one_in(uint32_t n) { return random_below(n) == 0; }

static int is_promised(int32_t status) {
  return status == TALARIA_OK || status == TALARIA_NOT_READY || status == TALARIA_FAILED_PRECONDITION ||
         status == TALARIA_RESOURCE_EXHAUSTED || status == TALARIA_INVALID_ARGUMENT;
}

/* What the test knows of a session beside what the session says. */
typedef struct counted {
  talaria_session* session;
  int64_t begun, ended;
} counted;

static void take_events(counted* of, uint64_t timeout_us) {
  talaria_event event = TALARIA_EVENT_INIT;
  const uint32_t most = 1 + random_below(12);
  for (uint32_t i = 0; i < most; ++i) {
    const int32_t status = talaria_session_next_event(of->session, timeout_us, &event, NULL);
    CHECK(status == TALARIA_OK || status == TALARIA_NOT_READY);
    if (status != TALARIA_OK) return;
    double sum = 0; /* every float is read */
    for (uint64_t k = 0; k < event.logits_count; ++k) sum += (double)event.logits[k];
    for (uint64_t k = 0; k < event.top_count; ++k) sum += (double)event.top[k].log_probability;
    CHECK(sum == sum || event.kind != TALARIA_EVENT_LOGITS);
    if (event.kind == TALARIA_EVENT_LOGITS) CHECK(event.logits_count == VOCABULARY);
    if (event.kind != TALARIA_EVENT_LOGITS) CHECK(event.text != NULL && event.text[event.text_bytes] == 0);
    if (event.kind == TALARIA_EVENT_TOKEN) CHECK(event.token >= 0 && event.token < VOCABULARY);
    if (event.kind == TALARIA_EVENT_FINISHED) {
      ++of->ended;
      ++ends[event.finish_reason];
      CHECK(event.finish_reason != TALARIA_FINISH_NONE && event.finish_reason != TALARIA_FINISH_FAILED);
    }
  }
}

static int32_t give_tokens(talaria_session* session) {
  int32_t tokens[CONTEXT + 8];
  uint64_t at[3];
  talaria_append_options options = TALARIA_APPEND_OPTIONS_INIT;
  const uint32_t count = one_in(10) ? CONTEXT + random_below(8) : random_below(40);
  const uint32_t kind = random_below(3);
  /* Often the same, so that much agrees. */
  const uint32_t from = random_below(2) * 17;
  for (uint32_t i = 0; i < count; ++i) tokens[i] = (int32_t)((from + i * 31) % VOCABULARY);
  if (count > 0 && one_in(5)) tokens[random_below(count)] = (int32_t)random_below(VOCABULARY);
  if (count > 0 && one_in(50)) tokens[random_below(count)] = VOCABULARY;
  options.logits = one_in(4) ? (int32_t)random_below(4) : 0;
  for (int i = 0; i < 3; ++i) at[i] = random_below(count + 2);
  options.at = at;
  options.at_count = options.logits == TALARIA_LOGITS_AT ? random_below(4) : 0;
  if (kind == 0) return talaria_session_set_tokens(session, tokens, count, &options, NULL);
  return talaria_session_append_tokens(session, tokens, count, one_in(2) ? NULL : &options, NULL);
}

static int32_t generate(talaria_session* session) {
  static const char* const kTexts[] = {"e", "an", " ", "\n", "the", "", "\xff"};
  static const uint64_t kBytes[] = {1, 2, 1, 1, 3, 0, 1};
  static const int32_t kStops[] = {3, 300, -1};
  int32_t biased[MOST_BIASES];
  float biases[MOST_BIASES];
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  options.max_tokens = (int64_t)random_below(30);
  options.seed = random_below(3);
  options.stream = random_below(3);
  if (one_in(2)) {
    options.set = (uint64_t)random_below(1u << 17);
    options.temperature = (float)random_below(4) / 2;
    options.top_k = (int64_t)random_below(5) - (one_in(20) ? 1 : 0);
    options.top_p = (double)random_below(11) / 10;
    options.min_p = (double)random_below(3) / 10;
    options.typical_p = (double)(1 + random_below(10)) / 10;
    options.xtc_probability = (double)random_below(3) / 2;
    options.xtc_threshold = 0.1;
    options.repetition_penalty = 1 + (double)random_below(5) / 10;
    options.presence_penalty = (double)random_below(5) / 10;
    options.frequency_penalty = (double)random_below(5) / 10;
    options.penalty_window = (int64_t)random_below(20) - 1;
    options.dry_multiplier = (double)random_below(3) / 2;
    options.dry_range = (int64_t)random_below(40) - 1;
    options.penalize_prompt = (int32_t)random_below(2);
    options.temperature_last = (int32_t)random_below(2);
  }
  if (one_in(3)) {
    options.stop_strings = kTexts + random_below(5);
    options.stop_string_bytes = kBytes + (options.stop_strings - kTexts);
    options.stop_string_count = random_below(3);
  }
  if (one_in(4)) {
    options.banned_strings = kTexts + random_below(5);
    options.banned_string_bytes = kBytes + (options.banned_strings - kTexts);
    options.banned_string_count = random_below(3);
  }
  if (one_in(4)) {
    options.dry_breakers = kTexts + random_below(5);
    options.dry_breaker_bytes = kBytes + (options.dry_breakers - kTexts);
    options.dry_breaker_count = random_below(3);
  }
  if (one_in(4)) {
    options.stop_tokens = kStops;
    options.stop_token_count = random_below(4);
  }
  if (one_in(4)) {
    for (int i = 0; i < MOST_BIASES; ++i) {
      biased[i] = (int32_t)(random_below(80) + 80u * (uint32_t)i);
      biases[i] = (float)random_below(9) - 4;
    }
    options.bias_tokens = biased;
    options.bias_values = biases;
    options.bias_count = random_below(MOST_BIASES + 1);
  }
  options.log_probabilities = (int32_t)random_below(2);
  options.top_log_probabilities = options.log_probabilities * (int32_t)random_below(5);
  options.ignore_model_stops = (int32_t)random_below(2);
  return talaria_session_generate(session, &options, NULL);
}

static void check_state(counted* of) {
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  talaria_usage usage = TALARIA_USAGE_INIT;
  talaria_error* failure = NULL;
  int32_t tokens[CONTEXT];
  uint64_t written = 0;
  CHECK_OK(talaria_session_get_state(of->session, &state, &error));
  CHECK(state.cached_count >= 0 && state.cached_count <= state.token_count && state.token_count <= CONTEXT);
  CHECK(of->begun - of->ended >= state.generating);
  CHECK_OK(talaria_session_get_usage(of->session, &usage, &error));
  CHECK(usage.prompt_tokens >= 0 && usage.generated_tokens >= 0 && usage.work_us >= 0);
  CHECK_OK(talaria_session_get_failure(of->session, &failure, &error));
  talaria_error_free(failure);
  CHECK_OK(
      talaria_session_read_tokens(of->session, random_below(CONTEXT), CONTEXT, tokens, &written, &error));
}

static void open_session(talaria_engine* engine, counted* of) {
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  config.event_capacity = one_in(2) ? 0 : 2 + (int32_t)random_below(4);
  config.logits_capacity = (int32_t)random_below(4) - 1;
  config.log_probability_capacity = (int32_t)random_below(5);
  of->begun = of->ended = 0;
  CHECK_OK(talaria_session_create(engine, &config, &of->session, &error));
}

static void one_call(world* all, int own_thread, counted* of) {
  talaria_session* any = NULL;
  int32_t status = TALARIA_OK;
  switch (random_below(12)) {
    case 0:
    case 1:
      status = give_tokens(of->session);
      break;
    case 2:
    case 3:
      status = generate(of->session);
      if (status == TALARIA_OK) ++of->begun;
      break;
    case 4:
      status = talaria_session_rewind(of->session, random_below(CONTEXT + 2), NULL);
      break;
    case 5:
      status = one_in(3) ? talaria_session_cancel(of->session, NULL) : TALARIA_OK;
      break;
    case 6:
      if (!one_in(4)) break;
      talaria_session_free(of->session);
      open_session(all->engine, of);
      break;
    case 7:
      check_state(of);
      break;
    case 8:
      status = talaria_engine_wait_any(all->engine, random_below(200), &any, NULL);
      break;
    default:
      if (!own_thread && !one_in(3)) {
        status = talaria_engine_step(all->engine, one_in(2) ? 0 : random_below(3000), NULL, NULL);
      }
      if (own_thread || one_in(2)) take_events(of, own_thread && one_in(3) ? random_below(3000) : 0);
      break;
  }
  CHECK(is_promised(status));
}

static void run_seed(uint64_t seed, int own_thread, int calls) {
  host_memory memory = HOST_MEMORY_INIT;
  const talaria_runtime_config config = host_memory_config(&memory, 1 + (int32_t)(seed % 2));
  talaria_engine_config engine_config = TALARIA_ENGINE_CONFIG_INIT;
  counted sessions[SESSIONS];
  random_state = seed;
  engine_config.max_sessions = SESSIONS;
  engine_config.context = CONTEXT;
  engine_config.cache_positions = 64 * 5; /* less than all might fill */
  engine_config.step_rows = 24;
  engine_config.output_rows = 4;
  engine_config.own_thread = own_thread;
  world all = world_open_text(&config, &engine_config, NULL);
  REQUIRE(all.engine != NULL);
  talaria_session_free(all.session);
  all.session = NULL;
  for (int i = 0; i < SESSIONS; ++i) open_session(all.engine, &sessions[i]);
  for (int i = 0; i < calls && check_failures() == 0; ++i) {
    one_call(&all, own_thread, &sessions[random_below(SESSIONS)]);
  }
  if (check_failures() > 0) printf("seed %d, own thread %d\n", (int)seed, own_thread);
  for (int i = 0; i < SESSIONS; ++i) {
    /* Every generation ends, and its end comes once. */
    CHECK_OK(talaria_session_cancel(sessions[i].session, &error));
    talaria_event event = TALARIA_EVENT_INIT;
    while (talaria_session_next_event(sessions[i].session, 0, &event, NULL) == TALARIA_OK) {
      if (event.kind == TALARIA_EVENT_FINISHED) ++sessions[i].ended;
    }
    CHECK_EQ(sessions[i].ended, sessions[i].begun);
    talaria_session_free(sessions[i].session);
  }
  world_free(&all);
  CHECK_EQ(memory.held_bytes, 0);
  CHECK_EQ(memory.blocks, 0);
  CHECK_EQ(memory.wrong, 0);
}

static void a_driven_engine_takes_whatever_comes(void) {
  for (uint64_t seed = 1; seed <= (nightly ? 5 : 2); ++seed) run_seed(seed, 0, nightly ? 10000 : 2500);
}

static void an_engine_of_its_own_thread_takes_whatever_comes(void) {
  for (uint64_t seed = 1; seed <= (nightly ? 5 : 2); ++seed) run_seed(seed, 1, nightly ? 10000 : 2500);
}

static void every_kind_of_end_was_among_them(void) {
  for (int32_t reason = TALARIA_FINISH_STOP_TOKEN; reason <= TALARIA_FINISH_STOP_STRING; ++reason) {
    CHECK(ends[reason] > 0);
  }
}

int main(int count, char** arguments) {
  nightly = count > 1 && strcmp(arguments[1], "nightly") == 0;
  RUN(a_driven_engine_takes_whatever_comes);
  RUN(an_engine_of_its_own_thread_takes_whatever_comes);
  RUN(every_kind_of_end_was_among_them);
  return check_end();
}
