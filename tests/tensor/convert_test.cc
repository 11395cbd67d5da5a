#include "lib/tensor/convert.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace talaria {
namespace {

TEST_CASE("every half and bfloat16 widens and narrows to itself") {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const auto pattern = static_cast<uint16_t>(bits);
    const float half = HalfToFloat(pattern);
    const float brain = BFloat16ToFloat(pattern);
    if (std::isnan(half) ? !std::isnan(HalfToFloat(FloatToHalf(half))) : FloatToHalf(half) != pattern) {
      FAIL("half " << bits);
    }
    if (std::isnan(brain) ? !std::isnan(BFloat16ToFloat(FloatToBFloat16(brain)))
                          : FloatToBFloat16(brain) != pattern) {
      FAIL("bfloat16 " << bits);
    }
  }
}

TEST_CASE("narrowing rounds to nearest with ties to even") {
  CHECK(FloatToHalf(1.0f + 1.0f / 2048) == 0x3C00);  // tie, to even
  CHECK(FloatToHalf(1.0f + 3.0f / 2048) == 0x3C02);  // tie, to even
  CHECK(FloatToHalf(65519.0f) == 0x7BFF);
  CHECK(FloatToHalf(65520.0f) == 0x7C00);
  CHECK(FloatToHalf(std::ldexp(1.0f, -25)) == 0);  // tie between 0 and the smallest subnormal
  CHECK(FloatToHalf(std::ldexp(1.5f, -25)) == 1);
  CHECK(FloatToHalf(-std::numeric_limits<float>::infinity()) == 0xFC00);
  CHECK(FloatToBFloat16(1.0f + 1.0f / 256) == 0x3F80);  // tie, to even
  CHECK(FloatToBFloat16(1.0f + 3.0f / 256) == 0x3F82);
  CHECK(FloatToBFloat16(std::numeric_limits<float>::max()) == 0x7F80);
}

TEST_CASE("unaligned sources are read and other types are refused by name") {
  const float values[2] = {1.5f, -2.0f};
  std::vector<unsigned char> bytes(9);
  std::memcpy(bytes.data() + 1, values, sizeof(values));
  float out[2] = {};
  REQUIRE(ToFloat(DType::kF32, bytes.data() + 1, 2, out).ok());
  CHECK(out[1] == -2.0f);
  CHECK(Message(ToFloat(DType::kI64, bytes.data(), 1, out)).find("I64") != std::string_view::npos);
}

}  // namespace
}  // namespace talaria
