#include "tests/capi/world.h"

#include <golden_prompts.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

const char* golden_path(void) { return GOLDEN_FOLDER; }
uint64_t golden_path_bytes(void) { return sizeof(GOLDEN_FOLDER) - 1; }
int32_t golden_vocabulary(void) { return GOLDEN_VOCABULARY; }

static uint32_t sextet(char letter) {
  static const char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char* at = strchr(kAlphabet, letter);
  return at == NULL || letter == '\0' ? 0 : (uint32_t)(at - kAlphabet);
}

/* Base64 of little-endian float32. */
static void decode_floats(const char* text, float* out, size_t count) {
  unsigned char bytes[GOLDEN_VOCABULARY * sizeof(float) + 3];
  size_t at = 0;
  for (size_t i = 0; text[i] != '\0' && at + 3 <= sizeof(bytes); i += 4) {
    const uint32_t word =
        sextet(text[i]) << 18 | sextet(text[i + 1]) << 12 | sextet(text[i + 2]) << 6 | sextet(text[i + 3]);
    bytes[at++] = (unsigned char)(word >> 16);
    bytes[at++] = (unsigned char)(word >> 8);
    bytes[at++] = (unsigned char)word;
  }
  for (size_t i = 0; i < count; ++i) {
    const unsigned char* b = bytes + 4 * i;
    const uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    memcpy(&out[i], &bits, sizeof(bits));
  }
}

static float short_logits[GOLDEN_VOCABULARY];
static float mid_logits[GOLDEN_VOCABULARY];

/* Once, whichever thread asks first: the prompts are shared by all. */
static void decode_goldens(void) {
  decode_floats(kShortLogits, short_logits, GOLDEN_VOCABULARY);
  decode_floats(kMidLogits, mid_logits, GOLDEN_VOCABULARY);
}
static pthread_once_t decoded = PTHREAD_ONCE_INIT;

golden_prompt golden_short(void) {
  const golden_prompt prompt = {kShortIds, sizeof(kShortIds) / sizeof(kShortIds[0]), kShortGreedy,
                                short_logits};
  pthread_once(&decoded, decode_goldens);
  return prompt;
}

golden_prompt golden_mid(void) {
  const golden_prompt prompt = {kMidIds, sizeof(kMidIds) / sizeof(kMidIds[0]), kMidGreedy, mid_logits};
  pthread_once(&decoded, decode_goldens);
  return prompt;
}

static world open_at(const char* path, const char* backend, const talaria_runtime_config* runtime_config,
                     const talaria_engine_config* engine_config,
                     const talaria_session_config* session_config) {
  world all = {NULL, NULL, NULL, NULL};
  talaria_model_config model_config = TALARIA_MODEL_CONFIG_INIT;
  model_config.backend = backend;
  model_config.backend_bytes = backend == NULL ? 0 : strlen(backend);
  model_config.weights = TALARIA_WEIGHTS_F32;
  talaria_runtime_config one_thread = TALARIA_RUNTIME_CONFIG_INIT;
  one_thread.threads = 1;
  CHECK_OK(
      talaria_runtime_create(runtime_config != NULL ? runtime_config : &one_thread, &all.runtime, &error));
  if (all.runtime != NULL)
    CHECK_OK(talaria_model_open(all.runtime, path, strlen(path), &model_config, &all.model, &error));
  if (all.model != NULL) CHECK_OK(talaria_engine_create(all.model, engine_config, &all.engine, &error));
  if (all.engine != NULL) CHECK_OK(talaria_session_create(all.engine, session_config, &all.session, &error));
  return all;
}

world world_open_with(const talaria_runtime_config* runtime_config,
                      const talaria_engine_config* engine_config,
                      const talaria_session_config* session_config) {
  return open_at(GOLDEN_FOLDER, NULL, runtime_config, engine_config, session_config);
}

world world_open_on(const char* backend, const talaria_runtime_config* runtime_config,
                    const talaria_engine_config* engine_config,
                    const talaria_session_config* session_config) {
  return open_at(GOLDEN_FOLDER, backend, runtime_config, engine_config, session_config);
}

