// Every mask is held, bit for bit, against a matcher that tries token after token.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "lib/grammar/json_text.h"
#include "lib/grammar/matcher.h"
#include "lib/grammar/regex/code_points.h"
#include "lib/tokenizer/tokenizer.h"
#include "tests/fixtures.h"
#include "tests/grammar/plain_matcher.h"
#include "tests/grammar/random_grammar.h"
#include "tests/skip.h"

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

// What characters are counted by, and by what else they may look like being counted.
Expr RandomUnit(std::mt19937* random, GrammarBuilder* builder) {
  RegexPool* pool = builder->regexes();
  const Regex character = AnyCodePoint(TextForm::kJsonString, pool);
  switch ((*random)() % 8) {
    case 0:
      return builder->Terminal(AnyCodePoint(TextForm::kPlain, pool));
    case 1:
      return builder->Terminal(pool->Set(ByteSet::Range(0, 255)));
    case 2:
      return builder->Terminal(pool->Repeat(character, 1, 2));
    case 3:
      return builder->Terminal(pool->Optional(character));
    case 4:
      return builder->Sequence({builder->Terminal(character), builder->Optional(builder->Literal("a"))});
    default:
      return builder->Terminal(character);
  }
}

TEST_CASE("masks of strings with a limit are those of a plain matcher, near their ends too") {
  std::mt19937 random(13);
  size_t grammars = 0;
  size_t masks = 0;
  while (grammars < 120) {
    GrammarBuilder builder;
    const uint64_t min = random() % 6;
    const uint64_t max = min + random() % 8;
    // What comes after it may begin as the text inside does, or may be left out.
    std::vector<Expr> parts = {builder.Literal("\""),
                               builder.Repeat(RandomUnit(&random, &builder), min, max)};
    if (random() % 3 == 0) parts.push_back(builder.Optional(builder.Literal(test::RandomText(&random, 3))));
    if (random() % 3 == 0) parts.push_back(builder.Literal(test::RandomText(&random, 6)));
    parts.push_back(builder.Literal("\""));
    const Expr string = builder.Sequence(parts);
    const auto grammar = builder.Build(builder.Sequence({string, builder.Optional(string)}));
    if (!grammar.ok()) continue;
    ++grammars;
    CAPTURE(grammars);
    masks += Compare(*grammar, test::RandomTokens(&random), 12, &random);
  }
  CHECK(masks > 500);
}

std::shared_ptr<const TokenTable> LlamaTokens(const talaria::Tokenizer& tokenizer) {
  std::vector<std::string_view> texts;
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    texts.push_back(tokenizer.IsSpecial(id) ? std::string_view() : tokenizer.BytesOf(id));
  }
  return *TokenTable::Create(texts, {});
}

TEST_CASE("masks inside of strings over the vocabulary of Llama are those of a plain matcher") {
  const std::string path = talaria::test::SharedFixture("tokenizer/tokenizer.json");
  if (path.empty()) return talaria::test::Skip("the tokenizer beside the project is absent");
  const auto tokenizer = talaria::Tokenizer::Open(path);
  REQUIRE(tokenizer.ok());
  const std::shared_ptr<const TokenTable> tokens = LlamaTokens(**tokenizer);
  std::mt19937 random(17);
  GrammarBuilder builder;
  JsonText json(JsonStyle(), &builder);
  const auto grammar = builder.Build(
      builder.Sequence({json.String(3, 20), builder.Literal(", "), json.String(), json.Value()}));
  REQUIRE(grammar.ok());
  const auto automaton = Automaton::Create(*grammar, tokens);
  REQUIRE(automaton.ok());
  for (const std::string_view text : {"\"", "\"h\xC3\xA9", "\"handle \xE4\xB8", "\"handle with care,",
                                      "\"handle with care, no", "\"handle with care\", \"x"}) {
    CAPTURE(std::string(text));
    Matcher matcher(*automaton);
    const auto accepted = matcher.AcceptBytes(text);
    REQUIRE(accepted.ok());
    REQUIRE(*accepted);
    std::vector<uint32_t> mask(tokens->mask_words());
    REQUIRE(matcher.FillMask(absl::MakeSpan(mask)).ok());
    // The readings at each byte of the token before, which mostly begins as the next one does.
    std::vector<PlainMatcher> path_of = {PlainMatcher(*grammar)};
    REQUIRE(path_of[0].Accept(text));
    std::string_view before;
    size_t compared = 0;
    for (const int32_t id : tokens->by_bytes()) {
      const std::string_view token = tokens->TextOf(id);
      const bool plain = token.find_first_of("\"\\\n") == std::string_view::npos;
      if (plain && random() % 8 != 0) continue;
      size_t shared = 0;
      while (shared < token.size() && shared < before.size() && token[shared] == before[shared]) ++shared;
      path_of.resize(std::min(path_of.size(), shared + 1), path_of[0]);
      while (path_of.size() <= token.size()) {
        PlainMatcher next = path_of.back();
        if (!next.Accept(token.substr(path_of.size() - 1, 1))) break;
        path_of.push_back(std::move(next));
      }
      before = token;
      ++compared;
      const bool expected = path_of.size() > token.size();
      if (expected != Allowed(mask, static_cast<size_t>(id))) FAIL("token ", id, ": expected ", expected);
    }
    CHECK(compared > 10'000);
  }
}

}  // namespace
