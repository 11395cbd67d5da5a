/* talaria_model: plan, describe, open and what it tells of itself. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/capi/host_memory.h"
#include "tests/capi/world.h"

static talaria_runtime* runtime;
/* What an output is set to before a call that fails. */
static int poison;
#define POISON(type) ((type*)(void*)&poison)

static void null_arguments_are_refused(void) {
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  talaria_text* json = POISON(talaria_text);
  talaria_model* model = POISON(talaria_model);
  const int32_t* tokens = &poison;
  uint64_t count = 7;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "runtime",
              talaria_model_plan(NULL, GOLDEN_PATH, NULL, NULL, &plan, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "path",
              talaria_model_plan(runtime, NULL, 5, NULL, NULL, &plan, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "talaria_memory_plan",
              talaria_model_plan(runtime, GOLDEN_PATH, NULL, NULL, NULL, &error));
  CHECK_EQ(talaria_model_plan(runtime, GOLDEN_PATH, NULL, NULL, NULL, NULL), TALARIA_INVALID_ARGUMENT);

  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "runtime", talaria_model_describe(NULL, GOLDEN_PATH, &json, &error));
  CHECK(json == NULL);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "path", talaria_model_describe(runtime, NULL, 5, &json, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "json", talaria_model_describe(runtime, GOLDEN_PATH, NULL, &error));
  CHECK_EQ(talaria_model_describe(runtime, GOLDEN_PATH, NULL, NULL), TALARIA_INVALID_ARGUMENT);

  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "runtime",
              talaria_model_open(NULL, GOLDEN_PATH, NULL, &model, &error));
  CHECK(model == NULL);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "path", talaria_model_open(runtime, NULL, 5, NULL, &model, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "model",
              talaria_model_open(runtime, GOLDEN_PATH, NULL, NULL, &error));
  CHECK_EQ(talaria_model_open(runtime, GOLDEN_PATH, NULL, NULL, NULL), TALARIA_INVALID_ARGUMENT);

  CHECK_OK(talaria_model_open(runtime, GOLDEN_PATH, NULL, &model, &error));
  talaria_model_info info = TALARIA_MODEL_INFO_INIT;
  info.layers = 7;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "model", talaria_model_get_info(NULL, &info, &error));
  CHECK_EQ(info.layers, 0);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "talaria_model_info", talaria_model_get_info(model, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "model",
              talaria_model_get_stop_tokens(NULL, &tokens, &count, &error));
  CHECK(tokens == NULL);
  CHECK_EQ(count, 0);
  count = 7;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "tokens", talaria_model_get_stop_tokens(model, NULL, &count, &error));
  CHECK_EQ(count, 0);
  tokens = &poison;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "count", talaria_model_get_stop_tokens(model, &tokens, NULL, &error));
  CHECK(tokens == NULL);
  CHECK_EQ(talaria_model_get_stop_tokens(model, &tokens, NULL, NULL), TALARIA_INVALID_ARGUMENT);
  talaria_model_free(model);
  talaria_model_free(NULL);
}

/* All three calls that take a path refuse this one. */
static void path_refused(int32_t code, const char* word, const char* path, uint64_t bytes) {
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  talaria_text* json = POISON(talaria_text);
  talaria_model* model = POISON(talaria_model);
  plan.weight_bytes = plan.parameter_count = 7;
  CHECK_FAILS(code, word, talaria_model_plan(runtime, path, bytes, NULL, NULL, &plan, &error));
  CHECK(plan.weight_bytes == 0 && plan.parameter_count == 0);
  CHECK_EQ(plan.struct_size, sizeof(plan));
  CHECK_FAILS(code, word, talaria_model_describe(runtime, path, bytes, &json, &error));
  CHECK(json == NULL);
  CHECK_FAILS(code, word, talaria_model_open(runtime, path, bytes, NULL, &model, &error));
  CHECK(model == NULL);
  model = POISON(talaria_model);
  CHECK_EQ(talaria_model_open(runtime, path, bytes, NULL, &model, NULL), code);
  CHECK(model == NULL);
}

