#ifndef TALARIA_LIB_TENSOR_PARTITION_H_
#define TALARIA_LIB_TENSOR_PARTITION_H_

#include <algorithm>
#include <cstdint>

namespace talaria {

// A half-open run of rows or columns.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end - begin; }
};

// Part *index* of *extent* elements cut into *parts* along whole units of *unit* elements (the last unit may
// be short). Nested: with 8 parts, parts 4 to 7 together are part 1 of 2, so slices of ranks always end where
// leaves of the canonical reduction end. Parts differ by at most one unit; with more parts than units some
// are empty.
inline Range PartOf(int64_t extent, int64_t unit, int64_t parts, int64_t index) {
  const int64_t units = (extent + unit - 1) / unit;
  const auto boundary = [&](int64_t i) { return std::min(extent, unit * (i * units / parts)); };
  return {boundary(index), boundary(index + 1)};
}

}  // namespace talaria

#endif  // TALARIA_LIB_TENSOR_PARTITION_H_
