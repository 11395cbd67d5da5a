// Every byte of a rendering has the mark of the character it comes from.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/base/utf8.h"
#include "lib/chat/jinja/template.h"
#include "lib/chat/jinja/value_text.h"
#include "tests/chat/golden_rows.h"
#include "tests/chat/json_lines.h"
#include "tests/fixtures.h"

namespace talaria::chat::jinja {
namespace {

// u is a user's, a an assistant's text; list and data are a user's data.
MarkedText Render(std::string_view source, std::string_view user = "Us\"er",
                  std::string_view assistant = "As") {
  const StatusOr<json::Value> data = json::Parse(R"({"k": "v", "n": 12, "l": ["x", null]})");
  Value dict_value;
  REQUIRE(FromJson(*data, TextMark::kLiteral, &dict_value).ok());
  const std::vector<Template::Variable> context = {{"u", Value::String(user, TextMark::kLiteral)},
                                                   {"a", Value::String(assistant, TextMark::kAssistant)},
                                                   {"data", dict_value}};
  const StatusOr<Template> parsed = Template::Parse(source);
  REQUIRE_MESSAGE(parsed.ok(), talaria::Message(parsed.status()));
  StatusOr<MarkedText> text = parsed->Render(context);
  REQUIRE_MESSAGE(text.ok(), talaria::Message(text.status()));
  CHECK(test::AreSpansWhole(*text));
  return *std::move(text);
}

std::string Marks(std::string_view source) { return test::ShowMarks(Render(source)); }

TEST_CASE("the template's own text is control, what it prints has the mark of its source") {
  CHECK(Marks("<{{ u }}>{{ a }}{{ 'x' }}") == "C(<)L(Us\"er)C(>)A(As)C(x)");
  CHECK(Marks("{{ 'q' + u + 'r' ~ a ~ 1 }}") == "C(q)L(Us\"er)C(r)A(As)C(1)");
  CHECK(Marks("{% set x %}[{{ u }}]{% endset %}{{ x }}{{ x|upper }}") == "C([)L(Us\"er)C(][)L(US\"ER)C(])");
  CHECK(Marks("{% macro m(t) %}({{ t }}){% endmacro %}{{ m(u) ~ m('t') }}") == "C(()L(Us\"er)C()(t))");
}

TEST_CASE("marks follow characters through every text operation") {
  CHECK(Marks("{{ (' ' + u + ' ')|trim }}") == "L(Us\"er)");
  CHECK(Marks("{{ ('ab' + u)[1:4] }}") == "C(b)L(Us)");
  CHECK(Marks("{{ ('ab' + u)[::-1] }}") == "L(re\"sU)C(ba)");
  CHECK(Marks("{{ ('a,' + u + ',b').split(',')|join(';') }}") == "C(a;)L(Us\"er)C(;b)");
  CHECK(Marks("{{ u.replace('s', 'S' + a) }}") == "L(U)C(S)A(As)L(\"er)");
  CHECK(Marks("{{ u|replace('Us', '') }}") == "L(\"er)");
  CHECK(Marks("{{ (u + 'x')|upper }}{{ u|title }}{{ u|capitalize }}") == "L(US\"ER)C(X)L(Us\"erUs\"er)");
  CHECK(Marks("{{ '%s-%d' % (u, 5) }}") == "L(Us\"er)C(-5)");
  CHECK(Marks("{{ '{}-{}'.format(u, a) }}") == "L(Us\"er)C(-)A(As)");
  CHECK(Marks("{{ ('x\\n' + u)|indent(2, true) }}") == "C(  x\n  )L(Us\"er)");
  CHECK(test::ShowMarks(Render("{{ u|indent(2) }}", "x\r\ny")) == "L(x\n)C(  )L(y)");
  CHECK(Marks("{{ u|center(8) }}|{{ u.ljust(7, '.') }}") == "C( )L(Us\"er)C(  |)L(Us\"er)C(..)");
  CHECK(Marks("{{ [u, 'b']|join(a) }}{{ '-'.join([u, u]) }}") == "L(Us\"er)A(As)C(b)L(Us\"er)C(-)L(Us\"er)");
  CHECK(Marks("{{ ('a' + u).partition('U')[2] }}{{ u.splitlines()[0] }}{{ u * 2 }}") ==
        "L(s\"erUs\"erUs\"erUs\"er)");
  CHECK(Marks("{% for c in 'x' + a %}{{ c }}{% endfor %}{{ (u|list)[1] }}{{ u|first }}{{ a[0] }}") ==
        "C(x)A(As)L(sU)A(A)");
  CHECK(Marks("{{ u|e }}{{ '<'|e }}{{ u|truncate(4, true, '~', 0) }}") == "L(Us&#34;er)C(&lt;)L(Us\")C(~)");
  CHECK(Marks("{{ a|urlencode }}{{ u|urlencode }}{{ u|string }}{{ u|safe }}") ==
        "A(As)L(Us%22erUs\"erUs\"er)");
}

TEST_CASE("quotes, digits and brackets have the mark of what they belong to") {
  CHECK(Marks("{{ u|tojson }}{{ 'c'|tojson }}") == "L(\"Us\\\"er\")C(\"c\")");
  CHECK(Marks("{{ {'name': u, 'n': 1}|tojson }}") == "C({\"name\": )L(\"Us\\\"er\")C(, \"n\": 1})");
  CHECK(Marks("{{ data|tojson }}") == "L({\"k\": \"v\", \"n\": 12, \"l\": [\"x\", null]})");
  CHECK(Marks("{{ [data.n, 5]|tojson(separators=(',', ':')) }}") == "C([)L(12)C(,5])");
  CHECK(Marks("{{ [u, 'c'] }}{{ data.l }}") == "C([)L('Us\"er')C(, 'c'])L(['x', None])");
  CHECK(Marks("{{ u|length }}{{ data.n + 1 }}{{ 1 + 1 }}{{ u|wordcount }}{{ a|length }}") ==
        "L(513)C(2)L(2)A(2)");
  CHECK(Marks("{{ u == 'x' }}{{ u is string }}{{ not u }}{{ 1 == 1 }}") == "L(FalseTrueFalse)C(True)");
  CHECK(Marks("{% for x in data.l %}{{ loop.index }}{% endfor %}{% for x in [1] %}{{ loop.index }}{% endfor "
              "%}") == "L(12)C(1)");
  CHECK(Marks("{{ data.l|length }}{{ [1]|length }}{{ u.find('e') }}{{ u.count('x') }}{{ data.n|string }}") ==
        "L(2)C(1)L(3012)");
  CHECK(Marks("{{ '%5d' % data.n }}{{ data.n|float }}{{ data.n * 'x' }}") == "L(   1212.0)C(xxxxxxxxxxxx)");
}

TEST_CASE("names and settings that come from a user's data are the user's") {
  CHECK(Marks("{{ dict(**{'c': 1}) }}{{ dict(**data)|list|first }}") == "C({'c': 1})L(k)");
  CHECK(Marks("{% macro m() %}{{ kwargs|list|join }}{% endmacro %}{{ m(c=1, **data) }}") == "C(c)L(knl)");
  CHECK(Marks("{{ ('%s'|format(**{u: 1}))[2:6] }}") == "L(Us\"e)");
  CHECK(Marks("{{ [1]|tojson(indent=u) }}") == "C([\n)L(Us\"er)C(1\n])");
  CHECK(Marks("{{ [1, 2]|tojson(separators=(u, ':')) }}") == "C([1)L(Us\"er)C(2])");
  CHECK(Marks("{{ 'x'.center(4, u[0]) }}{{ ['x']|batch(2, u)|first|last }}{{ {}.k|default(u) }}{{ "
              "'<'|replace('<', u) }}") == "L(U)C(x)L(UUUs\"erUs\"erUs\"er)");
}

TEST_CASE("an empty text of a user's leaves its mark on what is derived from it") {
  const MarkedText text =
      Render("{{ u|length }}{{ u|tojson }}{{ (u + '')|length }}{{ u.split(',')[0]|length }}", "");
  CHECK(test::ShowMarks(text) == "L(0\"\"00)");
}

// A user's text is made of characters that no template and no filter here writes; so those, and only those,
// must come out as the user's. Digits and quotes beside them may be either.
TEST_CASE("in every golden template, a user's characters are marked as the user's and no others") {
  const auto disguise = [](const std::string& text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) AppendUtf8(0x4E00 + static_cast<unsigned char>(text[i]), &out);
    return out;
  };
  size_t rendered = 0;
  for (const json::Value& row : test::ReadJsonLines(test::GoldenFile("jinja/templates.jsonl"))) {
    const std::string& source = *row.Find("template")->string();
    const StatusOr<Template> parsed = Template::Parse(source);
    if (!parsed.ok() || !IsValidUtf8(source) || source.find("\xE4\xB8") != std::string::npos) continue;
    const Value text = Value::String(disguise("the user's words"), TextMark::kLiteral);
    std::vector<Template::Variable> context;
    for (const std::string_view name : {"name", "text", "html", "uni", "n", "f", "x", "bos_token", "empty"}) {
      context.emplace_back(name, text);
    }
    const StatusOr<MarkedText> out = parsed->Render(context);
    if (!out.ok()) continue;
    ++rendered;
    for (const MarkedSpan& span : out->spans) {
      const std::string part = out->text.substr(span.begin, span.end - span.begin);
      const bool has_user =
          part.find("\xE4\xB9") != std::string::npos || part.find("\xE4\xB8") != std::string::npos;
      CAPTURE(source);
      CAPTURE(part);
      if (span.mark == TextMark::kControl) CHECK_FALSE(has_user);
    }
  }
  CHECK(rendered > 150);
}

}  // namespace
}  // namespace talaria::chat::jinja
