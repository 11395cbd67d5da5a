/* Says what a checkpoint is and what memory it would take, without reading a weight. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <talaria/talaria.h>

static void print_plan(const talaria_memory_plan* plan) {
  printf("parameters %" PRIu64 "\n", plan->parameter_count);
  printf("weights    %" PRIu64 " bytes in the files, %" PRIu64 " in memory\n", plan->file_bytes,
         plan->weight_bytes);
  printf("cache      %" PRIu64 " bytes\n", plan->cache_bytes);
  printf("step       %" PRIu64 " bytes\n", plan->scratch_bytes);
  printf("peak       %" PRIu64 " bytes, available now %" PRIu64 "\n", plan->peak_bytes,
         plan->available_bytes);
}

int main(int argc, char** argv) {
  const char* path = argc > 1 ? argv[1] : "tests/golden/tiny_kv4";
  talaria_runtime* runtime = NULL;
  talaria_text* json = NULL;
  talaria_error* error = NULL;
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;

  int32_t status = talaria_runtime_create(NULL, &runtime, &error);
  if (status == TALARIA_OK) status = talaria_model_describe(runtime, path, strlen(path), &json, &error);
  if (status == TALARIA_OK)
    status = talaria_model_plan(runtime, path, strlen(path), NULL, NULL, &plan, &error);
  if (status == TALARIA_OK) {
    printf("%s\n", talaria_text_data(json, NULL));
    print_plan(&plan);
  } else {
    fprintf(stderr, "inspect: %s: %s\n", talaria_status_name(status), talaria_error_message(error, NULL));
  }
  talaria_error_free(error);
  talaria_text_free(json);
  talaria_runtime_free(runtime);
  return status == TALARIA_OK ? 0 : 1;
}
