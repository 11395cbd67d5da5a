#include "lib/chat/hermes_template.h"

#include <string_view>

#include "lib/chat/hermes_signature.h"
#include "lib/chat/hermes_turns.h"
#include "lib/chat/tool_prompt.h"

namespace talaria::chat {
namespace {

constexpr std::string_view kToolUseBegin =
    "<|im_start|>system\n"
    "You are a function calling AI model. You are provided with function signatures within <tools></tools> "
    "XML tags. "
    "You may call one or more functions to assist with the user query. Don't make assumptions about what "
    "values to "
    "plug into functions. Here are the available tools: <tools> ";
// No space after </tools>, a brace too many after the schema: as published.
constexpr std::string_view kToolUseEnd =
    " </tools>Use the following pydantic model json schema for each tool call you will make: "
    "{\"properties\": "
    "{\"name\": {\"title\": \"Name\", \"type\": \"string\"}, \"arguments\": {\"title\": \"Arguments\", "
    "\"type\": "
    "\"object\"}}, \"required\": [\"name\", \"arguments\"], \"title\": \"FunctionCall\", \"type\": "
    "\"object\"}}\n"
    "For each function call return a json object with function name and arguments within "
    "<tool_call></tool_call> XML "
    "tags as follows:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": "
    "<args-dict>}\n</tool_call><|im_end|>\n";

Status Default(const ChatRequest& request, TurnWriter* out) {
  return AppendDefaultTurns(*request.conversation, out);
}

Status ToolUse(const ChatRequest& request, TurnWriter* out) {
  if (request.tools == nullptr)
    return InvalidArgument("the tool_use template needs tools, if only an empty list");
  out->Control(kToolUseBegin);
  for (size_t i = 0; i < request.tools->size(); ++i) {
    if (i > 0) out->Control("\n");
    TALARIA_RETURN_IF_ERROR(
        Annotate(AppendToolSignature((*request.tools)[i], &out->text), Cat("tools[", i, "]")));
  }
  out->Control(kToolUseEnd);
  return AppendToolUseTurns(*request.conversation, out);
}

using AppendPrompt = void (*)(const std::vector<ToolDefinition>& tools, MarkedText* out);

template <AppendPrompt append>
Status WithPrompt(const ChatRequest& request, TurnWriter* out) {
  if (request.tools != nullptr && !request.tools->empty()) {
    out->Control("<|im_start|>system\n");
    append(*request.tools, &out->text);
    out->Control("<|im_end|>\n");
  }
  return AppendCardTurns(*request.conversation, out);
}

struct Row {
  std::string_view name;
  Status (*render)(const ChatRequest& request, TurnWriter* out);
};
constexpr Row kTemplates[] = {
    {"default", Default},
    {"tool_use", ToolUse},
    {"card", WithPrompt<AppendCardToolPrompt>},
    {"planning", WithPrompt<AppendPlanningToolPrompt>},
};

}  // namespace

std::vector<std::string> HermesTemplate::names() const {
  std::vector<std::string> names;
  for (const Row& row : kTemplates) names.emplace_back(row.name);
  return names;
}

StatusOr<MarkedText> HermesTemplate::Render(const ChatRequest& request) const {
  TALARIA_RETURN_IF_ERROR(CheckRequest(request));
  TALARIA_ASSIGN_OR_RETURN(const std::string name, ChooseTemplate(names(), request));
  TurnWriter writer;
  writer.Control(bos_);
  for (const Row& row : kTemplates) {
    if (row.name == name)
      TALARIA_RETURN_IF_ERROR(Annotate(row.render(request, &writer), Cat("template ", name)));
  }
  if (request.continue_final_message) {
    if (writer.content_end == TurnWriter::kNowhere) {
      return InvalidArgument("template ", name, ": it leaves out the content of the final message");
    }
    MarkedText& text = writer.text;
    text.text.resize(writer.content_end);
    while (!text.spans.empty() && text.spans.back().begin >= writer.content_end) text.spans.pop_back();
    if (!text.spans.empty()) text.spans.back().end = writer.content_end;
  }
  if (request.add_generation_prompt) writer.Control("<|im_start|>assistant\n");
  if (request.marking == Marking::kPlain) return PlainMarks(std::move(writer.text));
  return std::move(writer.text);
}

}  // namespace talaria::chat
