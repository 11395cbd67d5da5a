#ifndef TALARIA_TESTS_GRAMMAR_SCHEMA_SUITE_H_
#define TALARIA_TESTS_GRAMMAR_SCHEMA_SUITE_H_

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/grammar/schema/document.h"

namespace talaria::test {

// One file of a JSON-Schema-Test-Suite folder: what is tested, and its groups.
struct SuiteFile {
  std::string keyword;
  json::Array groups;  // {"description", "schema", "tests": [{"description", "data", "valid"}]}
};

inline std::vector<SuiteFile> ReadSuite(const std::string& folder) {
  std::vector<SuiteFile> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".json") continue;
    const StatusOr<std::string> text = ReadWholeFile(entry.path().string(), 64u << 20);
    REQUIRE_MESSAGE(text.ok(), entry.path().string());
    StatusOr<json::Value> groups = json::Parse(*text);
    REQUIRE_MESSAGE(groups.ok(), Message(groups.status()));
    REQUIRE(groups->array() != nullptr);
    files.push_back({entry.path().stem().string(), std::move(*groups->array())});
  }
  std::sort(files.begin(), files.end(), [](const SuiteFile& a, const SuiteFile& b) { return a.keyword < b.keyword; });
  return files;
}

struct SuiteDraft {
  const char* folder;
  grammar::Draft draft;
};
inline constexpr SuiteDraft kSuiteDrafts[] = {{"draft7", grammar::Draft::kDraft7},
                                              {"draft2020-12", grammar::Draft::kDraft202012}};

}  // namespace talaria::test

#endif  // TALARIA_TESTS_GRAMMAR_SCHEMA_SUITE_H_
