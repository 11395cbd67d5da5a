#include "lib/chat/tool_loop.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/chat/hermes_template.h"
#include "lib/chat/parse_messages.h"

namespace talaria::chat {
namespace {

ToolLoop Make(const std::string& name, bool wraps_results, int max_depth = 5) {
  ToolLoopOptions options;
  options.chat_template = std::make_shared<const HermesTemplate>("");
  options.template_name = name;
  options.wraps_results = wraps_results;
  options.max_depth = max_depth;
  auto tools =
      ParseTools(R"([{"name": "add", "description": "Add.", "parameters": {"type": "object", "properties":
      {"a": {"type": "integer"}}, "required": ["a"]}}])");
  REQUIRE(tools.ok());
  auto set = ToolSet::Create(**tools);
  REQUIRE(set.ok());
  options.tools = *set;
  Conversation conversation;
  REQUIRE(conversation.AddMessage("user", "Go").ok());
  return ToolLoop(std::move(conversation), std::move(options));
}

// The model says *text*; the ids of the calls that wait.
std::vector<std::string> Hears(ToolLoop* loop, std::string_view text) {
  for (const char c : text) REQUIRE(loop->Feed(std::string_view(&c, 1)).ok());
  REQUIRE(loop->Finish().ok());
  std::vector<std::string> ids;
  for (ToolEvent event; loop->NextEvent(&event);) {
    if (event.kind == ToolEventKind::kCallEnd && event.check == CallCheck::kOk) ids.push_back(event.id);
  }
  return ids;
}

// The prompt's turns after the system's.
std::string Turns(const ToolLoop& loop) {
  const StatusOr<MarkedText> prompt = loop.Prompt();
  REQUIRE_MESSAGE(prompt.ok(), talaria::Message(prompt.status()));
  return prompt->text.substr(prompt->text.find("<|im_start|>user"));
}

constexpr std::string_view kAdd = "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>";

TEST_CASE("results go back in the order of their calls, in Hermes' form") {
  ToolLoop loop = Make("", true);
  const std::vector<std::string> ids = Hears(&loop, Cat("Both.\n", kAdd, "\n", kAdd));
  REQUIRE(ids == std::vector<std::string>{"call_0", "call_1"});
  CHECK(loop.state() == LoopState::kResults);
  CHECK(loop.waiting() == 2);
  CHECK(!loop.Prompt().ok());
  CHECK(!loop.Say("Hurry").ok());
  CHECK(loop.SetResult("call_9", "1").code() == StatusCode::kNotFound);
  REQUIRE(loop.SetResult("call_1", "two").ok());
  CHECK(loop.SetResult("call_1", "again").code() == StatusCode::kNotFound);
  REQUIRE(loop.SetResult("call_0", "{\"sum\": 2}").ok());
  CHECK(loop.state() == LoopState::kGenerate);
  CHECK(Turns(loop) ==
        Cat("<|im_start|>user\nGo<|im_end|>\n<|im_start|>assistant\nBoth.\n", kAdd, "\n", kAdd,
            "<|im_end|>\n<|im_start|>tool\n<tool_response>\n{\"name\": \"add\", \"content\": {\"sum\": 2}}\n"
            "</tool_response>\n<tool_response>\n{\"name\": \"add\", \"content\": \"two\"}\n</tool_response>"
            "<|im_end|><|im_start|>assistant\n"));
  CHECK(Hears(&loop, "2 and 2.").empty());
  CHECK(loop.state() == LoopState::kDone);
  REQUIRE(loop.Say("More").ok());
  CHECK(loop.depth() == 0);
  CHECK(Hears(&loop, kAdd) == std::vector<std::string>{"call_2"});
}

TEST_CASE("the card's form prints the name itself, and errors alone") {
  ToolLoop loop = Make("card", false);
  REQUIRE(Hears(&loop, Cat(kAdd, kAdd)).size() == 2);
  REQUIRE(loop.SetResult("call_0", "{\"sum\": null}").ok());
  REQUIRE(loop.SetError("call_1", "no power").ok());
  const std::string turns = Turns(loop);
  CHECK(turns.find(
            "<tool_response>\n{\"name\": \"add\", \"content\": {'sum': None}}\n</tool_response>\n"
            "<tool_response>\nThere was an error when executing the function: add\n"
            "Here's the error traceback: no power\nPlease call this function again with correct arguments "
            "within XML tags <tool_call></tool_call>\n</tool_response>\n<|im_end|>") != std::string::npos);
}

TEST_CASE("the model is told what is wrong with its calls, without the host") {
  ToolLoop loop = Make("", true);
  CHECK(Hears(&loop, "<tool_call>{\"name\": \"add\", \"arguments\": {}}</tool_call><tool_call>{</tool_call>")
            .empty());
  CHECK(loop.state() == LoopState::kGenerate);
  CHECK(loop.depth() == 1);
  const std::string turns = Turns(loop);
  CHECK(turns.find("There was an error validating function call against function signature: add\n"
                   "Here's the error traceback: ") != std::string::npos);
  CHECK(turns.find("There was an error parsing function calls\n Here's the error stack trace: ") !=
        std::string::npos);
  CHECK(turns.find("\nPlease call the function again with correct syntax") != std::string::npos);
  // A good one among bad ones waits.
  REQUIRE(Hears(&loop, Cat(kAdd, "<tool_call>{</tool_call>")).size() == 1);
  CHECK(loop.state() == LoopState::kResults);
}

TEST_CASE("a model that calls again and again is stopped, until the user speaks") {
  ToolLoop loop = Make("", true, 2);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(loop.state() == LoopState::kGenerate);
    const std::vector<std::string> ids = Hears(&loop, kAdd);
    REQUIRE(ids.size() == 1);
    REQUIRE(loop.SetResult(ids[0], "1").ok());
  }
  CHECK(loop.state() == LoopState::kTooDeep);
  CHECK(loop.Feed("x").code() == StatusCode::kFailedPrecondition);
  REQUIRE(loop.Say("Go on").ok());
  CHECK(loop.state() == LoopState::kGenerate);
}

}  // namespace
}  // namespace talaria::chat
