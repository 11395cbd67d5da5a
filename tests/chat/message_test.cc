#include "lib/chat/message.h"

#include <doctest/doctest.h>

#include <string>

#include "lib/chat/parse_messages.h"

namespace talaria::chat {
namespace {

TEST_CASE("what is built is what is parsed") {
  Conversation built;
  REQUIRE(built.AddMessage("system", "s").ok());
  REQUIRE(built.AddMessage("user", "u").ok());
  REQUIRE(built.SetName("ann").ok());
  REQUIRE(built.AddMessage("assistant").ok());
  REQUIRE(built.AddToolCall("c1", "f", R"({"b": 1, "a": [2.0]})").ok());
  REQUIRE(built.AddToolCall("", "g", "{}").ok());
  REQUIRE(built.AddMessage("tool", "r").ok());
  REQUIRE(built.SetToolCallId("c1").ok());
  const StatusOr<Conversation> parsed = ParseMessages(R"([
    {"role": "system", "content": "s"}, {"role": "user", "content": "u", "name": "ann"},
    {"role": "assistant", "tool_calls": [
      {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"b": 1, "a": [2.0]}}},
      {"type": "function", "function": {"name": "g", "arguments": {}}}]},
    {"role": "tool", "content": "r", "tool_call_id": "c1"}])");
  REQUIRE(parsed.ok());
  REQUIRE(built.size() == parsed->size());
  for (size_t i = 0; i < built.size(); ++i)
    CHECK(json::Write(built[i].json()) == json::Write((*parsed)[i].json()));
}

TEST_CASE("text that is no UTF-8 is mended") {
  Conversation built;
  REQUIRE(built.AddMessage("user", "a\xFF\xE4\xB8z").ok());
  CHECK(built[0].ContentText() == "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST_CASE("the builder refuses what does not fit, and changes nothing then") {
  Conversation built;
  CHECK(built.SetName("x").code() == StatusCode::kFailedPrecondition);
  CHECK(built.SetTrust(TextMark::kControl).code() == StatusCode::kFailedPrecondition);
  CHECK(built.AddToolCall("", "f", "{}").code() == StatusCode::kFailedPrecondition);
  REQUIRE(built.AddMessage("user", "u").ok());
  CHECK(built.AddToolCall("", "f", "{}").code() == StatusCode::kFailedPrecondition);
  REQUIRE(built.AddMessage("assistant").ok());
  CHECK(built.AddToolCall("", "f", "[]").code() == StatusCode::kInvalidArgument);
  CHECK(built.AddToolCall("", "f", "{").code() == StatusCode::kInvalidArgument);
  CHECK_FALSE(built[1].has_tool_calls());
}

TEST_CASE("limits hold for the builder too") {
  ConversationLimits limits;
  limits.max_messages = 1;
  limits.max_bytes = 10;
  Conversation built(limits);
  CHECK(built.AddMessage("user", "0123456").code() == StatusCode::kResourceExhausted);
  CHECK(built.empty());
  CHECK(built.AddMessage("user", "012345").ok());
  CHECK(built.SetName("x").code() == StatusCode::kResourceExhausted);
  CHECK(built[0].Find("name") == nullptr);
  CHECK(built.AddMessage("", "").code() == StatusCode::kResourceExhausted);
}

TEST_CASE("a trust that is set stands for the whole message") {
  Conversation built;
  REQUIRE(built.AddMessage("user", "u").ok());
  CHECK(built[0].content_mark() == TextMark::kLiteral);
  REQUIRE(built.SetTrust(TextMark::kControl).ok());
  CHECK(built[0].content_mark() == TextMark::kControl);
  CHECK(built[0].field_mark() == TextMark::kControl);
}

}  // namespace
}  // namespace talaria::chat
