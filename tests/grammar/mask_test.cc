// Every mask is held, bit for bit, against a matcher that tries token after token.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "lib/grammar/json_text.h"
#include "lib/grammar/matcher.h"
#include "tests/grammar/plain_matcher.h"
#include "tests/grammar/random_grammar.h"

namespace {

using namespace talaria::grammar;
using talaria::grammar::test::PlainMatcher;

bool Allowed(const std::vector<uint32_t>& mask, size_t id) { return (mask[id / 32] >> (id % 32) & 1) != 0; }

// Walks through a grammar at random; gives how many masks were compared.
size_t Compare(const std::shared_ptr<const Grammar>& grammar, const std::shared_ptr<const TokenTable>& tokens,
               size_t steps, std::mt19937* random) {
  auto automaton = Automaton::Create(grammar, tokens);
  REQUIRE(automaton.ok());
  Matcher matcher(*automaton);
  PlainMatcher plain(grammar);
  std::vector<uint32_t> mask(tokens->mask_words());
  for (size_t step = 0; step < steps; ++step) {
    REQUIRE(matcher.FillMask(absl::MakeSpan(mask)).ok());
    std::vector<int32_t> allowed;
    for (size_t id = 0; id < tokens->size(); ++id) {
      const std::string_view text = tokens->TextOf(static_cast<int32_t>(id));
      bool expected = false;
      if (tokens->IsStop(static_cast<int32_t>(id))) {
        expected = plain.Complete();
      } else if (!text.empty()) {
        PlainMatcher copy = plain;
        expected = copy.Accept(text);
        if (expected) allowed.push_back(static_cast<int32_t>(id));
      }
      if (expected != Allowed(mask, id)) {
        FAIL("token ", id, " after ", std::string(matcher.text()), ": expected ", expected);
      }
    }
    if (allowed.empty()) return step + 1;
    const int32_t next = allowed[(*random)() % allowed.size()];
    const auto accepted = matcher.AcceptToken(next);
    REQUIRE(accepted.ok());
    REQUIRE(*accepted);
    REQUIRE(plain.Accept(tokens->TextOf(next)));
  }
  return steps;
}

TEST_CASE("masks of random grammars over random vocabularies are those of a plain matcher") {
  std::mt19937 random(7);
  size_t grammars = 0;
  size_t masks = 0;
  while (grammars < 400) {
    const auto grammar = test::RandomGrammar(&random);
    if (grammar == nullptr) continue;
    ++grammars;
    CAPTURE(grammars);
    masks += Compare(grammar, test::RandomTokens(&random), 12, &random);
  }
  CHECK(masks > 1500);
}

TEST_CASE("masks of JSON are those of a plain matcher") {
  std::mt19937 random(11);
  for (const JsonSpacing spacing : {JsonSpacing::kCompact, JsonSpacing::kSpaced, JsonSpacing::kFlexible}) {
    JsonStyle style;
    style.spacing = spacing;
    style.max_string = spacing == JsonSpacing::kSpaced ? 12 : kUnbounded;
    const auto grammar = JsonGrammar(style, false);
    REQUIRE(grammar.ok());
    for (int i = 0; i < 8; ++i) Compare(*grammar, test::RandomTokens(&random), 25, &random);
  }
}

}  // namespace
