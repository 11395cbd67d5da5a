#ifndef TALARIA_LIB_SAMPLING_LANES_H_
#define TALARIA_LIB_SAMPLING_LANES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace talaria::sampling {

// Four floats that every processor we know handles at once (vector extensions of gcc and clang: no
// intrinsics, no instruction set beyond the build's). Written out because gcc 12 at -O2 leaves the loops of
// this room scalar, four times as slow. What is done to one lane is what would be done to a float.
using Floats = float __attribute__((vector_size(16)));
using FloatBits = uint32_t __attribute__((vector_size(16)));

inline constexpr size_t kLanes = 4;

// The same bits as another type of the same size.
template <typename To, typename From>
To BitsAs(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

// From and to memory of any alignment.
template <typename Vector>
Vector LoadLanes(const float* from) {
  Vector lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}
inline void StoreLanes(Floats lanes, float* to) { std::memcpy(to, &lanes, sizeof(lanes)); }

// The same number in every lane of an F, which is float or Floats.
template <typename F>
constexpr F Spread(float number) {
  if constexpr (std::is_same_v<F, Floats>) {
    return F{number, number, number, number};
  } else {
    return number;
  }
}

// All of *lanes*, or, as one number, the first.
template <typename To, typename Vector>
To As(Vector lanes) {
  if constexpr (std::is_same_v<To, Vector>) {
    return lanes;
  } else {
    return lanes[0];
  }
}

// In each lane. *b* where *a* is NaN, so that one instruction does it.
inline Floats Larger(Floats a, Floats b) { return a > b ? a : b; }
inline Floats Smaller(Floats a, Floats b) { return a < b ? a : b; }
inline float Larger(float a, float b) { return a > b ? a : b; }
inline float Smaller(float a, float b) { return a < b ? a : b; }

inline float LargestLane(Floats lanes) {
  return Larger(Larger(lanes[0], lanes[1]), Larger(lanes[2], lanes[3]));
}

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_LANES_H_
