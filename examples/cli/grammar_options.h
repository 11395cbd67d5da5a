// What an answer is held to, for commands that generate.
#ifndef TALARIA_EXAMPLES_CLI_GRAMMAR_OPTIONS_H_
#define TALARIA_EXAMPLES_CLI_GRAMMAR_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "command.h"

namespace talaria::cli {

struct Grammars {
  std::string tools, schema;     // the files' texts; "": none was given
  std::optional<Grammar> first;  // of what follows the user's words; none: anything may
  std::optional<Grammar> later;  // of what follows a tool's result
};

class GrammarOptions {
 public:
  void AddTo(CLI::App* command);
  // Reads the files that were named. The tools are asked for by the template of that name.
  Result<Grammars> Make(const std::string& template_name) const;

 private:
  std::string tools_, json_schema_;  // files
  std::string tool_choice_ = "auto";
  uint64_t max_string_ = 0;
  bool free_ = false;
};

}  // namespace talaria::cli

#endif  // TALARIA_EXAMPLES_CLI_GRAMMAR_OPTIONS_H_