world world_open_text(const talaria_runtime_config* runtime_config,
                      const talaria_engine_config* engine_config,
                      const talaria_session_config* session_config) {
  return open_at(TALARIA_GOLDEN_FOLDER "/tiny_text", NULL, runtime_config, engine_config, session_config);
}

world world_open(void) { return world_open_with(NULL, NULL, NULL); }

void world_free(world* all) {
  talaria_session_free(all->session);
  talaria_engine_free(all->engine);
  talaria_model_free(all->model);
  talaria_runtime_free(all->runtime);
  memset(all, 0, sizeof(*all));
}

talaria_generate_options greedy_options(int64_t max_tokens) {
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  options.set = TALARIA_SET_TEMPERATURE;
  options.max_tokens = max_tokens;
  options.ignore_model_stops = 1;
  return options;
}

uint64_t finish_generation(talaria_engine* engine, talaria_session* session, uint64_t budget_us,
                           int32_t* tokens, uint64_t capacity, int32_t* reason) {
  uint64_t count = 0;
  int idle_in_vain = 0;
  if (reason != NULL) *reason = TALARIA_FINISH_NONE;
  while (idle_in_vain < 2) {
    talaria_step_info info = TALARIA_STEP_INFO_INIT;
    talaria_event event = TALARIA_EVENT_INIT;
    int32_t status = talaria_engine_step(engine, budget_us, &info, NULL);
    if (!check_true(status == TALARIA_OK, "a step succeeds", __FILE__, __LINE__)) return count;
    ++idle_in_vain;
    while ((status = talaria_session_next_event(session, 0, &event, NULL)) == TALARIA_OK) {
      idle_in_vain = 0;
      if (event.kind == TALARIA_EVENT_FINISHED) {
        if (reason != NULL) *reason = event.finish_reason;
        return count;
      }
      if (event.kind != TALARIA_EVENT_TOKEN) continue;
      if (count < capacity) tokens[count] = event.token;
      ++count;
    }
    CHECK_EQ(status, TALARIA_NOT_READY);
    if (!info.idle) idle_in_vain = 0;
  }
  check_true(0, "a generation comes to its end", __FILE__, __LINE__);
  return count;
}

void check_generates(world* all, golden_prompt prompt, uint64_t budget_us) {
  int32_t tokens[GREEDY_COUNT] = {0};
  int32_t reason = TALARIA_FINISH_NONE;
  const talaria_generate_options options = greedy_options(GREEDY_COUNT);
  CHECK_OK(talaria_session_append_tokens(all->session, prompt.ids, prompt.count, NULL, &error));
  CHECK_OK(talaria_session_generate(all->session, &options, &error));
  CHECK_EQ(finish_generation(all->engine, all->session, budget_us, tokens, GREEDY_COUNT, &reason),
           GREEDY_COUNT);
  CHECK_EQ(reason, TALARIA_FINISH_LENGTH);
  CHECK_IDS(tokens, prompt.greedy, GREEDY_COUNT);
}

int take_logits(talaria_session* session, float* logits, int64_t* position) {
  talaria_event event = TALARIA_EVENT_INIT;
  CHECK_OK(talaria_session_next_event(session, 0, &event, &error));
  CHECK_EQ(event.kind, TALARIA_EVENT_LOGITS);
  CHECK_EQ(event.logits_count, GOLDEN_VOCABULARY);
  if (event.logits == NULL || event.logits_count != GOLDEN_VOCABULARY) return 0;
  memcpy(logits, event.logits, GOLDEN_VOCABULARY * sizeof(float));
  if (position != NULL) *position = event.position;
  return 1;
}

int near_golden(const float* found, const float* expected) {
  double largest = 0, difference = 0;
  for (int i = 0; i < GOLDEN_VOCABULARY; ++i) {
    largest = fmax(largest, fabs((double)expected[i]));
    difference = fmax(difference, fabs((double)found[i] - (double)expected[i]));
  }
  return difference <= 5e-5 * largest;
}
