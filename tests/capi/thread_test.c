/* Two threads in one object, and many threads in many. That two are inside at once is no matter of luck here:
 * the first one's call touches memory that may not be touched yet and waits there, inside the call, until the
 * second has tried. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/capi/world.h"

/* --- memory whose first touch waits
 * -------------------------------------------------------------------------------- */

static unsigned char* trap;
static size_t trap_bytes;
static int touched[2];  /* a pipe: a byte is written when a thread touches the trap */
static int released[2]; /* a pipe: it goes on when it has read a byte */

static void wait_in_trap(int signal_number, siginfo_t* info, void* context) {
  char byte = 0;
  (void)signal_number;
  (void)context;
  const unsigned char* const at = info->si_addr;
  if (at < trap || at >= trap + trap_bytes || write(touched[1], &byte, 1) != 1 ||
      read(released[0], &byte, 1) != 1) {
    _exit(99);
  }
  mprotect(trap, trap_bytes, PROT_READ | PROT_WRITE);
}

static int trap_is_there(void) {
  struct sigaction action;
  trap_bytes = (size_t)sysconf(_SC_PAGESIZE) * 64;
  void* const pages = mmap(NULL, trap_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(&action, 0, sizeof(action));
  action.sa_sigaction = wait_in_trap;
  action.sa_flags = SA_SIGINFO;
  trap = pages;
  return pages != MAP_FAILED && pipe(touched) == 0 && pipe(released) == 0 &&
         sigaction(SIGSEGV, &action, NULL) == 0;
}

static void set_trap(void) { mprotect(trap, trap_bytes, PROT_NONE); }
static void await_touch(void) {
  char byte = 0;
  CHECK_EQ(read(touched[0], &byte, 1), 1);
}
static void release(void) {
  const char byte = 0;
  CHECK_EQ(write(released[1], &byte, 1), 1);
}

/* --- a second thread in one session
 * -------------------------------------------------------------------------------- */

typedef struct inside {
  talaria_session* session;
  talaria_engine* engine;
  int32_t status;
} inside;

/* Appends two tokens that lie in the trap. */
static void* append_from_trap(void* argument) {
  inside* const self = argument;
  self->status =
      talaria_session_append_tokens(self->session, (const int32_t*)(const void*)trap, 2, NULL, NULL);
  return NULL;
}

static void a_second_thread_in_a_session_is_refused_and_may_only_cancel(void) {
  const int32_t tokens[2] = {3, 4};
  const talaria_generate_options options = greedy_options(1);
  int32_t read_back[4] = {7, 7, 7, 7};
  uint64_t written = 7;
  talaria_session* fork = NULL;
  talaria_session* other = NULL;
  pthread_t thread;
  world all = world_open();
  REQUIRE(all.session != NULL);
  CHECK_OK(talaria_session_create(all.engine, NULL, &other, &error));
  inside first = {all.session, all.engine, -1};
  memcpy(trap, tokens, sizeof(tokens));
  set_trap();
  REQUIRE(pthread_create(&thread, NULL, append_from_trap, &first) == 0);
  await_touch();
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  event.kind = 7;
  state.token_count = 7;
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "another thread",
              talaria_session_append_tokens(all.session, tokens, 1, NULL, &error));
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "another thread",
              talaria_session_generate(all.session, &options, &error));
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "another thread",
              talaria_session_next_event(all.session, 0, &event, &error));
  CHECK_EQ(event.kind, 0);
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "another thread",
              talaria_session_get_state(all.session, &state, &error));
  CHECK_EQ(state.token_count, 0);
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "another thread",
              talaria_session_read_tokens(all.session, 0, 4, read_back, &written, &error));
  CHECK(written == 0 && read_back[0] == 7);
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "another thread",
              talaria_session_fork(all.session, &fork, &error));
  CHECK_EQ(talaria_session_get_state(all.session, &state, NULL), TALARIA_FAILED_PRECONDITION);
  CHECK_OK(talaria_session_cancel(all.session, &error));
  /* Other sessions, and the engine, are free. */
  world beside = all;
  beside.session = other;
  check_generates(&beside, golden_short(), TALARIA_NO_BUDGET);
  release();
  pthread_join(thread, NULL);
  CHECK_EQ(first.status, TALARIA_OK);
  CHECK_OK(talaria_session_read_tokens(all.session, 0, 4, read_back, &written, &error));
  CHECK(written == 2 && read_back[0] == 3 && read_back[1] == 4);
  talaria_session_free(other);
  world_free(&all);
}

