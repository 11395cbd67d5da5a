#include "lib/base/allocator.h"

#include <doctest/doctest.h>

#include <limits>

namespace talaria {
namespace {

TEST_CASE("sizes near the largest number are refused and nothing is counted") {
  Allocator allocator;
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  for (const uint64_t bytes : {kMost, kMost - 62, kMost - 63, kMost - 64, kMost / 2 + 1}) {
    CAPTURE(bytes);
    const Status status = allocator.Allocate(bytes, "cache").status();
    CHECK(status.code() == StatusCode::kResourceExhausted);
    CHECK(Message(status).find("cache") != std::string_view::npos);
  }
  CHECK(allocator.used_bytes() == 0);
}

}  // namespace
}  // namespace talaria
