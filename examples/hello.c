/* Opens a checkpoint, continues the tokens "1 5 9" and prints what follows: talaria in forty lines of C. */
#include <stdio.h>
#include <string.h>
#include <talaria/talaria.h>

int main(int argc, char** argv) {
  const char* path = argc > 1 ? argv[1] : "tests/golden/tiny_kv4";
  const int32_t prompt[] = {1, 5, 9};
  talaria_runtime* runtime = NULL;
  talaria_model* model = NULL;
  talaria_engine* engine = NULL;
  talaria_session* session = NULL;
  talaria_error* error = NULL;
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  options.set = TALARIA_SET_TEMPERATURE; /* to 0: the most likely token, always */
  options.max_tokens = 16;

  int32_t status = talaria_runtime_create(NULL, &runtime, &error);
  if (status == TALARIA_OK) status = talaria_model_open(runtime, path, strlen(path), NULL, &model, &error);
  if (status == TALARIA_OK) status = talaria_engine_create(model, NULL, &engine, &error);
  if (status == TALARIA_OK) status = talaria_session_create(engine, NULL, &session, &error);
  if (status == TALARIA_OK) status = talaria_session_append_tokens(session, prompt, 3, NULL, &error);
  if (status == TALARIA_OK) status = talaria_session_generate(session, &options, &error);

  int finished = 0;
  while (status == TALARIA_OK && !finished) {
    /* A game would do this once a frame: about 3 ms of work, never much more. */
    status = talaria_engine_step(engine, 3000, NULL, &error);
    talaria_event event = TALARIA_EVENT_INIT;
    while (status == TALARIA_OK && talaria_session_next_event(session, 0, &event, &error) == TALARIA_OK) {
      if (event.kind == TALARIA_EVENT_TOKEN) printf("%d ", (int)event.token);
      if (event.kind == TALARIA_EVENT_FINISHED) finished = 1;
    }
  }
  printf("\n");
  if (status != TALARIA_OK) fprintf(stderr, "hello: %s\n", talaria_error_message(error, NULL));
  talaria_error_free(error);
  talaria_session_free(session);
  talaria_engine_free(engine);
  talaria_model_free(model);
  talaria_runtime_free(runtime);
  return status == TALARIA_OK ? 0 : 1;
}
