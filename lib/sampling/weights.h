#ifndef TALARIA_LIB_SAMPLING_WEIGHTS_H_
#define TALARIA_LIB_SAMPLING_WEIGHTS_H_

#include <cstdint>
#include <cstring>

#include "absl/types/span.h"

namespace talaria::sampling {

// A token's probability before division by the sum of all, in units of 2^-42 of the likeliest token's. Sums
// of integers do not depend on their order, so blocks, lanes and partial selections all give the same bits.
// 42: 2^22 tokens of weight one still fit 64 bits. What rounds to 0 (below e^-29.8 of the likeliest) is never
// chosen.
using Weight = uint64_t;

inline constexpr int kWeightBits = 42;
inline constexpr Weight kWeightOfBest = Weight{1} << kWeightBits;
inline constexpr int64_t kMaxVocabulary = (int64_t{1} << 22) - 1;

// Below, every weight is 0: e^-32 is a twentieth of half a unit.
inline constexpr float kLeastExponent = -32;

// How logits become exponents: (logit - max) / temperature, at most 0.
struct LogitScale {
  float max = 0;  // of the logits in question
  float inverse_temperature = 1;
};

inline float ExponentOf(float logit, LogitScale scale) {
  const float exponent = (logit - scale.max) * scale.inverse_temperature;
  return exponent > kLeastExponent ? exponent : kLeastExponent;
}

// e^x within 3e-7 of itself, for x in [kLeastExponent, 0]. The C library's differs from system to
// system and from processor to processor, and does not vectorise. x = n ln 2 + r with |r| <= ln(2) / 2; the
// series for e^r ends at r^7 / 7!, the next term is below 6e-9.
inline float ExpOf(float x) {
  constexpr float kLog2E = 1.44269504f;
  // ln 2 in two parts; the first has 15 trailing zero bits, so n times it is exact.
  constexpr float kLn2High = 0.693359375f;
  constexpr float kLn2Low = -2.12194440e-4f;
  // A float this large has no fraction: adding it rounds to the nearest integer, which is then in its low
  // bits.
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23
  constexpr int32_t kRoundBits = 0x4B400000;
  const float rounded = x * kLog2E + kRound;
  const float n = rounded - kRound;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float series = 1.0f / 5040;
  series = series * r + 1.0f / 720;
  series = series * r + 1.0f / 120;
  series = series * r + 1.0f / 24;
  series = series * r + 1.0f / 6;
  series = series * r + 0.5f;
  series = series * r + 1.0f;
  series = series * r + 1.0f;
  int32_t bits;
  std::memcpy(&bits, &rounded, sizeof(bits));
  const int32_t power_bits = (bits - kRoundBits + 127) * (1 << 23);
  float power;
  std::memcpy(&power, &power_bits, sizeof(power));
  return series * power;
}

// A number in [0, 1] as a weight, rounded to the nearest. Adding 1.5 * 2^52 leaves the integer in a double's
// low bits; a plain conversion has no vector form on most processors.
inline Weight WeightFrom(float share) {
  constexpr double kRound = 0x1.8p52;
  constexpr uint64_t kRoundBits = 0x4338000000000000;
  const double rounded = static_cast<double>(share) * static_cast<double>(kWeightOfBest) + kRound;
  uint64_t bits;
  std::memcpy(&bits, &rounded, sizeof(bits));
  return bits - kRoundBits;
}

// shares[i] = e^exponent of logits[i], for as many as there are logits.
void FillShares(absl::Span<const float> logits, LogitScale scale, float* shares);

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

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_WEIGHTS_H_
