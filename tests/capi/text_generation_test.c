/* Generations of a model that has a tokenizer: prompts as text, text in events, stop strings, what is banned,
 * and turns that are taken back. */
#include <stdlib.h>
#include <string.h>

#include "tests/capi/text_world.h"
#include "tests/capi/world.h"

enum { MOST = 64, MOST_TEXT = 4096 };

static world shared;
static talaria_tokenizer* tokenizer;

/* What a generation gave. */
typedef struct answer {
  int32_t tokens[MOST];
  int32_t count;
  int32_t reason;
  char text[MOST_TEXT];
  uint64_t bytes;
} answer;

static talaria_session* open_session(void) {
  talaria_session* session = NULL;
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  config.log_probability_capacity = 4;
  CHECK_OK(talaria_session_create(shared.engine, &config, &session, &error));
  return session;
}

static void set_text(talaria_session* session, const char* text) {
  talaria_prompt* prompt = NULL;
  CHECK_OK(talaria_prompt_create(&prompt, &error));
  CHECK_OK(talaria_prompt_add(prompt, text, strlen(text), TALARIA_MARK_LITERAL, &error));
  CHECK_OK(talaria_session_set_prompt(session, prompt, NULL, &error));
  talaria_prompt_free(prompt);
}

/* No byte of a character is missing. */
static int is_whole(const char* text, uint64_t bytes) {
  uint64_t at = 0;
  while (at < bytes) {
    const unsigned char lead = (unsigned char)text[at];
    const uint64_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if ((lead & 0xc0) == 0x80 || at + length > bytes) return 0;
    at += length;
  }
  return 1;
}

static void finish(talaria_session* session, answer* out) {
  memset(out, 0, sizeof(*out));
  while (out->reason == TALARIA_FINISH_NONE) {
    talaria_event event = TALARIA_EVENT_INIT;
    talaria_step_info info = TALARIA_STEP_INFO_INIT;
    CHECK_OK(talaria_engine_step(shared.engine, 0, &info, &error));
    while (talaria_session_next_event(session, 0, &event, NULL) == TALARIA_OK) {
      REQUIRE(event.text != NULL && out->bytes + event.text_bytes < MOST_TEXT && out->count < MOST);
      CHECK(event.text[event.text_bytes] == '\0' && is_whole(event.text, event.text_bytes));
      memcpy(out->text + out->bytes, event.text, event.text_bytes);
      out->bytes += event.text_bytes;
      if (event.kind == TALARIA_EVENT_TOKEN) out->tokens[out->count++] = event.token;
      if (event.kind == TALARIA_EVENT_FINISHED) out->reason = event.finish_reason;
    }
  }
}

static talaria_generate_options drawn(int64_t max_tokens, uint64_t seed) {
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  options.max_tokens = max_tokens;
  options.set = TALARIA_SET_TEMPERATURE;
  options.temperature = 1.0f;
  options.seed = seed;
  options.ignore_model_stops = 1;
  return options;
}

static void generate(talaria_session* session, const char* prompt, const talaria_generate_options* options,
                     answer* out) {
  set_text(session, prompt);
  CHECK_OK(talaria_session_generate(session, options, &error));
  finish(session, out);
}

/* What the streaming decoder makes of tokens. */
static void decoded(const answer* of, char* text, uint64_t* bytes) {
  talaria_decoder* decoder = NULL;
  *bytes = 0;
  CHECK_OK(talaria_decoder_create(tokenizer, 1, &decoder, &error));
  for (int32_t i = 0; i <= of->count; ++i) {
    const char* part = NULL;
    uint64_t part_bytes = 0;
    /* The model's vocabulary is larger than the tokenizer's. */
    if (i < of->count && of->tokens[i] >= 684) continue;
    if (i < of->count) {
      CHECK_OK(talaria_decoder_push(decoder, of->tokens[i], &part, &part_bytes, &error));
    } else {
      CHECK_OK(talaria_decoder_flush(decoder, &part, &part_bytes, &error));
    }
    memcpy(text + *bytes, part, part_bytes);
    *bytes += part_bytes;
  }
  talaria_decoder_free(decoder);
}