/* --- a second thread in one engine
 * --------------------------------------------------------------------------------- */

/* The host's memory: what is asked for after *trap_next* was set lies in the trap. */
static int trap_next;
static void* TALARIA_CALL allocate(void* user, uint64_t bytes, uint64_t alignment) {
  (void)user;
  if (trap_next && bytes <= trap_bytes) {
    trap_next = 0;
    return trap;
  }
  void* memory = NULL;
  return posix_memalign(&memory, alignment, bytes) == 0 ? memory : NULL;
}
static void TALARIA_CALL give_back(void* user, void* memory, uint64_t bytes, uint64_t alignment) {
  (void)user;
  (void)bytes;
  (void)alignment;
  if (memory != trap) free(memory);
}

static void* step(void* argument) {
  inside* const self = argument;
  self->status = talaria_engine_step(self->engine, TALARIA_NO_BUDGET, NULL, NULL);
  return NULL;
}

/* An engine whose session's logits lie in the trap, a step of which waits there on *thread*. */
static world stepping_world(pthread_t* thread, inside* first) {
  const golden_prompt prompt = golden_short();
  talaria_append_options append = TALARIA_APPEND_OPTIONS_INIT;
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  world all = {NULL, NULL, NULL, NULL};
  config.threads = 1;
  config.allocate = allocate;
  config.release = give_back;
  CHECK_OK(talaria_runtime_create(&config, &all.runtime, &error));
  CHECK_OK(talaria_model_open(all.runtime, GOLDEN_PATH, NULL, &all.model, &error));
  CHECK_OK(talaria_engine_create(all.model, NULL, &all.engine, &error));
  trap_next = 1;
  CHECK_OK(talaria_session_create(all.engine, NULL, &all.session, &error));
  CHECK_EQ(trap_next, 0);
  append.logits = TALARIA_LOGITS_LAST;
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, &append, &error));
  set_trap();
  first->session = all.session;
  first->engine = all.engine;
  first->status = -1;
  CHECK_EQ(pthread_create(thread, NULL, step, first), 0);
  await_touch();
  return all;
}

static void a_second_thread_in_an_engine_is_refused(void) {
  pthread_t thread;
  inside first;
  float logits[1024];
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  REQUIRE(golden_vocabulary() <= 1024);
  world all = stepping_world(&thread, &first);
  info.steps = 7;
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "another thread",
              talaria_engine_step(all.engine, 0, &info, &error));
  CHECK_EQ(info.steps, 0);
  CHECK_EQ(talaria_engine_step(all.engine, 0, NULL, NULL), TALARIA_FAILED_PRECONDITION);
  release();
  pthread_join(thread, NULL);
  CHECK_EQ(first.status, TALARIA_OK);
  CHECK(take_logits(all.session, logits, NULL) && near_golden(logits, golden_short().logits));
  world_free(&all);
}

static void sessions_are_used_while_another_thread_steps(void) {
  const golden_prompt prompt = golden_short();
  pthread_t thread;
  inside first;
  talaria_session* other = NULL;
  talaria_session* third = NULL;
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  world all = stepping_world(&thread, &first);
  CHECK_OK(talaria_session_create(all.engine, NULL, &other, &error));
  CHECK_OK(talaria_session_create(all.engine, NULL, &third, &error));
  CHECK_OK(talaria_session_append_tokens(other, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, 1, NULL, &error));
  CHECK_OK(talaria_session_get_state(all.session, &state, &error));
  CHECK_EQ(state.token_count, 10);
  CHECK_NOT_READY(talaria_session_next_event(all.session, 0, &event, &error));
  talaria_session_free(third);
  release();
  pthread_join(thread, NULL);
  CHECK_EQ(first.status, TALARIA_OK);
  CHECK_OK(talaria_session_next_event(all.session, 0, &event, &error));
  CHECK(event.kind == TALARIA_EVENT_LOGITS && event.position == 8);
  const golden_prompt rest = {NULL, 0, prompt.greedy, prompt.logits};
  world beside = all;
  beside.session = other;
  check_generates(&beside, rest, TALARIA_NO_BUDGET);
  talaria_session_free(other);
  world_free(&all);
}