static void a_path_that_is_none_is_refused(void) {
  static const char kZero[] = "checkpoint\0elsewhere";
  char* const longest = malloc(65537);
  REQUIRE(longest != NULL);
  memset(longest, 'x', 65537);
  path_refused(TALARIA_INVALID_ARGUMENT, "path", "", 0);
  path_refused(TALARIA_INVALID_ARGUMENT, "path", longest, 65537);
  path_refused(TALARIA_INVALID_ARGUMENT, "path", "x", UINT64_MAX);
  path_refused(TALARIA_INVALID_ARGUMENT, "path", kZero, sizeof(kZero) - 1);
  path_refused(TALARIA_NOT_FOUND, "no/such/checkpoint", "no/such/checkpoint", 18);
  path_refused(TALARIA_NOT_FOUND, "config.json", "/", 1);
  free(longest);
}

static void a_path_need_not_end_with_a_zero_byte(void) {
  char path[4096];
  talaria_text* json = NULL;
  REQUIRE(golden_path_bytes() + 1 < sizeof(path));
  memcpy(path, golden_path(), golden_path_bytes());
  path[golden_path_bytes()] = 'x';
  CHECK_OK(talaria_model_describe(runtime, path, golden_path_bytes(), &json, &error));
  talaria_text_free(json);
}

/* Plan and open refuse *config* with *code* and an error that holds *word*. */
static void config_refused(talaria_model_config config, int32_t code, const char* word) {
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  talaria_model* model = POISON(talaria_model);
  CHECK_FAILS(code, word, talaria_model_plan(runtime, GOLDEN_PATH, &config, NULL, &plan, &error));
  CHECK_FAILS(code, word, talaria_model_open(runtime, GOLDEN_PATH, &config, &model, &error));
  CHECK(model == NULL);
}

static void each_field_of_the_config_has_its_range(void) {
  const talaria_model_config defaults = TALARIA_MODEL_CONFIG_INIT;
  talaria_model_config config = defaults;
  CHECK_EQ(config.struct_size, sizeof(config));
  config.ranks = -1;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "ranks");
  config.ranks = INT32_MAX;
  config_refused(config, TALARIA_UNIMPLEMENTED, "ranks");
  config.ranks = 3;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "ranks");
  config = defaults;
  config.weights = -1;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "weights");
  config.weights = TALARIA_WEIGHTS_BF16 + 1;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "weights");
  config = defaults;
  config.canonical_leaves = -1;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "canonical_leaves");
  config.canonical_leaves = INT32_MAX;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "canonical_leaves");
  config = defaults;
  config.check_recording = 2;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "check_recording");
  config.check_recording = -1;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "check_recording");
  config = defaults;
  config.reserved = 1;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "reserved");
  config = defaults;
  config.backend = "abacus";
  config.backend_bytes = 6;
  config_refused(config, TALARIA_NOT_FOUND, "abacus");
  config.backend = NULL;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "backend");
  config.backend = "reference";
  config.backend_bytes = UINT64_MAX;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "backend");
  config.backend_bytes = UINT64_C(1) << 40;
  config_refused(config, TALARIA_INVALID_ARGUMENT, "backend");
}

static void a_wrong_engine_config_is_refused_by_the_plan(void) {
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.context = 2049;
  plan.cache_bytes = 7;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "context",
              talaria_model_plan(runtime, GOLDEN_PATH, NULL, &config, &plan, &error));
  CHECK_EQ(plan.cache_bytes, 0);
}

