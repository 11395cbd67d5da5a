#ifndef TALARIA_TESTS_GRAMMAR_RANDOM_GRAMMAR_H_
#define TALARIA_TESTS_GRAMMAR_RANDOM_GRAMMAR_H_

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "lib/grammar/grammar.h"
#include "lib/grammar/regex/code_points.h"
#include "lib/grammar/token_table.h"

namespace talaria::grammar::test {

// Letters that are few, so that things meet.
inline constexpr std::string_view kLetters[] = {
    "a", "b", "c", "\"", "\\", "n", "1", "\xC3\xA9", "\xE4\xB8\xAD", "{", " "};

inline std::string RandomText(std::mt19937* random, size_t longest) {
  std::string text;
  const size_t letters = 1 + (*random)() % longest;
  for (size_t i = 0; i < letters; ++i) text += kLetters[(*random)() % std::size(kLetters)];
  return text;
}

inline Regex RandomRegex(std::mt19937* random, RegexPool* pool, int depth) {
  const auto below = [&] { return RandomRegex(random, pool, depth - 1); };
  switch (depth == 0 ? (*random)() % 4 : (*random)() % 10) {
    case 0:
      return pool->Literal(RandomText(random, 3));
    case 1:
      return pool->Set(ByteSet::Range('a', static_cast<uint8_t>('a' + (*random)() % 3)));
    case 2:
      return AnyCodePoint(TextForm::kJsonString, pool);
    case 3:
      return pool->Literal(kLetters[(*random)() % std::size(kLetters)]);
    case 4:
    case 5:
      return pool->Concat(below(), below());
    case 6:
      return pool->Or(below(), below());
    case 7:
      return pool->And(below(), below());
    case 8: {
      const uint64_t min = (*random)() % 3;
      const uint64_t extra = (*random)() % 4;
      return pool->Repeat(below(), min, extra == 3 ? kUnbounded : extra == 2 ? min + 60 : min + extra);
    }
    default:
      return (*random)() % 3 == 0 ? pool->Not(below()) : below();
  }
}

// Null where what came out is no grammar.
inline std::shared_ptr<const Grammar> RandomGrammar(std::mt19937* random) {
  GrammarBuilder builder;
  std::vector<Rule> rules;
  for (size_t i = 0; i < 1 + (*random)() % 3; ++i) rules.push_back(builder.DeclareRule("r"));
  const auto expression = [&](auto& self, int depth) -> Expr {
    const auto below = [&] { return self(self, depth - 1); };
    switch (depth == 0 ? (*random)() % 3 : (*random)() % 9) {
      case 0:
        return builder.Literal(RandomText(random, 3));
      case 1:
        return builder.Terminal(RandomRegex(random, builder.regexes(), 2));
      case 2:
        return builder.Use(rules[(*random)() % rules.size()]);
      case 3:
      case 4: {
        std::vector<Expr> parts;
        for (size_t i = 0; i < 1 + (*random)() % 3; ++i) parts.push_back(below());
        return builder.Sequence(parts);
      }
      case 5:
      case 6: {
        std::vector<Expr> parts;
        for (size_t i = 0; i < 1 + (*random)() % 3; ++i) parts.push_back(below());
        return builder.Choice(parts);
      }
      case 7: {
        const uint64_t min = (*random)() % 3;
        const uint64_t extra = (*random)() % 4;
        return builder.Repeat(below(), min, extra == 3 ? kUnbounded : extra == 2 ? 1000000000 : min + extra);
      }
      default: {
        std::vector<Expr> required;
        std::vector<Expr> optional;
        for (size_t i = 0; i < (*random)() % 3; ++i) required.push_back(below());
        for (size_t i = 0; i < (*random)() % 3; ++i) optional.push_back(below());
        return builder.AnyOrder(required, optional,
                                (*random)() % 2 == 0 ? builder.Empty() : builder.Literal(","));
      }
    }
  };
  for (const Rule rule : rules) builder.DefineRule(rule, expression(expression, 3));
  auto grammar = builder.Build(builder.Use(rules[0]));
  return grammar.ok() ? *grammar : nullptr;
}

// Tokens over the same letters, halves of characters among them, and the stop token 0.
inline std::shared_ptr<const TokenTable> RandomTokens(std::mt19937* random) {
  std::vector<std::string> texts = {"", "", ","};
  for (int byte = 0; byte < 256; ++byte) {
    if ((*random)() % 4 != 0) texts.emplace_back(1, static_cast<char>(byte));
  }
  for (size_t i = 0; i < 300; ++i) {
    std::string text = RandomText(random, 1 + (*random)() % 8);
    if ((*random)() % 8 == 0) text.erase(0, 1);
    if ((*random)() % 8 == 0 && !text.empty()) text.pop_back();
    texts.push_back(std::move(text));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const int32_t stop = 0;
  return *TokenTable::Create(views, {&stop, 1});
}

}  // namespace talaria::grammar::test

#endif  // TALARIA_TESTS_GRAMMAR_RANDOM_GRAMMAR_H_
