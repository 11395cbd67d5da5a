#include "lib/chat/parse_messages.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace talaria::chat {
namespace {

bool Says(const Status& status, std::string_view part) {
  return talaria::Message(status).find(part) != std::string_view::npos;
}

TEST_CASE("messages keep what they came with and show what they hold") {
  const StatusOr<Conversation> conversation = ParseMessages(R"([
    {"role": "user", "content": "hi", "extra": [1]},
    {"role": "assistant", "content": null, "tool_calls": [
      {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
      {"name": "g", "arguments": {"a": 1}}, {"name": "h"}]},
    {"role": "tool", "tool_call_id": "c1", "name": "f"},
    {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}])");
  REQUIRE_MESSAGE(conversation.ok(), talaria::Message(conversation.status()));
  const Conversation& c = *conversation;
  REQUIRE(c.size() == 4);
  CHECK(c[0].content_form() == ContentForm::kText);
  CHECK(c[0].ContentText() == "hi");
  CHECK(json::Write(*c[0].Find("extra")) == "[1]");
  CHECK_FALSE(c[0].has_tool_calls());
  CHECK(c[1].content_form() == ContentForm::kNull);
  REQUIRE(c[1].tool_call_count() == 3);
  CHECK(c[1].tool_call(0).id == "c1");
  CHECK(c[1].tool_call(0).name == "f");
  CHECK(*c[1].tool_call(0).arguments->string() == "{}");
  CHECK(c[1].tool_call(1).name == "g");
  CHECK(c[1].tool_call(1).arguments->is_object());
  CHECK(c[1].tool_call(2).arguments == nullptr);
  CHECK(c[2].content_form() == ContentForm::kAbsent);
  CHECK(c[2].name() == "f");
  CHECK(c[2].tool_call_id() == "c1");
  CHECK(c[3].content_form() == ContentForm::kParts);
  CHECK(c[3].ContentText() == "a\nb");
}

TEST_CASE("what is not OpenAI-shaped is refused with the message and the member") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{}", "messages: expected an array"},
      {"[1]", "messages[0]: expected an object, found a number"},
      {R"([{"role": "user", "content": "x"}, {}])", "messages[1]: role"},
      {R"([{"role": 1}])", "messages[0]: role: expected a string, found a number"},
      {R"([{"role": "user", "content": 5}])", "messages[0]: content: expected a string"},
      {R"([{"role": "user", "content": {}}])", "messages[0]: content"},
      {R"([{"role": "user", "content": ["x"]}])", "messages[0]: content[0]"},
      {R"([{"role": "user", "content": [{"type": "text"}]}])", "messages[0]: content[0]: text"},
      {R"([{"role": "user", "content": [{"text": "x"}]}])", "messages[0]: content[0].type"},
      {R"([{"role": "user", "name": 5}])", "messages[0]: name"},
      {R"([{"role": "tool", "tool_call_id": 5}])", "messages[0]: tool_call_id"},
      {R"([{"role": "assistant", "tool_calls": {}}])", "messages[0]: tool_calls: expected an array"},
      {R"([{"role": "assistant", "tool_calls": [1]}])", "messages[0]: tool_calls[0]"},
      {R"([{"role": "assistant", "tool_calls": [{"name": "f"}, {"function": {}}]}])",
       "messages[0]: tool_calls[1]: name"},
      {R"([{"role": "assistant", "tool_calls": [{"function": 1}]}])", "messages[0]: tool_calls[0]: function"},
      {R"([{"role": "assistant", "tool_calls": [{"name": "f", "arguments": [1]}]}])",
       "messages[0]: tool_calls[0]: arguments"},
      {"[", "messages: "},
      {R"([{"role": "a", "role": "b"}])", "occurs twice"}};
  for (const auto& entry : cases) {
    const std::string& text = entry.first;
    const std::string& part = entry.second;
    CAPTURE(text);
    const Status status = ParseMessages(text).status();
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CAPTURE(std::string(talaria::Message(status)));
    CHECK(Says(status, part));
  }
  const Status image =
      ParseMessages(R"([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}])").status();
  CHECK(image.code() == StatusCode::kUnimplemented);
  CHECK(Says(image, "image_url"));
  CHECK(ParseMessages(R"([{"role": "assistant", "tool_calls": [{"type": "custom", "name": "f"}]}])")
            .status()
            .code() == StatusCode::kUnimplemented);
}