static void cancelling_ends_the_step_of_another_thread(void) {
  pthread_t thread;
  inside first;
  talaria_event event = TALARIA_EVENT_INIT;
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  float logits[1024];
  REQUIRE(golden_vocabulary() <= 1024);
  world all = stepping_world(&thread, &first);
  CHECK_OK(talaria_session_cancel(all.session, &error));
  release();
  pthread_join(thread, NULL);
  CHECK_EQ(first.status, TALARIA_OK);
  CHECK_NOT_READY(talaria_session_next_event(all.session, 0, &event, &error));
  CHECK_OK(talaria_session_get_state(all.session, &state, &error));
  CHECK(state.token_count == 9 && state.cached_count == 0);
  /* What was held back goes on with the next append. */
  CHECK_OK(talaria_session_append_tokens(all.session, NULL, 0, NULL, &error));
  CHECK_OK(talaria_engine_step(all.engine, TALARIA_NO_BUDGET, NULL, &error));
  CHECK(take_logits(all.session, logits, NULL) && near_golden(logits, golden_short().logits));
  world_free(&all);
}

static void a_session_is_freed_while_another_thread_steps_it(void) {
  pthread_t thread;
  inside first;
  talaria_session* next = NULL;
  world all = stepping_world(&thread, &first);
  talaria_session_free(all.session);
  all.session = NULL;
  release();
  pthread_join(thread, NULL);
  CHECK_EQ(first.status, TALARIA_OK);
  CHECK_OK(talaria_session_create(all.engine, NULL, &next, &error));
  all.session = next;
  check_generates(&all, golden_short(), TALARIA_NO_BUDGET);
  world_free(&all);
}

/* --- many threads
 * -------------------------------------------------------------------------------------------------- */

enum { THREADS = 4 };

typedef struct worker {
  talaria_runtime* runtime;
  talaria_model* model;
  talaria_engine* engine;
  int32_t tokens[GREEDY_COUNT];
  int failed;
  int done; /* read while the thread runs */
} worker;

/* An engine of its own over the model of all. */
static void* generate_alone(void* argument) {
  worker* const self = argument;
  const golden_prompt prompt = golden_short();
  world own = {NULL, NULL, NULL, NULL};
  CHECK_OK(talaria_engine_create(self->model, NULL, &own.engine, &error));
  CHECK_OK(talaria_session_create(own.engine, NULL, &own.session, &error));
  check_generates(&own, prompt, TALARIA_NO_BUDGET);
  world_free(&own);
  return NULL;
}

static void engines_in_many_threads_share_a_model(void) {
  pthread_t threads[THREADS];
  worker workers[THREADS];
  world all = world_open();
  REQUIRE(all.model != NULL);
  for (int i = 0; i < THREADS; ++i) {
    memset(&workers[i], 0, sizeof(workers[i]));
    workers[i].model = all.model;
    CHECK_EQ(pthread_create(&threads[i], NULL, generate_alone, &workers[i]), 0);
  }
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  world_free(&all);
}

static void* open_alone(void* argument) {
  worker* const self = argument;
  world own = {NULL, NULL, NULL, NULL};
  CHECK_OK(talaria_model_open(self->runtime, GOLDEN_PATH, NULL, &own.model, &error));
  CHECK_OK(talaria_engine_create(own.model, NULL, &own.engine, &error));
  CHECK_OK(talaria_session_create(own.engine, NULL, &own.session, &error));
  check_generates(&own, golden_short(), TALARIA_NO_BUDGET);
  world_free(&own);
  return NULL;
}

