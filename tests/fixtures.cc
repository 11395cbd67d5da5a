#include "tests/fixtures.h"

#include "lib/base/file.h"

namespace talaria::test {

std::string SharedFixture(std::string_view name) {
  const std::string path = JoinPath(TALARIA_SHARED_FIXTURES, name);
  return IsFolder(path).value_or(false) || IsRegularFile(path).value_or(false) ? path : "";
}

std::string GoldenFile(std::string_view name) { return JoinPath(TALARIA_GOLDEN_FOLDER, name); }

}  // namespace talaria::test
