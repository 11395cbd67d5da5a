#include "lib/base/floating_point.h"

#include <doctest/doctest.h>

#include <cfenv>
#include <limits>

namespace talaria {
namespace {

// Half the smallest normal float: 0 where subnormals are flushed.
float HalfOfSmallest() {
  const volatile float smallest = std::numeric_limits<float>::min();
  return smallest * 0.5f;
}

#if defined(__x86_64__)
TEST_CASE("a scope keeps subnormals and the host's flush-to-zero comes back") {
  const uint64_t before = platform::FloatingPointControl();
  platform::SetFloatingPointControl(before | 0x8040);  // FTZ and DAZ, as games set them
  const float outside = HalfOfSmallest();
  float inside = 0;
  {
    const ScopedFloatingPoint scope;
    inside = HalfOfSmallest();
  }
  const float after = HalfOfSmallest();
  platform::SetFloatingPointControl(before);
  CHECK(outside == 0.0f);
  CHECK(inside == std::numeric_limits<float>::min() / 2);
  CHECK(after == 0.0f);
}
#endif

TEST_CASE("a scope rounds to nearest and the host's rounding comes back") {
  std::fesetround(FE_DOWNWARD);
  const volatile float three = 3.0f;
  const float outside = 1.0f / three;
  float inside = 0;
  {
    const ScopedFloatingPoint scope;
    inside = 1.0f / three;
  }
  const int after = std::fegetround();
  std::fesetround(FE_TONEAREST);
  CHECK(inside == 0x1.555556p-2f);  // the nearest float to 1/3 is above it
  CHECK(outside == 0x1.555554p-2f);
  CHECK(after == FE_DOWNWARD);
}

TEST_CASE("scopes nest") {
  const uint64_t before = platform::FloatingPointControl();
  {
    const ScopedFloatingPoint outer;
    platform::SetFloatingPointControl(platform::DefaultFloatingPointControl() ^ 0x6000);
    {
      const ScopedFloatingPoint inner;
      CHECK(platform::FloatingPointControl() == platform::DefaultFloatingPointControl());
    }
    CHECK(platform::FloatingPointControl() != platform::DefaultFloatingPointControl());
  }
  CHECK(platform::FloatingPointControl() == before);
}

}  // namespace
}  // namespace talaria
