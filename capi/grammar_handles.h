#ifndef TALARIA_CAPI_GRAMMAR_HANDLES_H_
#define TALARIA_CAPI_GRAMMAR_HANDLES_H_

#include <memory>

#include "lib/grammar/grammar.h"
#include "lib/grammar/json_schema.h"
#include "lib/grammar/validate.h"
#include "talaria/grammar.h"

// What the handles of grammars hold.
struct talaria_grammar {
  std::shared_ptr<const talaria::grammar::Grammar> object;       // null: no text is in it
  std::shared_ptr<const talaria::grammar::SchemaGrammar> schema;  // null: not from a schema
  bool compact = false;                                           // JSON without white space
};
struct talaria_schema {
  std::shared_ptr<const talaria::grammar::SchemaValidator> object;
};

#endif  // TALARIA_CAPI_GRAMMAR_HANDLES_H_
