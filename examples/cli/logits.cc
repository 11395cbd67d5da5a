// talaria logits: the model's output at chosen positions, as a NumPy file.
#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>

#include "command.h"
#include "npy.h"

namespace talaria::cli {
namespace {

struct LogitsOptions : ModelOptions {
  std::string ids_file;
  std::string out;
  std::string positions = "all";
  int chunk = 0;
  int page_size = 0;
};

// Ascending, each once.
Result<std::vector<uint64_t>> PositionsOf(const std::string& text, uint64_t count) {
  std::vector<uint64_t> positions;
  if (text == "all") {
    for (uint64_t i = 0; i < count; ++i) positions.push_back(i);
    return positions;
  }
  if (text == "last") return std::vector<uint64_t>{count - 1};
  size_t at = 0;
  while (at <= text.size()) {
    const size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view word = std::string_view(text).substr(at, comma - at);
    uint64_t position = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), position);
    if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size() || position >= count) {
      return Status(TALARIA_INVALID_ARGUMENT, "--positions: expected all, last or numbers below " +
                                                  std::to_string(count) + ", found \"" + std::string(word) +
                                                  "\"");
    }
    positions.push_back(position);
    at = comma + 1;
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return positions;
}

Status Logits(const LogitsOptions& options) {
  Result<std::vector<int32_t>> ids = ReadIds(options.ids_file);
  if (!ids.ok()) return ids.status();
  const Result<std::vector<uint64_t>> positions = PositionsOf(options.positions, ids->size());
  if (!positions.ok()) return positions.status();
  Result<Runtime> runtime = MakeRuntime(options);
  if (!runtime.ok()) return runtime.status();
  Result<Model> model = OpenModel(&*runtime, options);
  if (!model.ok()) return model.status();

  talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
  config.max_sessions = 1;
  config.context = static_cast<int64_t>(ids->size());
  config.step_rows = options.chunk;
  config.page_size = options.page_size;
  Result<Engine> engine = model->CreateEngine(&config);
  if (!engine.ok()) return engine.status();
  talaria_session_config session_config = TALARIA_SESSION_CONFIG_INIT;
  session_config.logits_capacity = 16;
  Result<Session> session = engine->OpenSession(&session_config);
  if (!session.ok()) return session.status();

  talaria_append_options append = TALARIA_APPEND_OPTIONS_INIT;
  append.logits = TALARIA_LOGITS_AT;
  append.at = positions->data();
  append.at_count = positions->size();
  if (const Status status = session->Append(*ids, &append); !status.ok()) return status;

  const auto vocabulary = static_cast<uint64_t>(model->Info().vocabulary_size);
  Result<NpyWriter> writer = NpyWriter::Create(options.out, positions->size(), vocabulary);
  if (!writer.ok()) return writer.status();
  for (size_t written = 0; written < positions->size();) {
    const Result<talaria_step_info> step = engine->Step();
    if (!step.ok()) return step.status();
    Event event;
    for (Result<bool> next = session->NextEvent(&event); true; next = session->NextEvent(&event)) {
      if (!next.ok()) return next.status();
      if (!*next) break;
      if (const Status status = writer->Add(event.logits); !status.ok()) return status;
      ++written;
    }
  }
  return writer->Finish();
}

}  // namespace

void AddLogits(CLI::App* app, Action* action) {
  const auto options = std::make_shared<LogitsOptions>();
  CLI::App* command =
      app->add_subcommand("logits", "Write the model's output for given tokens as a NumPy file.");
  AddModelOptions(command, options.get());
  command
      ->add_option("--ids-file", options->ids_file,
                   "Token ids as decimals between white space; - for standard input.")
      ->required();
  command->add_option("--out", options->out, "The .npy file: float32 [positions, vocabulary].")->required();
  command->add_option("--positions", options->positions,
                      "all, last, or numbers with commas; ascending in the file.");
  command->add_option("--chunk", options->chunk, "Most tokens in one forward pass; 0: the library's default.")
      ->check(CLI::Range(0, 65536));
  command
      ->add_option("--page-size", options->page_size,
                   "Positions in a page of the cache; 0: the library's default.")
      ->check(CLI::Range(0, 65536));
  command->footer(
      "Example:\n  echo 1 5 9 | talaria logits model --ids-file - --out logits.npy --positions last");
  command->callback([options, action] { *action = [options] { return Logits(*options); }; });
}

}  // namespace talaria::cli
