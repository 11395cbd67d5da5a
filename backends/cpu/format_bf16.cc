#include <cstring>

#include "backends/cpu/interleave.h"
#include "backends/cpu/panel_format.h"
#include "lib/tensor/convert.h"

namespace talaria::cpu {
namespace {

// Two columns of a lane.
struct Pair {
  uint16_t even;
  uint16_t odd;
};

class BF16 final : public PanelFormat {
 public:
  std::string_view name() const override { return "BF16"; }
  Element element() const override { return kElementBF16; }
  uint64_t PanelBytes(int64_t columns) const override { return OffsetOf(columns + columns % 2); }
  uint64_t OffsetOf(int64_t column) const override {
    return static_cast<uint64_t>(column / 2) * kPanelColumns * sizeof(Pair);
  }
  void Pack(const SourceRows& rows, int64_t first_lane, int64_t columns, std::byte* panel) const override {
    const int64_t bytes = BitsOf(rows.dtype) / 8;
    Interleave(rows.rows, first_lane, (columns + 1) / 2, reinterpret_cast<Pair*>(panel),
               [&](int64_t row, int64_t pair, int64_t count, Pair* out) {
                 const unsigned char* from = rows.data + row * rows.stride_bytes + pair * 2 * bytes;
                 const int64_t numbers = std::min(2 * count, columns - 2 * pair);
                 if (numbers < 2 * count) out[count - 1].odd = 0;
                 if (rows.dtype == DType::kBF16) {
                   std::memcpy(out, from, static_cast<size_t>(numbers) * sizeof(uint16_t));
                   return;
                 }
                 float wide[kPanelColumns];
                 Widen(rows.dtype, from, numbers, wide);
                 for (int64_t i = 0; i < numbers; ++i) {
                   (i % 2 == 0 ? out[i / 2].even : out[i / 2].odd) = FloatToBFloat16(wide[i]);
                 }
               });
  }
  void Unpack(const std::byte* panel, int64_t lane, int64_t columns, float* out) const override {
    const Pair* pairs = reinterpret_cast<const Pair*>(panel) + lane;
    for (int64_t i = 0; i < columns; ++i) {
      const Pair& pair = pairs[i / 2 * kPanelColumns];
      out[i] = BFloat16ToFloat(i % 2 == 0 ? pair.even : pair.odd);
    }
  }
};

constexpr BF16 kFormat;

}  // namespace

const PanelFormat& BF16Format() { return kFormat; }

}  // namespace talaria::cpu
