// rooms: chat grammar base
// Any bytes as the output of a model: the law holds, for the whole and for random cuts of it, with reasoning
// and without. The first four bytes choose the cuts.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/chat/tool_call_law.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  uint32_t state = 1;
  for (; size > 0 && state < (1u << 24); --size) state = state * 256 + *data++;
  const std::string_view output(reinterpret_cast<const char*>(data), size);
  talaria::chat::ToolCallParserOptions options;
  options.limits.max_values = 1000;
  if (state % 2 == 1) options.reasoning_tags = talaria::chat::HermesReasoningTags();
  const std::vector<talaria::chat::ToolEvent> whole = talaria::chat::ParseToolCalls(output, options);
  if (!talaria::test::BrokenLaw(whole).empty()) std::abort();
  const std::string shown = talaria::test::ShowEvents(whole);
  for (int i = 0; i < 3; ++i) {
    std::vector<size_t> cuts(i == 0 ? size : 1 + state % 7);
    for (size_t at = 0; at < cuts.size(); ++at) {
      state = state * 1664525 + 1013904223;
      cuts[at] = i == 0 ? at : (state >> 8) % (size + 1);
    }
    std::sort(cuts.begin(), cuts.end());
    const std::vector<talaria::chat::ToolEvent> pieces = talaria::test::ParsePieces(output, cuts, options);
    if (talaria::test::ShowEvents(pieces) != shown) std::abort();
  }
  return 0;
}
