// talaria render: conversations to prompts, a JSON object a line.
#include <ctime>
#include <memory>

#include "command.h"
#include "json_lines.h"
#include "raw_json.h"

namespace talaria::cli {
namespace {

using nlohmann::ordered_json;

struct RenderOptions {
  TokenizerOptions tokenizer;
  std::string source = "native";
  bool plain = false;
};

// A member that is true, false, null or absent.
Result<bool> Flag(const ordered_json& line, const char* key) {
  const auto found = line.find(key);
  if (found == line.end() || found->is_null()) return false;
  if (!found->is_boolean()) return Wrong(std::string(key) + ": expected true or false");
  return found->get<bool>();
}

// The text of a member, as it stands; nothing where it is null or absent.
std::optional<std::string_view> Given(const ordered_json& line, std::string_view text, const char* key) {
  const auto found = line.find(key);
  if (found == line.end() || found->is_null()) return std::nullopt;
  return RawMember(text, key);
}

ordered_json SpansOf(const std::vector<talaria_span>& spans, int32_t mark) {
  ordered_json list = ordered_json::array();
  for (const talaria_span& span : spans) {
    if (span.mark == mark) list.push_back({span.begin, span.end});
  }
  return list;
}

// The moment that a template may ask for: now, as transformers gives it.
void SetNow(talaria_render_options* options) {
  const std::time_t moment = std::time(nullptr);
  const std::tm* const local = std::localtime(&moment);
  if (local == nullptr) return;
  options->set |= TALARIA_SET_NOW;
  options->year = local->tm_year + 1900;
  options->month = local->tm_mon + 1;
  options->day = local->tm_mday;
  options->hour = local->tm_hour;
  options->minute = local->tm_min;
  options->second = local->tm_sec;
}

class Renderer {
 public:
  static Result<Renderer> Open(const RenderOptions& options) {
    Result<Runtime> runtime = Runtime::Create();
    if (!runtime.ok()) return runtime.status();
    Result<Tokenizer> tokenizer = runtime->OpenTokenizer(options.tokenizer.path, options.tokenizer.special);
    if (!tokenizer.ok()) return tokenizer.status();
    Result<ChatTemplate> by = options.source == "native" ? ChatTemplate::Hermes(tokenizer->Bos())
                                                         : runtime->OpenChatTemplate(options.tokenizer.path);
    if (!by.ok()) return by.status();
    return Renderer(*std::move(tokenizer), *std::move(by), options.plain);
  }

  Result<ordered_json> Answer(const ordered_json& line, std::string_view text) const {
    const std::optional<std::string_view> json = Given(line, text, "messages");
    if (!json) return Wrong("messages: expected a list of messages, found none");
    const Result<Messages> messages = Messages::Parse(*json);
    if (!messages.ok()) return messages.status();
    talaria_render_options options = TALARIA_RENDER_OPTIONS_INIT;
    for (const auto& [key, field] :
         {std::pair{"add_generation_prompt", &talaria_render_options::add_generation_prompt},
          std::pair{"continue_final_message", &talaria_render_options::continue_final_message},
          std::pair{"plain", &talaria_render_options::plain}}) {
      const Result<bool> flag = Flag(line, key);
      if (!flag.ok()) return flag.status();
      options.*field = *flag ? 1 : 0;
    }
    if (plain_) options.plain = 1;
    SetNow(&options);
    const auto name = line.find("template");
    if (name != line.end() && name->is_string()) {
      const auto& given = name->get_ref<const std::string&>();
      options.name = given.data();
      options.name_bytes = given.size();
    } else if (name != line.end() && !name->is_null()) {
      return Wrong("template: expected a name");
    }
    if (const std::optional<std::string_view> tools = Given(line, text, "tools")) {
      options.tools = tools->data();
      options.tools_bytes = tools->size();
    }
    if (const std::optional<std::string_view> variables = Given(line, text, "variables")) {
      options.variables = variables->data();
      options.variables_bytes = variables->size();
    }
    const Result<Prompt> prompt = template_.Render(*messages, &options);
    if (!prompt.ok()) return prompt.status();
    const Result<std::vector<int32_t>> ids = tokenizer_.Encode(*prompt);
    if (!ids.ok()) return ids.status();
    const std::vector<talaria_span> spans = prompt->Spans();
    return ordered_json{{"text", prompt->text()},
                        {"ids", *ids},
                        {"literal_spans", SpansOf(spans, TALARIA_MARK_LITERAL)},
                        {"assistant_spans", SpansOf(spans, TALARIA_MARK_ASSISTANT)}};
  }

 private:
  Renderer(Tokenizer tokenizer, ChatTemplate by, bool plain)
      : tokenizer_(std::move(tokenizer)), template_(std::move(by)), plain_(plain) {}

  Tokenizer tokenizer_;
  ChatTemplate template_;
  bool plain_;
};

Status Run(const RenderOptions& options) {
  const Result<Renderer> renderer = Renderer::Open(options);
  if (!renderer.ok()) return renderer.status();
  return AnswerLines(
      [&](const ordered_json& line, std::string_view text) { return renderer->Answer(line, text); });
}

}  // namespace

void AddRender(CLI::App* app, Action* action) {
  const auto options = std::make_shared<RenderOptions>();
  CLI::App* command = app->add_subcommand(
      "render",
      "Answer each line {\"messages\", \"tools\", \"add_generation_prompt\", \"continue_final_message\", "
      "\"template\", \"variables\", \"plain\"} with {\"text\", \"ids\", \"literal_spans\", "
      "\"assistant_spans\"}: spans "
      "are "
      "[begin, end) in bytes of the text.");
  AddTokenizerOptions(command, &options->tokenizer);
  command
      ->add_option("--template", options->source,
                   "native: Hermes' templates (default, tool_use, card, planning); checkpoint: those that "
                   "PATH brings.")
      ->check(CLI::IsMember({"native", "checkpoint"}))
      ->capture_default_str();
  command->add_flag("--plain", options->plain,
                    "Encode as Hugging Face does: a user's words may become control tokens.");
  command->footer(
      "Example:\n  echo '{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}' | "
      "talaria render model --template native");
  command->callback([options, action] { *action = [options] { return Run(*options); }; });
}

}  // namespace talaria::cli
