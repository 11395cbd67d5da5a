#ifndef TALARIA_EXAMPLES_CLI_COMMAND_H_
#define TALARIA_EXAMPLES_CLI_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "talaria/talaria.hpp"

namespace talaria::cli {

// What the command line chose; the chosen one of the commands is run by main once all is parsed.
using Action = std::function<Status()>;

// Options that every command which opens a model has.
struct ModelOptions {
  std::string path;
  std::string backend;
  int threads = 0;
  int ranks = 1;
  uint64_t memory_ceiling = 0;
};
void AddModelOptions(CLI::App* command, ModelOptions* options);

// Where a tokenizer is: options of every command about text.
struct TokenizerOptions {
  std::string path;
  std::string special;
};
void AddTokenizerOptions(CLI::App* command, TokenizerOptions* options);

// What the user gave that cannot be taken.
inline Status Wrong(const std::string& message) { return Status(TALARIA_INVALID_ARGUMENT, message); }

Result<Runtime> MakeRuntime(const ModelOptions& options);
Result<Model> OpenModel(Runtime* runtime, const ModelOptions& options);

// The text of a file or, for "-", of standard input.
Result<std::string> ReadText(const std::string& path);

// Token ids, as decimals between white space, from a file or, for "-", standard input. INVALID_ARGUMENT
// naming the file and what is no id.
Result<std::vector<int32_t>> ReadIds(const std::string& path);

// What `talaria inspect` prints of talaria_model_describe's JSON.
std::string DescriptionText(const std::string& json);

// Commands: each adds itself to *app* and sets *action when it is chosen.
void AddInspect(CLI::App* app, Action* action);
void AddLogits(CLI::App* app, Action* action);
void AddGenerate(CLI::App* app, Action* action);
void AddBench(CLI::App* app, Action* action);
void AddTokenize(CLI::App* app, Action* action);
void AddDetokenize(CLI::App* app, Action* action);
void AddRender(CLI::App* app, Action* action);
void AddChat(CLI::App* app, Action* action);
void AddSchema(CLI::App* app, Action* action);
void AddParse(CLI::App* app, Action* action);

}  // namespace talaria::cli

#endif  // TALARIA_EXAMPLES_CLI_COMMAND_H_
