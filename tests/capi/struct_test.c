/* Structs of older and newer callers: each struct of the ABI, shorter and longer than this header's, through
 * a call that takes it. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/capi/text_world.h"
#include "tests/capi/world.h"

static world shared;
static text_world text;

/* A struct as bytes, the calls that take it, and how they answer it. */
typedef struct tagged {
  const char* name;
  uint32_t size;
  uint32_t alignment;
  int output;                                          /* the library fills it */
  int32_t (*call)(void* given, talaria_error** error); /* whatever it makes is freed again */
  void (*defaults)(void* given);
} tagged;

static int32_t call_runtime_create(void* given, talaria_error** error) {
  talaria_runtime* runtime = NULL;
  const int32_t status = talaria_runtime_create(given, &runtime, error);
  talaria_runtime_free(runtime);
  return status;
}

static int32_t call_model_open(void* given, talaria_error** error) {
  talaria_model* model = NULL;
  const int32_t status = talaria_model_open(shared.runtime, GOLDEN_PATH, given, &model, error);
  talaria_model_free(model);
  return status;
}

static int32_t call_plan_with_model_config(void* given, talaria_error** error) {
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  return talaria_model_plan(shared.runtime, GOLDEN_PATH, given, NULL, &plan, error);
}

static int32_t call_plan_with_engine_config(void* given, talaria_error** error) {
  talaria_memory_plan plan = TALARIA_MEMORY_PLAN_INIT;
  return talaria_model_plan(shared.runtime, GOLDEN_PATH, NULL, given, &plan, error);
}

static int32_t call_engine_create(void* given, talaria_error** error) {
  talaria_engine* engine = NULL;
  const int32_t status = talaria_engine_create(shared.model, given, &engine, error);
  talaria_engine_free(engine);
  return status;
}

static int32_t call_session_create(void* given, talaria_error** error) {
  talaria_session* session = NULL;
  const int32_t status = talaria_session_create(shared.engine, given, &session, error);
  talaria_session_free(session);
  return status;
}

static int32_t call_append(void* given, talaria_error** error) {
  const int32_t token[1] = {1};
  talaria_session* session = NULL;
  talaria_session_create(shared.engine, NULL, &session, NULL);
  const int32_t status = talaria_session_append_tokens(session, token, 1, given, error);
  talaria_session_free(session);
  return status;
}

static int32_t call_generate(void* given, talaria_error** error) {
  const int32_t token[1] = {1};
  talaria_session* session = NULL;
  talaria_session_create(shared.engine, NULL, &session, NULL);
  talaria_session_append_tokens(session, token, 1, NULL, NULL);
  const int32_t status = talaria_session_generate(session, given, error);
  talaria_session_free(session);
  return status;
}

static int32_t call_encode(void* given, talaria_error** error) {
  talaria_ids* ids = NULL;
  const int32_t status = talaria_tokenizer_encode(text.tokenizer, TEXT("word"), given, &ids, error);
  talaria_ids_free(ids);
  return status;
}

static int32_t call_render(void* given, talaria_error** error) {
  talaria_messages* messages = NULL;
  talaria_chat_template* by = NULL;
  talaria_prompt* prompt = NULL;
  talaria_messages_parse(TEXT("[{\"role\": \"user\", \"content\": \"x\"}]"), 0, &messages, NULL);
  talaria_chat_template_create_hermes(NULL, 0, &by, NULL);
  const int32_t status = talaria_chat_template_render(by, messages, given, &prompt, error);
  talaria_prompt_free(prompt);
  talaria_chat_template_free(by);
  talaria_messages_free(messages);
  return status;
}

static int32_t call_plan(void* given, talaria_error** error) {
  return talaria_model_plan(shared.runtime, GOLDEN_PATH, NULL, NULL, given, error);
}
static int32_t call_get_info(void* given, talaria_error** error) {
  return talaria_model_get_info(shared.model, given, error);
}
static int32_t call_step(void* given, talaria_error** error) {
  return talaria_engine_step(shared.engine, 0, given, error);
}
static int32_t call_get_state(void* given, talaria_error** error) {
  return talaria_session_get_state(shared.session, given, error);
}
static int32_t call_get_usage(void* given, talaria_error** error) {
  return talaria_session_get_usage(shared.session, given, error);
}
/* A token event each time. */
static int32_t call_next_event(void* given, talaria_error** error) {
  const int32_t token[1] = {1};
  const talaria_generate_options options = greedy_options(1);
  talaria_session* session = NULL;
  talaria_session_create(shared.engine, NULL, &session, NULL);
  talaria_session_append_tokens(session, token, 1, NULL, NULL);
  talaria_session_generate(session, &options, NULL);
  talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, NULL, NULL);
  const int32_t status = talaria_session_next_event(session, 0, given, error);
  talaria_session_free(session);
  return status;
}

#define DEFAULTS(function, type, init) \
  static void function(void* given) {  \
    const type own = init;             \
    memcpy(given, &own, sizeof(own));  \
  }
