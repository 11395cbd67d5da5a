#include "lib/grammar/json_schema.h"

#include <utility>

#include "lib/grammar/schema/arranger.h"
#include "lib/grammar/schema/emitter.h"
#include "lib/grammar/schema/expander.h"
#include "lib/grammar/schema/scalars.h"
#include "lib/grammar/schema/schema_table.h"

namespace talaria::grammar {

namespace {

struct Written {
  Expr value;
  std::vector<Shape> shapes;
};

StatusOr<Written> WriteSchema(const json::Value& schema, const SchemaGrammarOptions& options,
                              GrammarBuilder* builder) {
  TALARIA_ASSIGN_OR_RETURN(std::shared_ptr<const SchemaDocument> document,
                           SchemaDocument::Create(schema, options.document));
  SchemaTable table(std::move(document));
  Scalars scalars(table, options.assert_formats, builder->regexes());
  Expander expander(&table, &scalars, builder->regexes());
  Emitter emitter(&table, &scalars, &expander, options, builder);
  Demands root;
  table.Demand(SchemaId{0}, &root);
  if (options.objects_only) {
    table.Demand(table.AnyObject(), &root);
    TALARIA_ASSIGN_OR_RETURN(const auto objects, expander.Objects(root));
    if (objects.empty())
      return InvalidArgument("expected a schema that allows an object, found one that allows none");
  }
  TALARIA_ASSIGN_OR_RETURN(const Expr value, emitter.Root(root));
  TALARIA_RETURN_IF_ERROR(builder->status());
  return Written{value, emitter.TakeShapes()};
}

}  // namespace

StatusOr<Expr> AddSchema(const json::Value& schema, const SchemaGrammarOptions& options,
                         GrammarBuilder* builder) {
  TALARIA_ASSIGN_OR_RETURN(const Written written, WriteSchema(schema, options, builder));
  return written.value;
}

SchemaGrammar::SchemaGrammar() = default;
SchemaGrammar::~SchemaGrammar() = default;

StatusOr<std::shared_ptr<const SchemaGrammar>> SchemaGrammar::Create(const json::Value& schema,
                                                                     const SchemaGrammarOptions& options) {
  GrammarBuilder builder;
  TALARIA_ASSIGN_OR_RETURN(Written written, WriteSchema(schema, options, &builder));
  auto made = std::shared_ptr<SchemaGrammar>(new SchemaGrammar);
  made->arranger_ = std::make_unique<const Arranger>(std::move(written.shapes));
  StatusOr<std::shared_ptr<const Grammar>> grammar = builder.Build(written.value);
  if (grammar.ok()) {
    made->grammar_ = *std::move(grammar);
  } else if (grammar.status().code() != StatusCode::kInvalidArgument) {
    return grammar.status();
  }
  // INVALID_ARGUMENT: no finite text. Every rule is defined, and none begins with itself.
  return std::shared_ptr<const SchemaGrammar>(std::move(made));
}

std::vector<std::string> SchemaGrammar::TextsOf(const json::Value& value) const {
  return arranger_->TextsOf(value, 0, kMaxTexts);
}

}  // namespace talaria::grammar
