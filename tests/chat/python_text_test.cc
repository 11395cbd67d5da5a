#include "lib/chat/python_text.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace talaria::chat {
namespace {

TEST_CASE("white space is what Python strips") {
  CHECK(Strip(" \t\n\v\f\r\x1c\x1f\xC2\x85\xC2\xA0\xE2\x80\x83x y\xE3\x80\x80 ") == "x y");
  CHECK(Strip("\xE2\x80\x8Bx") == "\xE2\x80\x8Bx");
  CHECK(StripStart("  x ") == "x ");
  CHECK(StripEnd(" x  ") == " x");
  CHECK(Strip("   ").empty());
  CHECK(Strip("").empty());
}

TEST_CASE("values are printed as Python's repr") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"a": null, "b": [true, false], "c": {}})", "{'a': None, 'b': [True, False], 'c': {}}"},
      {R"([1, 1.0, 1e20, -0.0, 1E-7, 123456789012345678901])",
       "[1, 1.0, 1e+20, -0.0, 1e-07, 123456789012345678901]"},
      {R"(["it's", "\"", "'\"", "\\", "\n\t\r", "\u0001\u007f", "\u00a0", "\u200b", "\u00e9", "\ud83d\ude00"])",
       "[\"it's\", '\"', '\\'\"', '\\\\', '\\n\\t\\r', '\\x01\\x7f', '\\xa0', '\\u200b', '\xC3\xA9', "
       "'\xF0\x9F\x98\x80']"},
      {R"("\udb40\udc01")", "'\\U000e0001'"}};
  for (const auto& entry : cases) CHECK(Repr(*json::Parse(entry.first)) == entry.second);
}

}  // namespace
}  // namespace talaria::chat
