#include "lib/sampling/weights.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace talaria::sampling {
namespace {

// Elements a turn of a loop.
constexpr size_t kStep = 16;
// Elements whose halves of weights, of 22 bits, are summed in 4 lanes of 32 bits.
constexpr size_t kChunk = 1024;

// Of WeightFrom for whole steps, at most kChunk elements. Floats hold no more than 24 bits, so a weight is
// made in two halves: the integer nearest to share * 2^21, and what that leaves (exactly) times 2^21,
// rounded. gcc turns conversions to doubles into single ones, three times as slow.
Weight SumOfChunk(const float* shares, size_t count) {
  static_assert(kWeightBits == 42);
  constexpr float kHalf = 2097152.0f;    // 2^21
  constexpr float kRound = 12582912.0f;  // as in ExpOf
  constexpr uint32_t kRoundBits = 0x4B400000;
  FloatBits high = {};
  FloatBits low = {};
  for (size_t i = 0; i < count; i += kLanes) {
    const Floats scaled = LoadLanes<Floats>(shares + i) * Spread<Floats>(kHalf);
    const Floats rounded = scaled + Spread<Floats>(kRound);
    const Floats rest = (scaled - (rounded - Spread<Floats>(kRound))) * Spread<Floats>(kHalf);
    high += BitsAs<FloatBits>(rounded) - kRoundBits;
    low += BitsAs<FloatBits>(rest + Spread<Floats>(kRound)) - kRoundBits;
  }
  Weight sum = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    // The low half has a sign.
    sum += (Weight{high[lane]} << 21) + static_cast<Weight>(int64_t{static_cast<int32_t>(low[lane])});
  }
  return sum;
}

// Calls act(from, whole steps) over all chunks of *size* elements; gives where the steps end.
template <typename Act>
size_t ForEachChunk(size_t size, Act act) {
  const size_t end = size - size % kStep;
  for (size_t i = 0; i < end; i += kChunk) act(i, std::min(kChunk, end - i));
  return end;
}

}  // namespace

Weight FillShares(absl::Span<const float> logits, LogitScale scale, float* shares) {
  const auto fill = [scale](const float* from, size_t count, float* to) {
    for (size_t i = 0; i < count; i += kLanes) {
      StoreLanes(ExpOf(ExponentOf(LoadLanes<Floats>(from + i), scale)), to + i);
    }
  };
  Weight sum = 0;
  const size_t end = ForEachChunk(logits.size(), [&](size_t i, size_t count) {
    fill(logits.data() + i, count, shares + i);
    sum += SumOfChunk(shares + i, count);
  });
  // The rest in lanes too, of -inf, which has no weight: with single floats beside, gcc keeps constants in
  // scalars.
  std::array<float, kStep> rest;
  std::fill(std::copy(logits.begin() + static_cast<int64_t>(end), logits.end(), rest.begin()), rest.end(),
            kNever);
  fill(rest.data(), kStep, rest.data());
  std::copy_n(rest.begin(), logits.size() - end, shares + end);
  return sum + SumOfChunk(rest.data(), kStep);
}

Weight SumOf(absl::Span<const float> shares) {
  Weight sum = 0;
  const size_t end = ForEachChunk(
      shares.size(), [&](size_t i, size_t count) { sum += SumOfChunk(shares.data() + i, count); });
  for (size_t i = end; i < shares.size(); ++i) sum += WeightFrom(shares[i]);
  return sum;
}

Weight SumOfExponents(absl::Span<const float> shares, absl::Span<const float> logits, LogitScale scale) {
  std::array<float, kChunk> products;
  Weight sum = 0;
  const size_t end = ForEachChunk(shares.size(), [&](size_t i, size_t count) {
    for (size_t j = 0; j < count; j += kLanes) {
      StoreLanes(LoadLanes<Floats>(shares.data() + i + j) *
                     -ExponentOf(LoadLanes<Floats>(logits.data() + i + j), scale),
                 products.data() + j);
    }
    sum += SumOfChunk(products.data(), count);
  });
  for (size_t i = end; i < shares.size(); ++i) sum += WeightFrom(shares[i] * -ExponentOf(logits[i], scale));
  return sum;
}

float MaxOf(absl::Span<const float> values) {
  Floats largest[4];
  for (Floats& lanes : largest) lanes = Spread<Floats>(kNever);
  size_t i = 0;
  for (; i + 4 * kLanes <= values.size(); i += 4 * kLanes) {
    for (size_t j = 0; j < 4; ++j) {
      largest[j] = Larger(LoadLanes<Floats>(values.data() + i + j * kLanes), largest[j]);
    }
  }
  float max = LargestLane(Larger(Larger(largest[0], largest[1]), Larger(largest[2], largest[3])));
  for (; i < values.size(); ++i) max = Larger(values[i], max);
  return max;
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

float LeastShareOf(Weight weight) {
  auto share = static_cast<float>(static_cast<double>(weight) / static_cast<double>(kWeightOfBest));
  while (WeightFrom(share) < weight) share = std::nextafter(share, 2.0f);
  // A float has 24 bits: below 2^-18 several shares have one weight. Halving finds the first.
  float below = share / 2;
  while (WeightFrom(below) >= weight) below /= 2;
  while (std::nextafter(below, 2.0f) < share) {
    const auto middle = BitsAs<float>((BitsAs<uint32_t>(below) + BitsAs<uint32_t>(share)) / 2);
    (WeightFrom(middle) >= weight ? share : below) = middle;
  }
  return share;
}

}  // namespace talaria::sampling
