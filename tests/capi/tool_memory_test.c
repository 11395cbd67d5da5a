/* Memory that runs out while text becomes tokens and prompts, grammars are made, texts held to them, answers
 * read and tools' results given back: each call that fails is RESOURCE_EXHAUSTED and, called again, goes on
 * as if nothing had been. Of a parser and a loop that failed in the middle of a text nothing is asked but
 * that another one, begun anew, reads it. Nothing is left behind. The first 2,000 allocations and then every
 * 97th; `capi_tool_memory_test nightly`: all. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/capi/refused_malloc.h"
#include "tests/capi/text_world.h"
#include "tests/capi/world.h"

#ifdef UNDER_SANITIZER

static void memory_may_run_out(void) { SKIP("a sanitizer has its own malloc"); }

#else

enum { MOST_TEXT = 1024 };

static int nightly;
static world shared;
static talaria_chat_template* by;

/* What a run gave. */
typedef struct outcome {
  int32_t failed; /* calls that failed */
  int32_t ended;
  char text[MOST_TEXT];
  uint64_t bytes;
} outcome;

static void note(outcome* out, const char* text, uint64_t bytes) {
  REQUIRE(out->bytes + bytes < MOST_TEXT);
  if (bytes > 0) memcpy(out->text + out->bytes, text, bytes);
  out->bytes += bytes;
}

/* Whether the call failed for want of memory; any other failure is a failed check. */
static int ran_out(outcome* out, int32_t status, talaria_error** error, const char* call, int line) {
  if (status == TALARIA_OK) return 0;
  CHECK_EQ(talaria_error_code(*error), status);
  if (!check_true(status == TALARIA_RESOURCE_EXHAUSTED, call, __FILE__, line)) {
    printf("  %s\n", talaria_error_message(*error, NULL));
  }
  talaria_error_free(*error);
  *error = NULL;
  ++out->failed;
  return 1;
}
#define RAN_OUT(call) ran_out(out, (call), &error, #call, __LINE__)

/* Calls once more what failed for want of memory: nobody refuses twice. */
#define TRY(call)                  \
  do {                             \
    if (RAN_OUT(call)) {           \
      if (RAN_OUT(call)) goto end; \
    }                              \
  } while (0)

static const char kTools[] =
    "[{\"name\": \"ring\", \"description\": \"Rings.\", \"parameters\": {\"type\": \"object\", "
    "\"properties\": {\"times\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 9}}, \"required\": "
    "[\"times\"], \"additionalProperties\": false}}]";
/* What the model says: a call that waits for its result and one that is bad, bad ones alone, none. */
static const char kSaid[] =
    "One moment. <tool_call>\n{\"name\": \"ring\", \"arguments\": {\"times\": 3}}\n</tool_call> "
    "<tool_call>{\"name\": \"ring\", \"arguments\": {\"times\": 30}}</tool_call>";

static uint64_t compile_and_hold(uint64_t refuse_at, outcome* out) {
  static const char kSchema[] =
      "{\"type\": \"object\", \"properties\": {\"who\": {\"type\": \"string\", \"maxLength\": 4}, \"gold\": "
      "{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 50}, \"mood\": {\"$ref\": \"#/$defs/mood\"}}, "
      "\"required\": [\"gold\", \"mood\"], \"additionalProperties\": false, \"$defs\": {\"mood\": "
      "{\"anyOf\": "
      "[{\"enum\": [\"glad\", \"grim\"]}, {\"type\": \"null\"}]}}}";
  talaria_grammar *schema = NULL, *rules = NULL, *pattern = NULL, *calls = NULL;
  talaria_schema* validator = NULL;
  talaria_text* violations = NULL;
  talaria_tools* tools = NULL;
  talaria_error* error = NULL;
  int32_t accepts[4] = {0, 0, 0, 0}, valid = 1;
  memset(out, 0, sizeof(*out));
  refuse_malloc(refuse_at);
  TRY(talaria_grammar_create_json_schema(TEXT(kSchema), NULL, &schema, &error));
  TRY(talaria_grammar_create_ebnf(TEXT("start ::= word (\" \" word){1,2}\nword ::= [a-z]+"), TEXT("start"),
                                  &rules, &error));
  TRY(talaria_grammar_create_regex(TEXT("(ab|cd){4}"), &pattern, &error));
  TRY(talaria_tools_parse(TEXT(kTools), &tools, &error));
  TRY(talaria_tools_create_grammar(tools, NULL, &calls, &error));
  TRY(talaria_grammar_accepts_value(schema, TEXT("{\"gold\": 7, \"mood\": \"grim\"}"), &accepts[0], &error));
  TRY(talaria_grammar_accepts(rules, TEXT("be greeted"), &accepts[1], &error));
  TRY(talaria_grammar_accepts(pattern, TEXT("abcdabcd"), &accepts[2], &error));
  TRY(talaria_grammar_accepts(calls, TEXT("Good evening."), &accepts[3], &error));
  TRY(talaria_schema_create(TEXT(kSchema), NULL, &validator, &error));
  TRY(talaria_schema_validate(validator, TEXT("{\"gold\": 70, \"who\": \"Miras\"}"), &valid, &violations,
                              &error));
  out->ended = valid == 0 && accepts[0] + accepts[1] + accepts[2] + accepts[3] == 4;
end:;
  const uint64_t mallocs = allow_malloc();
  uint64_t bytes = 0;
  const char* text = talaria_text_data(violations, &bytes);
  note(out, text, bytes < 200 ? bytes : 200);
  talaria_text_free(violations);
  talaria_schema_free(validator);
  talaria_tools_free(tools);
  talaria_grammar_free(calls);
  talaria_grammar_free(pattern);
  talaria_grammar_free(rules);
  talaria_grammar_free(schema);
  return mallocs;
}

