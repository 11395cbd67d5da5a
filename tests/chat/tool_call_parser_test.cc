#include "lib/chat/tool_call_parser.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "tests/chat/json_lines.h"
#include "tests/chat/tool_call_law.h"
#include "tests/fixtures.h"

namespace talaria::chat {
namespace {

// "text:a reasoning:b call:f{"x": 1} lenient:f{} error:empty", what a reader wants to know of an output.
std::string Brief(const std::vector<ToolEvent>& events) {
  std::string out;
  for (const ToolEvent& event : events) {
    switch (event.kind) {
      case ToolEventKind::kText:
        out += Cat("text:", event.text, " ");
        break;
      case ToolEventKind::kReasoning:
        out += Cat("reasoning:", event.text, " ");
        break;
      case ToolEventKind::kCallEnd:
        out += Cat(event.lenient ? "lenient:" : "call:", event.name, event.text, " ");
        break;
      case ToolEventKind::kError:
        out += Cat("error:", CallErrorName(event.error), " ");
        break;
      default:
        break;
    }
  }
  return out;
}

std::string Brief(std::string_view output) { return Brief(ParseToolCalls(output)); }

constexpr std::string_view kCall = "<tool_call>{\"name\": \"b\", \"arguments\": {}}</tool_call>";

TEST_CASE("outputs mean what their parts mean, and the law holds at every split") {
  std::mt19937 random(2);  // NOLINT(bugprone-random-generator-seed)
  for (const json::Value& row : test::ReadJsonLines(test::GoldenFile("tool_calls/cases.jsonl"))) {
    const std::string& text = *row.Find("text")->string();
    const std::vector<ToolEvent> events = ParseToolCalls(text);
    REQUIRE_MESSAGE(test::BrokenLaw(events) == "", text);
    std::string words;
    json::Array calls, errors;
    for (const ToolEvent& event : events) {
      if (event.kind == ToolEventKind::kText) words += event.text;
      if (event.kind == ToolEventKind::kError) {
        errors.push_back(json::Array{CallErrorName(event.error), json::Value::Unsigned(event.index)});
      }
      if (event.kind == ToolEventKind::kCallEnd) {
        calls.push_back(
            json::Object{{"name", event.name}, {"arguments", event.arguments}, {"lenient", event.lenient}});
      }
    }
    CHECK_MESSAGE(words == *row.Find("content")->string(), text);
    CHECK_MESSAGE(json::Write(calls) == json::Write(*row.Find("calls")), text);
    CHECK_MESSAGE(json::Write(errors) == json::Write(*row.Find("errors")), text);
    const std::string whole = test::ShowEvents(events);
    for (int i = 0; i < 40; ++i) {
      std::vector<size_t> cuts(1 + random() % 8);
      for (size_t& cut : cuts) cut = random() % (text.size() + 1);
      std::sort(cuts.begin(), cuts.end());
      REQUIRE(test::ShowEvents(test::ParsePieces(text, cuts, {})) == whole);
    }
  }
}

TEST_CASE("arguments come as they are written, and the name as soon as it is known") {
  ToolCallParser parser;
  const auto kinds = [&](std::string_view piece) {
    REQUIRE(parser.Feed(piece).ok());
    std::string out;
    for (ToolEvent event; parser.NextEvent(&event);) {
      out += Cat(static_cast<int>(event.kind), ":", event.name, event.text, " ");
    }
    return out;
  };
  CHECK(kinds("Let me <tool_") == "0:Let me  ");
  CHECK(kinds("call>{\"name\": \"f") == "");
  CHECK(kinds("\", \"arg") == "2:f ");
  CHECK(kinds("uments\": {\"a\": [1, ") == "3:{\"a\": [1,  ");
  CHECK(kinds("2]}") == "3:2]} ");
  CHECK(kinds("}\n</tool_call") == "");
  CHECK(kinds(">x") == "4:f{\"a\": [1, 2]} 0:x ");
}

TEST_CASE("a beginning that was mistaken is taken back") {
  const std::vector<ToolEvent> events = ParseToolCalls(
      R"(<tool_call>{"name": "f", "arguments": {"a": 1}, "name": "g", "arguments": {"b": 2}}</tool_call>)");
  REQUIRE(events.size() == 5);
  CHECK(events[0].name == "f");
  CHECK(events[1].text == R"({"a": 1})");
  CHECK(events[1].id == "call_0");
  CHECK(events[2].kind == ToolEventKind::kCallBegin);
  CHECK(events[2].name == "g");
  CHECK(events[3].text == R"({"b": 2})");
  CHECK(events[4].name == "g");
}

TEST_CASE("a bad call takes no other with it") {
  for (const std::string_view bad : {
           R"({"name": "a", "arguments": {"q": "oops}}</tool_call>)",
           "{\"name\": \"a\", \"arguments\": {\"q\": \"oops}}\n</tool_call>",
           R"({"name": "a", "arguments": {"q": "oops}})",
           R"({"name": "a", "arguments": {</tool_call>)",
           R"(I don't know</tool_call>)",
           R"({"name": get_weather", "arguments": {}}</tool_call>)",
           R"({'name': 'a', 'arguments': {'q': 'it's'}}</tool_call>)",
           R"({"name": "a", "arguments": {"q": "\")",
           "",
       }) {
    const std::string brief = Brief(Cat("<tool_call>", bad, kCall));
    CHECK_MESSAGE(brief == "error:invalid_json call:b{} ", bad, " gave ", brief);
  }
}

