#ifndef TALARIA_TESTS_GRAMMAR_SCHEMA_ACCEPTS_H_
#define TALARIA_TESTS_GRAMMAR_SCHEMA_ACCEPTS_H_

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "lib/base/json.h"
#include "lib/grammar/json_schema.h"
#include "lib/grammar/matcher.h"

namespace talaria::test {

// Whether *text* is in the grammar, byte by byte.
inline bool AcceptsText(const grammar::SchemaGrammar& schema, std::string_view text) {
  if (schema.grammar() == nullptr) return false;
  const auto automaton = grammar::Automaton::Create(schema.grammar(), nullptr);
  REQUIRE_MESSAGE(automaton.ok(), Message(automaton.status()));
  grammar::Matcher matcher(*automaton);
  const StatusOr<bool> read = matcher.AcceptBytes(text);
  REQUIRE_MESSAGE(read.ok(), Message(read.status()));
  if (!*read) return false;
  const StatusOr<bool> complete = matcher.IsComplete();
  REQUIRE_MESSAGE(complete.ok(), Message(complete.status()));
  return *complete;
}

// Whether one of the texts that *value* may have is.
inline bool AcceptsValue(const grammar::SchemaGrammar& schema, const json::Value& value) {
  for (const std::string& text : schema.TextsOf(value)) {
    if (AcceptsText(schema, text)) return true;
  }
  return false;
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_GRAMMAR_SCHEMA_ACCEPTS_H_