static void generate_by(const talaria_grammar* grammar, outcome* out) {
  static const int32_t kPrompt[] = {5, 80, 33};
  talaria_session* session = NULL;
  talaria_error* error = NULL;
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  options.max_tokens = 40;
  options.set = TALARIA_SET_TEMPERATURE;
  options.temperature = 1;
  options.seed = 5;
  options.grammar = grammar;
  memset(out, 0, sizeof(*out));
  TRY(talaria_session_create(shared.engine, NULL, &session, &error));
  TRY(talaria_session_append_tokens(session, kPrompt, 3, NULL, &error));
  TRY(talaria_session_generate(session, &options, &error));
  for (int steps = 0; !out->ended && steps < 1000; ++steps) {
    talaria_event event = TALARIA_EVENT_INIT;
    TRY(talaria_engine_step(shared.engine, TALARIA_NO_BUDGET, NULL, &error));
    while (talaria_session_next_event(session, 0, &event, NULL) == TALARIA_OK) {
      note(out, event.text, event.text_bytes);
      if (event.kind == TALARIA_EVENT_FINISHED) out->ended = event.finish_reason;
    }
  }
end:
  talaria_session_free(session);
}

static uint64_t generate_in_a_grammar(uint64_t refuse_at, outcome* out) {
  talaria_grammar* grammar = NULL;
  CHECK_OK(talaria_grammar_create_regex(TEXT("([a-f]{2}|[x-z]{2}){4}"), &grammar, &error));
  refuse_malloc(refuse_at);
  generate_by(grammar, out);
  const uint64_t mallocs = allow_malloc();
  talaria_grammar_free(grammar);
  return mallocs;
}

static const char kBadlySaid[] = "<tool_call>{\"name\": \"sing\", \"arguments\": {}}</tool_call>";
static const char kPlainlySaid[] = "There is no bell here.";

/* False where memory ran out on the way. */
static int hear(talaria_tool_loop* loop, const char* said, outcome* out) {
  talaria_error* error = NULL;
  const uint64_t bytes = strlen(said);
  for (uint64_t at = 0; at < bytes; at += 7) {
    if (RAN_OUT(talaria_tool_loop_feed(loop, said + at, bytes - at < 7 ? bytes - at : 7, &error))) return 0;
  }
  return !RAN_OUT(talaria_tool_loop_finish(loop, &error));
}

