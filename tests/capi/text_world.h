/* The project's own golden tokenizer: what tests about text begin with. */
#ifndef TALARIA_TESTS_CAPI_TEXT_WORLD_H_
#define TALARIA_TESTS_CAPI_TEXT_WORLD_H_

#include <string.h>

#include "talaria/talaria.h"
#include "tests/capi/check.h"

/* A string literal and its length, as calls take them. */
#define TEXT(literal) (literal), (uint64_t)(sizeof(literal) - 1)

enum { GOLDEN_BEGIN = 676, GOLDEN_END = 677, GOLDEN_START = 678, GOLDEN_CALL = 679, GOLDEN_CALL_END = 680 };

typedef struct text_world {
  talaria_runtime* runtime;
  talaria_tokenizer* tokenizer; /* tests/golden/tokenizer/tokenizer.json */
} text_world;

static inline text_world text_world_open(void) {
  text_world all = {NULL, NULL};
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  config.threads = 1;
  const char* path = TALARIA_GOLDEN_FOLDER "/tokenizer/tokenizer.json";
  CHECK_OK(talaria_runtime_create(&config, &all.runtime, &error));
  CHECK_OK(talaria_tokenizer_open(all.runtime, path, strlen(path), NULL, 0, &all.tokenizer, &error));
  return all;
}

static inline void text_world_free(text_world* all) {
  talaria_tokenizer_free(all->tokenizer);
  talaria_runtime_free(all->runtime);
}

#endif /* TALARIA_TESTS_CAPI_TEXT_WORLD_H_ */
