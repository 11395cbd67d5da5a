#ifndef TALARIA_CAPI_GRAMMAR_HANDLES_H_
#define TALARIA_CAPI_GRAMMAR_HANDLES_H_

#include <memory>
#include <mutex>
#include <vector>

#include "lib/grammar/automaton.h"
#include "lib/grammar/grammar.h"
#include "lib/grammar/json_schema.h"
#include "lib/grammar/validate.h"
#include "talaria/grammar.h"

// What the handles of grammars hold.
struct talaria_grammar {
  std::shared_ptr<const talaria::grammar::Grammar> object;        // null: no text is in it
  std::shared_ptr<const talaria::grammar::SchemaGrammar> schema;  // null: not from a schema
  bool compact = false;                                           // JSON without white space

  // The grammar at work over *tokens* (null: over bytes alone): one for all generations of all models that
  // share them. INVALID_ARGUMENT where no text is in the grammar.
  talaria::StatusOr<std::shared_ptr<talaria::grammar::Automaton>> AutomatonOver(
      const std::shared_ptr<const talaria::grammar::TokenTable>& tokens) const;

 private:
  // As many are kept while nobody generates by them.
  static constexpr int kIdleAutomata = 4;
  mutable std::mutex automata_mutex_;
  // The last one asked for first.
  mutable std::vector<std::shared_ptr<talaria::grammar::Automaton>> automata_;
};
struct talaria_schema {
  std::shared_ptr<const talaria::grammar::SchemaValidator> object;
};

#endif  // TALARIA_CAPI_GRAMMAR_HANDLES_H_
