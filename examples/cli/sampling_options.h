#ifndef TALARIA_EXAMPLES_CLI_SAMPLING_OPTIONS_H_
#define TALARIA_EXAMPLES_CLI_SAMPLING_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "talaria/talaria.hpp"

namespace talaria::cli {

// How tokens are chosen: what the command line says stands above generation_config.json.
class SamplingOptions {
 public:
  void AddTo(CLI::App* command);
  // What talaria_session_generate takes; points into this object.
  talaria_generate_options Request() const;

 private:
  talaria_generate_options chosen_ = TALARIA_GENERATE_OPTIONS_INIT;
  std::vector<CLI::Option*> options_;
  std::vector<uint64_t> bits_;  // of each option
  std::vector<std::string> stops_, banned_;
  mutable std::vector<const char*> stop_texts_, banned_texts_;
  mutable std::vector<uint64_t> stop_bytes_, banned_bytes_;
};

}  // namespace talaria::cli

#endif  // TALARIA_EXAMPLES_CLI_SAMPLING_OPTIONS_H_
