#ifndef TALARIA_TESTS_FIXTURES_H_
#define TALARIA_TESTS_FIXTURES_H_

#include <string>
#include <string_view>

namespace talaria::test {

// The path of *name* under the fixtures that lie beside the project (shared/fixtures), or "" where they are
// absent: the test then calls Skip.
std::string SharedFixture(std::string_view name);

// The path of *name* under tests/golden, which is always there.
std::string GoldenFile(std::string_view name);

}  // namespace talaria::test

#endif  // TALARIA_TESTS_FIXTURES_H_
