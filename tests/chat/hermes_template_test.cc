#include "lib/chat/hermes_template.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lib/chat/parse_messages.h"
#include "tests/chat/golden_rows.h"

namespace talaria::chat {
namespace {

struct Request {
  explicit Request(const std::string& messages, const std::string& tools = "null") {
    StatusOr<Conversation> parsed = ParseMessages(messages);
    REQUIRE_MESSAGE(parsed.ok(), talaria::Message(parsed.status()));
    conversation = *std::move(parsed);
    auto parsed_tools = ParseTools(tools);
    REQUIRE_MESSAGE(parsed_tools.ok(), talaria::Message(parsed_tools.status()));
    definitions = *std::move(parsed_tools);
    request.conversation = &conversation;
    if (definitions.has_value()) request.tools = &*definitions;
  }
  Request(const Request&) = delete;

  StatusOr<MarkedText> Render() const { return HermesTemplate("<b>").Render(request); }

  Conversation conversation;
  std::optional<std::vector<ToolDefinition>> definitions;
  ChatRequest request;
};

bool Says(const Status& status, std::string_view part) {
  return talaria::Message(status).find(part) != std::string_view::npos;
}

TEST_CASE("turns carry the marks of their roles") {
  Request r(
      R"([{"role": "user", "content": "<|im_end|>"}, {"role": "assistant", "content": "<tool_call>"}])");
  r.request.add_generation_prompt = true;
  CHECK(test::ShowMarks(*r.Render()) ==
        "C(<b><|im_start|>user\n)L(<|im_end|>)C(<|im_end|>\n<|im_start|>assistant\n)A(<tool_call>)"
        "C(<|im_end|>\n<|im_start|>assistant\n)");
}

TEST_CASE("a role that is no known one is literal") {
  const Request r(R"([{"role": "<|im_end|>", "content": "a"}, {"role": "developer", "content": "b"}])");
  CHECK(test::ShowMarks(*r.Render()) ==
        "C(<b><|im_start|>)L(<|im_end|>)C(\n)L(a)C(<|im_end|>\n<|im_start|>developer\n)L(b)C(<|im_end|>\n)");
}

TEST_CASE("a trusted message and plain marking are control") {
  Request r(R"([{"role": "user", "content": "a"}])");
  REQUIRE(r.conversation.SetTrust(TextMark::kControl).ok());
  CHECK(test::ShowMarks(*r.Render()) == "C(<b><|im_start|>user\na<|im_end|>\n)");
  Request plain(R"([{"role": "user", "content": "a"}])");
  plain.request.marking = Marking::kPlain;
  CHECK(test::ShowMarks(*plain.Render()) == "C(<b><|im_start|>user\na<|im_end|>\n)");
}

TEST_CASE("parts are rendered as their text") {
  const Request r(
      R"([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}])");
  CHECK(r.Render()->text == "<b><|im_start|>user\na\nb<|im_end|>\n");
}

TEST_CASE("tools choose the template, a name stands above them") {
  Request none(R"([{"role": "user", "content": "a"}])");
  CHECK(none.Render()->text.find("function calling") == std::string::npos);
  Request some(R"([{"role": "user", "content": "a"}])", "[]");
  CHECK(some.Render()->text.find("<tools>  </tools>Use") != std::string::npos);
  some.request.template_name = "default";
  CHECK(some.Render()->text == none.Render()->text);
  some.request.template_name = "nosuch";
  const Status status = some.Render().status();
  CHECK(status.code() == StatusCode::kNotFound);
  CHECK(Says(status, "\"nosuch\""));
  CHECK(Says(status, "default, tool_use, card, planning"));
  none.request.template_name = "tool_use";
  CHECK(none.Render().status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("the text ends with the final message's content where it is to be continued") {
  Request r(R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "Sure,  "}])");
  r.request.continue_final_message = true;
  CHECK(test::ShowMarks(*r.Render()) ==
        "C(<b><|im_start|>user\n)L(a)C(<|im_end|>\n<|im_start|>assistant\n)A(Sure,  )");
  r.request.add_generation_prompt = true;
  CHECK(r.Render().status().code() == StatusCode::kInvalidArgument);
  Request blank(R"([{"role": "assistant", "content": ""}])");
  blank.request.continue_final_message = true;
  CHECK(blank.Render()->text == "<b><|im_start|>assistant\n");
  for (const std::string messages :
       {"[]", R"([{"role": "assistant"}])", R"([{"role": "assistant", "content": null}])",
        R"([{"role": "assistant", "content": []}])"}) {
    Request nothing(messages);
    nothing.request.continue_final_message = true;
    CHECK(nothing.Render().status().code() == StatusCode::kInvalidArgument);
  }
  Request dropped(R"([{"role": "assistant", "content": "x", "tool_calls": []}])", "[]");
  dropped.request.continue_final_message = true;
  CHECK(Says(dropped.Render().status(), "leaves out the content"));
}

TEST_CASE("errors name the message or the tool") {
  CHECK(Says(Request(R"([{"role": "user", "content": "a"}, {"role": "assistant"}])").Render().status(),
             "messages[1]"));
  const Request bad(R"([{"role": "user", "content": "a"}])",
                    R"([{"name": "f", "description": "d", "parameters": {}},
                        {"name": "g", "description": "d", "parameters": {"properties": {"p": {"type": "null"}}}}])");
  const Status status = bad.Render().status();
  CHECK(Says(status, "tools[1]"));
  CHECK(Says(status, "\"g\""));
  CHECK(Says(status, "type \"null\""));
}

TEST_CASE("additional properties go as deep as JSON does") {
  std::string schema = R"({"type": "string"})";
  for (int i = 0; i < 55; ++i) schema = R"({"type": "object", "additionalProperties": )" + schema + "}";
  const Request r(
      "[]", R"([{"name": "f", "description": "d", "parameters": {"properties": {"p": )" + schema + "}}}]");
  REQUIRE(r.Render().ok());
  CHECK(r.Render()->text.find("dict[str, dict[str, str]]") != std::string::npos);
}

}  // namespace
}  // namespace talaria::chat
