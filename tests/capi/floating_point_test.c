/* Hosts set flush-to-zero, other roundings and exception traps: results do not change, and the thread has its
 * own control word back after every call. */
#include <string.h>

#include "tests/capi/world.h"

#if defined(__x86_64__)
#include <xmmintrin.h>

enum { VOCABULARY_MOST = 1024 };

static const unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040,
                      kRoundings[] = {0, 0x2000, 0x4000, 0x6000};

/* Sets *word*, makes *call* and checks that the word is still there. Flags of past exceptions do not count.
 */
#define UNDER(word, call)                    \
  do {                                       \
    _mm_setcsr(word);                        \
    CHECK_OK(call);                          \
    CHECK_EQ(_mm_getcsr() & ~0x3fu, (word)); \
    _mm_setcsr(0x1f80);                      \
  } while (0)

/* The logits after the short prompt, every call of the library made under *word*. */
static void logits_under(unsigned word, float* logits) {
  const golden_prompt prompt = golden_short();
  talaria_append_options options = TALARIA_APPEND_OPTIONS_INIT;
  talaria_event event = TALARIA_EVENT_INIT;
  world all = {NULL, NULL, NULL, NULL};
  options.logits = TALARIA_LOGITS_LAST;
  UNDER(word, talaria_runtime_create(NULL, &all.runtime, &error));
  UNDER(word, talaria_model_open(all.runtime, GOLDEN_PATH, NULL, &all.model, &error));
  UNDER(word, talaria_engine_create(all.model, NULL, &all.engine, &error));
  UNDER(word, talaria_session_create(all.engine, NULL, &all.session, &error));
  UNDER(word, talaria_session_append_tokens(all.session, prompt.ids, prompt.count, &options, &error));
  UNDER(word, talaria_engine_step(all.engine, TALARIA_NO_BUDGET, NULL, &error));
  UNDER(word, talaria_session_next_event(all.session, 0, &event, &error));
  CHECK_EQ(event.kind, TALARIA_EVENT_LOGITS);
  memset(logits, 0, VOCABULARY_MOST * sizeof(float));
  if (event.logits != NULL) memcpy(logits, event.logits, (size_t)golden_vocabulary() * sizeof(float));
  world_free(&all);
}

static void a_hosts_control_word_changes_no_bit_and_is_given_back(void) {
  float usual[VOCABULARY_MOST], found[VOCABULARY_MOST];
  REQUIRE(golden_vocabulary() <= VOCABULARY_MOST);
  logits_under(0x1f80, usual);
  CHECK(near_golden(usual, golden_short().logits));
  for (size_t i = 0; i < sizeof(kRoundings) / sizeof(kRoundings[0]); ++i) {
    logits_under(0x1f80 | kRoundings[i] | kFlushToZero | kDenormalsAreZero, found);
    CHECK(memcmp(found, usual, sizeof(usual)) == 0);
  }
}

static void a_host_that_traps_exceptions_sees_none_of_ours(void) {
  float usual[VOCABULARY_MOST], found[VOCABULARY_MOST];
  REQUIRE(golden_vocabulary() <= VOCABULARY_MOST);
  logits_under(0x1f80, usual);
  /* Every mask taken away: the first inexact result would be a signal. */
  logits_under(0, found);
  CHECK(memcmp(found, usual, sizeof(usual)) == 0);
}

static void the_word_is_given_back_where_a_call_fails(void) {
  const unsigned word = 0x1f80 | 0x6000 | kFlushToZero;
  talaria_runtime* runtime = NULL;
  talaria_model* model = NULL;
  CHECK_OK(talaria_runtime_create(NULL, &runtime, &error));
  _mm_setcsr(word);
  const int32_t missing = talaria_model_open(runtime, "no/such", 7, NULL, &model, NULL);
  const unsigned after_missing = _mm_getcsr();
  const int32_t wrong = talaria_model_open(runtime, NULL, 7, NULL, &model, NULL);
  const unsigned after_wrong = _mm_getcsr();
  talaria_runtime_free(runtime);
  const unsigned after_free = _mm_getcsr();
  _mm_setcsr(0x1f80);
  CHECK_EQ(missing, TALARIA_NOT_FOUND);
  CHECK_EQ(wrong, TALARIA_INVALID_ARGUMENT);
  CHECK_EQ(after_missing & ~0x3fu, word);
  CHECK_EQ(after_wrong & ~0x3fu, word);
  CHECK_EQ(after_free & ~0x3fu, word);
}

#else

static void a_hosts_control_word_changes_no_bit_and_is_given_back(void) { SKIP("written for x86-64"); }
static void a_host_that_traps_exceptions_sees_none_of_ours(void) { SKIP("written for x86-64"); }
static void the_word_is_given_back_where_a_call_fails(void) { SKIP("written for x86-64"); }

#endif

int main(void) {
  RUN(a_hosts_control_word_changes_no_bit_and_is_given_back);
  RUN(a_host_that_traps_exceptions_sees_none_of_ours);
  RUN(the_word_is_given_back_where_a_call_fails);
  return check_end();
}
