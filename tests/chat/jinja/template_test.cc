#include "lib/chat/jinja/template.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lib/chat/jinja/value_text.h"
#include "tests/chat/golden_rows.h"

namespace talaria::chat::jinja {
namespace {

Status ParseError(std::string_view source) { return Template::Parse(source).status(); }

StatusOr<std::string> Render(std::string_view source, const Limits& limits = {}) {
  TALARIA_ASSIGN_OR_RETURN(const Template parsed, Template::Parse(source));
  TALARIA_ASSIGN_OR_RETURN(const MarkedText text, parsed.Render({}, limits));
  return text.text;
}

bool Says(const Status& status, std::string_view part) {
  return talaria::Message(status).find(part) != std::string_view::npos;
}

std::string Times(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST_CASE("what is not known is refused when parsed, by name and line") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\n{% include 'x' %}", "include"},
      {"\n{% extends 'x' %}", "extends"},
      {"\n{% import 'x' as y %}", "import"},
      {"\n{% from 'x' import y %}", "from"},
      {"\n{% block b %}{% endblock %}", "block"},
      {"\n{% call f() %}{% endcall %}", "call"},
      {"\n{% autoescape true %}{% endautoescape %}", "autoescape"},
      {"\n{{ x|nosuch }}", "nosuch"},
      {"\n{{ x|pprint }}", "pprint"},
      {"\n{{ x is nosuch }}", "nosuch"},
      {"\n{{ x|first.name }}", "first.name"},
      {"\n{% filter nosuch %}{% endfilter %}", "nosuch"}};
  for (const auto& entry : cases) {
    const std::string& source = entry.first;
    const std::string& name = entry.second;
    CAPTURE(source);
    const Status status = ParseError(source);
    CHECK(status.code() == StatusCode::kUnimplemented);
    CHECK(Says(status, "line 2"));
    CHECK(Says(status, name));
  }
}

TEST_CASE("what is no template is refused with the line") {
  for (const std::string source :
       {"\n{% if x %}", "\n{{ x", "\n{# x", "\n{{ 'x }}", "\n{% endif %}", "\n{% nosuch %}", "\n{{ 1 2 }}",
        "\n{{ ) }}", "\n{% for x %}{% endfor %}", "\n{% set 1 = 2 %}", "\n{% raw %}", "\n{{ }}", "\n{% %}",
        "\n{{ 1 ! 2 }}", "\n{% break %}", "\n{% macro m(a, a) %}{% endmacro %}", "\n{{ f(a=1, a=2) }}",
        "\n{{ f(a=1, 2) }}", "\n{% set loop = 1 %}{% for x in y %}{% set loop = 1 %}{% endfor %}"}) {
    CAPTURE(source);
    const Status status = ParseError(source);
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(Says(status, "line 2"));
  }
}

TEST_CASE("a failure while rendering names the innermost line") {
  const Status status = Render("\n{% macro m() %}\n{{ missing.x }}\n{% endmacro %}\n{{ m() }}").status();
  CHECK(status.code() == StatusCode::kInvalidArgument);
  CHECK(Says(status, "line 3: "));
  CHECK(Says(status, "\"missing\" is undefined"));
  CHECK_FALSE(Says(status, "line 5"));
  CHECK(Says(Render("{{ raise_exception('no') }}").status(), "the template refuses: \"no\""));
  CHECK(Render("{{ strftime_now('%Y') }}").status().code() == StatusCode::kFailedPrecondition);
}

TEST_CASE("a macro that calls itself for ever ends in an error") {
  const Status status = Render("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").status();
  CHECK(status.code() == StatusCode::kResourceExhausted);
  CHECK(Says(status, "line 1"));
  CHECK(Render("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}").status().code() ==
        StatusCode::kResourceExhausted);
  CHECK(Render("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}")
            .status()
            .code() == StatusCode::kResourceExhausted);
}

TEST_CASE("macros inside one another go as deep as tools' types do") {
  CHECK(*Render(
            "{% macro f(n) %}{% if n > 0 %}{{ '<' + f(n - 1) + '>' }}{% endif %}{% endmacro %}{{ f(60) }}") ==
        Times("<", 60) + Times(">", 60));
}

TEST_CASE("steps, output and sizes are limited") {
  const std::vector<std::string> sources = {
      "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
      "{% set ns = namespace(s='xxxxxxxxxxxxxxxx') %}{% for a in range(100) %}{% set ns.s = ns.s + ns.s %}{% "
      "endfor %}",
      "{% set ns = namespace(s=[1]) %}{% for a in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "{% set ns = namespace(s=[]) %}{% for a in range(100) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ "
      "ns.s }}",
      "{% set ns = namespace(s=[]) %}{% for a in range(30) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ "
      "ns.s == ns.s + [] }}",
      "{{ 'x' * 1000000000000 }}",
      "{{ [1] * 1000000000000 }}",
      "{{ range(10000000) }}",
      "{{ 'x'|center(1000000000000) }}",
      "{{ 'x'.ljust(1000000000) }}",
      "{{ '%99999999d' % 1 }}",
      "{{ [1]|tojson(indent=99999999) }}",
      "{{ 'x'|indent(99999999999) }}",
      "{{ ('x' * 60000000) ~ ('x' * 60000000) }}",
      "{% for a in range(100000) %}{{ 'x' * 10000 }}{% endfor %}",
      "{% set ns = namespace(s='x') %}{% for a in range(30) %}{% set ns.s = ns.s|replace('x', 'xxxx') %}{% "
      "endfor %}",
      "{{ (['x' * 10000] * 10000)|join }}"};
  for (const std::string& source : sources) {
    CAPTURE(source);
    CHECK(Render(source).status().code() == StatusCode::kResourceExhausted);
  }
  // A search takes linear time, and costs no more.
  CHECK(*Render("{{ (('a' * 100000) ~ 'b') in ('a' * 60000000) }}") == "False");
  Limits few;
  few.max_output_bytes = 10;
  CHECK(Render("0123456789", few).ok());
  CHECK(Render("0123456789a", few).status().code() == StatusCode::kResourceExhausted);
  CHECK(Template::Parse("0123456789a", 10).status().code() == StatusCode::kResourceExhausted);
}

TEST_CASE("nesting in the text is limited, the length of chains is not") {
  CHECK(Render("{{ " + Times("(", 40) + "1" + Times(")", 40) + " }}").ok());
  for (const std::string& source :
       {"{{ " + Times("(", 100000) + "1" + Times(")", 100000) + " }}",
        "{{ " + Times("[", 100000) + Times("]", 100000) + " }}",
        "{{ " + Times("{1:", 100000) + "1" + Times("}", 100000) + " }}",
        "{{ " + Times("not ", 100000) + "1 }}", "{{ " + Times("-", 100000) + "1 }}",
        "{{ " + Times("1 if 1 else ", 50000) + "1 }}", "{{ 1" + Times(" if 1", 100000) + " }}",
        Times("{% if 1 %}", 100000) + Times("{% endif %}", 100000), Times("{% for x in [1] %}", 50000),
        "{{ x" + Times("[0", 100000) + " }}", "{{ f" + Times("(f", 100000) + " }}",
        "{% set " + Times("(", 100000) + "x = 1 %}", "{{ 1" + Times(" is eq (1", 100000) + " }}"}) {
    CHECK_FALSE(Render(source).ok());
  }
  CHECK(*Render("{{ 0" + Times(" + 1", 20000) + " }}") == "20000");
  CHECK(*Render("{{ ''" + Times(" ~ 'a'", 2000) + " }}") == Times("a", 2000));
  CHECK(*Render("{{ 0" + Times(" or 0", 20000) + " or 7 }}") == "7");
  CHECK(*Render("{{ 1" + Times(" < 2 > 1", 5000) + " }}") == "True");
  CHECK(*Render("{{ 'a'" + Times("|upper|lower", 5000) + " }}") == "a");
  CHECK(*Render("{% if 0 %}" + Times("{% elif 0 %}", 20000) + "{% else %}x{% endif %}") == "x");
}

TEST_CASE("values that hold themselves are let go of") {
  CHECK(Render("{% set ns = namespace() %}{% set ns.a = ns %}{% set ns.b = [ns, ns] %}x").ok());
  CHECK(Render("{% macro m() %}{% endmacro %}{% set ns = namespace(f=m) %}{% for i in [1] %}{% set ns.l = "
               "loop %}{% endfor %}x")
            .ok());
  CHECK_FALSE(Render("{% for i in [1] %}{{ loop.changed(loop) }}{% endfor %}").ok());
  CHECK_FALSE(Render("{% set ns = namespace(c=[1]) %}{% for i in range(1000) %}{% set ns.c = [ns.c.index] "
                     "%}{% endfor %}x")
                  .ok());
  CHECK_FALSE(
      Render(
          "{% set ns = namespace(c=1) %}{% for i in range(1000) %}{% set ns.c = cycler(ns.c) %}{% endfor %}x")
          .ok());
}

TEST_CASE("a loop kept beyond its scope still sees the scope around it") {
  CHECK(*Render("{% set ns = namespace() %}{% with q = 'Q' %}{% for x in [1, 2] recursive %}{% set ns.l = "
                "loop %}{{ q }}{% endfor %}"
                "{% endwith %}{% with r = 1 %}{{ ns.l([3]) }}{% endwith %}") == "QQQ");
  CHECK(*Render("{% set ns = namespace() %}{% with q = 2 %}{% for x in [1, 2, 3] if x >= q %}{% set ns.l = "
                "loop %}{% break %}{% endfor %}"
                "{% endwith %}{% with r = 1 %}{{ ns.l.last }}{{ ns.l.length }}{% endwith %}") == "False2");
}

TEST_CASE("one template renders on several threads' worth of contexts without remembering") {
  const StatusOr<Template> parsed =
      Template::Parse("{% set x = (x or 0) + 1 %}{{ x }}{% set g = [1]|map('string') %}{{ g|list }}");
  REQUIRE(parsed.ok());
  for (int i = 0; i < 3; ++i) CHECK(parsed->Render({})->text == "1['1']");
}

TEST_CASE("words that occur can be asked for") {
  const StatusOr<Template> parsed = Template::Parse("{{ a.text }}{{ b['type'] }}{{ f(kind=1) }} plain");
  REQUIRE(parsed.ok());
  CHECK(parsed->Mentions("text"));
  CHECK(parsed->Mentions("type"));
  CHECK(parsed->Mentions("kind"));
  CHECK_FALSE(parsed->Mentions("plain"));
  CHECK_FALSE(parsed->Mentions("a"));
}

}  // namespace
}  // namespace talaria::chat::jinja
