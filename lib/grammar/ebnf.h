#ifndef TALARIA_LIB_GRAMMAR_EBNF_H_
#define TALARIA_LIB_GRAMMAR_EBNF_H_

#include <memory>
#include <string_view>

#include "lib/grammar/grammar.h"

namespace talaria::grammar {

// A grammar written in a small EBNF, over the characters of a UTF-8 text:
//
//   # a comment, to the end of the line
//   root   ::= "yes" | "no" | list
//   list   ::= item ("," item){0,9}
//   item   ::= [a-z_] [^ ,\n]* | /\d+(\.\d+)?/ | .?
//
// Rules are name ::= alternatives, one after the other; a rule ends where the next begins. Names have
// letters, digits, '_' and '-'. Literals stand in '"' or '\''; escapes there and in classes are \n \r \t
// \\ \" \' \] \^
// \- \/ \xHH \uHHHH \u{H...}. '.' is any character. Behind something: * + ? {n} {n,} {n,m}. Between slashes
// stands a regular expression of the whole text there (see ParsePattern).
//
// *root*: the rule to begin with. INVALID_ARGUMENT, with the line, where it is not that, or as
// GrammarBuilder::Build says; RESOURCE_EXHAUSTED where it is longer or deeper than is sensible.
StatusOr<std::shared_ptr<const Grammar>> ParseEbnf(std::string_view text, std::string_view root);

// The texts that *pattern* matches as a whole (see ParsePattern).
StatusOr<std::shared_ptr<const Grammar>> RegexGrammar(std::string_view pattern);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_EBNF_H_
