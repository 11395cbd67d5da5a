/* A conversation with a character that calls a tool, by hand over the C interface:
 *   tool_call MODEL
 * for a small model that plays a character (examples/pocket/model), streamed as it comes. The loop that any
 * host has: render the conversation, let the model go on, and where it calls a tool, run it and go on with
 * the result. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talaria/talaria.h>

static const char kPersona[] =
    "You are Brida, an innkeeper from Oakmoor. Your dog is named Thud. A bed costs 12 gold.";
static const char kTools[] =
    "[{\"type\": \"function\", \"function\": {\"name\": \"book_room\", \"description\": \"Give a guest a "
    "room.\", "
    "\"parameters\": {\"type\": \"object\", \"properties\": {\"guest\": {\"type\": \"string\"}, \"nights\": "
    "{\"type\": \"integer\"}}, \"required\": [\"guest\", \"nights\"]}}}]";
static const char* const kLines[] = {"Good evening!", "How much is a bed?",
                                     "Please book a room for Mira for 3 nights."};

typedef struct host {
  talaria_runtime* runtime;
  talaria_model* model;
  talaria_chat_template* chat_template;
  talaria_engine* engine;
  talaria_session* session;
  talaria_messages* messages;
} host;

enum { ANSWER_BYTES = 8192 };

/* Says why a call failed and ends the program: its choice, never the library's. */
static void check(int32_t status, talaria_error* error) {
  if (status == TALARIA_OK) return;
  fprintf(stderr, "%s: %s\n", talaria_status_name(status), talaria_error_message(error, NULL));
  talaria_error_free(error);
  exit(1);
}

/* What the assistant says next, printed as it comes. */
static void answer(host* all, char* text) {
  talaria_error* error = NULL;
  talaria_prompt* prompt = NULL;
  talaria_render_options render = TALARIA_RENDER_OPTIONS_INIT;
  render.add_generation_prompt = 1;
  render.tools = kTools;
  render.tools_bytes = sizeof(kTools) - 1;
  check(talaria_chat_template_render(all->chat_template, all->messages, &render, &prompt, &error), error);
  /* Only what is new since the last turn is processed. */
  check(talaria_session_set_prompt(all->session, prompt, NULL, &error), error);
  talaria_prompt_free(prompt);
  talaria_generate_options generate = TALARIA_GENERATE_OPTIONS_INIT;
  generate.max_tokens = 200;
  generate.set = TALARIA_SET_TEMPERATURE; /* 0: the likeliest token each time */
  check(talaria_session_generate(all->session, &generate, &error), error);

  size_t used = 0;
  text[0] = '\0';
  printf("assistant  ");
  for (int finished = 0; !finished;) {
    /* A game gives it 3 ms a frame, and draws. */
    check(talaria_engine_step(all->engine, 3000, NULL, &error), error);
    talaria_event event = TALARIA_EVENT_INIT;
    int32_t status = TALARIA_OK;
    while ((status = talaria_session_next_event(all->session, 0, &event, &error)) == TALARIA_OK) {
      if (event.text != NULL && event.text_bytes < ANSWER_BYTES - used) {
        memcpy(text + used, event.text, (size_t)event.text_bytes + 1);
        used += (size_t)event.text_bytes;
        fputs(event.text, stdout);
        fflush(stdout);
      }
      finished = event.kind == TALARIA_EVENT_FINISHED;
    }
    if (status != TALARIA_NOT_READY) check(status, error);
  }
  printf("\n");
}

/* The JSON object that begins at *text: its length, or 0 where it has no end. Braces in strings do not count.
 */
