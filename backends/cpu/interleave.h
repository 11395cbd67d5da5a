#ifndef TALARIA_BACKENDS_CPU_INTERLEAVE_H_
#define TALARIA_BACKENDS_CPU_INTERLEAVE_H_

#include <algorithm>
#include <cstdint>

#include "backends/cpu/isa/kernels.h"

namespace talaria::cpu {

// Writes rows into lanes, unit by unit: out[unit][kPanelColumns] takes rows first_lane to first_lane + rows -
// 1. *read(row, unit, count, destination)* gives *count* units of a row. 16 units of each row go through a
// small tile: rows lie a power of two apart, and reading down them unit by unit they would fight for one
// cache set.
template <typename Unit, typename Read>
void Interleave(int64_t rows, int64_t first_lane, int64_t units, Unit* out, const Read& read) {
  constexpr int64_t kRun = 16;
  Unit tile[kPanelColumns][kRun];
  for (int64_t unit = 0; unit < units; unit += kRun) {
    const int64_t count = std::min(kRun, units - unit);
    for (int64_t row = 0; row < rows; ++row) read(row, unit, count, tile[row]);
    for (int64_t i = 0; i < count; ++i) {
      Unit* line = out + (unit + i) * kPanelColumns + first_lane;
      for (int64_t row = 0; row < rows; ++row) line[row] = tile[row][i];
    }
  }
}

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_INTERLEAVE_H_
