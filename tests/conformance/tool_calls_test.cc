// The cases beside the project: what each output means, and the law at every split of each.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "tests/chat/tool_call_law.h"
#include "tests/fixtures.h"
#include "tests/skip.h"

namespace talaria::chat {
namespace {

// A line of the file. Some hold halves of surrogate pairs, which our reader refuses: U+FFFD is meant.
json::Value ReadLine(std::string line) {
  StatusOr<json::Value> row = json::Parse(line);
  for (size_t at = 0; !row.ok() && (at = line.find('\\', at)) != std::string::npos; at += 2) {
    if (line.compare(at, 3, "\\ud") == 0) line.replace(at + 2, 4, "fffd");
  }
  if (!row.ok()) row = json::Parse(line);
  REQUIRE_MESSAGE(row.ok(), line);
  return *std::move(row);
}

std::vector<json::Value> Cases() {
  std::vector<json::Value> rows;
  const StatusOr<std::string> text = ReadWholeFile(test::SharedFixture("toolcall/public.jsonl"), 64u << 20);
  REQUIRE(text.ok());
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = std::min(text->find('\n', begin), text->size());
    if (end > begin) rows.push_back(ReadLine(text->substr(begin, end - begin)));
    begin = end + 1;
  }
  return rows;
}

// A value in which numbers of one worth are one text, and members stand in one order.
json::Value Comparable(const json::Value& value) {
  if (value.is_number() && !value.number()->is_integer()) return json::Value::Double(*value.AsDouble());
  if (value.is_number() && value.number()->text == "-0") return json::Value::Integer(0);
  if (const json::Array* items = value.array()) {
    json::Array out;
    for (const json::Value& item : *items) out.push_back(Comparable(item));
    return out;
  }
  const json::Object* members = value.object();
  if (members == nullptr) return value;
  json::Object out;
  for (const json::Member& member : *members) out.push_back({member.key, Comparable(member.value)});
  std::sort(out.begin(), out.end(),
            [](const json::Member& a, const json::Member& b) { return a.key < b.key; });
  return out;
}

std::string Show(std::string_view name, const json::Value& arguments, bool lenient) {
  return Cat(name, " ", json::Write(Comparable(arguments)), lenient ? " lenient\n" : "\n");
}

// What the case says is expected, and what was found, in one form.
std::string Expected(const json::Value& expect) {
  std::string out;
  for (const json::Value& call : *expect.Find("calls")->array()) {
    out += Show(*call.Find("name")->string(), *call.Find("arguments"), call.Find("lenient") != nullptr);
  }
  for (const json::Value& error : *expect.Find("errors")->array()) {
    out += Cat(*error.Find("class")->string(), " at ", json::Write(*error.Find("index")), "\n");
  }
  return Cat(out, *expect.Find("outside_text")->string());
}

std::string Found(const std::vector<ToolEvent>& events) {
  std::string calls, errors, text;
  for (const ToolEvent& event : events) {
    if (event.kind == ToolEventKind::kText) text += event.text;
    if (event.kind == ToolEventKind::kCallEnd) calls += Show(event.name, event.arguments, event.lenient);
    if (event.kind == ToolEventKind::kError)
      errors += Cat(CallErrorName(event.error), " at ", event.index, "\n");
  }
  return calls + errors + text;
}

TEST_CASE("outputs of a model mean what the cases beside the project say") {
  if (test::SharedFixture("toolcall/public.jsonl").empty()) {
    test::Skip("the fixtures beside the project are absent");
    return;
  }
  size_t held = 0, advisory = 0;
  for (const json::Value& row : Cases()) {
    const std::string& text = *row.Find("text")->string();
    const std::vector<ToolEvent> events = ParseToolCalls(text);
    CHECK(test::BrokenLaw(events) == "");
    if (row.Find("advisory") != nullptr) {
      ++advisory;
      continue;
    }
    CHECK_MESSAGE(Found(events) == Expected(*row.Find("expect")), *row.Find("id")->string(), " ", text);
    ++held;
  }
  MESSAGE(held << " cases held, " << advisory << " advisory");
  CHECK(held > 0);
}

TEST_CASE("the law holds at every split of every case and at random ones") {
  if (test::SharedFixture("toolcall/public.jsonl").empty()) {
    test::Skip("the fixtures beside the project are absent");
    return;
  }
  std::mt19937 random(1);  // NOLINT(bugprone-random-generator-seed)
  const std::vector<json::Value> rows = Cases();
  ToolCallParserOptions reasoning;
  reasoning.reasoning_tags = HermesReasoningTags();
  size_t splits = 0;
  for (const ToolCallParserOptions& options : {ToolCallParserOptions(), reasoning}) {
    for (const json::Value& row : rows) {
      const std::string& text = *row.Find("text")->string();
      const std::string whole = test::ShowEvents(ParseToolCalls(text, options));
      for (size_t cut = 0; cut <= text.size(); ++cut, ++splits) {
        REQUIRE(test::ShowEvents(test::ParsePieces(text, {cut}, options)) == whole);
      }
      std::vector<size_t> every(text.size());
      for (size_t i = 0; i < every.size(); ++i) every[i] = i;
      REQUIRE(test::ShowEvents(test::ParsePieces(text, every, options)) == whole);
    }
  }
  constexpr int kRandomSplits = 10000;
  for (int i = 0; i < kRandomSplits; ++i) {
    const std::string& text = *rows[random() % rows.size()].Find("text")->string();
    std::vector<size_t> cuts(1 + random() % 12);
    for (size_t& cut : cuts) cut = random() % (text.size() + 1);
    std::sort(cuts.begin(), cuts.end());
    const std::vector<ToolEvent> events = test::ParsePieces(text, cuts, {});
    REQUIRE(test::BrokenLaw(events) == "");
    REQUIRE(test::ShowEvents(events) == test::ShowEvents(ParseToolCalls(text)));
  }
  MESSAGE(splits << " single splits, " << kRandomSplits << " random ones");
}

}  // namespace
}  // namespace talaria::chat
