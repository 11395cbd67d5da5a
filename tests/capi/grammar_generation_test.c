/* Generations held to grammars: whatever a model of random weights likes, its text is in the grammar. */
#include <stdlib.h>
#include <string.h>

#include "tests/capi/text_world.h"
#include "tests/capi/world.h"

enum { MOST = 256, MOST_TEXT = 4096 };

static world shared;

typedef struct answer {
  int32_t tokens[MOST];
  int32_t count;
  int32_t reason;
  uint64_t steps;
  char text[MOST_TEXT];
  uint64_t bytes;
} answer;

static talaria_session* open_session(void) {
  static const int32_t prompt[] = {5, 80, 33};
  talaria_session* session = NULL;
  talaria_session_config config = TALARIA_SESSION_CONFIG_INIT;
  config.event_capacity = MOST;
  CHECK_OK(talaria_session_create(shared.engine, &config, &session, &error));
  CHECK_OK(talaria_session_append_tokens(session, prompt, 3, NULL, &error));
  return session;
}

static void finish(talaria_session* session, answer* out) {
  memset(out, 0, sizeof(*out));
  while (out->reason == TALARIA_FINISH_NONE) {
    talaria_event event = TALARIA_EVENT_INIT;
    talaria_step_info info = TALARIA_STEP_INFO_INIT;
    CHECK_OK(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, &info, &error));
    out->steps += (uint64_t)info.steps;
    while (talaria_session_next_event(session, 0, &event, NULL) == TALARIA_OK) {
      REQUIRE(out->bytes + event.text_bytes < MOST_TEXT && out->count < MOST);
      memcpy(out->text + out->bytes, event.text, event.text_bytes);
      out->bytes += event.text_bytes;
      if (event.kind == TALARIA_EVENT_TOKEN) out->tokens[out->count++] = event.token;
      if (event.kind == TALARIA_EVENT_FINISHED) out->reason = event.finish_reason;
    }
  }
}

static talaria_generate_options held_to(const talaria_grammar* grammar, uint64_t seed) {
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  options.max_tokens = 120;
  options.grammar = grammar;
  options.set = TALARIA_SET_TEMPERATURE;
  options.temperature = 1.5f;
  options.seed = seed;
  return options;
}

static talaria_grammar* schema_of(const char* text) {
  talaria_grammar* grammar = NULL;
  talaria_schema_options options = TALARIA_SCHEMA_OPTIONS_INIT;
  options.max_string_length = 8;
  CHECK_OK(talaria_grammar_create_json_schema(text, strlen(text), &options, &grammar, &error));
  return grammar;
}

static const char* const kSchema =
    "{\"type\": \"object\", \"properties\": {\"who\": {\"type\": \"string\"}, \"gold\": {\"type\": "
    "\"integer\", "
    "\"minimum\": 0, \"maximum\": 500}, \"moods\": {\"type\": \"array\", \"items\": {\"enum\": [\"glad\", "
    "\"grim\"]}, "
    "\"minItems\": 1, \"maxItems\": 3}}, \"required\": [\"who\", \"gold\", \"moods\"], "
    "\"additionalProperties\": false}";

static void text_is_in_the_grammar(void) {
  talaria_grammar* grammar = schema_of(kSchema);
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    talaria_session* session = open_session();
    talaria_generate_options options = held_to(grammar, seed);
    answer found;
    int32_t accepts = 0;
    options.no_jump_forward = seed % 2 == 0 ? 1 : 0;
    CHECK_OK(talaria_session_generate(session, &options, &error));
    finish(session, &found);
    CHECK_EQ(found.reason, TALARIA_FINISH_GRAMMAR);
    CHECK_OK(talaria_grammar_accepts(grammar, found.text, found.bytes, &accepts, &error));
    CHECK_EQ(accepts, 1);
    /* A forced token takes no step of its own. */
    CHECK(seed % 2 == 0 ? found.steps >= (uint64_t)found.count : found.steps < (uint64_t)found.count);
    talaria_session_free(session);
  }
  talaria_grammar_free(grammar);
}

