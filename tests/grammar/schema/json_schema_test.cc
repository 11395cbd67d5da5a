// Grammars of schemas, against the check of values and against texts.
#include "lib/grammar/json_schema.h"

#include <doctest/doctest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/text.h"
#include "lib/grammar/automaton.h"
#include "lib/grammar/validate.h"
#include "tests/grammar/schema/accepts.h"
#include "tests/sanitized.h"

namespace talaria::test {
namespace {

using grammar::SchemaGrammar;
using grammar::SchemaGrammarOptions;

json::Value Json(std::string_view text) {
  StatusOr<json::Value> value = json::Parse(text);
  REQUIRE_MESSAGE(value.ok(), text);
  return *std::move(value);
}

SchemaGrammarOptions Compact() {
  SchemaGrammarOptions options;
  options.style.spacing = grammar::JsonSpacing::kCompact;
  return options;
}

std::shared_ptr<const SchemaGrammar> Compiled(std::string_view schema,
                                              const SchemaGrammarOptions& options = Compact()) {
  const auto made = SchemaGrammar::Create(Json(schema), options);
  REQUIRE_MESSAGE(made.ok(), Message(made.status()));
  return *made;
}

std::string Refusal(std::string_view schema, const SchemaGrammarOptions& options = Compact()) {
  const auto made = SchemaGrammar::Create(Json(schema), options);
  return made.ok() ? std::string("accepted") : grammar::UnsupportedKeyword(made.status());
}

void CheckTexts(std::string_view schema, std::initializer_list<std::string_view> in,
                std::initializer_list<std::string_view> out,
                const SchemaGrammarOptions& options = Compact()) {
  const auto compiled = Compiled(schema, options);
  CAPTURE(schema);
  for (const std::string_view text : in) CHECK_MESSAGE(AcceptsText(*compiled, text), text);
  for (const std::string_view text : out) CHECK_MESSAGE(!AcceptsText(*compiled, text), text);
}

TEST_CASE("members come in the schema's order, the others last") {
  CheckTexts(
      R"({"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"string"}},"required":["a"]})",
      {R"({"b":1,"a":"x"})", R"({"a":"x"})", R"({"a":"x","c":[null]})"},
      {R"({"a":"x","b":1})", R"({"b":1})", R"({"c":1,"a":"x"})", R"({"b":1,"a":"x",})", "{}", "[]"});
  CheckTexts(R"({"properties":{"a":{"const":1},"b":{"const":2}},"additionalProperties":false})",
             {"{}", R"({"a":1})", R"({"b":2})", R"({"a":1,"b":2})", "3"},
             {R"({"b":2,"a":1})", R"({"c":1})", R"({,"b":2})"});
}

TEST_CASE("members come in any order where that is asked for") {
  SchemaGrammarOptions options = Compact();
  options.any_order = true;
  CheckTexts(
      R"({"type":"object","properties":{"a":{"const":1},"b":{"const":2},"c":{"const":3}},"required":["b"],
                 "additionalProperties":{"const":4}})",
      {R"({"b":2})", R"({"c":3,"b":2,"a":1})", R"({"b":2,"a":1,"x":4})"},
      {"{}", R"({"a":1})", R"({"b":2,"b":2})", R"({"x":4,"b":2})", R"({"b":2,})"}, options);
  CheckTexts(
      R"({"type":"object","properties":{"a":{"const":1},"b":{"const":2}},"additionalProperties":{"const":4}})",
      {"{}", R"({"b":2})", R"({"b":2,"a":1,"x":4})", R"({"x":4})"}, {R"({,"x":4})", R"({"b":2,"b":2})"},
      options);
}

TEST_CASE("white space is as the style has it") {
  SchemaGrammarOptions spaced = Compact();
  spaced.style.spacing = grammar::JsonSpacing::kSpaced;
  constexpr std::string_view kSchema =
      R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"integer"}}},"required":["a"]})";
  CheckTexts(kSchema, {R"({"a": [1, 2], "b": null})"}, {R"({"a":[1,2]})", R"({"a": [1,2]})"}, spaced);
  SchemaGrammarOptions flexible = Compact();
  flexible.style.spacing = grammar::JsonSpacing::kFlexible;
  CheckTexts(kSchema, {R"({"a":[1,2]})", "{\n \"a\" : [ 1 ,\t2 ]\n}"}, {R"({"a":[1 2]})"}, flexible);
}

