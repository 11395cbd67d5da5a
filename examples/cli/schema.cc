// talaria schema: what JSON Schemas allow, a JSON object a line.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "json_lines.h"
#include "raw_json.h"

namespace talaria::cli {
namespace {

using nlohmann::ordered_json;

struct SchemaOptions {
  bool check = false;
  bool assert_formats = false;
};

// "draft": 7, "7", "draft7", "2020-12", "draft2020-12"; none: 2020-12.
Result<int32_t> DraftOf(const ordered_json& line) {
  const auto found = line.find("draft");
  if (found == line.end() || found->is_null()) return TALARIA_DRAFT_2020_12;
  std::string name = found->is_string() ? found->get<std::string>() : found->dump();
  if (name.rfind("draft", 0) == 0) name.erase(0, 5);
  if (name.rfind('-', 0) == 0) name.erase(0, 1);
  if (name == "7" || name == "07") return TALARIA_DRAFT_7;
  if (name == "2020-12") return TALARIA_DRAFT_2020_12;
  return Wrong("draft: expected 7 or \"2020-12\", found " + found->dump());
}

// The texts of the items of an array, as they stand.
std::vector<std::string_view> RawItems(std::string_view array) {
  std::vector<std::string_view> items;
  size_t begin = array.find('[') + 1;
  int depth = 0;
  bool in_string = false;
  for (size_t i = begin; i < array.size(); ++i) {
    const char c = array[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (depth > 0 && (c == ']' || c == '}')) {
      --depth;
    } else if (depth == 0 && (c == ',' || c == ']')) {
      const std::string_view item = array.substr(begin, i - begin);
      if (item.find_first_not_of(" \t\r\n") != std::string_view::npos) items.push_back(item);
      begin = i + 1;
      if (c == ']') break;
    }
  }
  return items;
}

// Each instance by walking the grammar, or by the check of values.
Result<ordered_json> Accepted(const Grammar& grammar, const std::vector<std::string_view>& instances) {
  ordered_json accepts = ordered_json::array();
  for (const std::string_view instance : instances) {
    const Result<bool> accepted = grammar.AcceptsValue(instance);
    if (!accepted.ok()) return accepted.status();
    accepts.push_back(*accepted);
  }
  return ordered_json{{"accepts", std::move(accepts)}};
}

Result<ordered_json> Checked(std::string_view text, const talaria_schema_options& options,
                             const std::vector<std::string_view>& instances) {
  const Result<Schema> schema = Schema::Create(text, &options);
  if (!schema.ok()) return schema.status();
  ordered_json accepts = ordered_json::array();
  ordered_json violations = ordered_json::array();
  for (const std::string_view instance : instances) {
    const Result<std::string> found = schema->Violations(instance);
    if (!found.ok()) return found.status();
    violations.push_back(ordered_json::parse(*found, nullptr, false));
    accepts.push_back(violations.back().empty());
  }
  return ordered_json{{"accepts", std::move(accepts)}, {"violations", std::move(violations)}};
}

Result<ordered_json> AnswerOne(const SchemaOptions& chosen, const ordered_json& line, std::string_view text) {
  const std::optional<std::string_view> schema = RawMember(text, "schema");
  if (!schema) return Wrong("schema: expected a JSON Schema, found none");
  std::vector<std::string_view> instances;
  if (const auto given = line.find("instances"); given != line.end()) {
    if (!given->is_array()) return Wrong("instances: expected an array");
    instances = RawItems(*RawMember(text, "instances"));
  }
  talaria_schema_options options = TALARIA_SCHEMA_OPTIONS_INIT;
  const Result<int32_t> draft = DraftOf(line);
  if (!draft.ok()) return draft.status();
  options.draft = *draft;
  options.assert_formats = chosen.assert_formats ? 1 : 0;
  // Instances may be spelled as they like.
  options.integer_fractions = 1;
  if (chosen.check) return Checked(*schema, options, instances);
  std::string unsupported;
  const Result<Grammar> grammar = Grammar::FromJsonSchema(*schema, &options, &unsupported);
  if (grammar.ok()) return Accepted(*grammar, instances);
  // Too large to compile is a refusal too.
  if (unsupported.empty() && grammar.status().code() == TALARIA_RESOURCE_EXHAUSTED) unsupported = "limit";
  if (!unsupported.empty()) {
    return ordered_json{{"unsupported", unsupported}, {"message", grammar.status().message()}};
  }
  return grammar.status();
}

Status Run(const SchemaOptions& options) {
  return AnswerLines(
      [&](const ordered_json& line, std::string_view text) { return AnswerOne(options, line, text); });
}

}  // namespace

void AddSchema(CLI::App* app, Action* action) {
  const auto options = std::make_shared<SchemaOptions>();
  CLI::App* command =
      app->add_subcommand("schema",
                          "Answer each line {\"schema\", \"instances\", \"draft\"} with {\"accepts\": "
                          "[true|false...]}: whether the "
                          "schema's grammar holds the compact text of each instance, its members put in "
                          "order (declared ones in the "
                          "schema's, then the rest); or with {\"unsupported\": \"keyword\", \"message\"}.");
  command->add_flag("--check", options->check,
                    "Check the values themselves, and say why not: {\"accepts\", \"violations\"}.");
  command->add_flag("--assert-formats", options->assert_formats, "Let \"format\" assert what it says.");
  command->footer(
      "Example:\n  echo '{\"schema\": {\"type\": \"integer\"}, \"instances\": [1, \"a\"]}' | talaria schema");
  command->callback([options, action] { *action = [options] { return Run(*options); }; });
}

}  // namespace talaria::cli
