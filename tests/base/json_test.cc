#include "lib/base/json.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lib/base/json_events.h"

namespace talaria::json {
namespace {

TEST_CASE("members keep their order and numbers their text") {
  const StatusOr<Value> value =
      Parse(R"( {"b": 1, "a": [1.50, -0.0, 12345678901234567890], "c": {"x": null}} )");
  REQUIRE(value.ok());
  CHECK(Write(*value) == R"({"b": 1, "a": [1.5, -0.0, 12345678901234567890], "c": {"x": null}})");
  CHECK(value->Find("a")->array()->at(0).number()->text == "1.50");
  CHECK(value->Find("zzz") == nullptr);
}

TEST_CASE("integers beyond 64 bits keep their digits") {
  const StatusOr<Value> value =
      Parse("[123456789012345678901234567890, 18446744073709551615, -9223372036854775808]");
  REQUIRE(value.ok());
  CHECK(Write(*value) == "[123456789012345678901234567890, 18446744073709551615, -9223372036854775808]");
  const Array& items = *value->array();
  CHECK_FALSE(items[0].AsUint64().ok());
  CHECK(*items[1].AsUint64() == 18446744073709551615u);
  CHECK_FALSE(items[1].AsInt64().ok());
  CHECK(*items[2].AsInt64() == INT64_MIN);
}

TEST_CASE("doubles are written as Python's repr writes them") {
  const std::vector<std::pair<double, std::string>> cases = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {0.1, "0.1"},
      {1e16, "1e+16"},
      {1e15, "1000000000000000.0"},
      {123456.75, "123456.75"},
      {1e-4, "0.0001"},
      {1e-5, "1e-05"},
      {1.5e-7, "1.5e-07"},
      {1e20, "1e+20"},
      {1e22, "1e+22"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {-2.5, "-2.5"},
      {100.0, "100.0"},
      {9007199254740993.0, "9007199254740992.0"},
      {1234567890123456.7, "1234567890123456.8"}};
  for (const auto& [number, text] : cases) CHECK(PythonRepr(number) == text);
}

TEST_CASE("what RFC 8259 does not allow is refused") {
  for (const std::string& text : std::vector<std::string>{"",
                                                          " ",
                                                          "{",
                                                          "[1,]",
                                                          "{\"a\":1,}",
                                                          "{\"a\" 1}",
                                                          "nul",
                                                          "01",
                                                          "+1",
                                                          "1.",
                                                          ".5",
                                                          "'a'",
                                                          "[1] x",
                                                          "// c\n1",
                                                          "\"\x01\"",
                                                          "\"\xFF\"",
                                                          "\"\xC0\xAF\"",
                                                          "\"\\ud800\"",
                                                          "\"\\udc00\\ud800\"",
                                                          "\xEF\xBB\xBF[]",
                                                          "NaN",
                                                          "Infinity",
                                                          "1e400",
                                                          "\"\\x41\"",
                                                          "{1: 2}",
                                                          "[1 2]"}) {
    CAPTURE(text);
    CHECK(Parse(text).status().code() == StatusCode::kInvalidArgument);
  }
  CHECK_FALSE(Parse(std::string("[]\0", 3)).ok());
  CHECK_FALSE(Parse(std::string("[]\0\0", 4)).ok());
}

TEST_CASE("what is wrong with a text is said with its place and little of it") {
  const Status status = Parse("[1,\n \"" + std::string(1 << 20, 'a')).status();
  CHECK(Message(status).find("line 2") != std::string_view::npos);
  CHECK(Message(status).size() <= 300);
}

TEST_CASE("a member name that occurs twice is refused and named") {
  CHECK(Message(Parse(R"({"a": {"k": 1, "k": 1}})").status()).find("\"k\"") != std::string_view::npos);
  std::string many = "{";
  for (int i = 0; i < 1000; ++i) many += "\"k" + std::to_string(i) + "\": 0, ";
  CHECK(Parse(many + "\"last\": 0}").ok());
  CHECK_FALSE(Parse(many + "\"k512\": 0}").ok());
  // Escapes do not hide it.
  CHECK_FALSE(Parse(R"({"a": 1, "\u0061": 2})").ok());
}

TEST_CASE("depth and the number of values are limited") {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(Parse(nested(64)).ok());
  CHECK_FALSE(Parse(nested(65)).ok());
  CHECK_FALSE(Parse(nested(100000)).ok());
  CHECK_FALSE(Parse(std::string(100000, '[')).ok());
  ParseLimits few;
  few.max_values = 4;
  CHECK(Parse("[1,2,3]", few).ok());
  CHECK_FALSE(Parse("[1,2,3,4]", few).ok());
  CHECK_FALSE(Parse(R"({"a":1,"b":2})", few).ok());
}

TEST_CASE("events come in the order of the text, and a handler's error stops the parser") {
  struct Recorder : EventHandler {
    std::string seen;
    Status OnScalar(Value value) override { return Note(Write(value)); }
    Status OnString(std::string& text) override {
      return text == "stop" ? NotFound("stopped") : Note("\"" + text);
    }
    Status OnStartObject() override { return Note("{"); }
    Status OnKey(std::string& key) override { return Note(key + ":"); }
    Status OnEndObject() override { return Note("}"); }
    Status OnStartArray() override { return Note("["); }
    Status OnEndArray() override { return Note("]"); }
    Status Note(const std::string& event) {
      seen += event + " ";
      return absl::OkStatus();
    }
  };
  Recorder recorder;
  CHECK(ParseEvents(R"({"a": [1, "x", null], "a": {}})", {}, &recorder).ok());
  CHECK(recorder.seen == "{ a: [ 1 \"x null ] a: { } } ");
  Recorder stopped;
  CHECK(ParseEvents(R"(["stop", 1])", {}, &stopped).code() == StatusCode::kNotFound);
  CHECK(stopped.seen == "[ ");
}

TEST_CASE("strings are escaped as Python escapes them") {
  const Value text(std::string_view("a\"\\\n\t\x01\x7F\xC3\xA9\xF0\x9F\x98\x80</x>"));
  CHECK(Write(text) == "\"a\\\"\\\\\\n\\t\\u0001\x7F\xC3\xA9\xF0\x9F\x98\x80</x>\"");
  WriteOptions ascii;
  ascii.ascii = true;
  CHECK(Write(text, ascii) == "\"a\\\"\\\\\\n\\t\\u0001\x7F\\u00e9\\ud83d\\ude00</x>\"");
}

TEST_CASE("typed reads say what was expected and found") {
  CHECK(Message(Value("x").AsInt64().status()) == "expected an integer, found a string");
  CHECK_FALSE(Parse("1.0")->AsInt64().ok());
  CHECK_FALSE(Parse("1e3")->AsInt64().ok());
  CHECK(*Parse("1e3")->AsDouble() == 1000.0);
  CHECK(*Parse("1e-400")->AsDouble() == 0.0);
  CHECK_FALSE(Parse("-1")->AsUint64().ok());
}

}  // namespace
}  // namespace talaria::json
