// A conversation with a character in C++: a line of input a turn, its answer streamed. The engine works on a
// thread of its own; a game would rather call Engine::Step once a frame (hello.c).
//
//   chat [MODEL [SYSTEM PROMPT]]
#include <cstdio>
#include <iostream>
#include <string>
#include <talaria/talaria.hpp>
#include <utility>

namespace {

struct Speaker {
  talaria::Session session;
  talaria::ChatTemplate by;  // the chat template that the checkpoint brings
};

talaria::Result<Speaker> Open(const std::string& path) {
  talaria::Result<talaria::Runtime> runtime = talaria::Runtime::Create();
  if (!runtime.ok()) return runtime.status();
  talaria::Result<talaria::Model> model = runtime->OpenModel(path);
  if (!model.ok()) return model.status();
  talaria::Result<talaria::ChatTemplate> by = model->GetChatTemplate();
  if (!by.ok()) return by.status();
  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.own_thread = 1;
  talaria::Result<talaria::Engine> engine = model->CreateEngine(&config);
  if (!engine.ok()) return engine.status();
  talaria::Result<talaria::Session> session = engine->OpenSession();
  if (!session.ok()) return session.status();
  // A session keeps its engine alive, that its model, and that its runtime.
  return Speaker{*std::move(session), *std::move(by)};
}

// Prints the answer to *messages* as it comes, and adds it to them.
talaria::Status Answer(Speaker* speaker, talaria::Messages* messages) {
  talaria_render_options render = TALARIA_RENDER_OPTIONS_INIT;
  render.add_generation_prompt = 1;
  const talaria::Result<talaria::Prompt> prompt = speaker->by.Render(*messages, &render);
  if (!prompt.ok()) return prompt.status();
  // What the session has read already is not read again: only the new turn is.
  if (talaria::Status status = speaker->session.SetPrompt(*prompt); !status.ok()) return status;
  talaria_generate_options options = TALARIA_GENERATE_OPTIONS_INIT;
  options.set =
      TALARIA_SET_TEMPERATURE;  // to 0; without it, what the checkpoint's generation_config.json says
  options.max_tokens = 256;
  if (talaria::Status status = speaker->session.Generate(&options); !status.ok()) return status;
  std::string answer;
  talaria::Event event;
  do {
    const talaria::Result<bool> came = speaker->session.NextEvent(&event, 100000);  // waits 0.1 s at most
    if (!came.ok()) return came.status();
    if (!*came || event.text == nullptr) continue;
    answer.append(event.text, event.text_bytes);
    std::cout.write(event.text, static_cast<std::streamsize>(event.text_bytes)).flush();
  } while (event.kind != TALARIA_EVENT_FINISHED);
  std::cout << std::endl;
  return messages->Add("assistant", answer);
}

talaria::Status Talk(const std::string& path, const std::string& system) {
  talaria::Result<Speaker> speaker = Open(path);
  if (!speaker.ok()) return speaker.status();
  talaria::Result<talaria::Messages> messages = talaria::Messages::Create();
  if (!messages.ok()) return messages.status();
  if (talaria::Status status = messages->Add("system", system); !status.ok()) return status;
  for (std::string line; std::getline(std::cin, line);) {
    if (talaria::Status status = messages->Add("user", line); !status.ok()) return status;
    if (talaria::Status status = Answer(&*speaker, &*messages); !status.ok()) return status;
  }
  return talaria::Status();
}

}  // namespace

int main(int count, char** arguments) {
  const std::string path = count > 1 ? arguments[1] : "examples/pocket/model";
  const std::string system =
      count > 2 ? arguments[2] : "You are Brida, a smith from Oakmoor. Your dog is named Thud.";
  const talaria::Status status = Talk(path, system);
  if (!status.ok()) std::fprintf(stderr, "chat: %s\n", status.text().c_str());
  return status.ok() ? 0 : 1;
}
