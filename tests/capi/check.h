/* Checks that count, for tests written in C. A test is a function without arguments whose name is a sentence;
 * RUN runs it, and main ends with `return check_end();`. All threads may check; RUN and SKIP are for the main
 * thread. */
#ifndef TALARIA_TESTS_CAPI_CHECK_H_
#define TALARIA_TESTS_CAPI_CHECK_H_

#include <stdint.h>

#include "talaria/talaria.h"

#define RUN(test) check_run(#test, test)
/* Notes why the running test cannot run here and leaves it. A program whose tests were all skipped exits 77,
 * which ctest shows as Skipped. */
#define SKIP(reason)    \
  do {                  \
    check_skip(reason); \
    return;             \
  } while (0)

#define CHECK(condition) check_true((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
/* The same, and leaves the running test where it fails. */
#define REQUIRE(condition)                                                        \
  do {                                                                            \
    if (!check_true((condition) ? 1 : 0, #condition, __FILE__, __LINE__)) return; \
  } while (0)
/* Whole numbers: both are shown where they differ. */
#define CHECK_EQ(found, expected) \
  check_equal((int64_t)(found), (int64_t)(expected), #found " == " #expected, __FILE__, __LINE__)
/* Arrays of int32_t. */
#define CHECK_IDS(found, expected, count) check_ids(found, expected, count, #found, __FILE__, __LINE__)

/* *call* passes &error. It is to succeed and leave error NULL. */
#define CHECK_OK(call) CHECK_STATUS(TALARIA_OK, call)
/* *call* is to give TALARIA_NOT_READY and no error object. */
#define CHECK_NOT_READY(call) CHECK_STATUS(TALARIA_NOT_READY, call)
#define CHECK_STATUS(code, call)                                          \
  do {                                                                    \
    talaria_error* error = check_poison();                                \
    const int32_t check_status = (call);                                  \
    check_no_error(check_status, code, error, #call, __FILE__, __LINE__); \
  } while (0)
/* *call* passes &error. It is to fail with *code* and an error object of one line that holds *word*. */
#define CHECK_FAILS(code, word, call)                                        \
  do {                                                                       \
    talaria_error* error = check_poison();                                   \
    const int32_t check_status = (call);                                     \
    check_error(check_status, code, error, word, #call, __FILE__, __LINE__); \
  } while (0)

void check_run(const char* name, void (*test)(void));
void check_skip(const char* reason);
/* What main returns: 0, 1 where a check failed, 77 where every test was skipped. */
int check_end(void);
/* How many checks have failed so far. */
int check_failures(void);

int check_true(int holds, const char* text, const char* file, int line);
void check_equal(int64_t found, int64_t expected, const char* text, const char* file, int line);
void check_ids(const int32_t* found, const int32_t* expected, uint64_t count, const char* text,
               const char* file, int line);
/* No object and not NULL: a call that fails to set its error is found out. */
talaria_error* check_poison(void);
void check_no_error(int32_t status, int32_t expected, talaria_error* error, const char* text,
                    const char* file, int line);
void check_error(int32_t status, int32_t expected, talaria_error* error, const char* word, const char* text,
                 const char* file, int line);

#endif /* TALARIA_TESTS_CAPI_CHECK_H_ */
