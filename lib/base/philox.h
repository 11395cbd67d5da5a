#ifndef TALARIA_LIB_BASE_PHILOX_H_
#define TALARIA_LIB_BASE_PHILOX_H_

#include <array>
#include <cstdint>

namespace talaria {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

// The Philox4x32-10 bijection: 128 random bits that are a pure function of counter and key. Salmon, Moraes,
// Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
PhiloxCounter Philox4x32(PhiloxCounter counter, PhiloxKey key);

// Random numbers addressed by (seed, stream, position) and kept nowhere: a sequence that is forked, saved, or
// computed in another order draws the same ones. Streams of one seed are independent of one another. Plain
// data; any thread.
class Philox {
 public:
  Philox(uint64_t seed, uint64_t stream) : seed_(seed), stream_(stream) {}

  // The 128 bits at *position*: the seed is the key, (position, stream) the counter, low words first.
  PhiloxCounter At(uint64_t position) const;

  // One number at *position*, from its first words; both see the same bits, so a position gives one or the
  // other.
  float UniformFloat(uint64_t position) const;
  double UniformDouble(uint64_t position) const;

 private:
  uint64_t seed_;
  uint64_t stream_;
};

// Uniform in the open interval (0, 1), every value equally likely: the middles of 2^23 equal parts, and of
// 2^52. Both ends stay out so that log(u) and log(1 - u) are finite.
float OpenUniformFloat(uint32_t bits);
double OpenUniformDouble(uint32_t high_bits, uint32_t low_bits);

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_PHILOX_H_
