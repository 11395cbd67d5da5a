#ifndef TALARIA_BACKENDS_CPU_PANEL_FORMAT_H_
#define TALARIA_BACKENDS_CPU_PANEL_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backends/cpu/isa/kernels.h"
#include "lib/tensor/dtype.h"

namespace talaria::cpu {

// Rows of a source as they were read: row i begins at data + i * stride_bytes.
struct SourceRows {
  DType dtype = DType::kF32;
  const unsigned char* data = nullptr;
  int64_t stride_bytes = 0;
  int64_t rows = 0;
};

// How a kind of number lies in a packed weight. A panel is kPanelColumns output features ("lanes") over all
// input columns, lanes side by side, columns one after the other: one layout for one row and for 512. Each
// format is a file of its own with a constant object.
class PanelFormat {
 public:
  // As reports spell it.
  virtual std::string_view name() const = 0;
  // Which of Kernels::matmul takes it.
  virtual Element element() const = 0;
  virtual uint64_t PanelBytes(int64_t columns) const = 0;
  // Where *column*, a multiple of kColumnStep, begins in a panel.
  virtual uint64_t OffsetOf(int64_t column) const = 0;
  // Puts the first *columns* numbers of each of *rows* (of a weight type) into lanes from *first_lane* on.
  // The panel was zeros before, or those lanes were packed already.
  virtual void Pack(const SourceRows& rows, int64_t first_lane, int64_t columns, std::byte* panel) const = 0;
  // A lane as float [columns].
  virtual void Unpack(const std::byte* panel, int64_t lane, int64_t columns, float* out) const = 0;

 protected:
  ~PanelFormat() = default;
};

// K is cut for tiles at multiples of this: whole blocks of every format.
inline constexpr int64_t kColumnStep = 256;

const PanelFormat& F32Format();
const PanelFormat& F16Format();
// Pairs of columns side by side, [columns / 2][lane][2], as the BF16 dot products of AVX-512 take them; with
// narrower instructions the two halves of a 32-bit lane are a shift and a mask. An odd last column has a zero
// beside it.
const PanelFormat& BF16Format();

// *count* numbers of a weight type, widened.
void Widen(DType dtype, const unsigned char* source, int64_t count, float* out);

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_PANEL_FORMAT_H_
