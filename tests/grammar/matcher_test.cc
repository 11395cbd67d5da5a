#include "lib/grammar/matcher.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "lib/grammar/ebnf.h"
#include "lib/grammar/json_text.h"
#include "lib/grammar/structural_tags.h"
#include "tests/grammar/random_grammar.h"

namespace {

using namespace talaria::grammar;

std::shared_ptr<Automaton> Over(const std::shared_ptr<const Grammar>& grammar,
                                std::shared_ptr<const TokenTable> tokens = nullptr,
                                const Automaton::Limits& limits = {}) {
  auto automaton = Automaton::Create(grammar, std::move(tokens), limits);
  REQUIRE(automaton.ok());
  return *automaton;
}

std::shared_ptr<Automaton> Ebnf(std::string_view text) {
  auto grammar = ParseEbnf(text, "root");
  REQUIRE_MESSAGE(grammar.ok(), grammar.status().message());
  return Over(*grammar);
}

bool Matches(const std::shared_ptr<Automaton>& automaton, std::string_view text) {
  Matcher matcher(automaton);
  const auto accepted = matcher.AcceptBytes(text);
  REQUIRE(accepted.ok());
  if (!*accepted) return false;
  const auto complete = matcher.IsComplete();
  REQUIRE(complete.ok());
  return *complete;
}

std::shared_ptr<const TokenTable> Table(const std::vector<std::string_view>& texts,
                                        std::vector<int32_t> stops) {
  auto table = TokenTable::Create(texts, stops);
  REQUIRE(table.ok());
  return *table;
}

std::vector<int32_t> AllowedBy(Matcher* matcher, const TokenTable& table) {
  std::vector<uint32_t> mask(table.mask_words(), 0xFFFFFFFF);
  REQUIRE(matcher->FillMask(absl::MakeSpan(mask)).ok());
  std::vector<int32_t> ids;
  for (size_t id = 0; id < table.size(); ++id) {
    if ((mask[id / 32] >> (id % 32) & 1) != 0) ids.push_back(static_cast<int32_t>(id));
  }
  return ids;
}

TEST_CASE("EBNF reads literals, classes, repeats, patterns and comments") {
  const auto automaton = Ebnf(R"ebnf(# a list
    root ::= "[" item ("," item){0,2} "]"   # at most three
    item ::= 'x'+ | [^\]a-z,]? "\u{e9}" | /\d+(\.\d+)?/ | "(" root ")"
  )ebnf");
  for (const std::string_view good : {"[x]", "[xxx,1.5,\xC3\xA9]", "[([x])]", "[Z\xC3\xA9]"})
    CHECK(Matches(automaton, good));
  for (const std::string_view bad : {"[]", "[x,x,x,x]", "[y\xC3\xA9]", "[1.]", "[([x]]", ""}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(Matches(automaton, bad));
  }
}

TEST_CASE("what is no EBNF is refused with its line or its rule") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"root ::= \"a", "closing quote"},
      {"root ::= [a", "closing bracket"},
      {"root ::= (\"a\"", "closing parenthesis"},
      {"\n\nroot ::= )", "line 3"},
      {"root ::= \"\\q\"", "known escape"},
      {"root ::= other", "\"other\" is used and not defined"},
      {"root ::= \"a\"\nroot ::= \"b\"", "defined twice"},
      {"start ::= \"a\"", "\"root\""},
      {"root ::= \"a\"{2,1}", "ascends"},
      {"root ::= root \"a\" | \"b\"", "left recursion"},
      {"root ::= \"a\"? other\nother ::= root | \"b\"", "left recursion"},
      {"root ::= \"a\" root", "finite"},
      {"root ::= root", "finite"},
      {"root ::= /(?=a)/", "lookaround"},
      {"\xFF", "UTF-8"}};
  for (const auto& [given, part] : cases) {
    const std::string text(given);  // what CAPTURE can take: a binding it cannot
    CAPTURE(text);
    const auto grammar = ParseEbnf(text, "root");
    REQUIRE_FALSE(grammar.ok());
    CAPTURE(std::string(grammar.status().message()));
    CHECK(talaria::Message(grammar.status()).find(part) != std::string_view::npos);
  }
}

