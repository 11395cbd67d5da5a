#include "lib/base/philox.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

namespace talaria {
namespace {

TEST_CASE("the known answers of Random123 come out") {
  // Lines "philox4x32 10" of kat_vectors, Random123 1.14.
  CHECK(Philox4x32({0, 0, 0, 0}, {0, 0}) == PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const uint32_t ones = 0xffffffff;
  CHECK(Philox4x32({ones, ones, ones, ones}, {ones, ones}) ==
        PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("seed, stream and position take their words of key and counter, low words first") {
  const Philox random(0x0123456789abcdef, 0xfedcba9876543210);
  CHECK(random.At(0x1122334455667788) ==
        Philox4x32({0x55667788, 0x11223344, 0x76543210, 0xfedcba98}, {0x89abcdef, 0x01234567}));
}

TEST_CASE("seeds, streams and positions that differ in any half give different bits") {
  std::set<PhiloxCounter> seen;
  const uint64_t values[] = {0, 1, uint64_t{1} << 32};
  for (const uint64_t seed : values) {
    for (const uint64_t stream : values) {
      for (const uint64_t position : values) seen.insert(Philox(seed, stream).At(position));
    }
  }
  CHECK(seen.size() == 27);
}

TEST_CASE("uniform numbers stay inside the open interval at both ends") {
  CHECK(OpenUniformFloat(0) == 0x1p-24f);
  CHECK(OpenUniformFloat(0xffffffff) == 1.0f - 0x1p-24f);
  CHECK(OpenUniformDouble(0, 0) == 0x1p-53);
  CHECK(OpenUniformDouble(0xffffffff, 0xffffffff) == 1.0 - 0x1p-53);
  CHECK(std::isfinite(std::log(1.0f - OpenUniformFloat(0xffffffff))));
}

TEST_CASE("uniform numbers have the mean, variance and correlation of independent uniforms") {
  const Philox random(7, 3);
  const int count = 1 << 20;
  double sum = 0, squares = 0, products = 0, before = 0.5;
  for (int i = 0; i < count; ++i) {
    const double value = random.UniformDouble(static_cast<uint64_t>(i));
    sum += value;
    squares += (value - 0.5) * (value - 0.5);
    products += (value - 0.5) * (before - 0.5);
    before = value;
  }
  // Five standard deviations: of the mean sqrt(1/12 / n), of the variance sqrt(1/180 / n), of the product
  // (1/12) / sqrt(n).
  const double root = std::sqrt(static_cast<double>(count));
  CHECK(std::abs(sum / count - 0.5) < 5 * std::sqrt(1.0 / 12) / root);
  CHECK(std::abs(squares / count - 1.0 / 12) < 5 * std::sqrt(1.0 / 180) / root);
  CHECK(std::abs(products / count) < 5 * (1.0 / 12) / root);
  CHECK(random.UniformFloat(9) == doctest::Approx(random.UniformDouble(9)).epsilon(1e-6));
}

}  // namespace
}  // namespace talaria
