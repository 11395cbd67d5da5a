// Generations held to a grammar, over a model of random weights: whatever it likes, the text obeys.
#include <doctest/doctest.h>

#include <algorithm>

#include "lib/base/utf8.h"
#include "lib/grammar/ebnf.h"
#include "tests/engine/golden_model.h"

namespace talaria {
namespace {

using test::Finish;
using test::GoldenModel;
using test::Taken;
using test::Tokens;

std::shared_ptr<const grammar::TokenTable> TableOf(const GoldenModel& model) {
  std::vector<std::string_view> texts(static_cast<size_t>(model.llama->config().vocab_size));
  for (int32_t id = 0; id < model.tokenizer->size() && id < static_cast<int32_t>(texts.size()); ++id) {
    if (!model.tokenizer->IsSpecial(id)) texts[static_cast<size_t>(id)] = model.tokenizer->BytesOf(id);
  }
  const int32_t stop = *model.tokenizer->IdOf("<|end|>");
  auto table = grammar::TokenTable::Create(texts, {stop});
  REQUIRE_MESSAGE(table.ok(), table.status());
  return *std::move(table);
}

std::shared_ptr<grammar::Automaton> AutomatonOf(const GoldenModel& model, const std::string& rules) {
  auto parsed = grammar::ParseEbnf(rules, "root");
  REQUIRE_MESSAGE(parsed.ok(), parsed.status());
  auto automaton = grammar::Automaton::Create(*parsed, TableOf(model));
  REQUIRE_MESSAGE(automaton.ok(), automaton.status());
  return *std::move(automaton);
}

GenerateOptions HeldTo(const GoldenModel& model, const std::shared_ptr<grammar::Automaton>& automaton,
                       bool forces, const std::vector<int32_t>& already = {}) {
  auto guide = GrammarGuide::Create(automaton, forces ? model.tokenizer : nullptr, already);
  REQUIRE_MESSAGE(guide.ok(), guide.status());
  GenerateOptions options = Tokens(100);
  options.tokenizer = model.tokenizer;
  options.guide = *guide;
  options.stop_tokens = {*model.tokenizer->IdOf("<|end|>")};
  return options;
}

std::string TextOf(const GoldenModel& model, const std::vector<int32_t>& tokens) {
  auto text = model.tokenizer->DecodeBytes(tokens, true);
  REQUIRE(text.ok());
  return *text;
}

struct Run {
  Taken taken;
  std::string text;
  uint64_t steps = 0;
};

Run Generate(GoldenModel& model, const GenerateOptions& options,
             const EngineConfig& config = GoldenModel::Config(), uint64_t budget_us = 1000000) {
  const auto engine = model.MakeEngine(config);
  const auto session = model.Open(*engine);
  REQUIRE(GoldenModel::AppendPlain(*engine, *session, model.Prompt(5)).ok());
  REQUIRE(engine->Generate(*session, options).ok());
  Run run;
  while (run.taken.reason == FinishReason::kNone) {
    const auto report = engine->Step(Deadline::After(budget_us));
    REQUIRE_MESSAGE(report.ok(), report.status());
    run.steps += report->steps;
    test::TakeEvents(*session, &run.taken);
  }
  run.text = TextOf(model, run.taken.tokens);
  return run;
}

TEST_CASE("a model of random weights writes what the grammar asks for, and ends with it") {
  GoldenModel model("tiny_text");
  const auto automaton = AutomatonOf(model, "root ::= \"{\" [a-c]{4} \", \" [0-9]{2,3} \"}\"");
  const Run run = Generate(model, HeldTo(model, automaton, false));
  CAPTURE(run.text);
  CHECK(run.taken.reason == FinishReason::kGrammar);
  REQUIRE(run.text.size() >= 10);
  CHECK(run.text.front() == '{');
  CHECK(run.text.back() == '}');
  CHECK(std::all_of(run.text.begin() + 1, run.text.begin() + 5, [](char c) { return c >= 'a' && c <= 'c'; }));
}

TEST_CASE("a forced text ends where alternatives part within a character") {
  GoldenModel model("tiny_text");
  for (const char* rules :
       {"root ::= \"aaaa\" (\"\u00E9\" | \"\u00EA\")", "root ::= (\"\u00E9\" | \"\u00EA\") \"aaaa\"",
        "root ::= \"gr\" (\"\u00F6\" | \"\u00FC\") \"\u00DFe\""}) {
    const auto automaton = AutomatonOf(model, rules);
    const Run run = Generate(model, HeldTo(model, automaton, true));
    CAPTURE(run.text);
    CHECK(run.taken.reason == FinishReason::kGrammar);
    CHECK(IsValidUtf8(run.text));
    CHECK(run.text.size() >= 6);
  }
}

TEST_CASE("a grammar whose text may go on ends with the stop token alone") {
  GoldenModel model("tiny_text");
  const auto automaton = AutomatonOf(model, "root ::= \"ab\"{1,30}");
  const Run run = Generate(model, HeldTo(model, automaton, false));
  REQUIRE(!run.taken.tokens.empty());
  const bool stopped = run.taken.reason == FinishReason::kStopToken;
  CHECK((stopped || run.taken.reason == FinishReason::kGrammar));
  CHECK(run.text.size() % 2 == 0);
  CHECK(run.text.substr(0, 2) == "ab");
}

TEST_CASE("forced text takes fewer steps, in the tokens that the whole text encodes to") {
  GoldenModel model("tiny_text");
  const std::string fixed = "{\\\"name\\\": \\\"book_the_room\\\", \\\"arguments\\\": {\\\"guest\\\": \\\"";
  const auto automaton = AutomatonOf(model, "root ::= \"" + fixed + "\" [a-z]{6} \"\\\"}}\"");
  const Run plain = Generate(model, HeldTo(model, automaton, false));
  const Run forced = Generate(model, HeldTo(model, automaton, true));
  CAPTURE(plain.text);
  CAPTURE(forced.text);
  CHECK(plain.steps == plain.taken.tokens.size());
  CHECK(forced.steps + 8 < forced.taken.tokens.size());
  CHECK(forced.taken.reason == FinishReason::kGrammar);
  const std::string opening = "{\"name\": \"book_the_room\", \"arguments\": {\"guest\": \"";
  CHECK(forced.text.substr(0, opening.size()) == opening);
  // The tokens of the opening but its last ones are those of the opening encoded by itself.
  std::vector<int32_t> ids;
  REQUIRE(model.tokenizer->Encode(opening, {}, &ids).ok());
  REQUIRE(ids.size() > 4);
  CHECK(std::equal(ids.begin(), ids.end() - 2, forced.taken.tokens.begin()));
}

TEST_CASE("held tokens are the same in any chunks and suspended everywhere") {
  GoldenModel model("tiny_text");
  const auto automaton = AutomatonOf(model, "root ::= (\"<a href='/\" [a-z]{1,9} \"'>\" | [0-9]+ \"; \"){3}");
  const Run first = Generate(model, HeldTo(model, automaton, true));
  EngineConfig narrow = GoldenModel::Config();
  narrow.step_rows = 1;
  narrow.output_rows = 1;
  for (const uint64_t budget : {0, 200, 1000000}) {
    CHECK(Generate(model, HeldTo(model, automaton, true), GoldenModel::Config(), budget).taken.tokens ==
          first.taken.tokens);
    CHECK(Generate(model, HeldTo(model, automaton, true), narrow, budget).taken.tokens == first.taken.tokens);
  }
}

TEST_CASE("a full queue holds forced tokens back and loses none") {
  GoldenModel model("tiny_text");
  const auto automaton = AutomatonOf(model, "root ::= \"one two three four five six seven eight\" [0-9]{4}");
  const Run whole = Generate(model, HeldTo(model, automaton, true));
  const auto engine = model.MakeEngine();
  const auto session = model.Open(*engine, 3);
  REQUIRE(GoldenModel::AppendPlain(*engine, *session, model.Prompt(5)).ok());
  REQUIRE(engine->Generate(*session, HeldTo(model, automaton, true)).ok());
  const Taken taken = Finish(*engine, *session, 1000000);
  CHECK(TextOf(model, taken.tokens).substr(0, 39) == whole.text.substr(0, 39));
  CHECK(taken.reason == FinishReason::kGrammar);
}

TEST_CASE("a text is taken up where the session's tokens left it") {
  GoldenModel model("tiny_text");
  const auto automaton = AutomatonOf(model, "root ::= \"ab\" [0-9]{3} \"end\"");
  const Run whole = Generate(model, HeldTo(model, automaton, true));
  const std::vector<int32_t> head(whole.taken.tokens.begin(), whole.taken.tokens.begin() + 2);
  const Run rest = Generate(model, HeldTo(model, automaton, true, head));
  CHECK(grammar::Matcher(automaton).AcceptBytes(TextOf(model, head) + rest.text).value_or(false));
  const auto refused = GrammarGuide::Create(automaton, nullptr, {*model.tokenizer->IdOf("e")});
  CHECK(refused.status().code() == StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace talaria