TEST_CASE("numbers keep their bounds in every spelling") {
  CheckTexts(R"({"type":"integer","minimum":-3,"maximum":120})", {"-3", "0", "-0", "99", "120"},
             {"-4", "121", "1000", "01", "1.0", "1e1", "", "-"});
  CheckTexts(R"({"type":"number","exclusiveMinimum":0.5,"maximum":10})",
             {"0.51", "0.5000001", "10", "10.0", "1.50"}, {"0.5", "0.50", "0", "10.01", "-1", "11"});
  CheckTexts(R"({"type":"number","minimum":-0.25,"exclusiveMaximum":-0.05})",
             {"-0.25", "-0.1", "-0.0501", "-0.250"}, {"-0.05", "-0.26", "0", "-1", "0.1", "-0.050"});
  CheckTexts(R"({"multipleOf":7,"type":"integer","minimum":0})", {"0", "7", "14", "700", "7007"},
             {"1", "8", "-7", "701"});
  CheckTexts(R"({"multipleOf":0.05,"type":"number"})", {"0.05", "0.10", "-3.15", "7", "0.050"},
             {"0.01", "0.051", "7.02"});
  CheckTexts(R"({"enum":[1,2.50,"x"]})", {"1", "2.5", "2.50", "\"x\""}, {"2", "1.5", "x"});
  CheckTexts(R"({"type":"number"})", {"1e5", "-0.5E-3", "12"}, {"1e", ".5", "+1"});
}

TEST_CASE("limits of the style end what the schema leaves open") {
  SchemaGrammarOptions options = Compact();
  options.style.max_string = 3;
  options.style.max_digits = 2;
  CheckTexts(R"({"type":"string"})", {R"("abc")", R"("é\n中")"}, {R"("abcd")"}, options);
  CheckTexts(R"({"type":"string","pattern":"^a+$"})", {R"("aaa")"}, {R"("aaaa")"}, options);
  CheckTexts(R"({"type":"string","minLength":5})", {R"("abcde")"}, {R"("abcdef")"}, options);
  CheckTexts(R"({"enum":["abcdef"]})", {R"("abcdef")"}, {}, options);
  CheckTexts(R"({"type":"integer"})", {"12", "-12"}, {"123"}, options);
}

TEST_CASE("an alternative excludes another where that can be told") {
  CheckTexts(
      R"({"oneOf":[{"type":"object","properties":{"kind":{"const":"a"},"x":{"type":"integer"}},"required":["kind","x"]},
                          {"type":"object","properties":{"kind":{"const":"b"},"y":{"type":"string"}},"required":["kind"]}]})",
      {R"({"kind":"a","x":1})", R"({"kind":"b"})", R"({"kind":"b","y":""})"},
      {R"({"kind":"a"})", R"({"kind":"b","y":1})", R"({"kind":"c"})"});
  CheckTexts(R"({"oneOf":[{"type":"string","maxLength":3},{"type":"string","minLength":3}]})",
             {R"("ab")", R"("abcd")"}, {R"("abc")"});
}

TEST_CASE("a value is put in the order that its place wants") {
  const auto contains =
      Compiled(R"({"type":"array","items":{"type":"object","properties":{"a":true,"b":true}},
                   "contains":{"properties":{"c":{"const":1},"b":true},"required":["c"]}})");
  CHECK(AcceptsValue(*contains, Json(R"([{"b":2,"a":1},{"b":2,"c":1,"a":3}])")));
  CHECK_FALSE(AcceptsValue(*contains, Json(R"([{"b":2,"a":1}])")));
  const auto either = Compiled(R"({"properties":{"x":true},"anyOf":[
      {"properties":{"x":{"properties":{"a":{"const":1},"b":{"const":2}},"required":["a","b"]}}},
      {"properties":{"x":{"properties":{"b":{"const":1},"a":{"const":2}},"required":["a","b"]}}}],"required":["x"]})");
  CHECK(AcceptsValue(*either, Json(R"({"x":{"a":1,"b":2}})")));
  CHECK(AcceptsValue(*either, Json(R"({"x":{"a":2,"b":1}})")));
  CHECK_FALSE(AcceptsValue(*either, Json(R"({"x":{"a":1,"b":1}})")));
}