static void the_text_of_events_is_that_of_their_tokens(void) {
  talaria_session* session = open_session();
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const talaria_generate_options options = drawn(MOST - 1, seed);
    char text[MOST_TEXT];
    uint64_t bytes = 0;
    answer got;
    generate(session, "The word", &options, &got);
    CHECK_EQ(got.count, MOST - 1);
    decoded(&got, text, &bytes);
    CHECK_EQ(got.bytes, bytes);
    CHECK(memcmp(got.text, text, bytes) == 0);
  }
  talaria_session_free(session);
}

static void a_stop_string_ends_the_text_before_it_wherever_tokens_end(void) {
  talaria_session* session = open_session();
  int32_t stopped = 0;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    talaria_generate_options options = drawn(40, seed);
    answer whole, cut;
    generate(session, "The word", &options, &whole);
    for (uint64_t at = 3; at + 4 < whole.bytes; at += 5) {
      /* Four bytes of what it says, if these are whole characters. */
      const char* stops[2] = {"\x01never said", whole.text + at};
      const uint64_t stop_bytes[2] = {11, 4};
      if (!is_whole(stops[1], 4) || memchr(stops[1], '\xef', 4) != NULL) continue;
      options.stop_strings = stops;
      options.stop_string_bytes = stop_bytes;
      options.stop_string_count = 2;
      generate(session, "The word", &options, &cut);
      /* Special tokens' bytes count for the match and are not shown: the end may come before. */
      uint64_t first = 0;
      while (memcmp(whole.text + first, stops[1], 4) != 0) ++first;
      CHECK_EQ(cut.reason, TALARIA_FINISH_STOP_STRING);
      CHECK_EQ(cut.bytes, first);
      CHECK(memcmp(cut.text, whole.text, cut.bytes) == 0);
      CHECK_IDS(cut.tokens, whole.tokens, (uint64_t)cut.count);
      ++stopped;
    }
  }
  CHECK(stopped > 10);
  talaria_session_free(session);
}

static void a_banned_string_is_never_said(void) {
  talaria_session* session = open_session();
  int32_t would = 0;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    static const char* const kBanned[3] = {"e", "an", "t"};
    static const uint64_t kBytes[3] = {1, 2, 1};
    talaria_generate_options options = drawn(40, seed);
    answer free_one, got;
    generate(session, "The word", &options, &free_one);
    options.banned_strings = kBanned;
    options.banned_string_bytes = kBytes;
    options.banned_string_count = 3;
    generate(session, "The word", &options, &got);
    for (int i = 0; i < 3; ++i) {
      would += strstr(free_one.text, kBanned[i]) != NULL;
      CHECK(strstr(got.text, kBanned[i]) == NULL);
    }
  }
  CHECK(would > 10);
  talaria_session_free(session);
}

