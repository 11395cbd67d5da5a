// Other revisions of Hermes' tool template, vLLM's, and one after Llama 3.1 Instruct's, as transformers
// renders them (tests/golden/make_chat_golden.py).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/chat/checkpoint_templates.h"
#include "tests/chat/golden_rows.h"
#include "tests/chat/json_lines.h"
#include "tests/fixtures.h"

namespace talaria::chat {
namespace {

TEST_CASE("every revision of the template is rendered as the reference renders it") {
  size_t right = 0;
  const std::vector<json::Value> rows = test::ReadJsonLines(test::GoldenFile("chat/revisions.jsonl"));
  for (const json::Value& value : rows) {
    const test::ChatRow row = test::ReadChatRow(value);
    const StatusOr<std::string> text =
        ReadWholeFile(JoinPath(test::GoldenFile("templates"), row.template_name), 1u << 20);
    REQUIRE(text.ok());
    CheckpointTemplateSource source;
    source.templates = {{row.template_name, *text}};
    source.special_tokens = {{"bos_token", row.bos_token}};
    const StatusOr<CheckpointTemplates> templates = CheckpointTemplates::Create(source);
    REQUIRE_MESSAGE(templates.ok(), talaria::Message(templates.status()));
    const StatusOr<MarkedText> rendered = test::RenderRow(row, *templates);
    if (test::IsAsExpected(row, rendered)) ++right;
    if (rendered.ok()) CHECK(test::AreSpansWhole(*rendered));
  }
  CHECK(rows.size() > 150);
  CHECK(right == rows.size());
}

}  // namespace
}  // namespace talaria::chat