static void many_threads_open_models_in_one_runtime(void) {
  pthread_t threads[THREADS];
  worker workers[THREADS];
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  talaria_runtime* runtime = NULL;
  uint64_t used = 7;
  config.threads = 3;
  CHECK_OK(talaria_runtime_create(&config, &runtime, &error));
  for (int i = 0; i < THREADS; ++i) {
    memset(&workers[i], 0, sizeof(workers[i]));
    workers[i].runtime = runtime;
    CHECK_EQ(pthread_create(&threads[i], NULL, open_alone, &workers[i]), 0);
  }
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  CHECK_OK(talaria_runtime_get_used_bytes(runtime, &used, &error));
  CHECK_EQ(used, 0);
  talaria_runtime_free(runtime);
}

/* A session of its own in the engine of all, which main steps. */
static void* converse(void* argument) {
  worker* const self = argument;
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(GREEDY_COUNT);
  for (int round = 0; round < 5; ++round) {
    talaria_session* session = NULL;
    talaria_event event = TALARIA_EVENT_INIT;
    int32_t status = talaria_session_create(self->engine, NULL, &session, NULL);
    int count = 0;
    if (status == TALARIA_OK)
      status = talaria_session_append_tokens(session, prompt.ids, prompt.count, NULL, NULL);
    if (status == TALARIA_OK) status = talaria_session_generate(session, &options, NULL);
    while (status == TALARIA_OK && event.kind != TALARIA_EVENT_FINISHED) {
      status = talaria_session_next_event(session, 0, &event, NULL);
      if (status == TALARIA_OK && event.kind == TALARIA_EVENT_TOKEN && count < GREEDY_COUNT) {
        self->tokens[count++] = event.token;
      }
      if (status == TALARIA_NOT_READY) {
        status = TALARIA_OK;
        usleep(200);
      }
      if (round == 3 && count == 5) status = talaria_session_cancel(session, NULL);
    }
    if (status != TALARIA_OK || (round != 3 && count != GREEDY_COUNT) ||
        memcmp(self->tokens, prompt.greedy, (size_t)count * sizeof(int32_t)) != 0) {
      ++self->failed;
    }
    talaria_session_free(session);
  }
  __atomic_store_n(&self->done, 1, __ATOMIC_SEQ_CST);
  return NULL;
}

static void many_threads_converse_with_one_engine(void) {
  pthread_t threads[THREADS];
  worker workers[THREADS];
  int done = 0;
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.max_sessions = THREADS + 1;
  world all = world_open_with(NULL, &config, NULL);
  REQUIRE(all.engine != NULL);
  for (int i = 0; i < THREADS; ++i) {
    memset(&workers[i], 0, sizeof(workers[i]));
    workers[i].engine = all.engine;
    CHECK_EQ(pthread_create(&threads[i], NULL, converse, &workers[i]), 0);
  }
  while (done < THREADS) {
    talaria_step_info info = TALARIA_STEP_INFO_INIT;
    CHECK_EQ(talaria_engine_step(all.engine, 500, &info, NULL), TALARIA_OK);
    if (info.idle) usleep(100);
    done = 0;
    for (int i = 0; i < THREADS; ++i) done += __atomic_load_n(&workers[i].done, __ATOMIC_SEQ_CST);
  }
  for (int i = 0; i < THREADS; ++i) {
    pthread_join(threads[i], NULL);
    CHECK_EQ(workers[i].failed, 0);
  }
  world_free(&all);
}

int main(void) {
  if (!trap_is_there()) return 1;
  RUN(a_second_thread_in_a_session_is_refused_and_may_only_cancel);
  RUN(a_second_thread_in_an_engine_is_refused);
  RUN(sessions_are_used_while_another_thread_steps);
  RUN(cancelling_ends_the_step_of_another_thread);
  RUN(a_session_is_freed_while_another_thread_steps_it);
  RUN(engines_in_many_threads_share_a_model);
  RUN(many_threads_open_models_in_one_runtime);
  RUN(many_threads_converse_with_one_engine);
  return check_end();
}