static size_t object_length(const char* text) {
  int depth = 0, quoted = 0;
  for (size_t i = 0; text[i] != '\0'; ++i) {
    if (quoted) {
      if (text[i] == '\\' && text[i + 1] != '\0') {
        ++i;
      } else if (text[i] == '"') {
        quoted = 0;
      }
    } else if (text[i] == '"') {
      quoted = 1;
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return 0;
}

/* Finds the call in an answer: <tool_call>\n{"name": "...", "arguments": {...}}\n</tool_call>. */
static int find_call(const char* text, const char** name, size_t* name_bytes, const char** arguments,
                     size_t* arguments_bytes) {
  static const char kName[] = "{\"name\": \"", kArguments[] = "\"arguments\": {";
  const char* call = strstr(text, "<tool_call>");
  const char* named = call == NULL ? NULL : strstr(call, kName);
  const char* given = named == NULL ? NULL : strstr(named, kArguments);
  if (given == NULL) return 0;
  *name = named + sizeof(kName) - 1;
  *name_bytes = strcspn(*name, "\"");
  *arguments = given + sizeof(kArguments) - 2;
  *arguments_bytes = object_length(*arguments);
  return *arguments_bytes > 0;
}

/* The inn's book: what the host does when the model calls. */
static const char* book_room(const char* arguments, size_t bytes) {
  printf("     game  runs book_room(%.*s)\n", (int)bytes, arguments);
  return "{\"room\": 7}";
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: tool_call MODEL\n");
    return 2;
  }
  host all;
  memset(&all, 0, sizeof(all));
  talaria_error* error = NULL;
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.max_sessions = 1;
  check(talaria_runtime_create(NULL, &all.runtime, &error), error);
  check(talaria_model_open(all.runtime, argv[1], strlen(argv[1]), NULL, &all.model, &error), error);
  check(talaria_model_get_chat_template(all.model, &all.chat_template, &error), error);
  check(talaria_engine_create(all.model, &config, &all.engine, &error), error);
  check(talaria_session_create(all.engine, NULL, &all.session, &error), error);
  check(talaria_messages_create(&all.messages, &error), error);
  check(talaria_messages_add(all.messages, "system", 6, kPersona, sizeof(kPersona) - 1, &error), error);
  printf("   system  %s\n", kPersona);

  char text[ANSWER_BYTES];
  for (size_t i = 0; i < sizeof(kLines) / sizeof(kLines[0]); ++i) {
    printf("     user  %s\n", kLines[i]);
    check(talaria_messages_add(all.messages, "user", 4, kLines[i], strlen(kLines[i]), &error), error);
    answer(&all, text);
    const char *name = NULL, *arguments = NULL;
    size_t name_bytes = 0, arguments_bytes = 0;
    /* A model may call again and again; a host says when that is enough. */
    for (int calls = 0; calls < 3 && find_call(text, &name, &name_bytes, &arguments, &arguments_bytes);
         ++calls) {
      check(talaria_messages_add(all.messages, "assistant", 9, NULL, 0, &error), error);
      check(talaria_messages_add_tool_call(all.messages, NULL, 0, name, name_bytes, arguments,
                                           arguments_bytes, &error),
            error);
      const int known = name_bytes == 9 && strncmp(name, "book_room", 9) == 0;
      const char* result =
          known ? book_room(arguments, arguments_bytes) : "{\"error\": \"there is no such tool\"}";
      check(talaria_messages_add(all.messages, "tool", 4, result, strlen(result), &error), error);
      printf("     tool  %s\n", result);
      answer(&all, text);
    }
    check(talaria_messages_add(all.messages, "assistant", 9, text, strlen(text), &error), error);
  }

  talaria_usage usage = TALARIA_USAGE_INIT;
  check(talaria_session_get_usage(all.session, &usage, &error), error);
  printf("(%" PRId64 " tokens read, %" PRId64 " kept from turn to turn, %" PRId64 " written)\n",
         usage.prompt_tokens, usage.reused_tokens, usage.generated_tokens);
  talaria_messages_free(all.messages);
  talaria_session_free(all.session);
  talaria_engine_free(all.engine);
  talaria_chat_template_free(all.chat_template);
  talaria_model_free(all.model);
  talaria_runtime_free(all.runtime);
  return 0;
}