TEST_CASE("the number of messages and their bytes are bounded by the caller") {
  ParseOptions options;
  options.limits.max_messages = 2;
  const std::string message = R"({"role": "user", "content": "0123456789"})";
  CHECK(ParseMessages("[" + message + "," + message + "]", options).ok());
  CHECK(ParseMessages("[" + message + "," + message + "," + message + "]", options).status().code() ==
        StatusCode::kResourceExhausted);
  options = {};
  options.limits.max_bytes = 60;
  CHECK(ParseMessages("[" + message + "]", options).ok());
  CHECK(ParseMessages("[" + message + "," + message + "]", options).status().code() ==
        StatusCode::kResourceExhausted);
  CHECK(
      ParseTools(R"([{"name": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}])", options.limits)
          .status()
          .code() == StatusCode::kResourceExhausted);
}

TEST_CASE("trust in the JSON counts only where the host accepts it") {
  const std::string text = R"([{"role": "user", "content": "x", "talaria_trust": "control"}])";
  const StatusOr<Conversation> refused = ParseMessages(text);
  REQUIRE(refused.ok());
  CHECK((*refused)[0].content_mark() == TextMark::kLiteral);
  CHECK((*refused)[0].Find("talaria_trust") != nullptr);
  ParseOptions options;
  options.accept_trust = true;
  const StatusOr<Conversation> accepted = ParseMessages(text, options);
  REQUIRE(accepted.ok());
  CHECK((*accepted)[0].content_mark() == TextMark::kControl);
  CHECK((*accepted)[0].field_mark() == TextMark::kControl);
  CHECK((*accepted)[0].Find("talaria_trust") == nullptr);
  CHECK_FALSE(ParseMessages(R"([{"role": "user", "talaria_trust": "all"}])", options).ok());
}

TEST_CASE("marks follow the role") {
  const StatusOr<Conversation> c = ParseMessages(
      R"([{"role": "user", "content": ""}, {"role": "assistant", "content": ""}, {"role": "tool", "content": ""}, {"role": "x", "content": ""}])");
  REQUIRE(c.ok());
  CHECK((*c)[0].content_mark() == TextMark::kLiteral);
  CHECK((*c)[1].content_mark() == TextMark::kAssistant);
  CHECK((*c)[1].field_mark() == TextMark::kLiteral);
  CHECK((*c)[2].content_mark() == TextMark::kLiteral);
  CHECK((*c)[3].content_mark() == TextMark::kLiteral);
}

TEST_CASE("tools are an array of objects with names, or null") {
  CHECK_FALSE(ParseTools("null")->has_value());
  CHECK((*ParseTools("[]"))->empty());
  const auto tools = ParseTools(
      R"([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}, {"name": "g"}])");
  REQUIRE(tools.ok());
  REQUIRE((*tools)->size() == 2);
  CHECK((**tools)[0].name() == "f");
  CHECK((**tools)[1].name() == "g");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{}", "tools: expected an array"},
      {"[1]", "tools[0]: expected an object"},
      {R"([{}])", "tools[0]: name"},
      {R"([{"function": 5}])", "tools[0]: function"},
      {R"([{"name": 5}])", "tools[0]: name"},
      {R"([{"name": "f", "parameters": 5}])", "tools[0]: parameters"},
      {R"([{"name": "f"}, {"function": {"name": null}}])", "tools[1]: name"}};
  for (const auto& entry : cases) {
    const std::string& text = entry.first;
    const std::string& part = entry.second;
    CAPTURE(text);
    CHECK(ParseTools(text).status().code() == StatusCode::kInvalidArgument);
    CHECK(Says(ParseTools(text).status(), part));
  }
  CHECK(ParseTools(R"([{"type": "web_search", "function": {"name": "f"}}])").status().code() ==
        StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace talaria::chat
