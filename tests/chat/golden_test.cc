// Conversations as transformers' apply_chat_template renders them, by the native templates and by the
// interpreter.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/chat/checkpoint_templates.h"
#include "lib/chat/hermes_template.h"
#include "tests/chat/golden_rows.h"
#include "tests/chat/json_lines.h"
#include "tests/fixtures.h"
#include "tests/skip.h"

namespace talaria::chat {
namespace {

using test::ChatRow;

std::string ReadText(const std::string& path) {
  StatusOr<std::string> text = ReadWholeFile(path, 1u << 20);
  REQUIRE_MESSAGE(text.ok(), path);
  return *std::move(text);
}

CheckpointTemplates HermesCheckpoint(const std::string& folder, const std::string& bos) {
  CheckpointTemplateSource source;
  source.templates = {{"default", ReadText(JoinPath(folder, "hermes3_default.jinja"))},
                      {"tool_use", ReadText(JoinPath(folder, "hermes3_tool_use.jinja"))}};
  source.special_tokens = {{"bos_token", bos}};
  StatusOr<CheckpointTemplates> templates = CheckpointTemplates::Create(source);
  REQUIRE_MESSAGE(templates.ok(), talaria::Message(templates.status()));
  return *std::move(templates);
}

// Every row by both, which must agree in text, in marks and in what is an error.
void CheckRows(const std::vector<json::Value>& rows, const std::string& folder) {
  size_t native_right = 0;
  size_t checkpoint_right = 0;
  size_t errors = 0;
  for (const json::Value& value : rows) {
    const ChatRow row = test::ReadChatRow(value);
    if (!row.rendered.has_value()) ++errors;
    const StatusOr<MarkedText> native = test::RenderRow(row, HermesTemplate(row.bos_token));
    const StatusOr<MarkedText> checkpoint = test::RenderRow(row, HermesCheckpoint(folder, row.bos_token));
    if (test::IsAsExpected(row, native)) ++native_right;
    if (test::IsAsExpected(row, checkpoint)) ++checkpoint_right;
    if (!native.ok() || !checkpoint.ok()) continue;
    CAPTURE(row.id);
    CHECK(test::AreSpansWhole(*native));
    CHECK(test::AreSpansWhole(*checkpoint));
    CHECK(test::ShowMarks(*native) == test::ShowMarks(*checkpoint));
  }
  CHECK(errors > 0);
  CHECK(native_right == rows.size());
  CHECK(checkpoint_right == rows.size());
}

TEST_CASE("our own conversations are rendered as the reference renders them, by both") {
  CheckRows(test::ReadJsonLines(test::GoldenFile("chat/conversations.jsonl")), test::GoldenFile("templates"));
}

TEST_CASE("the fixtures' conversations are rendered as the reference renders them, by both") {
  const std::string rows = test::SharedFixture("chat/public.jsonl");
  const std::string templates = test::SharedFixture("templates");
  if (rows.empty() || templates.empty()) {
    test::Skip("the fixtures beside the project are absent");
    return;
  }
  CheckRows(test::ReadJsonLines(rows), templates);
}

}  // namespace
}  // namespace talaria::chat