TEST_CASE("recursion in the schema is recursion in the grammar") {
  const auto tree = Compiled(
      R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"v":{"type":"integer"},
      "next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false}}})");
  std::string text = R"({"v":0,"next":null})";
  for (int i = 0; i < 100; ++i) text = Cat(R"({"v":1,"next":)", text, "}");
  CHECK(AcceptsText(*tree, text));
  CHECK_FALSE(AcceptsText(*tree, text + "}"));
}

TEST_CASE("alternatives have one order, of the names that others speak of too") {
  const auto either = Compiled(R"({"anyOf":[{"properties":{"b":{"type":"integer"}},"required":["b"]},
                                           {"properties":{"a":{"type":"integer"}},"required":["a"]}]})");
  CHECK(AcceptsValue(*either, Json(R"({"a":1,"b":"x"})")));
  CHECK(AcceptsText(*either, R"({"b":"x","a":1})"));
  CHECK_FALSE(AcceptsValue(*either, Json(R"({"a":"y","b":"x"})")));
  const auto kinds = Compiled(R"({"if":{"properties":{"kind":{"const":"x"}},"required":["kind"]},
                                  "then":{"required":["a"]},"else":{"required":["b"]}})");
  CHECK(AcceptsValue(*kinds, Json(R"({"b":1,"a":2})")));
  CHECK(AcceptsValue(*kinds, Json(R"({"kind":"x","a":2})")));
  CHECK_FALSE(AcceptsValue(*kinds, Json(R"({"kind":"x","b":2})")));
}

TEST_CASE("constants and what is negated evaluate nothing") {
  for (const std::string_view rest :
       {R"("const":{"a":1})", R"("enum":[{"a":1}])", R"("allOf":[{"enum":[{"a":1}]}])",
        R"("not":{"not":{"additionalProperties":true}})",
        R"("if":{"not":{"additionalProperties":true}},"else":{})"}) {
    const auto made = Compiled(Cat(R"({"unevaluatedProperties":false,)", rest, "}"));
    CAPTURE(rest);
    CHECK_FALSE(AcceptsValue(*made, Json(R"({"a":1})")));
  }
  CHECK(AcceptsValue(*Compiled(R"({"unevaluatedProperties":false,"properties":{"a":{"const":1}}})"),
                     Json(R"({"a":1})")));
}

TEST_CASE("equal values of an enum are one item where items differ") {
  CheckTexts(R"({"type":"array","items":{"enum":["a","b","a"]},"uniqueItems":true})",
             {R"(["a"])", R"(["b","a"])", "[]"}, {R"(["a","a"])", R"(["a","b","a"])"});
  CHECK_FALSE(AcceptsValue(*Compiled(R"({"items":{"enum":[1,1.0]},"uniqueItems":true})"), Json("[1,1.0]")));
}

TEST_CASE("of a schema that allows more than objects they can be had alone") {
  SchemaGrammarOptions options = Compact();
  options.objects_only = true;
  CheckTexts(R"({"type":["object","null"],"properties":{"a":{"type":"null"}},"additionalProperties":false})",
             {"{}", R"({"a":null})"}, {"null", "[]"}, options);
  options.document.draft = grammar::Draft::kDraft7;
  CheckTexts(R"({"$ref":"#/definitions/x","definitions":{"x":{"required":["a"]}}})", {R"({"a":[1]})"},
             {"null", "1", R"("x")", "{}"}, options);
  CHECK(SchemaGrammar::Create(Json(R"({"type":"string"})"), options).status().code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("counts inside one another that multiply to too much are refused") {
  CHECK(Refusal(R"({"type":"string","pattern":"^((a{1,100}){1,100}){1,100}$"})") == "pattern");
  CHECK(Refusal(R"({"type":"string","pattern":"^([a-z]{1,63}\\.){1,127}[a-z]{2,63}$"})") == "accepted");
  CHECK(Refusal(R"({"type":"string","pattern":"^(a{0,20000}b)+c{0,20000}$"})") == "accepted");
}

TEST_CASE("a schema that nothing can meet has no grammar and is no error") {
  for (
      const std::string_view schema :
      {"false", R"({"type":"string","minLength":3,"maxLength":2})",
       R"({"allOf":[{"type":"string"},{"type":"null"}]})",
       R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"required":["a"]}}})"}) {
    CAPTURE(schema);
    CHECK(Compiled(schema)->grammar() == nullptr);
  }
}

