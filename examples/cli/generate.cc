// talaria generate: continue given tokens.
#include <cstdio>
#include <memory>
#include <optional>

#include "command.h"
#include "grammar_options.h"

namespace talaria::cli {
namespace {

struct GenerateOptions : ModelOptions {
  std::string ids_file;
  int64_t count = 16;
  bool greedy = false;
  bool stop = false;
  std::string print = "ids";
  GrammarOptions held_to;
  std::optional<float> temperature;
  uint64_t seed = 0;
};

Status Generate(const GenerateOptions& options) {
  Result<std::vector<int32_t>> ids = ReadIds(options.ids_file);
  if (!ids.ok()) return ids.status();
  const Result<Grammars> grammars = options.held_to.Make("");
  if (!grammars.ok()) return grammars.status();
  Result<Runtime> runtime = MakeRuntime(options);
  if (!runtime.ok()) return runtime.status();
  Result<Model> model = OpenModel(&*runtime, options);
  if (!model.ok()) return model.status();

  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.max_sessions = 1;
  config.context = static_cast<int64_t>(ids->size()) + options.count;
  Result<Engine> engine = model->CreateEngine(&config);
  if (!engine.ok()) return engine.status();
  Result<Session> session = engine->OpenSession();
  if (!session.ok()) return session.status();
  if (const Status status = session->Append(*ids); !status.ok()) return status;

  talaria_generate_options generate = TALARIA_GENERATE_OPTIONS_INIT;
  generate.seed = options.seed;
  if (options.temperature.has_value()) {
    generate.set = TALARIA_SET_TEMPERATURE;
    generate.temperature = *options.temperature;
  }
  generate.max_tokens = options.count;
  generate.ignore_model_stops = options.stop ? 0 : 1;
  if (options.greedy) {
    generate.set = TALARIA_SET_TEMPERATURE;
    generate.temperature = 0;
  }
  if (grammars->first.has_value()) generate.grammar = grammars->first->get();
  if (const Status status = session->Generate(&generate); !status.ok()) return status;

  const bool prints_text = options.print == "text";
  const char* separator = "";
  while (true) {
    const Result<talaria_step_info> step = engine->Step();
    if (!step.ok()) return step.status();
    Event event;
    for (Result<bool> next = session->NextEvent(&event); true; next = session->NextEvent(&event)) {
      if (!next.ok()) return next.status();
      if (!*next) break;
      if (prints_text && event.text != nullptr) {
        std::fwrite(event.text, 1, static_cast<size_t>(event.text_bytes), stdout);
      }
      if (event.kind == TALARIA_EVENT_FINISHED) {
        std::printf("\n");
        return session->Failure();
      }
      if (prints_text) continue;
      std::printf("%s%d", separator, event.token);
      separator = " ";
    }
  }
}

}  // namespace

void AddGenerate(CLI::App* app, Action* action) {
  const auto options = std::make_shared<GenerateOptions>();
  CLI::App* command = app->add_subcommand("generate", "Continue given tokens.");
  AddModelOptions(command, options.get());
  command
      ->add_option("--ids-file", options->ids_file,
                   "Token ids as decimals between white space; - for standard input.")
      ->required();
  command->add_option("-n,--count", options->count, "How many tokens to generate.")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30));
  command->add_flag("--greedy", options->greedy,
                    "Always the most likely token; without it, what generation_config.json says.");
  command->add_flag("--stop", options->stop,
                    "End at the model's stop tokens; without it, all -n tokens are generated.");
  options->held_to.AddTo(command);
  command->add_option("--temperature", options->temperature, "0: always the most likely token.");
  command->add_option("--seed", options->seed, "Of the random numbers.");
  command->add_option("--print", options->print, "What to print.")->check(CLI::IsMember({"ids", "text"}));
  command->footer("Example:\n  echo 1 5 9 | talaria generate model --ids-file - -n 24 --greedy --print ids");
  command->callback([options, action] { *action = [options] { return Generate(*options); }; });
}

}  // namespace talaria::cli