static uint64_t loop_over(const char* said, int32_t state_after, uint64_t refuse_at, outcome* out) {
  talaria_tool_loop* loop = NULL;
  talaria_messages* messages = NULL;
  talaria_prompt* prompt = NULL;
  talaria_text* json = NULL;
  talaria_error* error = NULL;
  uint64_t bytes = 0, count = 0;
  talaria_tool_loop_state state = TALARIA_TOOL_LOOP_STATE_INIT;
  talaria_render_options render = TALARIA_RENDER_OPTIONS_INIT;
  talaria_tool_loop_options options = TALARIA_TOOL_LOOP_OPTIONS_INIT;
  memset(out, 0, sizeof(*out));
  refuse_malloc(refuse_at);
  render.tools = kTools;
  render.tools_bytes = sizeof(kTools) - 1;
  options.render = &render;
  TRY(talaria_tool_parse(said, strlen(said), NULL, &json, &error));
  TRY(talaria_tool_loop_create(by, NULL, &options, &loop, &error));
  TRY(talaria_tool_loop_say(loop, TEXT("Ring three times."), &error));
  TRY(talaria_tool_loop_render(loop, &prompt, &error));
  if (!hear(loop, said, out)) {
    /* The turn is lost; the conversation before it is not. */
    TRY(talaria_tool_loop_copy_messages(loop, &messages, &error));
    talaria_tool_loop_free(loop);
    loop = NULL;
    TRY(talaria_tool_loop_create(by, messages, &options, &loop, &error));
    if (!hear(loop, said, out)) goto end;
    talaria_messages_free(messages);
    messages = NULL;
  }
  for (int events = 0; events < 100; ++events) {
    talaria_tool_event event = TALARIA_TOOL_EVENT_INIT;
    const int32_t status = talaria_tool_loop_next_event(loop, &event, &error);
    if (status == TALARIA_NOT_READY) break;
    if (!RAN_OUT(status)) note(out, event.text, event.text_bytes);
  }
  TRY(talaria_tool_loop_get_state(loop, &state, &error));
  CHECK_EQ(state.state, state_after);
  if (state.state == TALARIA_LOOP_RESULTS) {
    TRY(talaria_tool_loop_set_result(loop, TEXT("call_0"), TEXT("{\"heard\": true}"), &error));
  }
  if (state.state != TALARIA_LOOP_DONE) {
    talaria_prompt_free(prompt);
    prompt = NULL;
    TRY(talaria_tool_loop_render(loop, &prompt, &error));
  }
  TRY(talaria_tool_loop_copy_messages(loop, &messages, &error));
  TRY(talaria_messages_get_count(messages, &count, &error));
  out->ended = (int32_t)count;
end:;
  const uint64_t mallocs = allow_malloc();
  const char* text = talaria_text_data(json, &bytes);
  note(out, text, bytes < 100 ? bytes : 100);
  text = talaria_prompt_text(prompt, &bytes);
  note(out, text + (bytes < 300 ? 0 : bytes - 300), bytes < 300 ? bytes : 300);
  talaria_text_free(json);
  talaria_prompt_free(prompt);
  talaria_messages_free(messages);
  talaria_tool_loop_free(loop);
  return mallocs;
}

static uint64_t loop_with_a_call(uint64_t refuse_at, outcome* out) {
  return loop_over(kSaid, TALARIA_LOOP_RESULTS, refuse_at, out);
}

static uint64_t loop_with_bad_calls(uint64_t refuse_at, outcome* out) {
  return loop_over(kBadlySaid, TALARIA_LOOP_GENERATE, refuse_at, out);
}

static uint64_t loop_without_calls(uint64_t refuse_at, outcome* out) {
  return loop_over(kPlainlySaid, TALARIA_LOOP_DONE, refuse_at, out);
}

static uint64_t render_by_a_template(uint64_t refuse_at, outcome* out) {
  static const char kTemplate[] =
      "{%- macro turn(role) %}<|im_start|>{{ role }}\n{% endmacro %}{% set seen = namespace(count=0) %}"
      "{% for m in messages %}{{ turn(m.role) }}{{ m['content'] | trim }}{% set seen.count = seen.count + 1 "
      "%}"
      "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}{{ turn('assistant') ~ seen.count }}{% endif %}";
  talaria_chat_template* made = NULL;
  talaria_messages* messages = NULL;
  talaria_prompt* prompt = NULL;
  talaria_error* error = NULL;
  talaria_render_options options = TALARIA_RENDER_OPTIONS_INIT;
  options.add_generation_prompt = 1;
  memset(out, 0, sizeof(*out));
  refuse_malloc(refuse_at);
  TRY(talaria_chat_template_parse(TEXT(kTemplate), NULL, 0, &made, &error));
  TRY(talaria_messages_parse(TEXT("[{\"role\": \"user\", \"content\": \" Say a word. \"}]"), 0, &messages,
                             &error));
  TRY(talaria_chat_template_render(made, messages, &options, &prompt, &error));
  out->ended = 1;
end:;
  const uint64_t mallocs = allow_malloc();
  uint64_t bytes = 0;
  const char* text = talaria_prompt_text(prompt, &bytes);
  note(out, text, bytes);
  talaria_prompt_free(prompt);
  talaria_messages_free(messages);
  talaria_chat_template_free(made);
  return mallocs;
}

