#include "backends/cpu/interleave.h"
#include "backends/cpu/panel_format.h"
#include "lib/tensor/convert.h"

namespace talaria::cpu {
namespace {

class F32 final : public PanelFormat {
 public:
  std::string_view name() const override { return "F32"; }
  Element element() const override { return kElementF32; }
  uint64_t PanelBytes(int64_t columns) const override { return OffsetOf(columns); }
  uint64_t OffsetOf(int64_t column) const override {
    return static_cast<uint64_t>(column) * kPanelColumns * sizeof(float);
  }
  void Pack(const SourceRows& rows, int64_t first_lane, int64_t columns, std::byte* panel) const override {
    const int64_t bytes = BitsOf(rows.dtype) / 8;
    Interleave(rows.rows, first_lane, columns, reinterpret_cast<float*>(panel),
               [&](int64_t row, int64_t column, int64_t count, float* out) {
                 Widen(rows.dtype, rows.data + row * rows.stride_bytes + column * bytes, count, out);
               });
  }
  void Unpack(const std::byte* panel, int64_t lane, int64_t columns, float* out) const override {
    const float* numbers = reinterpret_cast<const float*>(panel) + lane;
    for (int64_t i = 0; i < columns; ++i) out[i] = numbers[i * kPanelColumns];
  }
};

constexpr F32 kFormat;

}  // namespace

const PanelFormat& F32Format() { return kFormat; }

void Widen(DType dtype, const unsigned char* source, int64_t count, float* out) {
  // Only weight types come here, and those it knows.
  ToFloat(dtype, source, static_cast<size_t>(count), out).IgnoreError();
}

}  // namespace talaria::cpu
