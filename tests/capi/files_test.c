/* Every open, read, stat and close of a checkpoint failing, short, interrupted or at the file's end, in turn:
 * the error that is promised, with the file's name, nothing left open or held, and the next try works. */
#include <stdio.h>
#include <string.h>

#include "tests/capi/host_memory.h"
#include "tests/capi/troubled_files.h"
#include "tests/capi/world.h"

static host_memory memory = HOST_MEMORY_INIT;

/* Everything that reads files, up to the first call that fails. */
static int32_t read_all(talaria_runtime* runtime, const char* path, int has_text, char* text,
                        size_t text_bytes) {
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  talaria_model* model = NULL;
  talaria_tokenizer* tokenizer = NULL;
  talaria_text* json = NULL;
  talaria_error* error = NULL;
  const uint64_t bytes = strlen(path);
  int32_t status = talaria_model_plan(runtime, path, bytes, NULL, NULL, &plan, &error);
  if (status == TALARIA_OK) status = talaria_model_describe(runtime, path, bytes, &json, &error);
  if (status == TALARIA_OK) status = talaria_model_open(runtime, path, bytes, NULL, &model, &error);
  if (status == TALARIA_OK && has_text) {
    status = talaria_tokenizer_open(runtime, path, bytes, NULL, 0, &tokenizer, &error);
  }
  strncpy(text, talaria_error_message(error, NULL), text_bytes - 1);
  text[text_bytes - 1] = '\0';
  CHECK((model == NULL) || status == TALARIA_OK || has_text);
  talaria_error_free(error);
  talaria_text_free(json);
  talaria_tokenizer_free(tokenizer);
  talaria_model_free(model);
  return status;
}

static void each_call_in(trouble kind, const char* path, int has_text) {
  char text[512];
  const talaria_runtime_config config = host_memory_config(&memory, 1);
  talaria_runtime* runtime = NULL;
  CHECK_OK(talaria_runtime_create(&config, &runtime, &error));
  trouble_files(path, TROUBLE_NONE, 0);
  CHECK_EQ(read_all(runtime, path, has_text, text, sizeof(text)), TALARIA_OK);
  const uint64_t calls = file_calls();
  CHECK(calls > 20);
  int64_t failed = 0, troubled = 0;
  for (uint64_t at = 1; at <= calls; ++at) {
    trouble_files(path, kind, at);
    int32_t status = read_all(runtime, path, has_text, text, sizeof(text));
    troubled += (int64_t)troubled_calls();
    failed += status != TALARIA_OK;
    CHECK_EQ(open_files(), 0);
    CHECK_EQ(memory.held_bytes, 0);
    if (status != TALARIA_OK) {
      CHECK_EQ(status, TALARIA_DATA_LOSS);
      if (status != TALARIA_DATA_LOSS) printf("  call %d: %s\n", (int)at, text);
      CHECK(strstr(text, path) != NULL && strchr(text, '\n') == NULL);
    }
    if (check_failures() > 5) {
      printf("  call %d of %d on %s in trouble %d: %d %s\n", (int)at, (int)calls, path, (int)kind,
             (int)status, text);
      break;
    }
    trouble_files(path, TROUBLE_NONE, 0);
    if (at % 10 == 0) CHECK_EQ(read_all(runtime, path, has_text, text, sizeof(text)), TALARIA_OK);
  }
  /* What a system call got less of, or could try again, is gone on with; closing what was only read loses
   * nothing. */
  if (kind == TROUBLE_SHORT || kind == TROUBLE_INTERRUPTED) CHECK_EQ(failed, 0);
  if (kind == TROUBLE_ENDS) CHECK_EQ(failed, troubled);
  if (kind == TROUBLE_FAILS) CHECK(failed > troubled / 2);
  CHECK(troubled > 5);
  talaria_runtime_free(runtime);
}

static void each_kind_of_trouble(trouble kind) {
  each_call_in(kind, TALARIA_GOLDEN_FOLDER "/tiny_kv4", 0);
  each_call_in(kind, TALARIA_GOLDEN_FOLDER "/tiny_text", 1);
}

static void a_call_that_fails_is_told_with_the_files_name(void) { each_kind_of_trouble(TROUBLE_FAILS); }
static void a_file_that_ends_early_is_told_with_its_name(void) { each_kind_of_trouble(TROUBLE_ENDS); }
static void an_interrupted_call_is_taken_up_again(void) { each_kind_of_trouble(TROUBLE_INTERRUPTED); }
static void a_read_that_gives_less_is_gone_on_with(void) { each_kind_of_trouble(TROUBLE_SHORT); }

int main(void) {
  RUN(a_call_that_fails_is_told_with_the_files_name);
  RUN(a_file_that_ends_early_is_told_with_its_name);
  RUN(an_interrupted_call_is_taken_up_again);
  RUN(a_read_that_gives_less_is_gone_on_with);
  return check_end();
}
