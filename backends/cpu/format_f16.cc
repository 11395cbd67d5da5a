#include <cstring>

#include "backends/cpu/interleave.h"
#include "backends/cpu/panel_format.h"
#include "lib/tensor/convert.h"

namespace talaria::cpu {
namespace {

class F16 final : public PanelFormat {
 public:
  std::string_view name() const override { return "F16"; }
  Element element() const override { return kElementF16; }
  uint64_t PanelBytes(int64_t columns) const override { return OffsetOf(columns); }
  uint64_t OffsetOf(int64_t column) const override {
    return static_cast<uint64_t>(column) * kPanelColumns * sizeof(uint16_t);
  }
  void Pack(const SourceRows& rows, int64_t first_lane, int64_t columns, std::byte* panel) const override {
    const int64_t bytes = BitsOf(rows.dtype) / 8;
    Interleave(rows.rows, first_lane, columns, reinterpret_cast<uint16_t*>(panel),
               [&](int64_t row, int64_t column, int64_t count, uint16_t* out) {
                 const unsigned char* from = rows.data + row * rows.stride_bytes + column * bytes;
                 if (rows.dtype == DType::kF16) {
                   std::memcpy(out, from, static_cast<size_t>(count) * sizeof(uint16_t));
                   return;
                 }
                 float wide[kPanelColumns];
                 Widen(rows.dtype, from, count, wide);
                 for (int64_t i = 0; i < count; ++i) out[i] = FloatToHalf(wide[i]);
               });
  }
  void Unpack(const std::byte* panel, int64_t lane, int64_t columns, float* out) const override {
    const uint16_t* numbers = reinterpret_cast<const uint16_t*>(panel) + lane;
    for (int64_t i = 0; i < columns; ++i) out[i] = HalfToFloat(numbers[i * kPanelColumns]);
  }
};

constexpr F16 kFormat;

}  // namespace

const PanelFormat& F16Format() { return kFormat; }

}  // namespace talaria::cpu
