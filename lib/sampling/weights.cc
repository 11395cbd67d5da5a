#include "lib/sampling/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace talaria::sampling {
namespace {

// Loops over a constant number of elements, so that the compiler makes vectors of them without being told the
// instruction set.
constexpr size_t kLanes = 16;

}  // namespace

void FillShares(absl::Span<const float> logits, LogitScale scale, float* shares) {
  size_t i = 0;
  for (; i + kLanes <= logits.size(); i += kLanes) {
    const float* in = logits.data() + i;
    float* out = shares + i;
    for (size_t lane = 0; lane < kLanes; ++lane) out[lane] = ExpOf(ExponentOf(in[lane], scale));
  }
  for (; i < logits.size(); ++i) shares[i] = ExpOf(ExponentOf(logits[i], scale));
}

Weight SumOf(absl::Span<const float> shares) {
  Weight sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= shares.size(); i += kLanes) {
    const float* in = shares.data() + i;
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += WeightFrom(in[lane]);
  }
  Weight sum = 0;
  for (; i < shares.size(); ++i) sum += WeightFrom(shares[i]);
  for (const Weight lane : sums) sum += lane;
  return sum;
}

Weight SumOfExponents(absl::Span<const float> shares, absl::Span<const float> logits, LogitScale scale) {
  Weight sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= shares.size(); i += kLanes) {
    const float* share = shares.data() + i;
    const float* logit = logits.data() + i;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += WeightFrom(share[lane] * -ExponentOf(logit[lane], scale));
    }
  }
  Weight sum = 0;
  for (; i < shares.size(); ++i) sum += WeightFrom(shares[i] * -ExponentOf(logits[i], scale));
  for (const Weight lane : sums) sum += lane;
  return sum;
}

float MaxOf(absl::Span<const float> values) {
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, -std::numeric_limits<float>::infinity());
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    const float* in = values.data() + i;
    for (size_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] = lanes[lane] > in[lane] ? lanes[lane] : in[lane];
  }
  for (; i < values.size(); ++i) lanes[0] = std::max(lanes[0], values[i]);
  return *std::max_element(lanes, lanes + kLanes);
}

uint64_t ScaleRandom(uint64_t bits, uint64_t total) {
  const uint64_t bits_low = bits & 0xFFFFFFFF;
  const uint64_t bits_high = bits >> 32;
  const uint64_t total_low = total & 0xFFFFFFFF;
  const uint64_t total_high = total >> 32;
  const uint64_t middle = bits_high * total_low + ((bits_low * total_low) >> 32);
  const uint64_t carried = bits_low * total_high + (middle & 0xFFFFFFFF);
  return bits_high * total_high + (middle >> 32) + (carried >> 32);
}

Weight PartOf(Weight whole, double share) {
  const double part = std::ceil(static_cast<double>(whole) * share);
  if (!(part >= 1)) return 1;
  // As a double, the largest sums round up to 2^64, which no integer holds.
  return part >= static_cast<double>(whole) ? whole : std::min(whole, static_cast<Weight>(part));
}

}  // namespace talaria::sampling
