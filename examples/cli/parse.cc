// talaria parse: what a model said, taken apart into words and tool calls, a JSON object a line.
#include <memory>

#include "base64.h"
#include "command.h"
#include "json_lines.h"
#include "raw_json.h"

namespace talaria::cli {
namespace {

using nlohmann::ordered_json;

struct ParseOptions {
  bool reasoning = false;
};

// The pieces of a line: "text", "chunks", or "chunks_b64" for bytes that may be cut inside a character.
Result<std::vector<std::string>> PiecesOf(const ordered_json& line) {
  std::vector<std::string> pieces;
  if (line.contains("text") + line.contains("chunks") + line.contains("chunks_b64") != 1)
    return Wrong("expected one of \"text\", \"chunks\" and \"chunks_b64\"");
  const auto text = line.find("text");
  if (text != line.end()) {
    if (!text->is_string()) return Wrong("text: expected a string");
    pieces.push_back(text->get<std::string>());
    return pieces;
  }
  const bool is_encoded = line.contains("chunks_b64");
  const char* const key = is_encoded ? "chunks_b64" : "chunks";
  if (!line[key].is_array()) return Wrong(std::string(key) + ": expected a list of strings");
  for (const ordered_json& chunk : line[key]) {
    if (!chunk.is_string()) return Wrong(std::string(key) + ": expected strings");
    const auto& given = chunk.get_ref<const std::string&>();
    std::optional<std::string> bytes = is_encoded ? DecodeBase64(given) : given;
    if (!bytes) return Wrong("chunks_b64: expected base64");
    pieces.push_back(*std::move(bytes));
  }
  return pieces;
}

// What is said of one line: JSON text, for arguments keep the digits of their numbers.
class Answer {
 public:
  explicit Answer(bool has_tools) : has_tools_(has_tools) {}

  void Add(const ToolEvent& event) {
    const std::string text(event.text, static_cast<size_t>(event.text_bytes));
    if (event.kind == TALARIA_TOOL_EVENT_TEXT) content_ += text;
    if (event.kind == TALARIA_TOOL_EVENT_REASONING) reasoning_ += text;
    if (event.kind == TALARIA_TOOL_EVENT_ERROR) errors_.push_back(talaria_call_problem_name(event.problem));
    if (event.kind != TALARIA_TOOL_EVENT_CALL_END) return;
    ordered_json call = {{"name", std::string(event.name, static_cast<size_t>(event.name_bytes))},
                         {"arguments", ordered_json()}};
    if (event.lenient == 1) call["lenient"] = true;
    if (has_tools_) call["validation"] = talaria_call_problem_name(event.problem);
    calls_.push_back(std::move(call));
    // On one line: line ends in JSON stand between values only.
    std::string& arguments = arguments_.emplace_back(text);
    for (char& c : arguments) {
      if (c == '\n' || c == '\r') c = ' ';
    }
  }

  std::string Text() const {
    std::string out = "{\"content\":" + ordered_json(content_).dump() + ",\"calls\":[";
    for (size_t i = 0; i < calls_.size(); ++i) {
      if (i > 0) out += ',';
      out += "{\"name\":" + calls_[i]["name"].dump() + ",\"arguments\":" + arguments_[i];
      for (const char* const key : {"lenient", "validation"}) {
        if (calls_[i].contains(key)) out += ",\"" + std::string(key) + "\":" + calls_[i][key].dump();
      }
      out += '}';
    }
    return out + "],\"errors\":" + errors_.dump() + ",\"reasoning\":" + ordered_json(reasoning_).dump() + "}";
  }

 private:
  bool has_tools_;
  std::string content_, reasoning_;
  std::vector<ordered_json> calls_;
  std::vector<std::string> arguments_;
  ordered_json errors_ = ordered_json::array();
};

Result<std::string> ParseLine(const ParseOptions& options, const ordered_json& line, std::string_view text) {
  const Result<std::vector<std::string>> pieces = PiecesOf(line);
  if (!pieces.ok()) return pieces.status();
  std::optional<Tools> tools;
  if (line.contains("tools") && !line["tools"].is_null()) {
    Result<Tools> parsed = Tools::Parse(*RawMember(text, "tools"));
    if (!parsed.ok()) return parsed.status();
    tools = *std::move(parsed);
  }
  talaria_tool_parser_options own = TALARIA_TOOL_PARSER_OPTIONS_INIT;
  own.reasoning = options.reasoning ? TALARIA_REASONING_APART : TALARIA_REASONING_AS_TEXT;
  own.tools = tools ? tools->get() : nullptr;
  Result<ToolParser> parser = ToolParser::Create(&own);
  if (!parser.ok()) return parser.status();
  Answer answer(tools.has_value());
  const auto take = [&]() -> Status {
    ToolEvent event;
    while (true) {
      const Result<bool> next = parser->NextEvent(&event);
      if (!next.ok()) return next.status();
      if (!*next) return Status();
      answer.Add(event);
    }
  };
  for (const std::string& piece : *pieces) {
    if (const Status status = parser->Feed(piece); !status.ok()) return status;
    if (const Status status = take(); !status.ok()) return status;
  }
  if (const Status status = parser->Finish(); !status.ok()) return status;
  if (const Status status = take(); !status.ok()) return status;
  return answer.Text();
}

Status Run(const ParseOptions& options) {
  return AnswerLinesAsText(
      [&](const ordered_json& line, std::string_view text) { return ParseLine(options, line, text); });
}

}  // namespace

void AddParse(CLI::App* app, Action* action) {
  const auto options = std::make_shared<ParseOptions>();
  CLI::App* command = app->add_subcommand(
      "parse",
      "Answer each line {\"text\"}, {\"chunks\"} or {\"chunks_b64\"}, with \"tools\" where calls are to be "
      "held "
      "against them, with {\"content\", \"calls\": [{\"name\", \"arguments\", \"lenient\", \"validation\"}], "
      "\"errors\", \"reasoning\"}.");
  command->add_flag("--reasoning", options->reasoning,
                    "What stands in <scratch_pad>, <think> and the like comes apart from the content.");
  command->footer(
      "Example:\n  echo '{\"text\": \"<tool_call>{\\\"name\\\": \\\"f\\\", \\\"arguments\\\": "
      "{}}</tool_call>\"}' | "
      "talaria parse");
  command->callback([options, action] { *action = [options] { return Run(*options); }; });
}

}  // namespace talaria::cli
