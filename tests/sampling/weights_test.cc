#include "lib/sampling/weights.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lib/base/philox.h"

namespace talaria::sampling {
namespace {

TEST_CASE("the exponential is within 3e-7 of the true one, in one lane as in four") {
  double worst = 0;
  bool same = true;
  for (int i = 0; i <= 3200000; ++i) {
    const float x = static_cast<float>(i) * -1e-5f;
    const double exact = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::abs(static_cast<double>(ExpOf(x)) - exact) / exact);
    if (i % 1000 == 0) same = same && ExpOf(Spread<Floats>(x))[2] == ExpOf(x);
  }
  CHECK(worst < 3e-7);
  CHECK(same);
  CHECK(ExpOf(0.0f) == 1.0f);
  CHECK(WeightFrom(ExpOf(0.0f)) == kWeightOfBest);
  CHECK(WeightFrom(ExpOf(kLeastExponent)) == 0);
}

TEST_CASE("exponents stay in their range whatever the logits are") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kLargest = std::numeric_limits<float>::max();
  CHECK(ExponentOf(-kInfinity, {3, 2}) == kLeastExponent);
  CHECK(ExponentOf(-kLargest, {kLargest, kLargest}) == kLeastExponent);
  CHECK(ExponentOf(5.0f, {5, kLargest}) == 0);
  CHECK(ExponentOf(4.0f, {5, 0.5f}) == -0.5f);
}

TEST_CASE("sums are those of single weights, at every length") {
  const Philox random(8, 8);
  for (const size_t size : {0, 1, 15, 16, 17, 1023, 1024, 1040, 5001}) {
    CAPTURE(size);
    std::vector<float> logits(size);
    for (size_t i = 0; i < size; ++i) logits[i] = random.UniformFloat(i) * -33;
    std::vector<float> shares(size, -1.0f);
    const LogitScale scale = {0, 1.3f};
    Weight sum = 0;
    Weight exponents = 0;
    bool same = true;
    const Weight filled = FillShares(logits, scale, shares.data());
    for (size_t i = 0; i < size; ++i) {
      const float exponent = ExponentOf(logits[i], scale);
      same = same && shares[i] == ExpOf(exponent);
      sum += WeightFrom(shares[i]);
      exponents += WeightFrom(shares[i] * -exponent);
    }
    CHECK(same);
    CHECK(filled == sum);
    CHECK(SumOf(shares) == sum);
    CHECK(SumOfExponents(shares, logits, scale) == exponents);
    CHECK(MaxOf(logits) == (size == 0 ? kNever : *std::max_element(logits.begin(), logits.end())));
  }
}

TEST_CASE("weights are rounded to the nearest, alone as in sums") {
  std::vector<float> shares(16);
  for (const float share :
       {1.0f, 0.99999994f, 0x1.8p-43f, 0x1.4p-43f, 0x1p-43f, 0x1.8p-42f, 0x1.000002p-1f, 0x1.fffffep-22f}) {
    CAPTURE(share);
    const auto exact =
        static_cast<Weight>(std::nearbyint(std::ldexp(static_cast<double>(share), kWeightBits)));
    CHECK(WeightFrom(share) == exact);
    std::fill(shares.begin(), shares.end(), 0.0f);
    shares[5] = share;
    CHECK(SumOf(shares) == exact);
  }
}

TEST_CASE("random numbers are spread over the total") {
  CHECK(ScaleRandom(0, 5) == 0);
  CHECK(ScaleRandom(UINT64_MAX, 5) == 4);
  CHECK(ScaleRandom(UINT64_MAX, UINT64_MAX) == UINT64_MAX - 1);
  CHECK(ScaleRandom(uint64_t{1} << 63, uint64_t{1} << 62) == uint64_t{1} << 61);
  CHECK(ScaleRandom(0x123456789ABCDEF0, 0xFEDCBA9876543210) == 0x121FA00AD77D7422);
}

TEST_CASE("a part of a weight is at least 1 and at most the whole") {
  CHECK(PartOf(100, 0) == 1);
  CHECK(PartOf(100, 0.101) == 11);
  CHECK(PartOf(100, 1) == 100);
  CHECK(PartOf(UINT64_MAX, 1) == UINT64_MAX);
  CHECK(PartOf(UINT64_MAX, 0.5) == uint64_t{1} << 63);
}

}  // namespace
}  // namespace talaria::sampling
