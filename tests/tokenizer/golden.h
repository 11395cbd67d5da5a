#ifndef TALARIA_TESTS_TOKENIZER_GOLDEN_H_
#define TALARIA_TESTS_TOKENIZER_GOLDEN_H_

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/tokenizer/tokenizer.h"
#include "tests/fixtures.h"

// The small vocabulary of tests/golden/tokenizer, and ways to change the file it is read from.
namespace talaria::test {

using TokenizerPtr = std::shared_ptr<const Tokenizer>;

inline std::string GoldenText(std::string_view name) {
  StatusOr<std::string> text = ReadWholeFile(GoldenFile(name), uint64_t{16} << 20);
  REQUIRE_MESSAGE(text.ok(), text.status().ToString());
  return *std::move(text);
}

inline json::Value GoldenTokenizerJson() {
  StatusOr<json::Value> value = json::Parse(GoldenText("tokenizer/tokenizer.json"));
  REQUIRE_MESSAGE(value.ok(), value.status().ToString());
  return *std::move(value);
}

inline TokenizerPtr GoldenTokenizer() {
  StatusOr<TokenizerPtr> tokenizer = Tokenizer::Open(GoldenFile("tokenizer/tokenizer.json"));
  REQUIRE_MESSAGE(tokenizer.ok(), tokenizer.status().ToString());
  return *tokenizer;
}

// The values of a file of JSON lines.
inline std::vector<json::Value> GoldenLines(std::string_view name) {
  const std::string text = GoldenText(name);
  std::vector<json::Value> rows;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    StatusOr<json::Value> row = json::Parse(std::string_view(text).substr(at, end - at));
    REQUIRE_MESSAGE(row.ok(), row.status().ToString());
    rows.push_back(*std::move(row));
    at = end + 1;
  }
  return rows;
}

// The member of *object* by that name, which is there.
inline json::Value* MemberOf(json::Value* object, std::string_view name) {
  for (json::Member& member : *object->object()) {
    if (member.key == name) return &member.value;
  }
  FAIL("no such member");
  return nullptr;
}

inline void SetMember(json::Value* object, std::string_view name, json::Value value) {
  for (json::Member& member : *object->object()) {
    if (member.key == name) {
      member.value = std::move(value);
      return;
    }
  }
  object->object()->push_back({std::string(name), std::move(value)});
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_TOKENIZER_GOLDEN_H_
