// Templates of our own against what PyPI jinja2 makes of them (tests/golden/make_jinja_golden.py).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lib/chat/jinja/template.h"
#include "lib/chat/jinja/value_text.h"
#include "tests/chat/json_lines.h"
#include "tests/fixtures.h"

namespace talaria::chat::jinja {
namespace {

// The moment that the golden's strftime_now stands at.
constexpr LocalTime kNow = {2024, 7, 26, 9, 5, 3};

StatusOr<std::string> RenderText(std::string_view source, const json::Object& context) {
  TALARIA_ASSIGN_OR_RETURN(const Template parsed, Template::Parse(source));
  std::vector<Template::Variable> variables;
  for (const json::Member& member : context) {
    Value value;
    TALARIA_RETURN_IF_ERROR(FromJson(member.value, TextMark::kLiteral, &value));
    variables.emplace_back(member.key, std::move(value));
  }
  TALARIA_ASSIGN_OR_RETURN(const MarkedText text, parsed.Render(variables, {}, kNow));
  return text.text;
}

// Compares with *expected*, null standing for an error; returns whether it is as expected.
bool IsAsExpected(std::string_view source, const json::Object& context, const json::Value& expected) {
  const StatusOr<std::string> text = RenderText(source, context);
  const bool is_right = expected.is_null() ? !text.ok() : text.ok() && *text == *expected.string();
  if (is_right) return true;
  MESSAGE("template: ", std::string(source));
  MESSAGE("expected: ", expected.is_null() ? "an error" : Quoted(*expected.string(), 1000));
  MESSAGE("found:    ",
          text.ok() ? Quoted(*text, 1000) : "an error: " + std::string(talaria::Message(text.status())));
  return false;
}

TEST_CASE("expressions give what jinja2 gives, errors included") {
  size_t right = 0;
  const std::vector<json::Value> rows = test::ReadJsonLines(test::GoldenFile("jinja/expressions.jsonl"));
  for (const json::Value& row : rows) {
    const json::Array& pair = *row.array();
    if (IsAsExpected("{{ " + *pair[0].string() + " }}", {}, pair[1])) ++right;
  }
  CHECK(rows.size() > 5000);
  CHECK(right == rows.size());
}

TEST_CASE("templates give what jinja2 gives, errors included") {
  const json::Value contexts = test::ReadJson(test::GoldenFile("jinja/contexts.json"));
  size_t right = 0;
  const std::vector<json::Value> rows = test::ReadJsonLines(test::GoldenFile("jinja/templates.jsonl"));
  for (const json::Value& row : rows) {
    const json::Object& context = *contexts.Find(*row.Find("context")->string())->object();
    if (IsAsExpected(*row.Find("template")->string(), context, *row.Find("text"))) ++right;
  }
  CHECK(rows.size() > 400);
  CHECK(right == rows.size());
}

}  // namespace
}  // namespace talaria::chat::jinja
