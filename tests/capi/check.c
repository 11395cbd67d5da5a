#define _POSIX_C_SOURCE 200809L
#include "tests/capi/check.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* After so many the rest of a test says nothing new. */
enum { kMostShown = 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char* test_name = "";
static int tests, skipped, checks, failures, failures_of_test;

static void check_note(int holds, const char* file, int line, const char* format, ...) {
  va_list arguments;
  pthread_mutex_lock(&lock);
  ++checks;
  if (!holds) {
    ++failures;
    if (++failures_of_test <= kMostShown) {
      printf("%s:%d: in %s: ", file, line, test_name);
      va_start(arguments, format);
      vprintf(format, arguments);
      va_end(arguments);
      printf("\n");
    }
  }
  pthread_mutex_unlock(&lock);
}

void check_run(const char* name, void (*test)(void)) {
  test_name = name;
  failures_of_test = 0;
  ++tests;
  test();
  if (failures_of_test > kMostShown) printf("%s: %d failed checks in all\n", name, failures_of_test);
  fflush(stdout);
}

void check_skip(const char* reason) {
  ++skipped;
  printf("SKIPPED %s: %s\n", test_name, reason);
}

int check_end(void) {
  printf("%d tests, %d skipped; %d checks, %d failed\n", tests, skipped, checks, failures);
  if (checks == 0) return skipped > 0 && skipped == tests ? 77 : 1;
  return failures > 0 ? 1 : 0;
}

int check_failures(void) { return failures; }

int check_true(int holds, const char* text, const char* file, int line) {
  check_note(holds, file, line, "%s", text);
  return holds;
}

void check_equal(int64_t found, int64_t expected, const char* text, const char* file, int line) {
  check_note(found == expected, file, line, "%s: %" PRId64 " and %" PRId64, text, found, expected);
}

void check_ids(const int32_t* found, const int32_t* expected, uint64_t count, const char* text,
               const char* file, int line) {
  uint64_t i = 0;
  while (i < count && found[i] == expected[i]) ++i;
  check_note(i == count, file, line, "%s: [%" PRIu64 "] is %" PRId32 ", expected %" PRId32, text, i,
             i < count ? found[i] : 0, i < count ? expected[i] : 0);
}

talaria_error* check_poison(void) {
  static char poison;
  return (talaria_error*)(void*)&poison;
}

void check_no_error(int32_t status, int32_t expected, talaria_error* error, const char* text,
                    const char* file, int line) {
  const int set = error != check_poison();
  const char* message = set ? talaria_error_message(error, NULL) : "";
  check_note(status == expected, file, line, "%s: %s, expected %s: %s", text, talaria_status_name(status),
             talaria_status_name(expected), message);
  check_note(error == NULL, file, line, "%s: its error is not NULL", text);
  if (set) talaria_error_free(error);
}

void check_error(int32_t status, int32_t expected, talaria_error* error, const char* word, const char* text,
                 const char* file, int line) {
  uint64_t bytes = 0;
  const int set = error != check_poison();
  const char* message = set ? talaria_error_message(error, &bytes) : "";
  check_note(status == expected, file, line, "%s: %s, expected %s: %s", text, talaria_status_name(status),
             talaria_status_name(expected), message);
  check_note(set && error != NULL, file, line, "%s: no error object", text);
  if (!set) return;
  check_note(talaria_error_code(error) == status, file, line, "%s: error code %" PRId32, text,
             talaria_error_code(error));
  check_note(bytes > 0 && strlen(message) == bytes && strchr(message, '\n') == NULL, file, line,
             "%s: expected one line, found \"%s\"", text, message);
  check_note(strstr(message, word) != NULL, file, line, "%s: expected \"%s\" in \"%s\"", text, word, message);
  talaria_error_free(error);
}
