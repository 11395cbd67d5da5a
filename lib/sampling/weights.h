#ifndef TALARIA_LIB_SAMPLING_WEIGHTS_H_
#define TALARIA_LIB_SAMPLING_WEIGHTS_H_

#include <cstdint>
#include <limits>
#include <type_traits>

#include "absl/types/span.h"
#include "lib/sampling/lanes.h"

namespace talaria::sampling {

// A token's probability before division by the sum of all, in units of 2^-42 of the likeliest token's. Sums
// of integers do not depend on their order, so blocks, lanes and partial selections all give the same bits.
// 42: 2^22 tokens of weight one still fit 64 bits. What rounds to 0 (below e^-29.8 of the likeliest) is never
// chosen.
using Weight = uint64_t;

inline constexpr int kWeightBits = 42;
inline constexpr Weight kWeightOfBest = Weight{1} << kWeightBits;
inline constexpr int64_t kMaxVocabulary = (int64_t{1} << 22) - 1;

// The logit of a token that cannot be chosen.
inline constexpr float kNever = -std::numeric_limits<float>::infinity();

// Below, every weight is 0: e^-32 is a twentieth of half a unit.
inline constexpr float kLeastExponent = -32;

// How logits become exponents: (logit - max) / temperature, at most 0.
struct LogitScale {
  float max = 0;  // of the logits in question
  float inverse_temperature = 1;
};

// Of one float or of Floats.
template <typename F>
F ExponentOf(F logit, LogitScale scale) {
  return Larger((logit - scale.max) * scale.inverse_temperature, Spread<F>(kLeastExponent));
}

// What ExpOf computes with. Defined in a file of its own: where gcc 12 sees the values it makes each anew
// with two instructions in every turn of a loop, and that is a third of the time.
struct ExpConstants {
  Floats log2_e;
  Floats round;  // 1.5 * 2^23. A float this large has no fraction: adding it rounds to the nearest integer,
  // which is then in the low bits.
  Floats ln2_high;  // 15 trailing zero bits: an exponent times it is exact
  Floats ln2_low;
  Floats series[6];  // 1 / 7!, ... 1 / 2!
  Floats one;
  FloatBits bias;  // the bits of round, less 127
};
extern const ExpConstants kExpConstants;

// e^x within 3e-7 of itself, for x in [kLeastExponent, 0]; one float or Floats. The C library's differs from
// system to system and from processor to processor, and does not vectorise. x = n ln 2 + r with |r| <= ln(2)
// / 2; the series for e^r ends at r^7 / 7!, the next term is below 6e-9.
template <typename F>
F ExpOf(F x) {
  const ExpConstants& k = kExpConstants;
  const F rounded = x * As<F>(k.log2_e) + As<F>(k.round);
  const F n = rounded - As<F>(k.round);
  const F r = (x - n * As<F>(k.ln2_high)) - n * As<F>(k.ln2_low);
  F series = As<F>(k.series[0]);
  for (size_t i = 1; i < 6; ++i) series = series * r + As<F>(k.series[i]);
  series = series * r + As<F>(k.one);
  series = series * r + As<F>(k.one);
  // 2^n: n + 127 in the place of the exponent.
  using Bits = std::conditional_t<std::is_same_v<F, float>, uint32_t, FloatBits>;
  return series * BitsAs<F>((BitsAs<Bits>(rounded) - As<Bits>(k.bias)) << 23);
}

// A number in [0, 1] as a weight, rounded to the nearest. Adding 1.5 * 2^52 leaves the integer in a double's
// low bits; a plain conversion has no vector form on most processors.
inline constexpr double kWeightRound = 0x1.8p52;
inline constexpr uint64_t kWeightRoundBits = 0x4338000000000000;
inline Weight WeightFrom(float share) {
  return BitsAs<Weight>(static_cast<double>(share) * static_cast<double>(kWeightOfBest) + kWeightRound) -
         kWeightRoundBits;
}

// shares[i] = e^exponent of logits[i], for as many as there are logits; the sum of their weights.
Weight FillShares(absl::Span<const float> logits, LogitScale scale, float* shares);

// The sum of WeightFrom over all.
Weight SumOf(absl::Span<const float> shares);

// The sum of WeightFrom(share * -exponent): what the weighted mean of exponents is made of.
Weight SumOfExponents(absl::Span<const float> shares, absl::Span<const float> logits, LogitScale scale);

// The largest, -inf of none. No NaN among them.
float MaxOf(absl::Span<const float> values);

// floor(bits * total / 2^64): for uniform *bits*, uniform in [0, total) up to total / 2^64.
uint64_t ScaleRandom(uint64_t bits, uint64_t total);

// The least weight that is at least the part *share* (0 to 1) of *whole*, at least 1 and at most *whole*.
// *whole* > 0.
Weight PartOf(Weight whole, double share);

// The least share of that weight or more; 0 < *weight* <= kWeightOfBest.
float LeastShareOf(Weight weight);

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_WEIGHTS_H_
