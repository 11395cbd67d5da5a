#include "lib/tensor/convert.h"

#include <cstring>

namespace talaria {
namespace {

float FromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

uint32_t ToBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

uint16_t Load16(const void* source, size_t index) {
  uint16_t bits;
  std::memcpy(&bits, static_cast<const unsigned char*>(source) + index * sizeof(bits), sizeof(bits));
  return bits;
}

}  // namespace

float HalfToFloat(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1Fu;
  uint32_t mantissa = bits & 0x3FFu;
  if (exponent == 0x1F) return FromBits(sign | 0x7F800000u | (mantissa << 13));
  if (exponent != 0) return FromBits(sign | ((exponent + 112) << 23) | (mantissa << 13));
  if (mantissa == 0) return FromBits(sign);
  // Subnormal: shift the leading one into place.
  uint32_t shift = 0;
  while ((mantissa & 0x400u) == 0) {
    mantissa <<= 1;
    ++shift;
  }
  return FromBits(sign | ((113 - shift) << 23) | ((mantissa & 0x3FFu) << 13));
}

uint16_t FloatToHalf(float value) {
  const uint32_t bits = ToBits(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000u);
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return sign | 0x7E00u;
  // 65520 is halfway between the largest half, 65504, and 65536; the tie goes up, to infinity.
  if (magnitude >= 0x477FF000u) return sign | 0x7C00u;
  if (magnitude < 0x38800000u) {               // below 2^-14, the smallest normal half
    if (magnitude < 0x33000000u) return sign;  // below 2^-25: half of the smallest subnormal
    const uint32_t exponent = magnitude >> 23;
    const uint32_t mantissa = (magnitude & 0x7FFFFFu) | 0x800000u;
    const uint32_t shift = 126 - exponent;  // 14 to 24
    const uint32_t kept = mantissa >> shift;
    const uint32_t rest = mantissa & ((1u << shift) - 1);
    const uint32_t half = 1u << (shift - 1);
    const uint32_t up = rest > half || (rest == half && (kept & 1)) ? 1 : 0;
    return static_cast<uint16_t>(sign | (kept + up));
  }
  const uint32_t rounded = magnitude + 0xFFFu + ((magnitude >> 13) & 1u);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

float BFloat16ToFloat(uint16_t bits) { return FromBits(static_cast<uint32_t>(bits) << 16); }

uint16_t FloatToBFloat16(float value) {
  const uint32_t bits = ToBits(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

Status ToFloat(DType dtype, const void* source, size_t count, float* destination) {
  if (dtype == DType::kF32) {
    std::memcpy(destination, source, count * sizeof(float));
  } else if (dtype == DType::kF16) {
    for (size_t i = 0; i < count; ++i) destination[i] = HalfToFloat(Load16(source, i));
  } else if (dtype == DType::kBF16) {
    for (size_t i = 0; i < count; ++i) destination[i] = BFloat16ToFloat(Load16(source, i));
  } else {
    return Unimplemented("weights of type ", NameOf(dtype));
  }
  return absl::OkStatus();
}

}  // namespace talaria
