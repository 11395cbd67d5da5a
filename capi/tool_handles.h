#ifndef TALARIA_CAPI_TOOL_HANDLES_H_
#define TALARIA_CAPI_TOOL_HANDLES_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/single_entry.h"
#include "lib/base/status.h"
#include "lib/chat/tool_call_parser.h"
#include "lib/chat/tool_set.h"
#include "talaria/tool_call.h"

// What the handles of tool calls hold.
struct talaria_tools {
  std::shared_ptr<const talaria::chat::ToolSet> set;
};
struct talaria_tool_parser {
  explicit talaria_tool_parser(talaria::chat::ToolCallParserOptions options) : parser(std::move(options)) {}
  talaria::chat::ToolCallParser parser;
  talaria::chat::ToolEvent event;  // the one the host looks at
  talaria::SingleEntry entry;
};

namespace talaria::capi {

// The reasoning tags that are asked for: none, or those given, or Hermes'.
StatusOr<std::vector<std::string>> ReadReasoningTags(int32_t reasoning, const char* const* tags,
                                                     const uint64_t* tag_bytes, uint64_t count);
StatusOr<chat::ToolCallParserOptions> ReadToolParserOptions(const talaria_tool_parser_options* given);

// *event* as a host sees it; the texts are *event*'s.
talaria_tool_event ViewOf(const chat::ToolEvent& event);

// TALARIA_CALL_...
int32_t ProblemOf(const chat::ToolEvent& event);

}  // namespace talaria::capi

#endif  // TALARIA_CAPI_TOOL_HANDLES_H_
