#include "lib/chat/tool_call_grammar.h"

#include <utility>
#include <vector>

#include "lib/grammar/json_schema.h"
#include "lib/grammar/json_text.h"
#include "lib/grammar/structural_tags.h"

namespace talaria::chat {
namespace {

using grammar::Expr;
using grammar::GrammarBuilder;
using grammar::JsonText;

grammar::SchemaGrammarOptions SchemaOptions(const ToolCallGrammarOptions& options) {
  grammar::SchemaGrammarOptions made;
  // As json.dumps writes, and so as calls stand in the prompt.
  made.style.spacing = grammar::JsonSpacing::kSpaced;
  // Arguments are an object, whether their schema says so or not.
  made.objects_only = true;
  if (options.max_string_length > 0) made.style.max_string = options.max_string_length;
  return made;
}

StatusOr<Expr> CallOf(const ToolDefinition& tool, const ToolCallGrammarOptions& options, JsonText* json,
                      GrammarBuilder* builder) {
  const json::Value* parameters = tool.function().Find("parameters");
  Expr arguments = json->AnyObject();
  if (parameters != nullptr && !parameters->is_null()) {
    StatusOr<Expr> written = grammar::AddSchema(*parameters, SchemaOptions(options), builder);
    if (!written.ok()) return Annotate(written.status(), Cat("tool \"", tool.name(), "\""));
    arguments = *written;
  }
  const Expr name = json->Member(json->StringLiteral("name"), json->StringLiteral(tool.name()));
  const Expr given = json->Member(json->StringLiteral("arguments"), arguments);
  const Expr first = options.arguments_first ? given : name;
  const Expr second = options.arguments_first ? name : given;
  return json->Braces(builder->Sequence({first, json->Comma(), second}));
}

}  // namespace

StatusOr<std::shared_ptr<const grammar::Grammar>> ToolCallGrammar(const ToolSet& tools,
                                                                  const ToolCallGrammarOptions& options) {
  GrammarBuilder builder;
  JsonText json(SchemaOptions(options).style, &builder);
  std::vector<Expr> calls;
  for (const ToolDefinition& tool : tools.definitions()) {
    if (options.choice == ToolChoice::kNamed && tool.name() != options.name) continue;
    TALARIA_ASSIGN_OR_RETURN(const Expr call, CallOf(tool, options, &json, &builder));
    calls.push_back(call);
  }
  const bool must = options.choice == ToolChoice::kRequired || options.choice == ToolChoice::kNamed;
  if (must && calls.empty()) {
    return options.choice == ToolChoice::kNamed
               ? InvalidArgument("tool choice: expected the name of a tool, found \"", options.name, "\"")
               : InvalidArgument("tool choice: expected tools to call, found none");
  }
  grammar::StructuralOptions text;
  text.min_tags = must ? 1 : 0;
  text.max_tags = options.choice == ToolChoice::kNone || calls.empty() ? 0
                  : options.parallel                                   ? grammar::kUnbounded
                                                                       : 1;
  if (must) {
    // As it was trained: calls one a line, and then the turn ends.
    text.before = grammar::TextOutside::kNone;
    text.between = grammar::TextOutside::kSpace;
    text.after = grammar::TextOutside::kNone;
  }
  const Expr inside = calls.empty() ? builder.Literal("{}") : builder.Choice(calls);
  const grammar::StructuralTag tag = {
      "<tool_call>", builder.Sequence({builder.Literal("\n"), inside, builder.Literal("\n")}),
      "</tool_call>"};
  TALARIA_ASSIGN_OR_RETURN(const Expr root, grammar::StructuralText({tag}, text, &builder));
  return builder.Build(root);
}

}  // namespace talaria::chat
