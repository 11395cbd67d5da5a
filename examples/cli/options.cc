#include <cctype>
#include <charconv>
#include <cstdio>
#include <memory>

#include "command.h"

namespace talaria::cli {
namespace {

// More than 20 million ids; a longer context than any model's.
constexpr size_t kMaxTextBytes = size_t{256} << 20;

}  // namespace

Result<std::string> ReadText(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(nullptr, &std::fclose);
  std::FILE* file = stdin;
  if (path != "-") {
    opened.reset(std::fopen(path.c_str(), "rb"));
    file = opened.get();
    if (file == nullptr) return Status(TALARIA_NOT_FOUND, path + ": cannot be opened");
  }
  std::string text;
  char piece[65536];
  while (const size_t bytes = std::fread(piece, 1, sizeof(piece), file)) {
    if (bytes > kMaxTextBytes - text.size()) {
      return Status(TALARIA_RESOURCE_EXHAUSTED,
                    path + ": expected at most " + std::to_string(kMaxTextBytes) + " bytes, found more");
    }
    text.append(piece, bytes);
  }
  if (std::ferror(file) != 0) return Status(TALARIA_DATA_LOSS, path + ": cannot be read");
  return text;
}

void AddModelOptions(CLI::App* command, ModelOptions* options) {
  command
      ->add_option("MODEL", options->path, "A checkpoint: a folder with config.json and safetensors shards.")
      ->required();
  command->add_option("--backend", options->backend, "What computes; without it, the library's default.");
  command->add_option("-t,--threads", options->threads, "Threads that work on a step; 0: one a core.")
      ->check(CLI::Range(0, 1024));
  command->add_option("--ranks", options->ranks, "Parts the weights are divided into.")
      ->check(CLI::Range(1, 64));
  command->add_option("--memory-ceiling", options->memory_ceiling, "Bytes that may be taken; 0: no ceiling.");
}

Result<Runtime> MakeRuntime(const ModelOptions& options) {
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  config.threads = options.threads;
  config.memory_ceiling_bytes = options.memory_ceiling;
  return Runtime::Create(&config);
}

Result<Model> OpenModel(Runtime* runtime, const ModelOptions& options) {
  talaria_model_config config = TALARIA_MODEL_CONFIG_INIT;
  config.backend = options.backend.data();
  config.backend_bytes = options.backend.size();
  config.ranks = options.ranks;
  return runtime->OpenModel(options.path, &config);
}

Result<std::vector<int32_t>> ReadIds(const std::string& path) {
  Result<std::string> read = ReadText(path);
  if (!read.ok()) return read.status();
  const std::string& text = *read;
  std::vector<int32_t> ids;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    while (at != end && std::isspace(static_cast<unsigned char>(*at)) != 0) ++at;
    if (at == end) break;
    const char* word_end = at;
    while (word_end != end && std::isspace(static_cast<unsigned char>(*word_end)) == 0) ++word_end;
    int32_t id = 0;
    const std::from_chars_result parsed = std::from_chars(at, word_end, id);
    if (parsed.ec != std::errc() || parsed.ptr != word_end) {
      const std::string word(at, std::min<size_t>(static_cast<size_t>(word_end - at), 40));
      return Status(TALARIA_INVALID_ARGUMENT, path + ": id " + std::to_string(ids.size()) +
                                                  ": expected a decimal number, found \"" + word + "\"");
    }
    ids.push_back(id);
    at = word_end;
  }
  if (ids.empty()) return Status(TALARIA_INVALID_ARGUMENT, path + ": expected token ids, found none");
  return ids;
}

}  // namespace talaria::cli