TEST_CASE("an alternative that never ends is left out") {
  const auto automaton = Ebnf("root ::= \"a\" | \"b\" endless\nendless ::= \"c\" endless");
  CHECK(Matches(automaton, "a"));
  Matcher matcher(automaton);
  CHECK_FALSE(*matcher.AcceptBytes("b"));
}

TEST_CASE("empty loops and ambiguity do no harm") {
  CHECK(Matches(Ebnf("root ::= ((\"a\"?)*)* e{0,1000000000} \"b\"\ne ::= \"\" | f\nf ::= \"\""), "aaab"));
  const auto automaton = Ebnf("root ::= s\ns ::= \"a\" s s | \"a\" s | \"a\"");
  CHECK(Matches(automaton, std::string(60, 'a')));
}

TEST_CASE("repeats are counted and not unrolled") {
  GrammarBuilder builder;
  const Expr item = builder.Sequence({builder.Literal("x"), builder.Use([&] {
                                        const Rule rule = builder.DeclareRule("y");
                                        builder.DefineRule(rule, builder.Optional(builder.Literal("y")));
                                        return rule;
                                      }())});
  const auto grammar = builder.Build(builder.Repeat(item, 1000, 1000000000));
  REQUIRE(grammar.ok());
  CHECK((*grammar)->size() < 10);
  const auto automaton = Over(*grammar);
  CHECK_FALSE(Matches(automaton, std::string(999, 'x')));
  CHECK(Matches(automaton, std::string(1000, 'x')));
  CHECK(Matches(automaton, std::string(5000, 'x')));
}

TEST_CASE("parts in any order come once each, with a separator between them") {
  GrammarBuilder builder;
  const Expr required[] = {builder.Literal("a"), builder.Literal("b")};
  const Expr optional[] = {builder.Literal("c")};
  const auto grammar = builder.Build(builder.AnyOrder(required, optional, builder.Literal(",")));
  REQUIRE(grammar.ok());
  const auto automaton = Over(*grammar);
  for (const std::string_view good : {"a,b", "b,a", "c,a,b", "b,c,a"}) CHECK(Matches(automaton, good));
  for (const std::string_view bad : {"a", "a,c", "a,b,", "a,a,b", "ab", "a,b,c,c", ""})
    CHECK_FALSE(Matches(automaton, bad));
}

TEST_CASE("a fork goes its own way, and steps can be taken back, saved and restored") {
  const auto automaton = Over(*JsonGrammar(JsonStyle(), false));
  Matcher matcher(automaton);
  REQUIRE(*matcher.AcceptBytes("{\"a\": "));
  Matcher fork = matcher;
  REQUIRE(*fork.AcceptBytes("1}"));
  CHECK(*fork.IsComplete());
  CHECK_FALSE(*matcher.IsComplete());
  REQUIRE(*matcher.AcceptBytes("["));
  CHECK_FALSE(*matcher.AcceptBytes("}"));
  CHECK(matcher.text() == "{\"a\": [");
  const std::string saved = matcher.Save();
  const uint64_t hash = *matcher.Hash();
  REQUIRE(*matcher.AcceptBytes("true, "));
  CHECK(*matcher.Hash() != hash);
  REQUIRE(matcher.Rollback(1).ok());
  CHECK(*matcher.Hash() == hash);
  auto restored = Matcher::Restore(automaton, saved);
  REQUIRE(restored.ok());
  CHECK(restored->text() == matcher.text());
  CHECK(*restored->Hash() == hash);
  REQUIRE(restored->Rollback(2).ok());
  CHECK(restored->text().empty());
  CHECK_FALSE(restored->Rollback(1).ok());
  CHECK(*restored->AcceptBytes("null"));
  CHECK_FALSE(*restored->CanContinue());
  for (const std::string& bad :
       {std::string(), saved.substr(0, saved.size() - 1), saved + "]", "x" + saved}) {
    CHECK_FALSE(Matcher::Restore(automaton, bad).ok());
  }
}