static void a_model_tells_its_shape(void) {
  talaria_model* model = NULL;
  talaria_model_info info = TALARIA_MODEL_INFO_INIT;
  talaria_model_config config = TALARIA_MODEL_CONFIG_INIT;
  config.backend = "reference"; /* keeps four bytes a weight and no padding */
  config.backend_bytes = 9;
  CHECK_OK(talaria_model_open(runtime, GOLDEN_PATH, &config, &model, &error));
  CHECK_OK(talaria_model_get_info(model, &info, &error));
  CHECK_EQ(info.struct_size, sizeof(info));
  CHECK_EQ(info.vocabulary_size, golden_vocabulary());
  CHECK_EQ(info.hidden_size, 96);
  CHECK_EQ(info.layers, 3);
  CHECK_EQ(info.heads, 8);
  CHECK_EQ(info.kv_heads, 4);
  CHECK_EQ(info.head_dim, 16);
  CHECK_EQ(info.intermediate_size, 144);
  CHECK_EQ(info.max_context, 2048);
  CHECK_EQ(info.parameter_count, 274080);
  CHECK_EQ(info.weight_bytes, 274080 * 4);
  /* All but the embedding, and one row of it. */
  CHECK_EQ(info.weight_bytes_per_token, 4 * (274080 - 200 * 96 + 96));
  talaria_model_free(model);
}

static void the_stop_tokens_are_those_of_generation_config(void) {
  talaria_model* model = NULL;
  const int32_t* tokens = NULL;
  uint64_t count = 0;
  CHECK_OK(talaria_model_open(runtime, GOLDEN_PATH, NULL, &model, &error));
  CHECK_OK(talaria_model_get_stop_tokens(model, &tokens, &count, &error));
  CHECK_EQ(count, 2);
  if (count == 2) CHECK(tokens[0] == 1 && tokens[1] == 2);
  talaria_model_free(model);
}

static void the_description_is_json_that_names_every_tensor(void) {
  static const char* const kWords[] = {"\"path\"",
                                       "\"architecture\"",
                                       "\"config\"",
                                       "\"parameters\"",
                                       "\"weight_bytes\"",
                                       "\"shards\"",
                                       "\"tensors\"",
                                       "\"generation_config\"",
                                       "\"stop_tokens\"",
                                       "model.layers.2.mlp.down_proj.weight",
                                       "model-00002-of-00002.safetensors"};
  talaria_text* json = NULL;
  uint64_t bytes = 0;
  CHECK_OK(talaria_model_describe(runtime, GOLDEN_PATH, &json, &error));
  const char* text = talaria_text_data(json, &bytes);
  CHECK_EQ(strlen(text), bytes);
  CHECK(bytes > 0 && text[0] == '{' && text[bytes - 1] == '}');
  for (size_t i = 0; i < sizeof(kWords) / sizeof(kWords[0]); ++i) CHECK(strstr(text, kWords[i]) != NULL);
  talaria_text_free(json);
}

static void the_description_is_utf8_whatever_the_path_holds(void) {
  static const char kLink[] = "capi_model_test_\xff\xc3";
  talaria_text* json = NULL;
  unlink(kLink);
  REQUIRE(symlink(golden_path(), kLink) == 0);
  CHECK_OK(talaria_model_describe(runtime, kLink, sizeof(kLink) - 1, &json, &error));
  CHECK(strstr(talaria_text_data(json, NULL), "capi_model_test_\xef\xbf\xbd\xef\xbf\xbd\"") != NULL);
  talaria_text_free(json);
  unlink(kLink);
}

