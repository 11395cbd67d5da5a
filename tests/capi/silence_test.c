/* The library writes nothing to standard output and standard error, whatever succeeds or fails: both lead
 * into a file around a whole run. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/capi/host_memory.h"
#include "tests/capi/world.h"

/* Everything that works. */
static void a_whole_run(void) {
  const golden_prompt prompt = golden_short();
  talaria_append_options append = TALARIA_APPEND_OPTIONS_INIT;
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  talaria_text* json = NULL;
  float logits[1024];
  world all = world_open();
  append.logits = TALARIA_LOGITS_LAST;
  CHECK_OK(talaria_model_plan(all.runtime, GOLDEN_PATH, NULL, NULL, &plan, &error));
  CHECK_OK(talaria_model_describe(all.runtime, GOLDEN_PATH, &json, &error));
  talaria_text_free(json);
  check_generates(&all, golden_mid(), TALARIA_NO_BUDGET);
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, &append, &error));
  CHECK_OK(talaria_engine_step(all.engine, TALARIA_NO_BUDGET, NULL, &error));
  CHECK(golden_vocabulary() <= 1024 && take_logits(all.session, logits, NULL));
  world_free(&all);
}

/* And much that does not. */
static void every_kind_of_failure(void) {
  host_memory memory = HOST_MEMORY_INIT;
  talaria_runtime_config config = host_memory_config(&memory, 2);
  talaria_engine_config absurd = TALARIA_ENGINE_CONFIG_INIT;
  talaria_model_config unknown = TALARIA_MODEL_CONFIG_INIT;
  talaria_model* model = NULL;
  talaria_engine* engine = NULL;
  talaria_session* session = NULL;
  const int32_t wrong[1] = {-1};
  world all = world_open_with(&config, NULL, NULL);
  absurd.cache_positions = (INT64_C(1) << 36) - 64;
  unknown.backend = "abacus";
  unknown.backend_bytes = 6;
  CHECK_FAILS(TALARIA_NOT_FOUND, "", talaria_model_open(all.runtime, "no/such", 7, NULL, &model, &error));
  CHECK_FAILS(TALARIA_NOT_FOUND, "", talaria_model_open(all.runtime, GOLDEN_PATH, &unknown, &model, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "", talaria_model_open(NULL, GOLDEN_PATH, NULL, &model, &error));
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "", talaria_engine_create(all.model, &absurd, &engine, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "",
              talaria_session_append_tokens(all.session, wrong, 1, NULL, &error));
  CHECK_FAILS(TALARIA_UNIMPLEMENTED, "", talaria_session_fork(all.session, &session, &error));
  memory.refuse_at = memory.calls + 1;
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "", talaria_session_create(all.engine, NULL, &session, &error));
  world_free(&all);
}

static void nothing_is_written_to_standard_output_and_error(void) {
  char name[] = "silence_XXXXXX";
  struct stat info;
  const int file = mkstemp(name);
  REQUIRE(file >= 0);
  unlink(name);
  fflush(stdout);
  fflush(stderr);
  const int out = dup(1), err = dup(2);
  REQUIRE(out >= 0 && err >= 0 && dup2(file, 1) == 1 && dup2(file, 2) == 2);
  const int failures = check_failures();
  a_whole_run();
  every_kind_of_failure();
  /* What the library left in a buffer would come now; what the checks printed, if they failed, comes too. */
  const int quiet = check_failures() == failures;
  fflush(stdout);
  fflush(stderr);
  dup2(out, 1);
  dup2(err, 2);
  close(out);
  close(err);
  REQUIRE(fstat(file, &info) == 0);
  CHECK(quiet);
  CHECK_EQ(info.st_size, 0);
  close(file);
}

int main(void) {
  RUN(nothing_is_written_to_standard_output_and_error);
  return check_end();
}
