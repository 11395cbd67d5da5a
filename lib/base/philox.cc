#include "lib/base/philox.h"

namespace talaria {
namespace {

// The paper's multipliers and Weyl increments for four words of 32 bits.
constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;  // the golden ratio
constexpr uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1
constexpr int kRounds = 10;

constexpr uint32_t Low(uint64_t value) { return static_cast<uint32_t>(value); }
constexpr uint32_t High(uint64_t value) { return static_cast<uint32_t>(value >> 32); }

}  // namespace

PhiloxCounter Philox4x32(PhiloxCounter counter, PhiloxKey key) {
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = uint64_t{kMultiplier0} * counter[0];
    const uint64_t product1 = uint64_t{kMultiplier1} * counter[2];
    counter = {High(product1) ^ counter[1] ^ key[0], Low(product1), High(product0) ^ counter[3] ^ key[1],
               Low(product0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

PhiloxCounter Philox::At(uint64_t position) const {
  return Philox4x32({Low(position), High(position), Low(stream_), High(stream_)}, {Low(seed_), High(seed_)});
}

float Philox::UniformFloat(uint64_t position) const { return OpenUniformFloat(At(position)[0]); }

double Philox::UniformDouble(uint64_t position) const {
  const PhiloxCounter bits = At(position);
  return OpenUniformDouble(bits[0], bits[1]);
}

float OpenUniformFloat(uint32_t bits) {
  // 23 bits and the half make 24, a float's precision: nothing rounds, so nothing rounds up to 1.
  return (static_cast<float>(bits >> 9) + 0.5f) * 0x1p-23f;
}

double OpenUniformDouble(uint32_t high_bits, uint32_t low_bits) {
  const uint64_t bits = (uint64_t{high_bits} << 32) | low_bits;
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

}  // namespace talaria