static void rewound_text_is_taken_up(void) {
  talaria_grammar* grammar = schema_of(kSchema);
  talaria_session* session = open_session();
  talaria_generate_options options = held_to(grammar, 3);
  answer whole, rest;
  char text[2 * MOST_TEXT];
  uint64_t bytes = 0;
  int32_t accepts = 0;
  CHECK_OK(talaria_session_generate(session, &options, &error));
  finish(session, &whole);
  REQUIRE(whole.count > 4);
  CHECK_OK(talaria_session_rewind(session, 3 + 4, &error));
  options.grammar_begin = 3;
  options.seed = 4;
  CHECK_OK(talaria_session_generate(session, &options, &error));
  finish(session, &rest);
  CHECK_EQ(rest.reason, TALARIA_FINISH_GRAMMAR);
  talaria_tokenizer* tokenizer = NULL;
  talaria_text* head = NULL;
  CHECK_OK(talaria_model_get_tokenizer(shared.model, &tokenizer, &error));
  CHECK_OK(talaria_tokenizer_decode(tokenizer, whole.tokens, 4, 0, &head, &error));
  const char* kept = talaria_text_data(head, &bytes);
  memcpy(text, kept, bytes);
  memcpy(text + bytes, rest.text, rest.bytes);
  CHECK_OK(talaria_grammar_accepts(grammar, text, bytes + rest.bytes, &accepts, &error));
  CHECK_EQ(accepts, 1);
  talaria_text_free(head);
  talaria_tokenizer_free(tokenizer);
  talaria_session_free(session);
  talaria_grammar_free(grammar);
}

static void a_grammar_may_be_freed_while_it_is_used(void) {
  talaria_grammar* grammar = NULL;
  talaria_session* session = open_session();
  answer found;
  CHECK_OK(talaria_grammar_create_regex(TEXT("(ab|cd){4}"), &grammar, &error));
  talaria_generate_options options = held_to(grammar, 1);
  CHECK_OK(talaria_session_generate(session, &options, &error));
  talaria_grammar_free(grammar);
  finish(session, &found);
  CHECK_EQ(found.reason, TALARIA_FINISH_GRAMMAR);
  CHECK_EQ(found.bytes, 8);
  talaria_session_free(session);
}

static void a_grammar_outlives_its_models(void) {
  const world kept = shared;
  talaria_grammar* grammar = NULL;
  answer first, found;
  CHECK_OK(talaria_grammar_create_regex(TEXT("(ab|cd){4}"), &grammar, &error));
  /* More models than a grammar keeps its work for. */
  for (int i = 0; i < 8; ++i) {
    talaria_session* session = NULL;
    talaria_generate_options options = held_to(grammar, 1);
    options.set = 0;
    shared = i % 3 == 2 ? kept : world_open_text(NULL, NULL, NULL);
    session = open_session();
    CHECK_OK(talaria_session_generate(session, &options, &error));
    finish(session, i == 0 ? &first : &found);
    CHECK_EQ(i == 0 ? first.reason : found.reason, TALARIA_FINISH_GRAMMAR);
    CHECK(i == 0 || (found.bytes == first.bytes && memcmp(found.text, first.text, first.bytes) == 0));
    talaria_session_free(session);
    if (i % 3 != 2) world_free(&shared);
  }
  shared = kept;
  talaria_grammar_free(grammar);
}

static void rules_are_a_grammar(void) {
  talaria_grammar* grammar = NULL;
  int32_t accepts = 0;
  CHECK_OK(talaria_grammar_create_ebnf(TEXT("start ::= word (\" \" word){1,2}\nword ::= [a-z]+"),
                                       TEXT("start"), &grammar, &error));
  CHECK_OK(talaria_grammar_accepts(grammar, TEXT("be greeted"), &accepts, &error));
  CHECK_EQ(accepts, 1);
  CHECK_OK(talaria_grammar_accepts(grammar, TEXT("greeted"), &accepts, &error));
  CHECK_EQ(accepts, 0);
  talaria_grammar_free(grammar);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "",
              talaria_grammar_create_ebnf(TEXT("a ::= a"), TEXT("a"), &grammar, &error));
  CHECK(grammar == NULL);
}

