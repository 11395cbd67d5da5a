#include "lib/chat/tool_set.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "lib/chat/parse_messages.h"

namespace talaria::chat {
namespace {

StatusOr<std::shared_ptr<const ToolSet>> Make(const std::string& tools) {
  auto definitions = ParseTools(tools);
  REQUIRE(definitions.ok());
  return ToolSet::Create(**definitions);
}

TEST_CASE("a call is held against its tool, and the model is told all that is wrong") {
  const auto set = Make(R"([{"type": "function", "function": {"name": "w", "parameters": {"type": "object",
      "properties": {"city": {"type": "string"}, "days": {"type": "integer", "maximum": 9},
                     "unit": {"enum": ["c", "f"]}}, "required": ["city"]}}}, {"name": "ping"}])");
  REQUIRE(set.ok());
  const auto check = [&](std::string_view name, std::string_view arguments) {
    return (*set)->Check(name, *json::Parse(arguments));
  };
  CHECK(check("w", R"({"city": "P", "days": 3, "other": 1})").check == CallCheck::kOk);
  CHECK(check("w", R"({"city": "P"})").problem.empty());
  CHECK(check("ping", R"({"any": []})").check == CallCheck::kOk);
  CHECK(check("W", "{}").check == CallCheck::kUnknownTool);
  CHECK(check("W", "{}").problem == "there is no function \"W\"; there are: \"w\" \"ping\"");
  CHECK(check("w", "{}").check == CallCheck::kMissingRequired);
  CHECK(check("w", "{}").problem.find("city") != std::string::npos);
  CHECK(check("w", R"({"city": "P", "days": true})").check == CallCheck::kTypeMismatch);
  CHECK(check("w", R"({"city": "P", "unit": "k"})").check == CallCheck::kEnumMismatch);
  CHECK(check("w", R"({"city": "P", "days": 10})").check == CallCheck::kSchemaMismatch);
  // The kind of several is that of the first in order; the text has them all.
  const CheckedCall several = check("w", R"({"days": "x", "unit": "k"})");
  CHECK(several.check == CallCheck::kMissingRequired);
  CHECK(std::count(several.problem.begin(), several.problem.end(), '\n') == 2);
}

TEST_CASE("tools of one name and schemas that are none are refused by name") {
  CHECK(Make(R"([{"name": "f"}, {"name": "f"}])").status().code() == StatusCode::kInvalidArgument);
  const Status bad = Make(R"([{"name": "g", "parameters": {"type": 7}}])").status();
  CHECK(!bad.ok());
  CHECK(talaria::Message(bad).find("\"g\"") != std::string_view::npos);
}

}  // namespace
}  // namespace talaria::chat
