// Plain C++ for any processor; products and sums are rounded apart. The compiler vectorises what it can.
#include "backends/cpu/isa/kernels.h"

namespace talaria::cpu {
namespace {

float FromBits(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

uint32_t ToBits(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof(bits));
  return bits;
}

struct F32 {
  using Type = float;
  static float Widen(float value) { return value; }
};

struct BF16 {
  using Type = uint16_t;
  static float Widen(uint16_t value) { return FromBits(static_cast<uint32_t>(value) << 16); }
};

struct F16 {
  using Type = uint16_t;
  // Exponents of binary16 end at 15 and those of float at 127: as a float the bits are 2^112 too small, and a
  // product sets that right, subnormals included.
  static float Widen(uint16_t value) {
    const uint32_t magnitude = static_cast<uint32_t>(value & 0x7FFFu) << 13;
    const uint32_t sign = static_cast<uint32_t>(value & 0x8000u) << 16;
    const float scaled = FromBits(magnitude) * FromBits((127u + 112u) << 23);
    const uint32_t infinite = magnitude >= 0x0F800000u ? 0x7F800000u : 0u;
    return FromBits(ToBits(scaled) | infinite | sign);
  }
};

// c[r][0..16) += a[r][k] b[k][0..16). 4 rows x 16 columns: the sums are SSE's 16 registers; the compiler
// keeps what fits.
template <int kRows, typename E>
void Tile(const float* a, int64_t a_stride, const typename E::Type* b, int64_t b_stride, int64_t k, float* c,
          int64_t c_stride, bool first) {
  float sums[kRows][16];
  for (int r = 0; r < kRows; ++r) {
    for (int j = 0; j < 16; ++j) sums[r][j] = first ? 0.0f : c[r * c_stride + j];
  }
  for (int64_t i = 0; i < k; ++i) {
    float wide[16];
    for (int j = 0; j < 16; ++j) wide[j] = E::Widen(b[i * b_stride + j]);
    for (int r = 0; r < kRows; ++r) {
      const float x = a[r * a_stride + i];
      for (int j = 0; j < 16; ++j) sums[r][j] += x * wide[j];
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int j = 0; j < 16; ++j) c[r * c_stride + j] = sums[r][j];
  }
}

template <typename E>
void Product(const float* a, int64_t a_stride, int64_t rows, const typename E::Type* b, int64_t b_stride,
             int64_t columns, int64_t k, float* c, int64_t c_stride, bool first) {
  for (int64_t j = 0; j < columns; j += 16) {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      Tile<4, E>(a + r * a_stride, a_stride, b + j, b_stride, k, c + r * c_stride + j, c_stride, first);
    }
    for (; r < rows; ++r) {
      Tile<1, E>(a + r * a_stride, a_stride, b + j, b_stride, k, c + r * c_stride + j, c_stride, first);
    }
  }
}

template <typename E>
void Matmul(const MatmulArgs& args) {
  Product<E>(static_cast<const float*>(args.a), args.a_stride, args.rows,
             static_cast<const typename E::Type*>(args.panel), kPanelColumns, kPanelColumns, args.k, args.c,
             args.c_stride, args.first);
}

// BF16 panels hold pairs of k: [k / 2][column][2].
template <int kRows>
void PairTile(const float* a, int64_t a_stride, const uint16_t* b, int64_t k, float* c, int64_t c_stride,
              bool first) {
  float sums[kRows][kPanelColumns];
  for (int r = 0; r < kRows; ++r) {
    for (int64_t j = 0; j < kPanelColumns; ++j) sums[r][j] = first ? 0.0f : c[r * c_stride + j];
  }
  for (int64_t i = 0; i < k; ++i) {
    const uint16_t* line = b + (i / 2) * 2 * kPanelColumns + i % 2;
    for (int r = 0; r < kRows; ++r) {
      const float x = a[r * a_stride + i];
      for (int64_t j = 0; j < kPanelColumns; ++j) sums[r][j] += x * BF16::Widen(line[2 * j]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int64_t j = 0; j < kPanelColumns; ++j) c[r * c_stride + j] = sums[r][j];
  }
}

void MatmulBF16(const MatmulArgs& args) {
  const float* a = static_cast<const float*>(args.a);
  const auto* b = static_cast<const uint16_t*>(args.panel);
  int64_t r = 0;
  for (; r + 4 <= args.rows; r += 4) {
    PairTile<4>(a + r * args.a_stride, args.a_stride, b, args.k, args.c + r * args.c_stride, args.c_stride,
                args.first);
  }
  for (; r < args.rows; ++r) {
    PairTile<1>(a + r * args.a_stride, args.a_stride, b, args.k, args.c + r * args.c_stride, args.c_stride,
                args.first);
  }
}

// exp as in Cephes: 2^n times a polynomial of the rest, good to a few units in the last place; 0 below -87,
// infinity above 88.
float Exp(float x) {
  if (!(x == x)) return x;
  if (x < -87.0f) return 0.0f;
  if (x > 88.0f) return __builtin_inff();
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float n = (x * 1.44269504f + magic) - magic;
  const float rest = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * rest + 1.3981999507e-3f;
  p = p * rest + 8.3334519073e-3f;
  p = p * rest + 4.1665795894e-2f;
  p = p * rest + 1.6666665459e-1f;
  p = p * rest + 5.0000001201e-1f;
  p = p * (rest * rest) + rest + 1.0f;
  return FromBits(ToBits(p) + (static_cast<uint32_t>(static_cast<int32_t>(n)) << 23));
}

template <typename E>
void Attend(const AttendArgs& t) {
  const auto* keys = static_cast<const typename E::Type*>(t.keys);
  const auto* values = static_cast<const typename E::Type*>(t.values);
  Product<E>(t.queries, t.head_dim, t.count, keys, kBlockPositions, kBlockPositions, t.head_dim, t.scratch,
             kBlockPositions, true);
  for (int64_t q = 0; q < t.count; ++q) {
    float* scores = t.scratch + q * kBlockPositions;
    float* sums = t.sums + q * t.value_dim;
    float largest = t.largest[q];
    for (int i = 0; i < t.seen[q]; ++i) {
      scores[i] *= t.scale;
      largest = scores[i] > largest ? scores[i] : largest;
    }
    float total = 0;
    for (int i = 0; i < t.seen[q]; ++i) {
      scores[i] = Exp(scores[i] - largest);
      total += scores[i];
    }
    const float shrink = Exp(t.largest[q] - largest);
    t.total[q] = t.total[q] * shrink + total;
    t.largest[q] = largest;
    for (int64_t i = 0; i < t.value_dim; ++i) sums[i] *= shrink;
  }
  for (int64_t q = 0; q < t.count;) {
    int64_t end = q + 1;
    while (end < t.count && t.seen[end] == t.seen[q]) ++end;
    Product<E>(t.scratch + q * kBlockPositions, kBlockPositions, end - q, values, t.value_dim, t.value_dim,
               t.seen[q], t.sums + q * t.value_dim, t.value_dim, false);
    q = end;
  }
}

void Copy(const float* source, int64_t count, void* destination) {
  auto* out = static_cast<float*>(destination);
  for (int64_t i = 0; i < count; ++i) out[i] = source[i];
}

void NarrowBF16(const float* source, int64_t count, void* destination) {
  auto* out = static_cast<uint16_t*>(destination);
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t bits = ToBits(source[i]);
    const uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
    const bool nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
    out[i] = static_cast<uint16_t>(nan ? (bits >> 16) | 0x40u : rounded);
  }
}

void NarrowF16(const float* source, int64_t count, void* destination) {
  auto* out = static_cast<uint16_t*>(destination);
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t bits = ToBits(source[i]);
    const uint32_t sign = (bits >> 16) & 0x8000u;
    const uint32_t magnitude = bits & 0x7FFFFFFFu;
    uint32_t half;
    if (magnitude > 0x7F800000u) {
      half = 0x7E00u | ((magnitude >> 13) & 0x3FFu);  // NaN, made quiet
    } else if (magnitude >= 0x477FF000u) {
      half = 0x7C00u;  // from halfway between 65504 and 65536 on: infinity
    } else if (magnitude < 0x38800000u) {
      // Below the smallest normal half: adding 1/2 puts the unit 2^-24 at the end of the fraction.
      half = ToBits(FromBits(magnitude) + 0.5f) - 0x3F000000u;
    } else {
      half = (magnitude + 0xFFFu + ((magnitude >> 13) & 1u) - 0x38000000u) >> 13;
    }
    out[i] = static_cast<uint16_t>(sign | half);
  }
}

void GatedSilu(const float* gate, const float* up, int64_t count, float* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = gate[i] / (1.0f + Exp(-gate[i])) * up[i];
}

}  // namespace

void SetGeneric(Kernels* kernels) {
  kernels->name = "generic";
  kernels->multiply_adds_per_us = 4000;
  kernels->bf16_activations = false;
  kernels->matmul[kElementF32] = Matmul<F32>;
  kernels->matmul[kElementF16] = Matmul<F16>;
  kernels->matmul[kElementBF16] = MatmulBF16;
  kernels->attend[kElementF32] = Attend<F32>;
  kernels->attend[kElementF16] = Attend<F16>;
  kernels->attend[kElementBF16] = Attend<BF16>;
  kernels->narrow[kElementF32] = Copy;
  kernels->narrow[kElementF16] = NarrowF16;
  kernels->narrow[kElementBF16] = NarrowBF16;
  kernels->gated_silu = GatedSilu;
}

}  // namespace talaria::cpu