static void tools_make_grammars(void) {
  static const char kTools[] =
      "[{\"name\": \"ring\", \"parameters\": {\"type\": \"object\", \"properties\": {\"times\": {\"type\": "
      "\"integer\", "
      "\"minimum\": 1, \"maximum\": 9}}, \"required\": [\"times\"], \"additionalProperties\": false}}, "
      "{\"name\": \"sing\"}]";
  talaria_tools* tools = NULL;
  talaria_grammar* grammar = NULL;
  int32_t accepts = 0;
  CHECK_OK(talaria_tools_parse(TEXT(kTools), &tools, &error));
  talaria_tool_grammar_options options = TALARIA_TOOL_GRAMMAR_OPTIONS_INIT;
  CHECK_OK(talaria_tools_create_grammar(tools, &options, &grammar, &error));
  static const struct {
    const char* text;
    int32_t accepts;
  } kCases[] = {
      {"Good evening.", 1},
      {"Wait. <tool_call>\n{\"name\": \"ring\", \"arguments\": {\"times\": 3}}\n</tool_call> Done.", 1},
      {"<tool_call>\n{\"name\": \"ring\", \"arguments\": {\"times\": 30}}\n</tool_call>", 0},
      {"<tool_call>\n{\"name\": \"rings\", \"arguments\": {\"times\": 3}}\n</tool_call>", 0},
      {"<tool_call>\n{\"name\": \"sing\", \"arguments\": {\"any\": [1, \"</tool_call>\"]}}\n</tool_call>", 1},
      {"<tool_call>", 0},
  };
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    CHECK_OK(talaria_grammar_accepts(grammar, kCases[i].text, strlen(kCases[i].text), &accepts, &error));
    CHECK_EQ(accepts, kCases[i].accepts);
  }
  talaria_grammar_free(grammar);
  options.choice = TALARIA_TOOL_CHOICE_NONE;
  CHECK_OK(talaria_tools_create_grammar(tools, &options, &grammar, &error));
  CHECK_OK(talaria_grammar_accepts(grammar, kCases[1].text, strlen(kCases[1].text), &accepts, &error));
  CHECK_EQ(accepts, 0);
  talaria_grammar_free(grammar);
  options.choice = TALARIA_TOOL_CHOICE_NAMED;
  options.name = "ring";
  options.name_bytes = 4;
  options.single = 1;
  CHECK_OK(talaria_tools_create_grammar(tools, &options, &grammar, &error));
  CHECK_OK(talaria_grammar_accepts(grammar, TEXT("Good evening."), &accepts, &error));
  CHECK_EQ(accepts, 0);
  talaria_session* session = open_session();
  talaria_generate_options request = held_to(grammar, 9);
  answer found;
  CHECK_OK(talaria_session_generate(session, &request, &error));
  finish(session, &found);
  CHECK_EQ(found.reason, TALARIA_FINISH_GRAMMAR);
  CHECK_OK(talaria_grammar_accepts(grammar, found.text, found.bytes, &accepts, &error));
  CHECK_EQ(accepts, 1);
  talaria_session_free(session);
  talaria_grammar_free(grammar);
  options.name = "bell";
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "bell",
              talaria_tools_create_grammar(tools, &options, &grammar, &error));
  CHECK(grammar == NULL);
  options.choice = 7;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "choice",
              talaria_tools_create_grammar(tools, &options, &grammar, &error));
  talaria_tools_free(tools);
}

static void what_cannot_be_is_refused(void) {
  talaria_grammar* grammar = schema_of(kSchema);
  talaria_grammar* nothing = schema_of("false");
  talaria_session* session = open_session();
  talaria_generate_options options = held_to(grammar, 1);
  options.grammar_begin = 4;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "grammar_begin", talaria_session_generate(session, &options, &error));
  options.grammar_begin = 0;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "grammar's text",
              talaria_session_generate(session, &options, &error));
  options.grammar_begin = -2;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "grammar_begin", talaria_session_generate(session, &options, &error));
  options = held_to(grammar, 1);
  options.no_jump_forward = 2;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "no_jump_forward",
              talaria_session_generate(session, &options, &error));
  options = held_to(nothing, 1);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "grammar", talaria_session_generate(session, &options, &error));
  talaria_session_free(session);
  talaria_grammar_free(nothing);
  talaria_grammar_free(grammar);
}

int main(void) {
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.context = 512;
  config.cache_positions = 2048;
  config.max_sessions = 2;
  shared = world_open_text(NULL, &config, NULL);
  if (shared.session == NULL) return 1;
  RUN(text_is_in_the_grammar);
  RUN(rewound_text_is_taken_up);
  RUN(a_grammar_may_be_freed_while_it_is_used);
  RUN(a_grammar_outlives_its_models);
  RUN(rules_are_a_grammar);
  RUN(tools_make_grammars);
  RUN(what_cannot_be_is_refused);
  world_free(&shared);
  return check_end();
}