TEST_CASE("a backslash takes one line ending with it, of either kind") {
  for (const std::string_view end : {"\r", "\n", "\r\n"}) {
    CHECK(Brief(Cat("<tool_call>{'name': 'f', 'arguments': {'a': '\\", end, "'}}</tool_call>")) ==
          "lenient:f{\"a\": \"\"} ");
  }
}

TEST_CASE("what stands in a string of a bad call is not called") {
  const std::string evil = "<tool_call>{'name': 'evil', 'arguments': {}}</tool_call>";
  CHECK(Brief(Cat("<tool_call>{\"name\": \"f\", \"arguments\": {\"q\": \"", evil,
                  "\", \"r\": undefined}}</tool_call>")) == "error:invalid_json ");
  CHECK(Brief(Cat("<tool_call>f(q=\"", evil, "\")</tool_call>")) == "error:invalid_json ");
  CHECK(Brief(Cat("<tool_call>{\"name\": \"f\", \"arguments\": {\"q\": \"", evil)) == "error:invalid_json ");
}

TEST_CASE("reasoning comes apart where that is asked for") {
  ToolCallParserOptions options;
  options.reasoning_tags = HermesReasoningTags();
  const std::string output = Cat("<scratch_pad>\nGoal: ", kCall, "</scratch_pad>\n<think><PLAN></think>b",
                                 kCall, "<PLAN>open ", kCall);
  CHECK(Brief(ParseToolCalls(output, options)) ==
        Cat("reasoning:\nGoal: ", kCall, " text:\n reasoning:<PLAN> text:b call:b{} reasoning:open ", kCall,
            " "));
  CHECK(Brief("<think>a</think>") == "text:<think>a</think> ");
}

TEST_CASE("what is no UTF-8 becomes U+FFFD wherever it was cut") {
  const std::string output =
      "\xF0\x9F\x98 a\xFF<tool_call>{\"name\": \"f\", \"arguments\": {\"s\": \"\xE2\x82\"}}";
  CHECK(Brief(output) == "text:\xEF\xBF\xBD a\xEF\xBF\xBD call:f{\"s\": \"\xEF\xBF\xBD\"} ");
  for (size_t cut = 0; cut <= output.size(); ++cut) {
    CHECK(test::ShowEvents(test::ParsePieces(output, {cut}, {})) == test::ShowEvents(ParseToolCalls(output)));
  }
}

TEST_CASE("halves of surrogate pairs become U+FFFD, pairs a character") {
  CHECK(Brief(R"(<tool_call>{"name": "f", "arguments": {"s": "\ud83d\ud83d\ude00\\ud83d"}})") ==
        "call:f{\"s\": \"\xEF\xBF\xBD\xF0\x9F\x98\x80\\\\ud83d\"} ");
}

TEST_CASE("after the end nothing can be added") {
  ToolCallParser parser;
  REQUIRE(parser.Finish().ok());
  CHECK(parser.Feed("x").code() == StatusCode::kFailedPrecondition);
  CHECK(parser.Finish().code() == StatusCode::kFailedPrecondition);
}

// Microseconds for *output*, fed in pieces of *piece* bytes.
int64_t Microseconds(const std::string& output, size_t piece) {
  const auto begin = std::chrono::steady_clock::now();
  ToolCallParser parser;
  for (size_t at = 0; at < output.size(); at += piece) {
    REQUIRE(parser.Feed(std::string_view(output).substr(at, piece)).ok());
    for (ToolEvent event; parser.NextEvent(&event);) {
    }
  }
  REQUIRE(parser.Finish().ok());
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin)
      .count();
}

std::string Repeat(std::string_view part, size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += part;
  return out;
}

TEST_CASE("hostile outputs take time in proportion to their length") {
  for (const std::string_view part :
       {"<", "<tool_call>", "<tool_call>\"", "<tool_call>'</tool_call>\"", "<tool_call>\\\"",
        "<tool_call>\"\\\"x", "<tool_call>\"\"\"</tool_call>'''", "<tool_call>\"</tool_call><tool_call>\" x",
        "<tool_call>\\\r\"</tool_call>", "[", "{\"a\":", "<tool_call>{\"a\": [0,", "\"\\u", "'",
        "<tool_call>9", "<tool_call>r\"</tool_call>", "\xF0\x9F"}) {
    const std::string small = Repeat(part, 50000), large = Cat("<tool_call>", Repeat(part, 400000));
    Microseconds(small, 7);
    const int64_t first = std::max<int64_t>(Microseconds(small, 7), 2000), second = Microseconds(large, 7);
    // Eight times as long; 64 times as much would be quadratic.
    CHECK_MESSAGE(second < 32 * first, part, ": ", first, " us, then ", second, " us");
    CHECK(test::BrokenLaw(ParseToolCalls(large)) == "");
  }
}

TEST_CASE("a call of too many values is refused, a large number is kept to its last digit") {
  const std::string items = Repeat("0,", 600000) + "0";
  CHECK(Brief(Cat("<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": [", items, "]}}")) ==
        "error:too_large ");
  CHECK(Brief(Cat("<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": [true, ", items, "]}}")) ==
        "error:too_large ");
  CHECK(Brief(Cat("<tool_call>{'name': 'f', 'arguments': {'a': [", items, "]}}")) == "error:too_large ");
  const auto brief = [](size_t digits) {
    return Brief(Cat("<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": ", std::string(digits, '7'),
                     "}}</tool_call>"));
  };
  CHECK(brief(300) == Cat("call:f{\"a\": ", std::string(300, '7'), "} "));
  // Beyond a double's range, also as an integer: JSON's readers do not agree about it.
  CHECK(brief(400) == "error:invalid_json ");
  CHECK(brief(1000000) == "error:invalid_json ");
}

}  // namespace
}  // namespace talaria::chat