static void a_turn_is_taken_back_and_generated_again(void) {
  talaria_session* session = open_session();
  const talaria_generate_options options = drawn(12, 3);
  talaria_session_state state = TALARIA_SESSION_STATE_INIT;
  answer first, again;
  generate(session, "One question", &options, &first);
  CHECK_OK(talaria_session_get_state(session, &state, &error));
  const uint64_t prompt_count = (uint64_t)state.token_count - 12;
  CHECK_OK(talaria_session_rewind(session, prompt_count, &error));
  CHECK_OK(talaria_session_generate(session, &options, &error));
  finish(session, &again);
  CHECK_IDS(again.tokens, first.tokens, 12);
  CHECK_EQ(again.bytes, first.bytes);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "rewind", talaria_session_rewind(session, 10000, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "rewind", talaria_session_rewind(session, UINT64_MAX, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "session", talaria_session_rewind(NULL, 0, &error));
  CHECK_OK(talaria_session_rewind(session, 0, &error));
  CHECK_OK(talaria_session_get_state(session, &state, &error));
  CHECK(state.token_count == 0 && state.cached_count == 0);
  talaria_session_free(session);
}

static void a_conversation_rendered_whole_processes_only_what_is_new(void) {
  talaria_session* session = open_session();
  talaria_usage usage = TALARIA_USAGE_INIT;
  talaria_ids* ids = NULL;
  uint64_t first = 0, second = 0;
  const talaria_generate_options options = greedy_options(2);
  answer got;
  CHECK_OK(talaria_tokenizer_encode(tokenizer, TEXT("One. Two."), NULL, &ids, &error));
  talaria_ids_data(ids, &first);
  talaria_ids_free(ids);
  CHECK_OK(talaria_tokenizer_encode(tokenizer, TEXT("One. Two. Three. Four."), NULL, &ids, &error));
  talaria_ids_data(ids, &second);
  talaria_ids_free(ids);
  generate(session, "One. Two.", &options, &got);
  CHECK_OK(talaria_session_get_usage(session, &usage, &error));
  CHECK_EQ(usage.prompt_tokens, first);
  CHECK(usage.reused_tokens == 0 && usage.generated_tokens == 2);
  CHECK(usage.work_us > 0 && usage.first_token_us > 0 && usage.generation_us >= usage.first_token_us);
  generate(session, "One. Two. Three. Four.", &options, &got);
  CHECK_OK(talaria_session_get_usage(session, &usage, &error));
  CHECK_EQ(usage.prompt_tokens + usage.reused_tokens, first + second);
  CHECK(usage.reused_tokens >= (int64_t)first - 2);
  CHECK_EQ(usage.generated_tokens, 4);
  talaria_session_free(session);
}

static void tokens_and_prompts_are_set_and_appended_alike(void) {
  talaria_session* by_text = open_session();
  talaria_session* by_ids = open_session();
  talaria_prompt* prompt = NULL;
  talaria_ids* ids = NULL;
  uint64_t count = 0, written = 0;
  int32_t tokens[MOST];
  CHECK_OK(talaria_prompt_create(&prompt, &error));
  CHECK_OK(talaria_prompt_add(prompt, TEXT("<|start|>"), TALARIA_MARK_CONTROL, &error));
  CHECK_OK(talaria_prompt_add(prompt, TEXT("<|end|>"), TALARIA_MARK_LITERAL, &error));
  CHECK_OK(talaria_tokenizer_encode_prompt(tokenizer, prompt, &ids, &error));
  const int32_t* const data = talaria_ids_data(ids, &count);
  CHECK(count > 2 && data[0] == GOLDEN_START);
  CHECK_OK(talaria_session_append_prompt(by_text, prompt, NULL, &error));
  CHECK_OK(talaria_session_append_prompt(by_text, prompt, NULL, &error));
  CHECK_OK(talaria_session_set_tokens(by_ids, data, count, NULL, &error));
  CHECK_OK(talaria_session_append_tokens(by_ids, data, count, NULL, &error));
  for (int i = 0; i < 2; ++i) {
    CHECK_OK(talaria_session_read_tokens(i == 0 ? by_text : by_ids, 0, MOST, tokens, &written, &error));
    CHECK_EQ(written, 2 * count);
    CHECK_IDS(tokens, data, count);
    CHECK_IDS(tokens + count, data, count);
  }
  CHECK_OK(talaria_session_set_prompt(by_text, prompt, NULL, &error));
  CHECK_OK(talaria_session_read_tokens(by_text, 0, MOST, tokens, &written, &error));
  CHECK_EQ(written, count);
  const int32_t wrong[1] = {690};
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "token", talaria_session_set_tokens(by_ids, wrong, 1, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "tokens", talaria_session_set_tokens(by_ids, NULL, 1, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "prompt", talaria_session_set_prompt(by_ids, NULL, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "prompt", talaria_session_append_prompt(by_ids, NULL, NULL, &error));
  CHECK_FAILS(TALARIA_RESOURCE_EXHAUSTED, "context",
              talaria_session_set_tokens(by_ids, data, UINT64_MAX, NULL, &error));
  talaria_ids_free(ids);
  talaria_prompt_free(prompt);
  talaria_session_free(by_text);
  talaria_session_free(by_ids);
}

static void log_probabilities_come_with_tokens(void) {
  talaria_session* session = open_session();
  talaria_generate_options options = drawn(10, 5);
  talaria_event event = TALARIA_EVENT_INIT;
  int32_t tokens = 0;
  options.log_probabilities = 1;
  options.top_log_probabilities = 4;
  set_text(session, "The word");
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, NULL, &error));
  while (talaria_session_next_event(session, 0, &event, NULL) == TALARIA_OK) {
    if (event.kind != TALARIA_EVENT_TOKEN) continue;
    ++tokens;
    CHECK(event.has_log_probability == 1 && event.log_probability <= 0);
    CHECK(event.top_count == 4 && event.top_element_size == sizeof(talaria_token_log_probability));
    for (int i = 0; i < 4; ++i) {
      CHECK(event.top[i].token >= 0 && event.top[i].log_probability <= 0);
      if (i > 0) CHECK(event.top[i].log_probability <= event.top[i - 1].log_probability);
      if (event.top[i].token == event.token) CHECK(event.top[i].log_probability == event.log_probability);
    }
    CHECK(event.log_probability <= event.top[0].log_probability);
  }
  CHECK_EQ(tokens, 10);
  /* And without being asked for they do not. */
  options.log_probabilities = options.top_log_probabilities = 0;
  options.max_tokens = 1;
  CHECK_OK(talaria_session_generate(session, &options, &error));
  CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, NULL, &error));
  CHECK_OK(talaria_session_next_event(session, 0, &event, &error));
  CHECK(event.has_log_probability == 0 && event.top_count == 0);
  talaria_session_free(session);
}

