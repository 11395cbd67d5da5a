// rooms: chat grammar base
// Any bytes as {"tools": ..., "output": ...}: the calls of an output are held against the tools as each alone
// would be, and what is wrong is told in sound lines.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/base/json.h"
#include "lib/base/utf8.h"
#include "lib/chat/parse_messages.h"
#include "lib/chat/tool_call_parser.h"
#include "lib/chat/tool_set.h"
#include "lib/grammar/validate.h"

namespace {

namespace chat = talaria::chat;

// Whether *problem* may stand in a turn of the conversation: lines of UTF-8 none of which is empty.
bool IsTellable(std::string_view problem) {
  return !problem.empty() && problem.front() != '\n' && problem.back() != '\n' &&
         problem.find("\n\n") == std::string_view::npos && talaria::IsValidUtf8(problem);
}

// The tool of that name; null: none.
const chat::ToolDefinition* Find(const chat::ToolSet& set, std::string_view name) {
  for (const chat::ToolDefinition& tool : set.definitions()) {
    if (tool.name() == name) return &tool;
  }
  return nullptr;
}

// Whether the call is right by its tool's schema alone.
bool IsRight(const chat::ToolSet& set, const chat::ToolEvent& call) {
  const chat::ToolDefinition* tool = Find(set, call.name);
  if (tool == nullptr) return false;
  const talaria::json::Value* parameters = tool->function().Find("parameters");
  if (parameters == nullptr || parameters->is_null()) return true;
  const auto validator = talaria::grammar::SchemaValidator::Create(*parameters);
  if (!validator.ok()) std::abort();  // the set was made of it
  return (*validator)->Accepts(call.arguments);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  const auto json = talaria::json::Parse({reinterpret_cast<const char*>(data), size});
  if (!json.ok()) return 0;
  const talaria::json::Value* tools = json->Find("tools");
  const talaria::json::Value* output = json->Find("output");
  if (tools == nullptr || output == nullptr || output->string() == nullptr) return 0;
  auto definitions = chat::ToolsFromJson(*tools);
  if (!definitions.ok() || !definitions->has_value()) return 0;
  const auto set = chat::ToolSet::Create(**std::move(definitions));
  if (!set.ok()) return 0;
  chat::ToolCallParserOptions options;
  options.tools = *set;
  for (const chat::ToolEvent& event : chat::ParseToolCalls(*output->string(), options)) {
    if (event.kind != chat::ToolEventKind::kCallEnd) continue;
    const chat::CheckedCall checked = (*set)->Check(event.name, event.arguments);
    if (checked.check != event.check || checked.problem != event.detail) std::abort();
    const bool is_ok = event.check == chat::CallCheck::kOk;
    if (is_ok ? !event.detail.empty() : !IsTellable(event.detail)) std::abort();
    if ((event.check == chat::CallCheck::kUnknownTool) != (Find(**set, event.name) == nullptr)) std::abort();
    if (is_ok != IsRight(**set, event)) std::abort();
  }
  return 0;
}