static void the_plan_is_what_is_then_taken(void) {
  host_memory memory = HOST_MEMORY_INIT;
  const talaria_runtime_config runtime_config = host_memory_config(&memory, 2);
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  world all = {NULL, NULL, NULL, NULL};
  talaria_session* sessions[3] = {NULL, NULL, NULL};
  uint64_t used = 0;
  config.max_sessions = 3;
  config.context = 500;
  config.cache_positions = 1200;
  config.step_rows = 32;
  CHECK_OK(talaria_runtime_create(&runtime_config, &all.runtime, &error));
  CHECK_OK(talaria_model_plan(all.runtime, GOLDEN_PATH, NULL, &config, &plan, &error));
  CHECK_EQ(memory.most_bytes, 0);
  CHECK_EQ(plan.file_bytes, 274080 * 2);
  CHECK_EQ(plan.parameter_count, 274080);
  CHECK(plan.available_bytes > plan.peak_bytes);
  CHECK_OK(talaria_model_open(all.runtime, GOLDEN_PATH, NULL, &all.model, &error));
  CHECK_EQ(memory.held_bytes, plan.weight_bytes);
  CHECK_OK(talaria_engine_create(all.model, &config, &all.engine, &error));
  CHECK_EQ(memory.held_bytes, plan.weight_bytes + plan.cache_bytes + plan.scratch_bytes);
  for (int i = 0; i < 3; ++i) CHECK_OK(talaria_session_create(all.engine, NULL, &sessions[i], &error));
  CHECK_EQ(memory.held_bytes, plan.peak_bytes);
  CHECK_EQ(memory.held_bytes,
           plan.weight_bytes + plan.cache_bytes + plan.scratch_bytes + 3 * plan.session_bytes);
  CHECK_OK(talaria_runtime_get_used_bytes(all.runtime, &used, &error));
  CHECK_EQ(used, plan.peak_bytes);
  CHECK_EQ(memory.most_bytes, plan.peak_bytes);
  for (int i = 0; i < 3; ++i) talaria_session_free(sessions[i]);
  world_free(&all);
  CHECK_EQ(memory.held_bytes, 0);
}

static void every_way_to_keep_the_weights_generates_the_same(void) {
  for (int32_t weights = TALARIA_WEIGHTS_AS_STORED; weights <= TALARIA_WEIGHTS_BF16; ++weights) {
    for (int32_t ranks = 1; ranks <= 4; ranks *= 2) {
      world all = {NULL, NULL, NULL, NULL};
      talaria_model_config config = TALARIA_MODEL_CONFIG_INIT;
      config.weights = weights;
      config.ranks = ranks;
      config.canonical_leaves = 4;
      config.check_recording = 1;
      config.backend = "reference";
      config.backend_bytes = 9;
      if (weights == TALARIA_WEIGHTS_BF16) {
        CHECK_FAILS(TALARIA_UNIMPLEMENTED, "BF16",
                    talaria_model_open(runtime, GOLDEN_PATH, &config, &all.model, &error));
        continue;
      }
      CHECK_OK(talaria_model_open(runtime, GOLDEN_PATH, &config, &all.model, &error));
      CHECK_OK(talaria_engine_create(all.model, NULL, &all.engine, &error));
      CHECK_OK(talaria_session_create(all.engine, NULL, &all.session, &error));
      check_generates(&all, golden_short(), TALARIA_NO_BUDGET);
      world_free(&all);
    }
  }
}

static void the_default_backend_keeps_weights_in_every_way(void) {
  for (int32_t weights = TALARIA_WEIGHTS_AS_STORED; weights <= TALARIA_WEIGHTS_BF16; ++weights) {
    for (int32_t ranks = 1; ranks <= 4; ranks *= 2) {
      world all = {NULL, NULL, NULL, NULL};
      talaria_model_config config = TALARIA_MODEL_CONFIG_INIT;
      talaria_model_info info = TALARIA_MODEL_INFO_INIT;
      config.weights = weights;
      config.ranks = ranks;
      config.canonical_leaves = 4;
      config.check_recording = 1;
      CHECK_OK(talaria_model_open(runtime, GOLDEN_PATH, &config, &all.model, &error));
      CHECK_OK(talaria_model_get_info(all.model, &info, &error));
      /* Lanes of a panel that no row fills are counted, on each rank. */
      const uint64_t least = info.parameter_count * (weights == TALARIA_WEIGHTS_F32 ? 4 : 2);
      CHECK(info.weight_bytes > least && info.weight_bytes < 2 * least);
      CHECK_OK(talaria_engine_create(all.model, NULL, &all.engine, &error));
      CHECK_OK(talaria_session_create(all.engine, NULL, &all.session, &error));
      if (weights == TALARIA_WEIGHTS_F32) {
        check_generates(&all, golden_short(), TALARIA_NO_BUDGET);
      } else {
        /* An instruction set may round activations beside BF16 weights: some tokens, not which. */
        const golden_prompt prompt = golden_short();
        const talaria_generate_options options = greedy_options(GREEDY_COUNT);
        int32_t tokens[GREEDY_COUNT];
        CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, NULL, &error));
        CHECK_OK(talaria_session_generate(all.session, &options, &error));
        CHECK_EQ(finish_generation(all.engine, all.session, TALARIA_NO_BUDGET, tokens, GREEDY_COUNT, NULL),
                 GREEDY_COUNT);
      }
      world_free(&all);
    }
  }
}

