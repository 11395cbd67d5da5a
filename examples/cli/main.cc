// The talaria command. Exit status 0: done; 1: an error, one line on standard error; 2: usage.
#include <cstdio>
#include <exception>
#include <string>

#include "command.h"

namespace {

constexpr int kDone = 0;
constexpr int kError = 1;
constexpr int kUsage = 2;

// CLI11's message on one line.
std::string OneLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

// The command itself. What the standard library throws (no memory left, say) is an error like any other.
int Run(const talaria::cli::Action& action) {
  try {
    const talaria::Status status = action();
    if (!status.ok()) {
      std::fprintf(stderr, "talaria: %s\n", OneLine(status.text()).c_str());
      return kError;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "talaria: %s\n", OneLine(error.what()).c_str());
    return kError;
  }
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "talaria: DATA_LOSS: standard output could not be written\n");
    return kError;
  }
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs Hermes 3 and other Llama 3.1 checkpoints.", "talaria");
  app.set_version_flag("--version", std::string("talaria ") + talaria_version_text());
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);

  talaria::cli::Action action;
  talaria::cli::AddInspect(&app, &action);
  talaria::cli::AddLogits(&app, &action);
  talaria::cli::AddGenerate(&app, &action);
  talaria::cli::AddBench(&app, &action);
  talaria::cli::AddTokenize(&app, &action);
  talaria::cli::AddDetokenize(&app, &action);
  talaria::cli::AddRender(&app, &action);
  talaria::cli::AddChat(&app, &action);
  talaria::cli::AddSchema(&app, &action);

  std::string topic;
  CLI::App* help = app.add_subcommand("help", "Explain a command, with an example.");
  help->add_option("COMMAND", topic, "Which one; without it, all.");

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return kDone;
  } catch (const CLI::CallForVersion& version) {
    std::printf("%s\n", version.what());
    return kDone;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "talaria: %s (see: talaria help)\n", OneLine(error.what()).c_str());
    return kUsage;
  }
  if (help->parsed()) {
    const CLI::App* about = topic.empty() ? &app : nullptr;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App* /*any*/) { return true; })) {
      if (command->get_name() == topic) about = command;
    }
    if (about == nullptr) {
      std::fprintf(stderr, "talaria: no command \"%s\" (see: talaria help)\n", topic.c_str());
      return kUsage;
    }
    std::fputs(about->help().c_str(), stdout);
    return kDone;
  }
  return Run(action);
}
