/* talaria_runtime: its config field by field, the log hook, and runtimes beside one another. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

#include "tests/capi/host_memory.h"
#include "tests/capi/world.h"

static void a_runtime_is_made_and_freed(void) {
  talaria_runtime* runtime = NULL;
  uint64_t bytes = 1;
  CHECK_OK(talaria_runtime_create(NULL, &runtime, &error));
  REQUIRE(runtime != NULL);
  CHECK_OK(talaria_runtime_get_used_bytes(runtime, &bytes, &error));
  CHECK_EQ(bytes, 0);
  talaria_runtime_free(runtime);
  talaria_runtime_free(NULL);
}

static void null_arguments_are_refused(void) {
  talaria_runtime* runtime = NULL;
  uint64_t bytes = 1;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "runtime", talaria_runtime_create(NULL, NULL, &error));
  CHECK_EQ(talaria_runtime_create(NULL, NULL, NULL), TALARIA_INVALID_ARGUMENT);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "runtime", talaria_runtime_get_used_bytes(NULL, &bytes, &error));
  CHECK_EQ(bytes, 0);
  CHECK_OK(talaria_runtime_create(NULL, &runtime, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "bytes", talaria_runtime_get_used_bytes(runtime, NULL, &error));
  CHECK_EQ(talaria_runtime_get_used_bytes(runtime, NULL, NULL), TALARIA_INVALID_ARGUMENT);
  talaria_runtime_free(runtime);
}

/* *config* is refused with an error that holds *word*, and no runtime is made. */
static void refused(talaria_runtime_config config, const char* word) {
  talaria_runtime* runtime = (talaria_runtime*)(void*)&config;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, word, talaria_runtime_create(&config, &runtime, &error));
  CHECK(runtime == NULL);
}

static void each_field_has_its_range(void) {
  static const int32_t kThreads[] = {-1, INT32_MIN, 1025, INT32_MAX};
  static const int32_t kLevels[] = {-1, TALARIA_LOG_ERROR + 1, INT32_MIN, INT32_MAX};
  host_memory memory = HOST_MEMORY_INIT;
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  CHECK_EQ(config.struct_size, sizeof(config));
  for (size_t i = 0; i < sizeof(kThreads) / sizeof(kThreads[0]); ++i) {
    config.threads = kThreads[i];
    refused(config, "threads");
  }
  config.threads = 1;
  for (size_t i = 0; i < sizeof(kLevels) / sizeof(kLevels[0]); ++i) {
    config.log_level = kLevels[i];
    refused(config, "log_level");
  }
  config.log_level = TALARIA_LOG_ERROR;
  config.reserved = 1;
  refused(config, "reserved");
  config = host_memory_config(&memory, 1);
  config.release = NULL;
  refused(config, "release");
  config = host_memory_config(&memory, 1);
  config.allocate = NULL;
  refused(config, "allocate");
  CHECK_EQ(memory.calls, 0);
}

static void any_number_of_threads_may_be_asked_for(void) {
  static const int32_t kThreads[] = {0, 1, 2, 7, 64};
  for (size_t i = 0; i < sizeof(kThreads) / sizeof(kThreads[0]); ++i) {
    talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
    config.threads = kThreads[i];
    world all = world_open_with(&config, NULL, NULL);
    if (all.session != NULL) check_generates(&all, golden_short(), TALARIA_NO_BUDGET);
    world_free(&all);
  }
}

static void two_runtimes_share_nothing(void) {
  host_memory one = HOST_MEMORY_INIT, other = HOST_MEMORY_INIT;
  const talaria_runtime_config first = host_memory_config(&one, 1), second = host_memory_config(&other, 1);
  world a = world_open_with(&first, NULL, NULL);
  world b = world_open_with(&second, NULL, NULL);
  CHECK(one.held_bytes > 0 && one.held_bytes == other.held_bytes);
  world_free(&a);
  CHECK_EQ(one.held_bytes, 0);
  CHECK(other.held_bytes > 0);
  REQUIRE(b.session != NULL);
  check_generates(&b, golden_short(), TALARIA_NO_BUDGET);
  world_free(&b);
  CHECK_EQ(other.held_bytes, 0);
}

/* What a log hook has seen. */
typedef struct seen_lines {
  int lines;
  int wrong;
  int32_t lowest_level;
  char last[256];
} seen_lines;

static void TALARIA_CALL see_line(void* user, int32_t level, const char* line, uint64_t bytes) {
  seen_lines* const seen = user;
  ++seen->lines;
  if (seen->lines == 1 || level < seen->lowest_level) seen->lowest_level = level;
  if (line == NULL || strlen(line) != bytes || bytes == 0 || strchr(line, '\n') != NULL) ++seen->wrong;
  if (line != NULL && bytes < sizeof(seen->last)) memcpy(seen->last, line, bytes + 1);
}

static seen_lines log_of_opening(int32_t level) {
  seen_lines seen = {0, 0, 0, ""};
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  config.threads = 1;
  config.log = see_line;
  config.log_user = &seen;
  config.log_level = level;
  world all = world_open_with(&config, NULL, NULL);
  world_free(&all);
  return seen;
}

static void the_log_hook_gets_lines_of_its_level_and_above(void) {
  const seen_lines info = log_of_opening(TALARIA_LOG_INFO);
  CHECK(info.lines > 0);
  CHECK_EQ(info.wrong, 0);
  CHECK(info.lowest_level >= TALARIA_LOG_INFO);
  CHECK(strstr(info.last, "274080 parameters") != NULL);
  const seen_lines debug = log_of_opening(TALARIA_LOG_DEBUG);
  CHECK(debug.lines >= info.lines && debug.wrong == 0);
  CHECK_EQ(log_of_opening(TALARIA_LOG_ERROR).lines, 0);
}

static void a_log_line_is_one_line_whatever_the_path_holds(void) {
  static const char kLink[] = "capi_runtime_test_line\nfeed";
  seen_lines seen = {0, 0, 0, ""};
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  talaria_runtime* runtime = NULL;
  talaria_model* model = NULL;
  unlink(kLink);
  REQUIRE(symlink(golden_path(), kLink) == 0);
  config.log = see_line;
  config.log_user = &seen;
  config.log_level = TALARIA_LOG_INFO;
  CHECK_OK(talaria_runtime_create(&config, &runtime, &error));
  CHECK_OK(talaria_model_open(runtime, kLink, sizeof(kLink) - 1, NULL, &model, &error));
  CHECK(seen.lines > 0 && seen.wrong == 0);
  CHECK(strstr(seen.last, "line feed") != NULL);
  talaria_model_free(model);
  talaria_runtime_free(runtime);
  unlink(kLink);
}

static void the_log_hook_works_without_a_user_pointer(void) {
  talaria_runtime* runtime = NULL;
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  config.log = see_line;
  config.log_level = TALARIA_LOG_ERROR;
  CHECK_OK(talaria_runtime_create(&config, &runtime, &error));
  talaria_runtime_free(runtime);
}

int main(void) {
  RUN(a_runtime_is_made_and_freed);
  RUN(null_arguments_are_refused);
  RUN(each_field_has_its_range);
  RUN(any_number_of_threads_may_be_asked_for);
  RUN(two_runtimes_share_nothing);
  RUN(the_log_hook_gets_lines_of_its_level_and_above);
  RUN(a_log_line_is_one_line_whatever_the_path_holds);
  RUN(the_log_hook_works_without_a_user_pointer);
  return check_end();
}