static void where_nothing_may_be_chosen_the_reason_is_told(void) {
  talaria_session* session = open_session();
  talaria_generate_options options = drawn(4, 1);
  talaria_error* failure = check_poison();
  static int32_t tokens[690];
  static float values[690];
  answer got;
  const uint32_t bits = 0xff800000u;
  for (int32_t i = 0; i < 690; ++i) {
    tokens[i] = i;
    memcpy(&values[i], &bits, sizeof(bits));
  }
  options.bias_tokens = tokens;
  options.bias_values = values;
  options.bias_count = 690;
  CHECK_OK(talaria_session_get_failure(session, &failure, &error));
  CHECK(failure == NULL);
  generate(session, "The word", &options, &got);
  CHECK_EQ(got.reason, TALARIA_FINISH_NO_CHOICE);
  CHECK_EQ(got.count, 0);
  CHECK_OK(talaria_session_get_failure(session, &failure, &error));
  CHECK_EQ(talaria_error_code(failure), TALARIA_INVALID_ARGUMENT);
  CHECK(strstr(talaria_error_message(failure, NULL), "may be chosen") != NULL);
  talaria_error_free(failure);
  /* All but one: it is chosen. */
  options.bias_count = 689;
  generate(session, "The word", &options, &got);
  CHECK(got.count == 4 && got.tokens[0] == 689 && got.tokens[3] == 689);
  CHECK_OK(talaria_session_get_failure(session, &failure, &error));
  CHECK(failure == NULL);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "failure", talaria_session_get_failure(session, NULL, &error));
  talaria_session_free(session);
}