TEST_CASE("stop tokens are allowed where a text may end, and nothing after them") {
  const auto table = Table({"a", "ab", "", "b"}, {2});
  const auto automaton = Over(*ParseEbnf("root ::= \"ab\" \"b\"?", "root"), table);
  Matcher matcher(automaton);
  CHECK(AllowedBy(&matcher, *table) == std::vector<int32_t>{0, 1});
  CHECK_FALSE(*matcher.AcceptToken(2));
  REQUIRE(*matcher.AcceptToken(1));
  CHECK(AllowedBy(&matcher, *table) == std::vector<int32_t>{2, 3});
  REQUIRE(*matcher.AcceptToken(2));
  CHECK(matcher.finished());
  CHECK(AllowedBy(&matcher, *table).empty());
  CHECK_FALSE(*matcher.AcceptToken(3));
  const auto restored = Matcher::Restore(automaton, matcher.Save());
  REQUIRE(restored.ok());
  CHECK(restored->finished());
  REQUIRE(matcher.Rollback(1).ok());
  CHECK(*matcher.AcceptToken(3));
  CHECK(matcher.AcceptToken(4).status().code() == talaria::StatusCode::kInvalidArgument);
}

TEST_CASE("what must come is known, up to where the text may end") {
  const auto automaton = Ebnf("root ::= \"{\\\"name\\\": \\\"\" (\"abc\" | \"abd\") \"\\\"}\" \"!\"?");
  Matcher matcher(automaton);
  CHECK(*matcher.ForcedBytes() == "{\"name\": \"ab");
  CHECK(*matcher.ForcedBytes(3) == "{\"n");
  REQUIRE(*matcher.AcceptBytes("{\"name\": \"abd"));
  CHECK(*matcher.ForcedBytes() == "\"}");
  REQUIRE(*matcher.AcceptBytes("\"}"));
  CHECK(matcher.ForcedBytes()->empty());
}

