/* Handles may be freed in any order: a child keeps its parents alive, and the last one gives everything back.
 */
#include <string.h>

#include "tests/capi/host_memory.h"
#include "tests/capi/world.h"

enum { HANDLES = 4 };

static void free_handle(world* all, int which) {
  switch (which) {
    case 0:
      talaria_runtime_free(all->runtime);
      all->runtime = NULL;
      break;
    case 1:
      talaria_model_free(all->model);
      all->model = NULL;
      break;
    case 2:
      talaria_engine_free(all->engine);
      all->engine = NULL;
      break;
    default:
      talaria_session_free(all->session);
      all->session = NULL;
      break;
  }
}

/* All that can be done with the handles that are left works as before. */
static void use(world* all) {
  const golden_prompt prompt = golden_short();
  if (all->runtime != NULL) {
    talaria_model* model = NULL;
    CHECK_OK(talaria_model_open(all->runtime, GOLDEN_PATH, NULL, &model, &error));
    talaria_model_free(model);
  }
  if (all->model != NULL) {
    talaria_model_info info = TALARIA_MODEL_INFO_INIT;
    talaria_engine* engine = NULL;
    CHECK_OK(talaria_model_get_info(all->model, &info, &error));
    CHECK_EQ(info.vocabulary_size, golden_vocabulary());
    CHECK_OK(talaria_engine_create(all->model, NULL, &engine, &error));
    talaria_engine_free(engine);
  }
  if (all->engine != NULL) {
    world with_new_session = *all;
    CHECK_OK(talaria_session_create(all->engine, NULL, &with_new_session.session, &error));
    check_generates(&with_new_session, prompt, TALARIA_NO_BUDGET);
    talaria_session_free(with_new_session.session);
  }
  if (all->session != NULL) {
    talaria_session_state state = TALARIA_SESSION_STATE_INIT;
    talaria_event event = TALARIA_EVENT_INIT;
    int32_t tokens[4];
    uint64_t written = 0;
    CHECK_OK(talaria_session_append_tokens(all->session, prompt.ids, 1, NULL, &error));
    CHECK_OK(talaria_session_get_state(all->session, &state, &error));
    CHECK_OK(talaria_session_read_tokens(all->session, (uint64_t)state.token_count - 1, 4, tokens, &written,
                                         &error));
    CHECK(written == 1 && tokens[0] == prompt.ids[0]);
    CHECK_OK(talaria_session_cancel(all->session, &error));
    CHECK_NOT_READY(talaria_session_next_event(all->session, 0, &event, &error));
  }
}

/* Calls *visit* with each order of the four handles. */
static void for_each_order(void (*visit)(const int* order)) {
  int order[HANDLES];
  for (int code = 0; code < HANDLES * HANDLES * HANDLES * HANDLES; ++code) {
    int seen = 0;
    for (int i = 0, rest = code; i < HANDLES; ++i, rest /= HANDLES) {
      order[i] = rest % HANDLES;
      seen |= 1 << order[i];
    }
    if (seen == (1 << HANDLES) - 1) visit(order);
  }
}

static int orders;

static void free_idle(const int* order) {
  host_memory memory = HOST_MEMORY_INIT;
  const talaria_runtime_config config = host_memory_config(&memory, 2);
  world all = world_open_with(&config, NULL, NULL);
  ++orders;
  for (int i = 0; i < HANDLES; ++i) {
    use(&all);
    free_handle(&all, order[i]);
  }
  CHECK_EQ(memory.held_bytes, 0);
  CHECK_EQ(memory.blocks, 0);
  CHECK_EQ(memory.wrong, 0);
}

static void handles_are_freed_in_every_order(void) {
  orders = 0;
  for_each_order(free_idle);
  CHECK_EQ(orders, 24);
}

/* The same while a step is suspended and events wait. */
static void free_at_work(const int* order) {
  const golden_prompt prompt = golden_short();
  const talaria_generate_options options = greedy_options(GREEDY_COUNT);
  host_memory memory = HOST_MEMORY_INIT;
  const talaria_runtime_config config = host_memory_config(&memory, 2);
  talaria_append_options append = TALARIA_APPEND_OPTIONS_INIT;
  talaria_step_info info = TALARIA_STEP_INFO_INIT;
  world all = world_open_with(&config, NULL, NULL);
  append.logits = TALARIA_LOGITS_LAST;
  CHECK_OK(talaria_session_append_tokens(all.session, prompt.ids, prompt.count, &append, &error));
  CHECK_OK(talaria_session_generate(all.session, &options, &error));
  while (info.steps == 0) CHECK_OK(talaria_engine_step(all.engine, 0, &info, &error));
  for (int i = 0; i < 5; ++i) CHECK_OK(talaria_engine_step(all.engine, 0, &info, &error));
  CHECK_EQ(info.suspended, 1);
  for (int i = 0; i < HANDLES; ++i) free_handle(&all, order[i]);
  CHECK_EQ(memory.held_bytes, 0);
  CHECK_EQ(memory.wrong, 0);
}

static void handles_are_freed_in_every_order_while_a_step_is_suspended(void) { for_each_order(free_at_work); }

static void a_freed_session_gives_its_memory_and_pages_back(void) {
  const golden_prompt prompt = golden_mid();
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  host_memory memory = HOST_MEMORY_INIT;
  const talaria_runtime_config runtime_config = host_memory_config(&memory, 1);
  config.context = 330;
  world all = world_open_with(&runtime_config, &config, NULL);
  talaria_session_free(all.session);
  const uint64_t held = memory.held_bytes;
  for (int i = 0; i < 5; ++i) {
    all.session = NULL;
    CHECK_OK(talaria_session_create(all.engine, NULL, &all.session, &error));
    /* Pages for one such session are all there are. */
    check_generates(&all, prompt, TALARIA_NO_BUDGET);
    talaria_session_free(all.session);
    CHECK_EQ(memory.held_bytes, held);
  }
  all.session = NULL;
  world_free(&all);
}

int main(void) {
  RUN(handles_are_freed_in_every_order);
  RUN(handles_are_freed_in_every_order_while_a_step_is_suspended);
  RUN(a_freed_session_gives_its_memory_and_pages_back);
  return check_end();
}