DEFAULTS(runtime_defaults, talaria_runtime_config, TALARIA_RUNTIME_CONFIG_INIT)
DEFAULTS(model_defaults, talaria_model_config, TALARIA_MODEL_CONFIG_INIT)
DEFAULTS(engine_defaults, talaria_engine_config, TALARIA_ENGINE_CONFIG_INIT)
DEFAULTS(session_defaults, talaria_session_config, TALARIA_SESSION_CONFIG_INIT)
DEFAULTS(append_defaults, talaria_append_options, TALARIA_APPEND_OPTIONS_INIT)
DEFAULTS(generate_defaults, talaria_generate_options, TALARIA_GENERATE_OPTIONS_INIT)
DEFAULTS(encode_defaults, talaria_encode_options, TALARIA_ENCODE_OPTIONS_INIT)
DEFAULTS(render_defaults, talaria_render_options, TALARIA_RENDER_OPTIONS_INIT)
DEFAULTS(plan_defaults, talaria_memory_plan, TALARIA_MEMORY_PLAN_INIT)
DEFAULTS(info_defaults, talaria_model_info, TALARIA_MODEL_INFO_INIT)
DEFAULTS(step_defaults, talaria_step_info, TALARIA_STEP_INFO_INIT)
DEFAULTS(state_defaults, talaria_session_state, TALARIA_SESSION_STATE_INIT)
DEFAULTS(usage_defaults, talaria_usage, TALARIA_USAGE_INIT)
DEFAULTS(event_defaults, talaria_event, TALARIA_EVENT_INIT)

#define ALIGNMENT_OF(type) \
  (uint32_t) offsetof(     \
      struct {             \
        char first;        \
        type second;       \
      },                   \
      second)
#define TAGGED(type, output, call, defaults) \
  { #type, (uint32_t)sizeof(type), ALIGNMENT_OF(type), output, call, defaults }

static const tagged kStructs[] = {
    TAGGED(talaria_runtime_config, 0, call_runtime_create, runtime_defaults),
    TAGGED(talaria_model_config, 0, call_model_open, model_defaults),
    TAGGED(talaria_model_config, 0, call_plan_with_model_config, model_defaults),
    TAGGED(talaria_engine_config, 0, call_plan_with_engine_config, engine_defaults),
    TAGGED(talaria_engine_config, 0, call_engine_create, engine_defaults),
    TAGGED(talaria_session_config, 0, call_session_create, session_defaults),
    TAGGED(talaria_append_options, 0, call_append, append_defaults),
    TAGGED(talaria_generate_options, 0, call_generate, generate_defaults),
    TAGGED(talaria_encode_options, 0, call_encode, encode_defaults),
    TAGGED(talaria_render_options, 0, call_render, render_defaults),
    TAGGED(talaria_memory_plan, 1, call_plan, plan_defaults),
    TAGGED(talaria_model_info, 1, call_get_info, info_defaults),
    TAGGED(talaria_step_info, 1, call_step, step_defaults),
    TAGGED(talaria_session_state, 1, call_get_state, state_defaults),
    TAGGED(talaria_usage, 1, call_get_usage, usage_defaults),
    TAGGED(talaria_event, 1, call_next_event, event_defaults),
};
enum { STRUCTS = sizeof(kStructs) / sizeof(kStructs[0]), MOST = 4096, CANARY = 0x5c };

/* Two pages, of which only the first may be touched. */
static unsigned char* guarded_page(size_t* bytes) {
  *bytes = (size_t)sysconf(_SC_PAGESIZE);
  void* const pages = mmap(NULL, 2 * *bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED || mprotect((char*)pages + *bytes, *bytes, PROT_NONE) != 0) return NULL;
  return pages;
}

static void set_size(void* given, uint32_t size) { memcpy(given, &size, sizeof(size)); }

static void the_macros_set_the_size_that_was_compiled(void) {
  for (int i = 0; i < STRUCTS; ++i) {
    uint64_t memory[64] = {0};
    uint32_t size = 0;
    kStructs[i].defaults(memory);
    memcpy(&size, memory, sizeof(size));
    CHECK_EQ(size, kStructs[i].size);
    /* So that a struct that grows by a wider field keeps its place. */
    CHECK_EQ(size % 8, 0);
    CHECK_OK(kStructs[i].call(memory, &error));
  }
}

static void sizes_that_no_struct_has_are_refused(void) {
  static const uint32_t kSizes[] = {0, 1, 3, 4, 7, 9, 10, 11, 15, 4097, 4100, 1u << 16, 1u << 31, UINT32_MAX};
  uint64_t memory[MOST / 8 + 1];
  for (int i = 0; i < STRUCTS; ++i) {
    for (size_t s = 0; s < sizeof(kSizes) / sizeof(kSizes[0]); ++s) {
      memset(memory, 0, sizeof(memory));
      kStructs[i].defaults(memory);
      set_size(memory, kSizes[s]);
      CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "struct_size", kStructs[i].call(memory, &error));
      CHECK_EQ(kStructs[i].call(memory, NULL), TALARIA_INVALID_ARGUMENT);
    }
  }
}

/* Sizes that are no multiple of the alignment would end inside a field: nobody compiled them. All others were
 * once, or could have been, those of an older header. */
