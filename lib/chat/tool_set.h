#ifndef TALARIA_LIB_CHAT_TOOL_SET_H_
#define TALARIA_LIB_CHAT_TOOL_SET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/hash_map.h"
#include "lib/base/json.h"
#include "lib/base/status.h"
#include "lib/chat/message.h"
#include "lib/grammar/validate.h"

namespace talaria::chat {

// How a call stands to the tools there are.
enum class CallCheck : uint8_t {
  kOk,
  kUnknownTool,
  kMissingRequired,  // "required"
  kTypeMismatch,     // "type"
  kEnumMismatch,     // "enum" or "const"
  kSchemaMismatch,   // any other keyword of the schema
};

// "ok", "unknown_tool" and so on: the names that hosts and tests see.
std::string_view CallCheckName(CallCheck check);

struct CheckedCall {
  CallCheck check = CallCheck::kOk;
  std::string problem;  // what is wrong, in the model's words: a line for each fault; "" where nothing is
};

// Tools by name, the schemas of their arguments read. Immutable; any thread.
class ToolSet {
 public:
  // INVALID_ARGUMENT for two tools of one name; the errors of grammar::SchemaValidator for their parameters,
  // which name the tool.
  static StatusOr<std::shared_ptr<const ToolSet>> Create(std::vector<ToolDefinition> tools);

  const std::vector<ToolDefinition>& definitions() const { return definitions_; }

  // Whether there is such a tool and its parameters accept *arguments*. Of several faults the kind is that of
  // the first in the order of CallCheck.
  CheckedCall Check(std::string_view name, const json::Value& arguments) const;

 private:
  ToolSet() = default;

  std::vector<ToolDefinition> definitions_;
  HashMap<std::string_view, size_t> by_name_;
  std::vector<std::shared_ptr<const grammar::SchemaValidator>> validators_;  // null: no parameters declared
};

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_SET_H_