/* What a progress hook has seen, and when it says stop. */
typedef struct progress {
  int calls;
  int stop_at;
  int wrong;
  uint64_t done;
  uint64_t total;
} progress;

static int32_t TALARIA_CALL see_progress(void* user, uint64_t done_bytes, uint64_t total_bytes) {
  progress* const seen = user;
  if (done_bytes < seen->done || done_bytes > total_bytes) ++seen->wrong;
  if (seen->calls > 0 && total_bytes != seen->total) ++seen->wrong;
  seen->done = done_bytes;
  seen->total = total_bytes;
  return ++seen->calls == seen->stop_at ? -1 : 0;
}

static void progress_rises_to_the_end_and_can_stop_anywhere(void) {
  host_memory memory = HOST_MEMORY_INIT;
  const talaria_runtime_config runtime_config = host_memory_config(&memory, 2);
  talaria_runtime* counted = NULL;
  CHECK_OK(talaria_runtime_create(&runtime_config, &counted, &error));
  progress seen = {0, 0, 0, 0, 0};
  talaria_model_config config = TALARIA_MODEL_CONFIG_INIT;
  talaria_model* model = NULL;
  config.progress = see_progress;
  config.progress_user = &seen;
  CHECK_OK(talaria_model_open(counted, GOLDEN_PATH, &config, &model, &error));
  talaria_model_free(model);
  /* Before each of 3 layers and what is around them, and at the end. */
  CHECK_EQ(seen.calls, 5);
  CHECK(seen.wrong == 0 && seen.done == seen.total && seen.total == 274080 * 2);
  const int calls = seen.calls;
  for (int stop = 1; stop <= calls; ++stop) {
    memset(&seen, 0, sizeof(seen));
    seen.stop_at = stop;
    model = POISON(talaria_model);
    CHECK_FAILS(TALARIA_CANCELLED, golden_path(),
                talaria_model_open(counted, GOLDEN_PATH, &config, &model, &error));
    CHECK(model == NULL);
    CHECK_EQ(seen.calls, stop);
    CHECK_EQ(memory.held_bytes, 0);
  }
  talaria_runtime_free(counted);
}

int main(void) {
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  config.threads = 2;
  if (talaria_runtime_create(&config, &runtime, NULL) != TALARIA_OK) return 1;
  RUN(null_arguments_are_refused);
  RUN(a_path_that_is_none_is_refused);
  RUN(a_path_need_not_end_with_a_zero_byte);
  RUN(each_field_of_the_config_has_its_range);
  RUN(a_wrong_engine_config_is_refused_by_the_plan);
  RUN(a_model_tells_its_shape);
  RUN(the_stop_tokens_are_those_of_generation_config);
  RUN(the_description_is_json_that_names_every_tensor);
  RUN(the_description_is_utf8_whatever_the_path_holds);
  RUN(the_plan_is_what_is_then_taken);
  RUN(every_way_to_keep_the_weights_generates_the_same);
  RUN(the_default_backend_keeps_weights_in_every_way);
  RUN(progress_rises_to_the_end_and_can_stop_anywhere);
  talaria_runtime_free(runtime);
  return check_end();
}
