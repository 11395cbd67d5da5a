// talaria tokenize, talaria detokenize: text to ids and back, a JSON object a line.
#include <memory>

#include "base64.h"
#include "command.h"
#include "json_lines.h"

namespace talaria::cli {
namespace {

using nlohmann::ordered_json;

// The text of a line: "text", or "text_b64" for bytes that need not be UTF-8.
Result<std::string> TextOf(const ordered_json& line) {
  const auto text = line.find("text");
  const auto encoded = line.find("text_b64");
  if ((text == line.end()) == (encoded == line.end()))
    return Wrong("expected either \"text\" or \"text_b64\"");
  const ordered_json& given = text != line.end() ? *text : *encoded;
  if (!given.is_string()) return Wrong("text: expected a string");
  if (text != line.end()) return given.get<std::string>();
  std::optional<std::string> bytes = DecodeBase64(given.get_ref<const std::string&>());
  if (!bytes) return Wrong("text_b64: expected base64");
  return *std::move(bytes);
}

Result<ordered_json> Tokenize(const Tokenizer& tokenizer, const ordered_json& line) {
  const Result<std::string> text = TextOf(line);
  if (!text.ok()) return text.status();
  EncodeOptions options;
  const auto allowed = line.find("allowed_special");
  if (allowed == line.end() || allowed->is_null()) {
    // As "none".
  } else if (*allowed == "all") {
    options.special = TALARIA_SPECIAL_ALLOWED;
  } else if (allowed->is_array()) {
    for (const ordered_json& content : *allowed) {
      if (!content.is_string()) return Wrong("allowed_special: expected strings");
      options.allowed.push_back(content.get<std::string>());
    }
  } else if (*allowed != "none") {
    return Wrong("allowed_special: expected \"all\", \"none\" or a list of strings");
  }
  const Result<std::vector<int32_t>> ids = tokenizer.Encode(*text, options);
  if (!ids.ok()) return ids.status();
  return ordered_json{{"ids", *ids}};
}

Result<ordered_json> Detokenize(const Tokenizer& tokenizer, const ordered_json& line) {
  const auto given = line.find("ids");
  if (given == line.end() || !given->is_array()) return Wrong("ids: expected a list of token ids");
  std::vector<int32_t> ids;
  for (const ordered_json& id : *given) {
    if (!id.is_number_integer() || (id.is_number_unsigned() && id.get<uint64_t>() > INT32_MAX) ||
        id < INT32_MIN)
      return Wrong("ids: expected integers");
    ids.push_back(id.get<int32_t>());
  }
  const Result<std::string> bytes = tokenizer.DecodeBytes(ids);
  if (!bytes.ok()) return bytes.status();
  const Result<std::string> text = tokenizer.Decode(ids);
  if (!text.ok()) return text.status();
  return ordered_json{{"text", *text}, {"text_b64", EncodeBase64(*bytes)}};
}

// Answers lines by *answer* over the tokenizer that the options name.
template <typename Answer>
Status Run(const TokenizerOptions& options, Answer answer) {
  Result<Runtime> runtime = Runtime::Create();
  if (!runtime.ok()) return runtime.status();
  Result<Tokenizer> tokenizer = runtime->OpenTokenizer(options.path, options.special);
  if (!tokenizer.ok()) return tokenizer.status();
  return AnswerLines(
      [&](const ordered_json& line, std::string_view /*text*/) { return answer(*tokenizer, line); });
}

template <typename Answer>
void Add(CLI::App* app, Action* action, const char* name, const char* what, const char* footer,
         Answer answer) {
  const auto options = std::make_shared<TokenizerOptions>();
  CLI::App* command = app->add_subcommand(name, what);
  AddTokenizerOptions(command, options.get());
  command->footer(footer);
  command->callback(
      [options, action, answer] { *action = [options, answer] { return Run(*options, answer); }; });
}

}  // namespace

void AddTokenizerOptions(CLI::App* command, TokenizerOptions* options) {
  command
      ->add_option("PATH", options->path,
                   "A checkpoint's folder, a tokenizer.json, or a tiktoken rank file with --special.")
      ->required();
  command->add_option("--special", options->special,
                      "The added tokens of a rank file: a JSON list of {\"id\", \"content\", \"special\"}.");
}

void AddTokenize(CLI::App* app, Action* action) {
  Add(app, action, "tokenize",
      "Answer each line {\"text\" or \"text_b64\", \"allowed_special\": \"all\", \"none\" or [...]} with "
      "{\"ids\"}.",
      "Example:\n  echo '{\"text\": \"Hello\"}' | talaria tokenize model", Tokenize);
}

void AddDetokenize(CLI::App* app, Action* action) {
  Add(app, action, "detokenize", "Answer each line {\"ids\"} with {\"text\", \"text_b64\"}.",
      "Example:\n  echo '{\"ids\": [9906]}' | talaria detokenize model", Detokenize);
}

}  // namespace talaria::cli
