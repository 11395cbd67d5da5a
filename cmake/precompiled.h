// What most sources include, compiled once a build (talaria_precompile in rooms.cmake). A source still
// includes all it uses: headers are checked alone by tests/repo, sources by clang-tidy, whose build
// precompiles nothing.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
