/* Status names, errors, texts, version and features. */
#include <stdio.h>
#include <string.h>

#include "tests/capi/world.h"

static void every_status_has_its_name(void) {
  static const struct {
    int32_t status;
    const char* name;
  } kNames[] = {{TALARIA_OK, "OK"},
                {TALARIA_CANCELLED, "CANCELLED"},
                {TALARIA_INVALID_ARGUMENT, "INVALID_ARGUMENT"},
                {TALARIA_NOT_FOUND, "NOT_FOUND"},
                {TALARIA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"},
                {TALARIA_FAILED_PRECONDITION, "FAILED_PRECONDITION"},
                {TALARIA_UNIMPLEMENTED, "UNIMPLEMENTED"},
                {TALARIA_INTERNAL, "INTERNAL"},
                {TALARIA_UNAVAILABLE, "UNAVAILABLE"},
                {TALARIA_DATA_LOSS, "DATA_LOSS"},
                {TALARIA_NOT_READY, "NOT_READY"}};
  for (size_t i = 0; i < sizeof(kNames) / sizeof(kNames[0]); ++i) {
    CHECK(strcmp(talaria_status_name(kNames[i].status), kNames[i].name) == 0);
  }
  static const int32_t kOthers[] = {-1, 2, 4, 16, 63, 65, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof(kOthers) / sizeof(kOthers[0]); ++i) {
    CHECK(strcmp(talaria_status_name(kOthers[i]), "UNKNOWN") == 0);
  }
}

static void no_error_reads_as_ok_and_empty(void) {
  uint64_t bytes = 1;
  CHECK_EQ(talaria_error_code(NULL), TALARIA_OK);
  CHECK(strcmp(talaria_error_message(NULL, &bytes), "") == 0);
  CHECK_EQ(bytes, 0);
  CHECK(strcmp(talaria_error_message(NULL, NULL), "") == 0);
  talaria_error_free(NULL);
}

static void no_text_reads_as_empty(void) {
  uint64_t bytes = 1;
  CHECK(strcmp(talaria_text_data(NULL, &bytes), "") == 0);
  CHECK_EQ(bytes, 0);
  CHECK(strcmp(talaria_text_data(NULL, NULL), "") == 0);
  talaria_text_free(NULL);
}

static void an_error_outlives_what_it_came_from(void) {
  talaria_runtime* runtime = NULL;
  talaria_model* model = NULL;
  talaria_error* error = NULL;
  uint64_t bytes = 0;
  CHECK_EQ(talaria_runtime_create(NULL, &runtime, NULL), TALARIA_OK);
  CHECK_EQ(talaria_model_open(runtime, "no/such/place", 13, NULL, &model, &error), TALARIA_NOT_FOUND);
  talaria_runtime_free(runtime);
  REQUIRE(error != NULL);
  CHECK_EQ(talaria_error_code(error), TALARIA_NOT_FOUND);
  CHECK(strstr(talaria_error_message(error, &bytes), "no/such/place") != NULL);
  CHECK_EQ(strlen(talaria_error_message(error, NULL)), bytes);
  talaria_error_free(error);
}

static void a_message_is_one_line_of_utf8_whatever_it_quotes(void) {
  static const char kPath[] = "line\nfeed\r\ttab\x01\xff\xc3\xe2\x82 end\x7f";
  talaria_runtime* runtime = NULL;
  talaria_model* model = NULL;
  talaria_error* error = NULL;
  CHECK_EQ(talaria_runtime_create(NULL, &runtime, NULL), TALARIA_OK);
  CHECK_EQ(talaria_model_open(runtime, kPath, sizeof(kPath) - 1, NULL, &model, &error), TALARIA_NOT_FOUND);
  const char* message = talaria_error_message(error, NULL);
  for (const char* at = message; *at != '\0'; ++at) CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
  CHECK(strstr(message, "\xff") == NULL);
  CHECK(strstr(message, "line") != NULL && strstr(message, " end") != NULL);
  talaria_error_free(error);
  talaria_runtime_free(runtime);
}

static void the_library_is_the_one_of_these_headers(void) {
  CHECK_EQ(talaria_version(),
           TALARIA_VERSION_MAJOR << 16 | TALARIA_VERSION_MINOR << 8 | TALARIA_VERSION_PATCH);
  char text[64];
  snprintf(text, sizeof(text), "%d.%d.%d", TALARIA_VERSION_MAJOR, TALARIA_VERSION_MINOR,
           TALARIA_VERSION_PATCH);
  CHECK(strcmp(talaria_version_text(), text) == 0);
  CHECK_EQ(talaria_abi_version(), 1);
}

static int32_t has(const char* name) {
  int32_t present = -1;
  CHECK_OK(talaria_feature(name, strlen(name), &present, &error));
  return present;
}

static void features_that_are_built_are_present(void) {
  static const char* const kPresent[] = {"backend.cpu",     "backend.reference", "checkpoint.safetensors",
                                         "weights.f32",     "weights.f16",       "weights.bf16",
                                         "sampling.greedy", "engine.driven",     "memory.plan"};
  for (size_t i = 0; i < sizeof(kPresent) / sizeof(kPresent[0]); ++i) CHECK_EQ(has(kPresent[i]), 1);
}

static void a_feature_that_nobody_knows_is_absent_and_no_error(void) {
  static const char* const kAbsent[] = {"backend.cuda",       "session.fork", "",
                                        "backend.reference ", "backend",      "\xff"};
  for (size_t i = 0; i < sizeof(kAbsent) / sizeof(kAbsent[0]); ++i) CHECK_EQ(has(kAbsent[i]), 0);
  int32_t present = -1;
  CHECK_OK(talaria_feature("backend.reference", 7, &present, &error));
  CHECK_EQ(present, 0);
  CHECK_OK(talaria_feature(NULL, 0, &present, &error));
  CHECK_EQ(present, 0);
}

static void a_wrong_question_about_features_is_refused(void) {
  int32_t present = -1;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "present", talaria_feature("x", 1, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "name", talaria_feature(NULL, 1, &present, &error));
  CHECK_EQ(present, 0);
  present = -1;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "name", talaria_feature("x", UINT64_MAX, &present, &error));
  CHECK_EQ(present, 0);
  CHECK_EQ(talaria_feature("x", UINT64_MAX, &present, NULL), TALARIA_INVALID_ARGUMENT);
  CHECK_EQ(talaria_feature("backend.reference", 17, &present, NULL), TALARIA_OK);
  CHECK_EQ(present, 1);
}

int main(void) {
  RUN(every_status_has_its_name);
  RUN(no_error_reads_as_ok_and_empty);
  RUN(no_text_reads_as_empty);
  RUN(an_error_outlives_what_it_came_from);
  RUN(a_message_is_one_line_of_utf8_whatever_it_quotes);
  RUN(the_library_is_the_one_of_these_headers);
  RUN(features_that_are_built_are_present);
  RUN(a_feature_that_nobody_knows_is_absent_and_no_error);
  RUN(a_wrong_question_about_features_is_refused);
  return check_end();
}