static void note_ids(outcome* out, const talaria_ids* ids) {
  uint64_t count = 0;
  const int32_t* data = talaria_ids_data(ids, &count);
  if (data != NULL) note(out, (const char*)data, count * sizeof(*data));
}

static uint64_t text_by_calls(uint64_t refuse_at, outcome* out) {
  static const char kPath[] = TALARIA_GOLDEN_FOLDER "/tokenizer/tokenizer.json";
  static const char kWords[] = "Ring the b\xC3\xA9ll thrice, then 12 times.";
  talaria_tokenizer* tokenizer = NULL;
  talaria_chat_template* hermes = NULL;
  talaria_messages* messages = NULL;
  talaria_prompt *prompt = NULL, *own = NULL;
  talaria_decoder* decoder = NULL;
  talaria_ids *ids = NULL, *prompt_ids = NULL, *own_ids = NULL;
  talaria_text *back = NULL, *mode = NULL;
  talaria_error* error = NULL;
  const char *bos = NULL, *piece = NULL;
  uint64_t bytes = 0, count = 0, prompt_count = 0;
  talaria_render_options render = TALARIA_RENDER_OPTIONS_INIT;
  render.tools = kTools;
  render.tools_bytes = sizeof(kTools) - 1;
  memset(out, 0, sizeof(*out));
  refuse_malloc(refuse_at);
  TRY(talaria_tokenizer_open(shared.runtime, TEXT(kPath), NULL, 0, &tokenizer, &error));
  TRY(talaria_tokenizer_get_bos(tokenizer, &bos, &bytes, &error));
  TRY(talaria_chat_template_create_hermes(bos, bytes, &hermes, &error));
  TRY(talaria_tokenizer_encode(tokenizer, TEXT(kWords), NULL, &ids, &error));
  TRY(talaria_tokenizer_count(tokenizer, TEXT(kWords), NULL, &count, &error));
  uint64_t found = 0;
  const int32_t* data = talaria_ids_data(ids, &found);
  CHECK(found == count);
  TRY(talaria_tokenizer_decode(tokenizer, data, found, 0, &back, &error));
  TRY(talaria_decoder_create(tokenizer, 0, &decoder, &error));
  for (uint64_t i = 0; i < found; ++i) {
    TRY(talaria_decoder_push(decoder, data[i], &piece, &bytes, &error));
    note(out, piece, bytes);
  }
  TRY(talaria_decoder_flush(decoder, &piece, &bytes, &error));
  TRY(talaria_messages_create(&messages, &error));
  TRY(talaria_messages_add(messages, TEXT("user"), TEXT(kWords), &error));
  TRY(talaria_messages_set_trust(messages, TALARIA_MARK_LITERAL, &error));
  TRY(talaria_messages_add(messages, TEXT("assistant"), NULL, 0, &error));
  TRY(talaria_messages_add_tool_call(messages, TEXT("call_0"), TEXT("ring"), TEXT("{\"times\": 3}"), &error));
  TRY(talaria_messages_add(messages, TEXT("tool"), TEXT("rung"), &error));
  TRY(talaria_messages_set_name(messages, TEXT("ring"), &error));
  TRY(talaria_messages_set_tool_call_id(messages, TEXT("call_0"), &error));
  TRY(talaria_chat_template_render(hermes, messages, &render, &prompt, &error));
  TRY(talaria_tokenizer_encode_prompt(tokenizer, prompt, &prompt_ids, &error));
  TRY(talaria_tokenizer_count_prompt(tokenizer, prompt, &prompt_count, &error));
  TRY(talaria_prompt_create(&own, &error));
  TRY(talaria_prompt_add(own, TEXT("<|im_start|>"), TALARIA_MARK_CONTROL, &error));
  TRY(talaria_prompt_add(own, TEXT(kWords), TALARIA_MARK_LITERAL, &error));
  TRY(talaria_tokenizer_encode_prompt(tokenizer, own, &own_ids, &error));
  TRY(talaria_chat_json_mode(TEXT("{\"type\": \"string\"}"), &mode, &error));
  const char* text = talaria_text_data(back, &bytes);
  note(out, text, bytes);
  text = talaria_text_data(mode, &bytes);
  note(out, text, bytes < 64 ? bytes : 64);
  note_ids(out, own_ids);
  found = 0;
  talaria_ids_data(prompt_ids, &found);
  CHECK(found == prompt_count);
  out->ended = (int32_t)found;
end:;
  const uint64_t mallocs = allow_malloc();
  talaria_text_free(mode);
  talaria_text_free(back);
  talaria_ids_free(own_ids);
  talaria_ids_free(prompt_ids);
  talaria_ids_free(ids);
  talaria_decoder_free(decoder);
  talaria_prompt_free(own);
  talaria_prompt_free(prompt);
  talaria_messages_free(messages);
  talaria_chat_template_free(hermes);
  talaria_tokenizer_free(tokenizer);
  return mallocs;
}

