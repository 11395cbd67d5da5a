/* 2 and 8 host threads that create, drive, cancel and destroy sessions of one engine, driven and with its own
 * thread, all at once: for ThreadSanitizer above all. `capi_many_threads_test nightly` goes on for 5 minutes.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "tests/capi/world.h"

enum { MOST_THREADS = 8, VOCABULARY = 690 };

static int nightly;

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

typedef struct host {
  talaria_engine* engine;
  talaria_session** shown; /* where others find this thread's session, to cancel it */
  pthread_mutex_t* lock;   /* guards all of *shown* */
  talaria_session** all_shown;
  int threads;
  int own_thread;
  int64_t until_ms;
  uint64_t random;
  int64_t conversations, tokens, wrong;
} host;

static uint32_t random_below(host* self, uint32_t end) {
  self->random = self->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(self->random >> 33) % end;
}

/* Another thread's session, or its own: only while it is shown may it be touched. */
static void cancel_somebody(host* self) {
  pthread_mutex_lock(self->lock);
  talaria_session* const session = self->all_shown[random_below(self, (uint32_t)self->threads)];
  if (session != NULL && talaria_session_cancel(session, NULL) != TALARIA_OK) ++self->wrong;
  pthread_mutex_unlock(self->lock);
}

static void show(host* self, talaria_session* session) {
  pthread_mutex_lock(self->lock);
  *self->shown = session;
  pthread_mutex_unlock(self->lock);
}

static int is_promised(int32_t status) {
  return status == TALARIA_OK || status == TALARIA_NOT_READY || status == TALARIA_FAILED_PRECONDITION ||
         status == TALARIA_RESOURCE_EXHAUSTED;
}

static void converse(host* self, talaria_session* session) {
  int32_t tokens[40];
  static const char* const kStops[1] = {"e"};
  static const uint64_t kBytes[1] = {1};
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_session* any = NULL;
  const uint32_t count = 1 + random_below(self, 40);
  for (uint32_t i = 0; i < count; ++i) tokens[i] = (int32_t)random_below(self, VOCABULARY);
  options.max_tokens = 1 + (int64_t)random_below(self, 12);
  options.set = TALARIA_SET_TEMPERATURE;
  options.temperature = random_below(self, 2) == 0 ? 0.0f : 1.0f;
  options.seed = random_below(self, 100);
  options.log_probabilities = (int32_t)random_below(self, 2);
  options.stop_strings = kStops;
  options.stop_string_bytes = kBytes;
  options.stop_string_count = random_below(self, 2);
  if (!is_promised(talaria_session_set_tokens(session, tokens, count, NULL, NULL))) ++self->wrong;
  const int32_t begun = talaria_session_generate(session, &options, NULL);
  if (!is_promised(begun)) ++self->wrong;
  if (begun != TALARIA_OK) return;
  for (int i = 0; i < 100000; ++i) {
    if (!self->own_thread &&
        !is_promised(talaria_engine_step(self->engine, random_below(self, 300), NULL, NULL)))
      ++self->wrong;
    const int32_t status =
        talaria_session_next_event(session, self->own_thread ? random_below(self, 2000) : 0, &event, NULL);
    if (!is_promised(status)) ++self->wrong;
    if (status == TALARIA_OK && event.kind == TALARIA_EVENT_TOKEN) ++self->tokens;
    if (status == TALARIA_OK && event.kind == TALARIA_EVENT_FINISHED) break;
    if (random_below(self, 30) == 0) cancel_somebody(self);
    if (random_below(self, 30) == 0)
      talaria_engine_wait_any(self->engine, random_below(self, 100), &any, NULL);
    if (random_below(self, 60) == 0) return; /* freed in the middle */
    if (now_ms() > self->until_ms) break;
  }
  if (talaria_session_get_state(session, &state, NULL) != TALARIA_OK) ++self->wrong;
  if (!is_promised(talaria_session_rewind(session, random_below(self, 3), NULL)) && state.token_count >= 3)
    ++self->wrong;
  ++self->conversations;
}

static void* live(void* argument) {
  host* const self = argument;
  while (now_ms() < self->until_ms) {
    talaria_session* session = NULL;
    const int32_t status = talaria_session_create(self->engine, NULL, &session, NULL);
    if (!is_promised(status)) ++self->wrong;
    if (status != TALARIA_OK) continue;
    show(self, session);
    for (uint32_t turns = random_below(self, 4); turns > 0; --turns) converse(self, session);
    show(self, NULL);
    talaria_session_free(session);
  }
  return NULL;
}

static void run_for(int threads, int own_thread, int64_t milliseconds) {
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_t ids[MOST_THREADS];
  host hosts[MOST_THREADS];
  talaria_session* shown[MOST_THREADS] = {NULL};
  talaria_runtime_config runtime_config = TALARIA_RUNTIME_CONFIG_INIT;
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  int64_t conversations = 0, tokens = 0;
  runtime_config.threads = 2;
  config.max_sessions = threads;
  config.context = 128;
  config.cache_positions = 64 * threads; /* not enough for all */
  config.step_rows = 32;
  config.own_thread = own_thread;
  world all = world_open_text(&runtime_config, &config, NULL);
  REQUIRE(all.engine != NULL);
  talaria_session_free(all.session);
  all.session = NULL;
  for (int i = 0; i < threads; ++i) {
    const host made = {all.engine,
                       &shown[i],
                       &lock,
                       shown,
                       threads,
                       own_thread,
                       now_ms() + milliseconds,
                       (uint64_t)(i + 1) * 77,
                       0,
                       0,
                       0};
    hosts[i] = made;
    CHECK_EQ(pthread_create(&ids[i], NULL, live, &hosts[i]), 0);
  }
  for (int i = 0; i < threads; ++i) {
    pthread_join(ids[i], NULL);
    CHECK_EQ(hosts[i].wrong, 0);
    conversations += hosts[i].conversations;
    tokens += hosts[i].tokens;
  }
  CHECK(conversations > threads && tokens > threads);
  world_free(&all);
}

static void hosts_share_an_engine_they_drive(void) {
  run_for(2, 0, nightly ? 75000 : 2500);
  run_for(8, 0, nightly ? 75000 : 2500);
}

static void hosts_share_an_engine_of_its_own_thread(void) {
  run_for(2, 1, nightly ? 75000 : 2500);
  run_for(8, 1, nightly ? 75000 : 2500);
}

int main(int count, char** arguments) {
  nightly = count > 1 && strcmp(arguments[1], "nightly") == 0;
  RUN(hosts_share_an_engine_they_drive);
  RUN(hosts_share_an_engine_of_its_own_thread);
  return check_end();
}
