#ifndef TALARIA_TESTS_CHAT_JSON_LINES_H_
#define TALARIA_TESTS_CHAT_JSON_LINES_H_

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/json.h"

namespace talaria::test {

// The values of a file with one JSON text a line.
inline std::vector<json::Value> ReadJsonLines(const std::string& path) {
  const StatusOr<std::string> text = ReadWholeFile(path, 64u << 20);
  REQUIRE_MESSAGE(text.ok(), path);
  std::vector<json::Value> rows;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty()) continue;
    StatusOr<json::Value> row = json::Parse(line);
    REQUIRE_MESSAGE(row.ok(), Message(row.status()));
    rows.push_back(*std::move(row));
  }
  return rows;
}

inline json::Value ReadJson(const std::string& path) {
  const StatusOr<std::string> text = ReadWholeFile(path, 64u << 20);
  REQUIRE_MESSAGE(text.ok(), path);
  StatusOr<json::Value> value = json::Parse(*text);
  REQUIRE_MESSAGE(value.ok(), Message(value.status()));
  return *std::move(value);
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_CHAT_JSON_LINES_H_
