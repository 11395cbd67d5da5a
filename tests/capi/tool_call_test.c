/* Tool calls from outside: the parser, one call for a whole output, and the loop around a model that a test
 * plays. */
#include <stdio.h>

#include "tests/capi/text_world.h"

static const char kTools[] =
    "[{\"name\": \"add\", \"description\": \"Add.\", \"parameters\": {\"type\": \"object\", \"properties\": "
    "{\"a\": "
    "{\"type\": \"integer\"}}, \"required\": [\"a\"]}}]";

static talaria_tools* add_tool(void) {
  talaria_tools* tools = NULL;
  CHECK_OK(talaria_tools_parse(TEXT(kTools), &tools, &error));
  return tools;
}

/* Kind, name and text of all events there are, "2 f  3  {}": in *out. */
static void take(talaria_tool_parser* parser, char* out, size_t bytes) {
  talaria_tool_event event = TALARIA_TOOL_EVENT_INIT;
  size_t used = 0;
  out[0] = '\0';
  int32_t status = TALARIA_OK;
  while ((status = talaria_tool_parser_next_event(parser, &event, NULL)) == TALARIA_OK) {
    CHECK(event.text != NULL && strlen(event.text) == event.text_bytes);
    const int written =
        snprintf(out + used, bytes - used, "%d:%s%s ", (int)event.kind, event.name, event.text);
    used += written > 0 ? (size_t)written : 0;
  }
  CHECK_EQ(status, TALARIA_NOT_READY);
}

static void events_come_as_the_text_does(void) {
  talaria_tools* tools = add_tool();
  talaria_tool_parser_options options = TALARIA_TOOL_PARSER_OPTIONS_INIT;
  options.reasoning = TALARIA_REASONING_APART;
  options.tools = tools;
  options.first_id = 4;
  talaria_tool_parser* parser = NULL;
  CHECK_OK(talaria_tool_parser_create(&options, &parser, &error));
  talaria_tools_free(tools); /* the parser keeps it */
  char seen[256];
  CHECK_OK(
      talaria_tool_parser_feed(parser, TEXT("a<think>b</think><tool_call>{\"name\": \"add\", "), &error));
  take(parser, seen, sizeof(seen));
  CHECK(strcmp(seen, "1:a 2:b 3:add ") == 0);
  CHECK_OK(talaria_tool_parser_feed(parser, TEXT("\"arguments\": {\"a\": \"x\"}}</tool_call>"), &error));
  talaria_tool_event event = TALARIA_TOOL_EVENT_INIT;
  CHECK_OK(talaria_tool_parser_next_event(parser, &event, &error));
  CHECK_EQ(event.kind, TALARIA_TOOL_EVENT_ARGUMENTS);
  CHECK_OK(talaria_tool_parser_next_event(parser, &event, &error));
  CHECK_EQ(event.kind, TALARIA_TOOL_EVENT_CALL_END);
  CHECK_EQ(event.index, 0);
  CHECK_EQ(event.problem, TALARIA_CALL_TYPE_MISMATCH);
  CHECK(strcmp(event.id, "call_4") == 0 && strcmp(event.text, "{\"a\": \"x\"}") == 0);
  CHECK(event.detail_bytes > 0);
  CHECK_OK(talaria_tool_parser_feed(parser, TEXT("<tool_call>{'name': 'add', 'arguments': {'a': 1"), &error));
  CHECK_OK(talaria_tool_parser_finish(parser, &error));
  CHECK_OK(talaria_tool_parser_next_event(parser, &event, &error));
  CHECK_EQ(event.kind, TALARIA_TOOL_EVENT_ERROR);
  CHECK_EQ(event.problem, TALARIA_CALL_UNTERMINATED);
  CHECK(strcmp(event.text, "{'name': 'add', 'arguments': {'a': 1") == 0);
  CHECK_NOT_READY(talaria_tool_parser_next_event(parser, &event, &error));
  CHECK_EQ(event.kind, TALARIA_TOOL_EVENT_NONE);
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "ended", talaria_tool_parser_feed(parser, TEXT("x"), &error));
  talaria_tool_parser_free(parser);
}

static void a_whole_output_is_one_call(void) {
  talaria_text* json = NULL;
  CHECK_OK(talaria_tool_parse(
      TEXT("Hi <tool_call>{'name': 'f', 'arguments': {}}</tool_call><tool_call></tool_call>"), NULL, &json,
      &error));
  CHECK(
      strcmp(
          talaria_text_data(json, NULL),
          "{\"content\": \"Hi \", \"reasoning\": \"\", \"calls\": [{\"id\": \"call_0\", \"index\": 0, "
          "\"name\": "
          "\"f\", \"arguments\": {}, \"lenient\": true, \"problem\": \"ok\", \"detail\": \"\"}], \"errors\": "
          "[{\"problem\": \"empty\", \"index\": 1, \"text\": \"\", \"detail\": \"there is nothing between "
          "the "
          "tags\"}]}") == 0);
  talaria_text_free(json);
}

static void problems_have_names(void) {
  CHECK(strcmp(talaria_call_problem_name(TALARIA_CALL_OK), "ok") == 0);
  CHECK(strcmp(talaria_call_problem_name(TALARIA_CALL_ARGUMENTS_NOT_OBJECT), "arguments_not_object") == 0);
  CHECK(strcmp(talaria_call_problem_name(TALARIA_CALL_SCHEMA_MISMATCH), "schema_mismatch") == 0);
  CHECK(strcmp(talaria_call_problem_name(11), "unknown") == 0);
  CHECK(strcmp(talaria_call_problem_name(-1), "unknown") == 0);
}

