#include "lib/chat/tool_prompt.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/chat/hermes_template.h"
#include "lib/chat/parse_messages.h"
#include "tests/chat/golden_rows.h"
#include "tests/fixtures.h"
#include "tests/skip.h"

namespace talaria::chat {
namespace {

// What the model card's example was made of.
constexpr std::string_view kTools = R"([{"type": "function", "function": {"name": "get_stock_fundamentals",
  "description": "get_stock_fundamentals(symbol: str) -> dict - Get fundamental data for a given stock symbol using yfinance API.\n\n    Args:\n        symbol (str): The stock symbol.\n\n    Returns:\n        dict: A dictionary containing fundamental data.\n            Keys:\n                - 'symbol': The stock symbol.\n                - 'company_name': The long name of the company.\n                - 'sector': The sector to which the company belongs.\n                - 'industry': The industry to which the company belongs.\n                - 'market_cap': The market capitalization of the company.\n                - 'pe_ratio': The forward price-to-earnings ratio.\n                - 'pb_ratio': The price-to-book ratio.\n                - 'dividend_yield': The dividend yield.\n                - 'eps': The trailing earnings per share.\n                - 'beta': The beta value of the stock.\n                - '52_week_high': The 52-week high price of the stock.\n                - '52_week_low': The 52-week low price of the stock.",
  "parameters": {"type": "object", "properties": {"symbol": {"type": "string"}}, "required": ["symbol"]}}}])";
constexpr std::string_view kPlanningTools =
    R"([{"type": "function", "function": {"name": "get_stock_fundamentals",
  "description": "Get fundamental data for a given stock symbol using yfinance API.",
  "parameters": {"type": "object", "properties": {"symbol": {"type": "string"}}, "required": ["symbol"]}}}])";
constexpr std::string_view kMessages = R"([
  {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "get_stock_fundamentals", "arguments": {"symbol": "TSLA"}}}]},
  {"role": "tool", "tool_call_id": "c", "content": "{\"symbol\": \"TSLA\", \"company_name\": \"Tesla, Inc.\", \"sector\": \"Consumer Cyclical\", \"industry\": \"Auto Manufacturers\", \"market_cap\": 611384164352, \"pe_ratio\": 49.604652, \"pb_ratio\": 9.762013, \"dividend_yield\": null, \"eps\": 4.3, \"beta\": 2.427, \"52_week_high\": 299.29, \"52_week_low\": 152.37}"}])";

std::vector<ToolDefinition> Tools(std::string_view text) {
  auto tools = ParseTools(text);
  REQUIRE_MESSAGE(tools.ok(), talaria::Message(tools.status()));
  return **tools;
}

MarkedText RenderAs(std::string_view name, std::string_view messages, std::string_view tools_text) {
  const StatusOr<Conversation> conversation = ParseMessages(messages);
  REQUIRE(conversation.ok());
  const std::vector<ToolDefinition> tools = Tools(tools_text);
  ChatRequest request;
  request.conversation = &*conversation;
  request.tools = &tools;
  request.template_name = name;
  StatusOr<MarkedText> text = HermesTemplate("").Render(request);
  REQUIRE_MESSAGE(text.ok(), talaria::Message(text.status()));
  CHECK(test::AreSpansWhole(*text));
  return *std::move(text);
}

// The fenced blocks of a page, in order.
std::vector<std::string> Blocks(std::string_view page) {
  std::vector<std::string> blocks;
  static constexpr std::string_view kFence = "````\n";
  for (size_t at = page.find(kFence); at != std::string_view::npos; at = page.find(kFence, at)) {
    const size_t begin = at + kFence.size();
    const size_t end = page.find("\n````", begin);
    REQUIRE(end != std::string_view::npos);
    blocks.emplace_back(page.substr(begin, end - begin));
    at = std::min(page.size(), end + 5);
  }
  return blocks;
}

TEST_CASE("the card's turns and prompts are those of the page, to the letter") {
  const std::string path = test::SharedFixture("prompts/PROMPTS.md");
  if (path.empty()) {
    test::Skip("the fixtures beside the project are absent");
    return;
  }
  const StatusOr<std::string> page = ReadWholeFile(path, 1u << 20);
  REQUIRE(page.ok());
  const std::vector<std::string> blocks = Blocks(*page);
  REQUIRE(blocks.size() == 5);
  CHECK(RenderAs("card", kMessages, kTools).text == blocks[0] + "\n" + blocks[1] + "\n" + blocks[2] + "\n");
  MarkedText planning;
  AppendPlanningToolPrompt(Tools(kPlanningTools), &planning);
  CHECK(planning.text == blocks[3]);
  // The page prints \n as two characters; the reference code has line ends.
  std::string json_mode = blocks[4];
  for (size_t at = json_mode.find("\\n"); at != std::string::npos; at = json_mode.find("\\n"))
    json_mode.replace(at, 2, "\n");
  const std::string schema = R"({"type": "object"})";
  json_mode.replace(json_mode.find("{schema}"), 8, schema);
  CHECK("<|im_start|>system\n" + JsonModePrompt(*json::Parse(schema)) + "<|im_end|>" == json_mode);
}

TEST_CASE("the card's form doubles backslashes and escapes single quotes in a tool") {
  MarkedText text;
  AppendCardToolPrompt(Tools(R"([{"name": "f", "description": "it's\na \"test\""}, {"name": "g"}])"), &text);
  CHECK(text.text.find(R"(<tools> {"name": "f", "description": "it\'s\\na \\"test\\""})"
                       "\n"
                       R"({"name": "g"}  </tools> Use)") != std::string::npos);
}

TEST_CASE("calls, results and marks of the card's form") {
  const MarkedText text = RenderAs("card", R"([
    {"role": "user", "content": "u"},
    {"role": "assistant", "content": "plan", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{\"x\":1}"}}, {"id": "b", "name": "g"}]},
    {"role": "tool", "tool_call_id": "b", "content": "it's"}, {"role": "tool", "tool_call_id": "zz", "content": "raw"}])",
                                   "[]");
  CHECK(test::ShowMarks(text) ==
        "C(<|im_start|>user\n)L(u)C(<|im_end|>\n<|im_start|>assistant\n)A(plan)C(\n<tool_call>\n{"
        "\"arguments\": )"
        "L({\"x\":1})C(, \"name\": )L(\"f\")C(}\n</tool_call>\n<tool_call>\n{\"arguments\": )L({})C(, "
        "\"name\": )L(\"g\")"
        "C(}\n</tool_call><|im_end|>\n<|im_start|>tool\n<tool_response>\n{\"name\": )L(\"g\")C(, "
        "\"content\": )L(\"it's\")"
        "C(}\n</tool_response>\n<tool_response>\n)L(raw)C(\n</tool_response>\n<|im_end|>\n)");
}

TEST_CASE("the planning form shows tools as Python prints a list") {
  const MarkedText text = RenderAs("planning", R"([{"role": "user", "content": "u"}])",
                                   R"([{"name": "f", "strict": true, "x": null, "n": 1.0}])");
  CHECK(text.text.find("<tools>\n[{'name': 'f', 'strict': True, 'x': None, 'n': 1.0}]\n</tools>\n") !=
        std::string::npos);
  CHECK(text.text.find("</tool_call><|im_end|>\n<|im_start|>user\nu<|im_end|>\n") != std::string::npos);
}

}  // namespace
}  // namespace talaria::chat