static void refuse_each(uint64_t (*run)(uint64_t refuse_at, outcome* out), uint64_t least_calls,
                        int all_tell) {
  outcome expected, got;
  /* What is made once in a process' life is made in the first runs, of which one fails. */
  run(0, &expected);
  run(5, &expected);
  const int64_t blocks = live_blocks();
  const uint64_t calls = run(0, &expected);
  CHECK_EQ(live_blocks(), blocks);
  CHECK(expected.ended != 0 && expected.failed == 0 && calls > least_calls);
  int64_t failed = 0, runs = 0;
  for (uint64_t at = 1; at <= calls; at += nightly || at < 2000 ? 1 : 97) {
    run(at, &got);
    ++runs;
    CHECK_EQ(refused_mallocs(), 1);
    failed += got.failed;
    CHECK_EQ(got.ended, expected.ended);
    CHECK(got.bytes == expected.bytes && memcmp(got.text, expected.text, got.bytes) == 0);
    CHECK_EQ(live_blocks(), blocks);
    if (check_failures() > 5) {
      printf("  at allocation %d of %d\n", (int)at, (int)calls);
      return;
    }
  }
  /* The C library, and a grammar at work that begins anew, may do without what it was refused; nothing else
   * may. */
  if (all_tell) CHECK(failed >= runs - runs / 20);
}

static void grammars_may_run_out_of_memory(void) { refuse_each(compile_and_hold, 500, 0); }
static void generations_in_grammars_may_run_out_of_memory(void) { refuse_each(generate_in_a_grammar, 50, 0); }
static void templates_may_run_out_of_memory(void) { refuse_each(render_by_a_template, 100, 1); }
static void text_may_run_out_of_memory(void) { refuse_each(text_by_calls, 500, 1); }
static void tool_loops_may_run_out_of_memory(void) {
  refuse_each(loop_with_a_call, 300, 1);
  refuse_each(loop_with_bad_calls, 200, 1);
  refuse_each(loop_without_calls, 100, 1);
}

/* A grammar keeps its work for a few models, and for no more, however many come and go. */
static void a_grammar_lets_go_of_closed_models(void) {
  enum { MODELS = 12, KEPT = 8 };
  const world kept = shared;
  talaria_grammar* grammar = NULL;
  int64_t blocks[MODELS];
  CHECK_OK(talaria_grammar_create_regex(TEXT("([a-f]{2}|[x-z]{2}){4}"), &grammar, &error));
  for (int i = 0; i < MODELS; ++i) {
    outcome out;
    shared = world_open_text(NULL, NULL, NULL);
    generate_by(grammar, &out);
    world_free(&shared);
    blocks[i] = live_blocks();
  }
  shared = kept;
  CHECK(blocks[1] > blocks[0]);
  for (int i = KEPT; i < MODELS; ++i) CHECK_EQ(blocks[i], blocks[KEPT - 1]);
  talaria_grammar_free(grammar);
}

#endif

int main(int count, char** arguments) {
#ifdef UNDER_SANITIZER
  (void)count;
  (void)arguments;
  RUN(memory_may_run_out);
#else
  nightly = count > 1 && strcmp(arguments[1], "nightly") == 0;
  shared = world_open_text(NULL, NULL, NULL);
  if (shared.session == NULL) return 1;
  CHECK_OK(talaria_model_get_chat_template(shared.model, &by, &error));
  RUN(grammars_may_run_out_of_memory);
  RUN(generations_in_grammars_may_run_out_of_memory);
  RUN(templates_may_run_out_of_memory);
  RUN(text_may_run_out_of_memory);
  RUN(a_grammar_lets_go_of_closed_models);
  RUN(tool_loops_may_run_out_of_memory);
  talaria_chat_template_free(by);
  world_free(&shared);
#endif
  return check_end();
}
