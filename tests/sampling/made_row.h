#ifndef TALARIA_TESTS_SAMPLING_MADE_ROW_H_
#define TALARIA_TESTS_SAMPLING_MADE_ROW_H_

#include <cmath>
#include <cstdint>
#include <vector>

#include "lib/base/philox.h"

namespace talaria::test {

// Rows of logits as tests want them, drawn from *seed*.
enum class RowKind : uint8_t {
  kEven,   // a normal distribution
  kModel,  // most far below, few far ahead
  kTies,   // multiples of 1/2
  kEqual,  // all the same
  kHoles,  // two thirds -inf
};

inline std::vector<float> MadeRow(RowKind kind, size_t vocabulary, uint64_t seed) {
  const Philox random(seed, 77);
  std::vector<float> row(vocabulary);
  for (size_t i = 0; i < vocabulary; ++i) {
    const double normal = std::sqrt(-2 * std::log(random.UniformDouble(2 * i))) *
                          std::cos(6.283185307179586 * random.UniformDouble(2 * i + 1));
    double logit = normal;
    if (kind == RowKind::kModel) logit = 2.2 * normal + (i % 97 == 7 ? 8 + 3 * std::abs(normal) : 0);
    if (kind == RowKind::kTies) logit = std::round(2 * normal) / 2;
    if (kind == RowKind::kEqual) logit = -3;
    if (kind == RowKind::kHoles && random.At(i)[3] % 3 != 0) logit = -HUGE_VAL;
    row[i] = static_cast<float>(logit);
  }
  return row;
}

inline constexpr RowKind kRowKinds[] = {RowKind::kEven, RowKind::kModel, RowKind::kTies, RowKind::kEqual,
                                        RowKind::kHoles};

}  // namespace talaria::test

#endif  // TALARIA_TESTS_SAMPLING_MADE_ROW_H_