static int32_t state_of(talaria_tool_loop* loop) {
  talaria_tool_loop_state state = TALARIA_TOOL_LOOP_STATE_INIT;
  CHECK_OK(talaria_tool_loop_get_state(loop, &state, &error));
  return state.state;
}

static void a_loop_leads_through_a_conversation(void) {
  talaria_chat_template* by = NULL;
  talaria_tool_loop* loop = NULL;
  talaria_prompt* prompt = NULL;
  talaria_messages* messages = NULL;
  talaria_render_options render = TALARIA_RENDER_OPTIONS_INIT;
  talaria_tool_loop_options options = TALARIA_TOOL_LOOP_OPTIONS_INIT;
  render.tools = kTools;
  render.tools_bytes = sizeof(kTools) - 1;
  options.render = &render;
  CHECK_OK(talaria_chat_template_create_hermes(NULL, 0, &by, &error));
  CHECK_OK(talaria_tool_loop_create(by, NULL, &options, &loop, &error));
  talaria_chat_template_free(by); /* the loop keeps it */
  CHECK_OK(talaria_tool_loop_say(loop, TEXT("1 and 1?"), &error));
  CHECK_EQ(state_of(loop), TALARIA_LOOP_GENERATE);
  CHECK_OK(talaria_tool_loop_render(loop, &prompt, &error));
  CHECK(strstr(talaria_prompt_text(prompt, NULL), "user\n1 and 1?<|im_end|>\n<|im_start|>assistant\n") !=
        NULL);
  talaria_prompt_free(prompt);
  CHECK_OK(talaria_tool_loop_feed(loop, TEXT("<tool_call>{\"name\": \"add\", \"arguments\": {\"a\": 1}}"),
                                  &error));
  CHECK_OK(talaria_tool_loop_finish(loop, &error));
  talaria_tool_event event = TALARIA_TOOL_EVENT_INIT;
  do CHECK_OK(talaria_tool_loop_next_event(loop, &event, &error));
  while (event.kind != TALARIA_TOOL_EVENT_CALL_END && event.kind != TALARIA_TOOL_EVENT_NONE);
  CHECK_EQ(state_of(loop), TALARIA_LOOP_RESULTS);
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "wait", talaria_tool_loop_render(loop, &prompt, &error));
  CHECK(prompt == NULL);
  CHECK_FAILS(TALARIA_NOT_FOUND, "call_7",
              talaria_tool_loop_set_result(loop, TEXT("call_7"), TEXT("2"), &error));
  CHECK_OK(talaria_tool_loop_set_result(loop, event.id, event.id_bytes, TEXT("2"), &error));
  CHECK_OK(talaria_tool_loop_render(loop, &prompt, &error));
  CHECK(strstr(talaria_prompt_text(prompt, NULL), "{\"name\": \"add\", \"content\": 2}\n</tool_response>") !=
        NULL);
  talaria_prompt_free(prompt);
  CHECK_OK(talaria_tool_loop_feed(loop, TEXT("2."), &error));
  CHECK_OK(talaria_tool_loop_finish(loop, &error));
  CHECK_EQ(state_of(loop), TALARIA_LOOP_DONE);
  uint64_t count = 0;
  CHECK_OK(talaria_tool_loop_copy_messages(loop, &messages, &error));
  CHECK_OK(talaria_messages_get_count(messages, &count, &error));
  CHECK_EQ(count, 4);
  talaria_messages_free(messages);
  talaria_tool_loop_free(loop);
}

static void wrong_arguments_are_named(void) {
  talaria_tools* tools = NULL;
  talaria_tool_parser* parser = NULL;
  talaria_tool_loop* loop = NULL;
  talaria_text* json = NULL;
  talaria_chat_template* by = NULL;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "tools", talaria_tools_parse(TEXT("{}"), &tools, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "null", talaria_tools_parse(TEXT("null"), &tools, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "json", talaria_tools_parse(NULL, 0, &tools, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "json", talaria_tool_parse(TEXT("x"), NULL, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "text", talaria_tool_parse(NULL, 0, NULL, &json, &error));
  talaria_tool_parser_options options = TALARIA_TOOL_PARSER_OPTIONS_INIT;
  options.reasoning = 2;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "reasoning", talaria_tool_parser_create(&options, &parser, &error));
  const char* const tags[] = {"a b"};
  const uint64_t bytes[] = {3};
  options.reasoning = 1;
  options.reasoning_tags = tags;
  options.reasoning_tag_bytes = bytes;
  options.reasoning_tag_count = 1;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "reasoning_tags[0]",
              talaria_tool_parser_create(&options, &parser, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "parser", talaria_tool_parser_feed(NULL, TEXT("x"), &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "chat_template",
              talaria_tool_loop_create(NULL, NULL, NULL, &loop, &error));
  CHECK_OK(talaria_chat_template_create_hermes(NULL, 0, &by, &error));
  talaria_tool_loop_options loop_options = TALARIA_TOOL_LOOP_OPTIONS_INIT;
  loop_options.max_depth = -1;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "max_depth",
              talaria_tool_loop_create(by, NULL, &loop_options, &loop, &error));
  loop_options.max_depth = 0;
  loop_options.results = 3;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "results",
              talaria_tool_loop_create(by, NULL, &loop_options, &loop, &error));
  CHECK(loop == NULL && parser == NULL && tools == NULL && json == NULL);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "loop", talaria_tool_loop_finish(NULL, &error));
  talaria_chat_template_free(by);
  talaria_tools_free(NULL);
  talaria_tool_parser_free(NULL);
  talaria_tool_loop_free(NULL);
}

int main(void) {
  RUN(events_come_as_the_text_does);
  RUN(a_whole_output_is_one_call);
  RUN(problems_have_names);
  RUN(a_loop_leads_through_a_conversation);
  RUN(wrong_arguments_are_named);
  return check_end();
}