TEST_CASE("what is not supported is refused by its name") {
  CHECK(Refusal(R"({"uniqueItems":true})") == "uniqueItems");
  CHECK(Refusal(R"({"$ref":"http://example.com/x.json"})") == "$ref");
  CHECK(Refusal(R"({"$ref":"#"})") == "$ref");
  CHECK(Refusal(R"({"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"},true]}}})") ==
        "$ref");
  CHECK(Refusal(R"({"$schema":"http://json-schema.org/draft-04/schema#"})") == "$schema");
  CHECK(Refusal(R"({"type":"string","pattern":"(?=a)b"})") == "pattern");
  CHECK(Refusal(R"({"multipleOf":123456789})") == "multipleOf");
  SchemaGrammarOptions options = Compact();
  CHECK(Refusal(R"({"format":"idn-hostname"})", options) == "accepted");
  options.assert_formats = true;
  CHECK(Refusal(R"({"format":"idn-hostname"})", options) == "format");
  CHECK(Refusal(R"({"format":"what-is-that"})", options) == "accepted");
}

TEST_CASE("formats that are asserted hold") {
  SchemaGrammarOptions options = Compact();
  options.assert_formats = true;
  CheckTexts(R"({"type":"string","format":"date"})", {R"("2024-02-29")", R"("1999-12-31")"},
             {R"("2023-02-29")", R"("2024-13-01")", R"("24-01-01")"}, options);
  CheckTexts(R"({"type":"string","format":"date-time"})",
             {R"("2024-02-29T23:59:59Z")", R"("2024-01-01t00:00:00.5+01:30")"},
             {R"("2024-01-01 00:00:00Z")", R"("2024-01-01T24:00:00Z")"}, options);
  CheckTexts(R"({"type":"string","format":"ipv4"})", {R"("255.0.10.1")"},
             {R"("256.0.0.1")", R"("1.2.3")", R"("01.2.3.4")"}, options);
  CheckTexts(R"({"type":"string","format":"ipv6"})",
             {R"("::1")", R"("1:2:3:4:5:6:7:8")", R"("::ffff:1.2.3.4")", R"("1::8")", R"("::")"},
             {R"("1:2:3:4:5:6:7")", R"("1::2::3")", R"("12345::")", R"(":1")"}, options);
  CheckTexts(R"({"type":"string","format":"uuid"})", {R"("2EB8AA08-aa98-11ea-b4aa-73b441d16380")"},
             {R"("2eb8aa08-aa98-11ea-b4aa73b441d16380")"}, options);
  CheckTexts(R"({"type":"string","format":"email"})", {R"("joe.bloggs@example.com")"},
             {R"("joe")", R"(".a@b.c")", R"("a..b@c.d")"}, options);
  CheckTexts(R"({"type":"string","format":"uri"})", {R"("http://foo.bar/?q=a%20b#x")", R"("urn:a:b")"},
             {R"("//foo")", R"("a b:c")", R"("http://[::1")"}, options);
}

// Schemas that ask for more than there is, or for little in a costly way.
std::vector<std::string> AbsurdSchemas() {
  std::string wide = R"({"anyOf":[)";
  for (int i = 0; i < 10'000; ++i) wide += Cat(i == 0 ? "" : ",", R"({"const":"word )", i, R"("})");
  wide += "]}";
  std::string objects = R"({"anyOf":[)";
  for (int i = 0; i < 10'000; ++i) {
    objects += Cat(i == 0 ? "" : ",", R"({"properties":{"p)", i, R"(":{"type":"integer"}},"required":["p)", i,
                   R"("]})");
  }
  objects += "]}";
  std::string one_of = objects;
  one_of.replace(2, 5, "oneOf");
  std::string doubling = R"({"$ref":"#/$defs/d0","$defs":{)";
  for (int i = 0; i < 40; ++i)
    doubling += Cat(R"("d)", i, R"(":{"allOf":[{"$ref":"#/$defs/d)", i + 1, R"("},{"$ref":"#/$defs/d)", i + 1,
                    R"("}]},)");
  doubling += R"("d40":{"type":"object"}}})";
  std::string many_patterns = R"({"patternProperties":{)";
  for (int i = 0; i < 40; ++i)
    many_patterns += Cat(i == 0 ? "" : ",", R"("a.{)", i, R"(}b":{"type":"integer"})");
  many_patterns += "}}";
  std::string optional = R"({"type":"object","properties":{)";
  for (int i = 0; i < 5'000; ++i)
    optional += Cat(i == 0 ? "" : ",", R"("p)", i, R"(":{"type":["string","null"]})");
  optional += R"(},"minProperties":2000})";
  return {
      R"({"type":"array","items":{"type":"integer"},"minItems":1000000000})",
      R"({"type":"array","minItems":1000000000,"items":{"type":"array","minItems":1000000000}})",
      R"({"type":"string","minLength":1000000000,"maxLength":2000000000})",
      R"({"type":"string","pattern":"^(a{1,1000}){1,1000}$"})",
      R"({"type":"string","pattern":"^(a|aa)+$","minLength":100})",
      R"({"type":"string","pattern":"(((((x+)+)+)+)+)+y"})",
      R"({"allOf":[{"pattern":"a.{200}b"},{"pattern":"c.{200}d"},{"not":{"pattern":"e.{100}f"}}],"type":"string"})",
      R"({"type":"object","minProperties":1000000000})",
      R"({"contains":{"type":"integer"},"minContains":1000000000})",
      R"({"multipleOf":99991,"minimum":1e300})",
      wide,
      objects,
      one_of,
      doubling,
      many_patterns,
      optional};
}

// What it took to compile one, by the process that did nothing else.
struct Cost {
  double seconds = 0;  // of the processor
  double mebibytes = 0;
  bool is_sound = false;  // compiled, or refused as such a schema may be
};

Cost CompileInChild(const std::string& schema) {
  std::array<int, 2> ends;
  REQUIRE(pipe(ends.data()) == 0);
  malloc_trim(0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Cost cost;
    const auto peak = [] {
      rusage usage{};
      getrusage(RUSAGE_SELF, &usage);
      return static_cast<double>(usage.ru_maxrss) / 1024;
    };
    const double before = peak();
    const auto made = SchemaGrammar::Create(Json(schema), Compact());
    Status status = made.status();
    if (made.ok() && (*made)->grammar() != nullptr) {
      status = grammar::Automaton::Create((*made)->grammar(), nullptr).status();
    }
    cost.seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    cost.mebibytes = peak() - before;
    cost.is_sound = status.ok() || status.code() == StatusCode::kUnimplemented ||
                    status.code() == StatusCode::kResourceExhausted;
    const bool written = write(ends[1], &cost, sizeof(cost)) == sizeof(cost);
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  Cost cost;
  const bool read_all = read(ends[0], &cost, sizeof(cost)) == sizeof(cost);
  close(ends[0]);
  int state = 0;
  waitpid(child, &state, 0);
  REQUIRE((read_all && WIFEXITED(state)));
  return cost;
}

TEST_CASE("absurd schemas are refused or compiled, each within a second and 64 MB") {
  for (const std::string& schema : AbsurdSchemas()) {
    CAPTURE(schema.substr(0, 120));
    const Cost cost = CompileInChild(schema);
    MESSAGE(Cat(cost.seconds, " s, ", cost.mebibytes, " MiB: ", schema.substr(0, 60)));
    CHECK(cost.is_sound);
#if !TALARIA_SANITIZED
    CHECK(cost.mebibytes < 64);
#endif
    CHECK(cost.seconds < 60);  // below 1 s where nothing watches; AddressSanitizer takes 20 times that
  }
}

}  // namespace
}  // namespace talaria::test