TEST_CASE("a tag arms its grammar however its bytes are spread over tokens") {
  GrammarBuilder builder;
  JsonText json(JsonStyle(), &builder);
  const StructuralTag tag = {"<tool_call>", json.AnyObject(), "</tool_call>"};
  StructuralOptions options;
  options.max_tags = 2;
  const auto text = StructuralText({&tag, 1}, options, &builder);
  REQUIRE(text.ok());
  const auto grammar = builder.Build(*text);
  REQUIRE(grammar.ok());
  const auto table = Table(
      {"<tool_call>", "<", "tool", "_call>", "x<", "{", "}", "</tool_call>", "hello", "", "l>{", "_cal"},
      {9});
  const auto automaton = Over(*grammar, table);
  Matcher matcher(automaton);
  const std::vector<int32_t> all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  CHECK(AllowedBy(&matcher, *table) == all);
  for (const int32_t id : {8, 4, 2, 11}) REQUIRE(*matcher.AcceptToken(id));
  // "hellox<tool_cal": all but what would complete the tag and go on wrongly.
  CHECK(AllowedBy(&matcher, *table) == all);
  REQUIRE(*matcher.AcceptToken(10));
  CHECK(AllowedBy(&matcher, *table) == std::vector<int32_t>{6});
  REQUIRE(*matcher.AcceptToken(6));
  CHECK(AllowedBy(&matcher, *table) == std::vector<int32_t>{1, 7});
  REQUIRE(*matcher.AcceptToken(7));
  CHECK(AllowedBy(&matcher, *table) == all);
  for (const int32_t id : {0, 5, 6, 7, 8, 1, 2}) REQUIRE(*matcher.AcceptToken(id));
  // Two calls were made: a third cannot begin, neither here nor within a token.
  CHECK(AllowedBy(&matcher, *table) == std::vector<int32_t>{1, 2, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("a call can be required, and text around it refused") {
  GrammarBuilder builder;
  const StructuralTag tags[] = {{"<a>", builder.Literal("1"), "</a>"}, {"<b>", builder.Literal("2"), "</b>"}};
  StructuralOptions options;
  options.before = TextOutside::kNone;
  options.between = TextOutside::kSpace;
  options.after = TextOutside::kNone;
  options.min_tags = 1;
  const auto text = StructuralText(tags, options, &builder);
  REQUIRE(text.ok());
  const auto automaton = Over(*builder.Build(*text));
  for (const std::string_view good : {"<a>1</a>", "<b>2</b>\n<a>1</a>"}) CHECK(Matches(automaton, good));
  for (const std::string_view bad : {"", " <a>1</a>", "<a>2</a>", "<a>1</a> ", "<a>1</a>x<b>2</b>"})
    CHECK_FALSE(Matches(automaton, bad));
  GrammarBuilder other;
  const StructuralTag nested[] = {{"<a>", other.Empty(), ""}, {"x<a>", other.Empty(), ""}};
  CHECK_FALSE(StructuralText(nested, {}, &other).ok());
}

TEST_CASE("an automaton that forgets everything changes no answer") {
  std::mt19937 random(5);
  Automaton::Limits small;
  small.lexer_bytes = 40000;
  small.stack_bytes = 12000;
  small.mask_bytes = 20000;
  int compared = 0;
  for (int i = 0; i < 60; ++i) {
    const auto grammar = test::RandomGrammar(&random);
    if (grammar == nullptr) continue;
    const auto table = test::RandomTokens(&random);
    const auto tight = Automaton::Create(grammar, table, small);
    if (!tight.ok()) continue;
    Matcher here(Over(grammar, table));
    Matcher there(*tight);
    std::vector<uint32_t> a(table->mask_words());
    std::vector<uint32_t> b(table->mask_words());
    for (int step = 0; step < 20; ++step) {
      REQUIRE(here.FillMask(absl::MakeSpan(a)).ok());
      const auto filled = there.FillMask(absl::MakeSpan(b));
      if (!filled.ok()) {
        CHECK(filled.code() == talaria::StatusCode::kResourceExhausted);
        break;
      }
      REQUIRE(a == b);
      ++compared;
      const auto allowed = AllowedBy(&here, *table);
      if (allowed.empty()) break;
      const int32_t id = allowed[random() % allowed.size()];
      REQUIRE(*here.AcceptToken(id));
      const auto accepted = there.AcceptToken(id);
      if (!accepted.ok()) break;
      REQUIRE(*accepted);
    }
  }
  CHECK(compared > 100);
}

TEST_CASE("absurd grammars are refused or take little") {
  const std::string_view cases[] = {
      "root ::= /(a|b)*a(a|b){2000}/",
      "root ::= /((a{0,1000}){0,1000}){0,1000}/",
      "root ::= (((\"a\"?){1000000000}){1000000000}){1000000000} \"b\"",
      "root ::= /(x+x+)+y/",
      "root ::= /.{0,100000}a.{0,100000}b/",
      "root ::= /[^\"]{1000000000}/",
  };
  for (const std::string_view text : cases) {
    CAPTURE(std::string(text));
    const auto grammar = ParseEbnf(text, "root");
    if (!grammar.ok()) {
      CHECK(grammar.status().code() == talaria::StatusCode::kResourceExhausted);
      continue;
    }
    std::mt19937 random(1);
    const auto table = test::RandomTokens(&random);
    const auto automaton = Automaton::Create(*grammar, table);
    if (!automaton.ok()) continue;
    Matcher matcher(*automaton);
    for (int step = 0; step < 50; ++step) {
      const auto allowed = AllowedBy(&matcher, *table);
      if (allowed.empty()) break;
      if (!*matcher.AcceptToken(allowed[random() % allowed.size()])) break;
    }
    const Automaton::Usage usage = (*automaton)->usage();
    CHECK(usage.lexer_bytes + usage.stack_bytes + usage.mask_bytes < (64u << 20));
  }
}

}  // namespace
