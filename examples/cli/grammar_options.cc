#include "grammar_options.h"

#include <utility>

namespace talaria::cli {
namespace {

Result<Grammar> CallGrammar(const Tools& tools, talaria_tool_grammar_options options,
                            const std::string& choice) {
  if (choice == "none") {
    options.choice = TALARIA_TOOL_CHOICE_NONE;
  } else if (choice == "required") {
    options.choice = TALARIA_TOOL_CHOICE_REQUIRED;
  } else if (choice != "auto") {
    options.choice = TALARIA_TOOL_CHOICE_NAMED;
    options.name = choice.data();
    options.name_bytes = choice.size();
  }
  return tools.MakeGrammar(&options);
}

Status AddCalls(const talaria_tool_grammar_options& options, const std::string& choice, Grammars* grammars) {
  const Result<Tools> tools = Tools::Parse(grammars->tools);
  if (!tools.ok()) return tools.status();
  Result<Grammar> first = CallGrammar(*tools, options, choice);
  if (!first.ok()) return first.status();
  // A result asks for words: nobody is made to call for ever.
  Result<Grammar> later = CallGrammar(*tools, options, choice == "none" ? "none" : "auto");
  if (!later.ok()) return later.status();
  grammars->first = *std::move(first);
  grammars->later = *std::move(later);
  return Status();
}

Status AddSchema(uint64_t max_string, Grammars* grammars) {
  talaria_schema_options style = TALARIA_SCHEMA_OPTIONS_INIT;
  style.spacing = TALARIA_SPACING_PYTHON;
  style.max_string_length = max_string;
  style.max_number_digits = max_string;
  Result<Grammar> grammar = Grammar::FromJsonSchema(grammars->schema, &style);
  if (!grammar.ok()) return grammar.status();
  grammars->first = *std::move(grammar);
  return Status();
}

}  // namespace

void GrammarOptions::AddTo(CLI::App* command) {
  command->add_option(
      "--tools", tools_,
      "A file with a JSON array of tools that the model may call. Calls are held to it; chat asks "
      "what each gave, as JSON or any text; an empty line: it was not run.");
  command
      ->add_option("--tool-choice", tool_choice_,
                   "auto, none, required, or a tool's name: whether the first answer calls.")
      ->capture_default_str()
      ->needs("--tools");
  command
      ->add_option("--json-schema", json_schema_,
                   "A file with a JSON Schema: answers are JSON that it allows; chat asks for it in Hermes' "
                   "JSON mode.")
      ->excludes("--tools");
  command->add_option("--max-string", max_string_,
                      "Characters of a string, digits of a number, that no schema bounds; 0: no limit.");
  command->add_flag("--free", free_, "Calls and JSON are asked for, and held to nothing.");
}

Result<Grammars> GrammarOptions::Make(const std::string& template_name) const {
  Grammars made;
  for (auto [file, text] : {std::pair(&tools_, &made.tools), std::pair(&json_schema_, &made.schema)}) {
    if (file->empty()) continue;
    Result<std::string> read = ReadText(*file);
    if (!read.ok()) return read.status();
    *text = *std::move(read);
  }
  if (free_) return made;
  if (!tools_.empty()) {
    talaria_tool_grammar_options options = TALARIA_TOOL_GRAMMAR_OPTIONS_INIT;
    options.max_string_length = max_string_;
    // The model card's prompt shows a call with its arguments first; its planning form does not.
    options.arguments_first = template_name == "card" ? 1 : 0;
    if (Status status = AddCalls(options, tool_choice_, &made); !status.ok()) return status;
  }
  if (!json_schema_.empty()) {
    if (Status status = AddSchema(max_string_, &made); !status.ok()) return status;
  }
  return made;
}

}  // namespace talaria::cli