static void the_models_tokenizer_and_template_are_handles_of_ones_own(void) {
  talaria_runtime* runtime = NULL;
  talaria_model* model = NULL;
  talaria_tokenizer* own = NULL;
  talaria_chat_template* by = NULL;
  talaria_messages* messages = NULL;
  talaria_prompt* prompt = NULL;
  const char* path = TALARIA_GOLDEN_FOLDER "/tiny_text";
  talaria_model_config config = TALARIA_MODEL_CONFIG_INIT;
  int32_t size = 0;
  CHECK_OK(talaria_runtime_create(NULL, &runtime, &error));
  CHECK_OK(talaria_model_open(runtime, path, strlen(path), NULL, &model, &error));
  CHECK_OK(talaria_model_get_tokenizer(model, &own, &error));
  CHECK_OK(talaria_model_get_chat_template(model, &by, &error));
  talaria_model_free(model);
  CHECK_OK(talaria_tokenizer_get_size(own, &size, &error));
  CHECK_EQ(size, 684);
  CHECK_OK(talaria_messages_parse(TEXT("[{\"role\": \"user\", \"content\": \"hi\"}]"), 0, &messages, &error));
  CHECK_OK(talaria_chat_template_render(by, messages, NULL, &prompt, &error));
  CHECK(strstr(talaria_prompt_text(prompt, NULL), "user\nhi") != NULL);
  talaria_prompt_free(prompt);
  talaria_messages_free(messages);
  talaria_tokenizer_free(own);
  talaria_chat_template_free(by);
  config.text = TALARIA_TEXT_NONE;
  CHECK_OK(talaria_model_open(runtime, path, strlen(path), &config, &model, &error));
  CHECK_FAILS(TALARIA_NOT_FOUND, "tokenizer", talaria_model_get_tokenizer(model, &own, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "tokenizer", talaria_model_get_tokenizer(model, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "model", talaria_model_get_tokenizer(NULL, &own, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "template", talaria_model_get_chat_template(model, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "model", talaria_model_get_chat_template(NULL, &by, &error));
  talaria_model_free(model);
  config.text = 2;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "text",
              talaria_model_open(runtime, path, strlen(path), &config, &model, &error));
  talaria_runtime_free(runtime);
}

/* A generation that is cancelled and one begun before its end was taken: each text is its own. */
static void texts_of_generations_whose_ends_wait_are_kept_apart(void) {
  static const char* const kStops[1] = {"e"};
  static const uint64_t kBytes[1] = {1};
  talaria_session* session = open_session();
  talaria_generate_options first = drawn(20, 1), second = drawn(20, 2);
  answer got;
  second.stop_strings = kStops;
  second.stop_string_bytes = kBytes;
  second.stop_string_count = 1;
  set_text(session, "The word");
  CHECK_OK(talaria_session_generate(session, &first, &error));
  for (int i = 0; i < 200; ++i) CHECK_OK(talaria_engine_step(shared.engine, 0, NULL, &error));
  CHECK_OK(talaria_session_cancel(session, &error));
  CHECK_OK(talaria_session_generate(session, &second, &error));
  finish(session, &got); /* of the first, which says "e" or does not as it likes */
  CHECK_EQ(got.reason, TALARIA_FINISH_CANCELLED);
  char text[MOST_TEXT];
  uint64_t bytes = 0;
  decoded(&got, text, &bytes);
  CHECK_EQ(got.bytes, bytes);
  CHECK(memcmp(got.text, text, bytes) == 0);
  const int32_t said = got.count;
  finish(session, &got);
  CHECK(memchr(got.text, 'e', got.bytes) == NULL);
  CHECK(said > 0 && (got.reason == TALARIA_FINISH_STOP_STRING || got.count == 20));
  talaria_session_free(session);
}

int main(void) {
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.context = 512;
  config.cache_positions = 2048;
  shared = world_open_text(NULL, &config, NULL);
  if (shared.session == NULL) return 1;
  CHECK_OK(talaria_model_get_tokenizer(shared.model, &tokenizer, &error));
  RUN(the_text_of_events_is_that_of_their_tokens);
  RUN(a_stop_string_ends_the_text_before_it_wherever_tokens_end);
  RUN(a_banned_string_is_never_said);
  RUN(a_turn_is_taken_back_and_generated_again);
  RUN(a_conversation_rendered_whole_processes_only_what_is_new);
  RUN(tokens_and_prompts_are_set_and_appended_alike);
  RUN(log_probabilities_come_with_tokens);
  RUN(where_nothing_may_be_chosen_the_reason_is_told);
  RUN(the_models_tokenizer_and_template_are_handles_of_ones_own);
  RUN(texts_of_generations_whose_ends_wait_are_kept_apart);
  talaria_tokenizer_free(tokenizer);
  world_free(&shared);
  return check_end();
}
