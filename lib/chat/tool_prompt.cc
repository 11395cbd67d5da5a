#include "lib/chat/tool_prompt.h"

#include "lib/chat/python_text.h"

namespace talaria::chat {
namespace {

constexpr TextMark kText = TextMark::kControl;
constexpr TextMark kData = TextMark::kLiteral;

constexpr std::string_view kCardBegin =
    "You are a function calling AI model. You are provided with function signatures within <tools></tools> "
    "XML tags. "
    "You may call one or more functions to assist with the user query. Don't make assumptions about what "
    "values to "
    "plug into functions. Here are the available tools: <tools> ";
constexpr std::string_view kCardEnd =
    "  </tools> Use the following pydantic model json schema for each tool call you will make: "
    "{\"properties\": "
    "{\"arguments\": {\"title\": \"Arguments\", \"type\": \"object\"}, \"name\": {\"title\": \"Name\", "
    "\"type\": "
    "\"string\"}}, \"required\": [\"arguments\", \"name\"], \"title\": \"FunctionCall\", \"type\": "
    "\"object\"} For "
    "each function call return a json object with function name and arguments within <tool_call></tool_call> "
    "XML tags "
    "as follows:\n<tool_call>\n{\"arguments\": <args-dict>, \"name\": <function-name>}\n</tool_call>";

constexpr std::string_view kPlanningBegin =
    "You are a function calling AI model. You are provided with function signatures within <tools> </tools> "
    "XML tags. "
    "You may call one or more functions to assist with the user query. If available tools are not relevant "
    "in "
    "assisting with user query, just respond in natural conversational language. Don't make assumptions "
    "about what "
    "values to plug into functions. After calling & executing the functions, you will be provided with "
    "function "
    "results within <tool_response> </tool_response> XML tags.\n<tools>\n";
constexpr std::string_view kPlanningEnd =
    "\n</tools>\nFor each function call return a JSON object, with the following pydantic model json "
    "schema:\n"
    "{'title': 'FunctionCall', 'type': 'object', 'properties': {'name': {'title': 'Name', 'type': 'string'}, "
    "'arguments': {'title': 'Arguments', 'type': 'object'}}, 'required': ['arguments', 'name']}\n"
    "Each function call should be enclosed within <tool_call> </tool_call> XML tags. You must use "
    "<scratch_pad> "
    "</scratch_pad> XML tags to record your reasoning and planning before you call the functions as "
    "follows.\n"
    "Example:\n"
    "<scratch_pad>\n"
    "Goal: <state task assigned by user>\n"
    "Actions:\n"
    "<if tool calls need to be generated:>\n"
    "- {result_var_name1} = functions.{function_name1}({param1}={value1},...)\n"
    "- {result_var_name2, result_var_name3} = ...\n"
    "<if no tool call needs to be generated:> None\n"
    "Observation: <set observation 'None' with tool calls; plan final tools results summary when provided>\n"
    "Reflection: <evaluate query-tool relevance and required parameters when tools called; analyze overall "
    "task status "
    "when observations made>\n"
    "</scratch_pad>\n"
    "<tool_call>\n"
    "{'name': <function-name>, 'arguments': <args-dict>}\n"
    "</tool_call>";

}  // namespace

void AppendCardToolPrompt(const std::vector<ToolDefinition>& tools, MarkedText* out) {
  out->Append(kCardBegin, kText);
  for (size_t i = 0; i < tools.size(); ++i) {
    if (i > 0) out->Append("\n", kText);
    std::string body;
    AppendReprBody(json::Write(tools[i].definition), &body);
    out->Append(body, kData);
  }
  out->Append(kCardEnd, kText);
}

void AppendPlanningToolPrompt(const std::vector<ToolDefinition>& tools, MarkedText* out) {
  json::Array list;
  for (const ToolDefinition& tool : tools) list.push_back(tool.definition);
  out->Append(kPlanningBegin, kText);
  out->Append(Repr(json::Value(std::move(list))), kData);
  out->Append(kPlanningEnd, kText);
}

void AppendCardCall(const ToolCall& call, TextMark mark, MarkedText* out) {
  std::string arguments = "{}";
  if (call.arguments != nullptr) {
    const std::string* text = call.arguments->string();
    arguments = text != nullptr ? *text : json::Write(*call.arguments);
  }
  std::string name;
  json::AppendString(call.name, false, &name);
  out->Append("<tool_call>\n{\"arguments\": ", kText);
  out->Append(arguments, mark);
  out->Append(", \"name\": ", kText);
  out->Append(name, mark);
  out->Append("}\n</tool_call>", kText);
}

void AppendCardResponse(std::string_view function, std::string_view content, TextMark mark, MarkedText* out) {
  out->Append("<tool_response>\n", kText);
  if (function.empty()) {
    out->Append(content, mark);
  } else {
    std::string name;
    json::AppendString(function, false, &name);
    const StatusOr<json::Value> parsed = json::Parse(content);
    out->Append("{\"name\": ", kText);
    out->Append(name, mark);
    out->Append(", \"content\": ", kText);
    out->Append(Repr(parsed.ok() ? *parsed : json::Value(content)), mark);
    out->Append("}", kText);
  }
  out->Append("\n</tool_response>\n", kText);
}

std::string JsonModePrompt(const json::Value& schema) {
  return Cat(
      "You are a helpful assistant that answers in JSON. Here's the json schema you must adhere "
      "to:\n<schema>\n",
      json::Write(schema), "\n</schema>");
}

}  // namespace talaria::chat