static void a_shorter_struct_is_taken_as_far_as_it_goes(void) {
  size_t page = 0;
  unsigned char* const pages = guarded_page(&page);
  REQUIRE(pages != NULL);
  for (int i = 0; i < STRUCTS; ++i) {
    uint64_t full[64] = {0};
    const tagged* const type = &kStructs[i];
    for (uint32_t size = 8; size < type->size; size += 4) {
      /* Reading on from its end would be a fault. */
      void* const given = pages + page - size;
      type->defaults(full);
      memcpy(given, full, size);
      set_size(given, size);
      if (size % type->alignment == 0) {
        CHECK_OK(type->call(given, &error));
      } else {
        CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "struct_size", type->call(given, &error));
      }
    }
  }
  munmap(pages, 2 * page);
}

static void nothing_is_written_past_the_callers_size(void) {
  for (int i = 0; i < STRUCTS; ++i) {
    const tagged* const type = &kStructs[i];
    for (uint32_t size = 8; size <= type->size + 64; size += 4) {
      unsigned char memory[512];
      memset(memory, CANARY, sizeof(memory));
      if (!type->output) {
        memset(memory, 0, size);
        uint64_t full[64] = {0};
        type->defaults(full);
        memcpy(memory, full, size < type->size ? size : type->size);
      }
      set_size(memory, size);
      type->call(memory, NULL);
      uint32_t kept = 0;
      memcpy(&kept, memory, sizeof(kept));
      CHECK_EQ(kept, size);
      int touched = 0;
      for (size_t at = size; at < sizeof(memory); ++at) touched += memory[at] != CANARY;
      CHECK_EQ(touched, 0);
    }
  }
}

static void an_output_holds_the_same_whatever_its_length(void) {
  for (int i = 0; i < STRUCTS; ++i) {
    const tagged* const type = &kStructs[i];
    if (!type->output) continue;
    uint64_t full[64] = {0};
    type->defaults(full);
    CHECK_OK(type->call(full, &error));
    for (uint32_t size = 8; size <= type->size + 64; size += type->alignment) {
      unsigned char memory[512];
      memset(memory, CANARY, sizeof(memory));
      set_size(memory, size);
      CHECK_OK(type->call(memory, &error));
      const uint32_t shared_size = size < type->size ? size : type->size;
      /* What is available changes from call to call. */
      const uint32_t varying = strcmp(type->name, "talaria_memory_plan") == 0
                                   ? (uint32_t)offsetof(talaria_memory_plan, available_bytes)
                                   : type->size;
      const uint32_t compared = shared_size < varying ? shared_size : varying;
      CHECK(memcmp(memory + 4, (unsigned char*)full + 4, compared - 4) == 0);
      for (uint32_t at = shared_size; at < size; ++at) CHECK_EQ(memory[at], CANARY);
    }
  }
}

static void a_newer_callers_zeros_are_accepted_and_anything_else_is_refused(void) {
  static const uint32_t kLonger[] = {8, 16, 64, 1024};
  for (int i = 0; i < STRUCTS; ++i) {
    const tagged* const type = &kStructs[i];
    if (type->output) continue;
    for (size_t l = 0; l < sizeof(kLonger) / sizeof(kLonger[0]); ++l) {
      uint64_t memory[MOST / 8] = {0};
      const uint32_t size = type->size + kLonger[l];
      type->defaults(memory);
      set_size(memory, size);
      CHECK_OK(type->call(memory, &error));
      for (uint32_t at = type->size; at < size; at += kLonger[l] / 8) {
        ((unsigned char*)memory)[at] = 1;
        CHECK_FAILS(TALARIA_INVALID_ARGUMENT, type->name, type->call(memory, &error));
        ((unsigned char*)memory)[at] = 0;
      }
      ((unsigned char*)memory)[size - 1] = 0x80;
      CHECK_FAILS(TALARIA_INVALID_ARGUMENT, type->name, type->call(memory, &error));
    }
  }
}

static void the_longest_struct_that_is_believed_is_read_to_its_end(void) {
  size_t page = 0;
  unsigned char* const pages = guarded_page(&page);
  REQUIRE(pages != NULL && page >= MOST);
  for (int i = 0; i < STRUCTS; ++i) {
    unsigned char* const given = pages + page - MOST;
    memset(given, 0, MOST);
    kStructs[i].defaults(given);
    set_size(given, MOST);
    CHECK_OK(kStructs[i].call(given, &error));
  }
  munmap(pages, 2 * page);
}

int main(void) {
  shared = world_open();
  text = text_world_open();
  if (shared.session == NULL) return 1;
  RUN(the_macros_set_the_size_that_was_compiled);
  RUN(sizes_that_no_struct_has_are_refused);
  RUN(a_shorter_struct_is_taken_as_far_as_it_goes);
  RUN(nothing_is_written_past_the_callers_size);
  RUN(an_output_holds_the_same_whatever_its_length);
  RUN(a_newer_callers_zeros_are_accepted_and_anything_else_is_refused);
  RUN(the_longest_struct_that_is_believed_is_read_to_its_end);
  world_free(&shared);
  text_world_free(&text);
  return check_end();
}
