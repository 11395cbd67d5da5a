#ifndef TALARIA_LIB_GRAMMAR_JSON_SCHEMA_H_
#define TALARIA_LIB_GRAMMAR_JSON_SCHEMA_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"
#include "lib/grammar/grammar.h"
#include "lib/grammar/json_text.h"
#include "lib/grammar/schema/document.h"

namespace talaria::grammar {

class Arranger;

struct SchemaGrammarOptions {
  SchemaDocument::Options document;
  // Its bounds are for what the schema does not bound.
  JsonStyle style;
  bool assert_formats = false;
  // Declared members in any order, instead of the schema's; those that the schema does not name come last.
  bool any_order = false;
  // Where only integers are allowed, spellings with a fraction of zeros (1.0) too.
  bool integer_fractions = false;
  // Of the values that the schema allows only the objects; INVALID_ARGUMENT where there is none.
  bool objects_only = false;
};

// The texts of SchemaGrammar as a part of a larger grammar. The errors are its.
StatusOr<Expr> AddSchema(const json::Value& schema, const SchemaGrammarOptions& options,
                         GrammarBuilder* builder);

// The JSON texts of the values that a schema allows, as a grammar. Immutable and shareable.
//
// Every value that the schema allows has a text in it (strings with canonical escapes, members in the
// schema's order, then the others; numbers without exponent where anything bounds them), and every text of it
// that repeats no name is a value that the schema allows.
class SchemaGrammar {
 public:
  // UNIMPLEMENTED with "unsupported: KEYWORD ..." (see UnsupportedKeyword), never something looser in its
  // place; INVALID_ARGUMENT for what is no JSON Schema; RESOURCE_EXHAUSTED past the limits.
  static StatusOr<std::shared_ptr<const SchemaGrammar>> Create(const json::Value& schema,
                                                               const SchemaGrammarOptions& options = {});

  // nullptr where the schema allows no value that has an end.
  const std::shared_ptr<const Grammar>& grammar() const { return grammar_; }

  // The texts that *value* may have in the grammar: compact, the members put in order, numbers without
  // exponent. More than one where the schema's alternatives order members differently; at most kMaxTexts of
  // those are tried. Only for JsonSpacing::kCompact.
  static constexpr size_t kMaxTexts = 64;
  std::vector<std::string> TextsOf(const json::Value& value) const;

  ~SchemaGrammar();
  SchemaGrammar(const SchemaGrammar&) = delete;
  SchemaGrammar& operator=(const SchemaGrammar&) = delete;

 private:
  SchemaGrammar();
  std::shared_ptr<const Grammar> grammar_;
  std::unique_ptr<const Arranger> arranger_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_JSON_SCHEMA_H_
