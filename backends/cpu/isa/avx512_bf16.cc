// AVX-512 with BF16 dot products: BF16 weights meet activations rounded to BF16, two k a multiply-add.
// vdpbf16ps rounds each sum to nearest even and takes subnormals for zeros, whatever the control word says.
#include <immintrin.h>

#include "backends/cpu/isa/kernels.h"

namespace talaria::cpu {
namespace {

constexpr int64_t kLanes = 16;
constexpr int64_t kAhead = 4096;  // see avx2.cc
// 12 rows x 512 activations of 2 bytes are 12 KB and 512 x 32 columns 32 KB: most of a level-1 cache.
constexpr int64_t kInnerK = 512;
// Two or three blocks of rows take short stretches; see avx2.cc.
constexpr int64_t kFewRows = 36;
constexpr int64_t kShortInnerK = 64;
constexpr int kVectors = 2;
constexpr int kMostRows = 12;

inline __m512bh Bits(__m512i bits) {
  __m512bh out;
  __builtin_memcpy(&out, &bits, sizeof(out));
  return out;
}

// 12 x 2 sums: 24 under way where 12 would hide the latency of 6 cycles at two a cycle; a broadcast feeds
// two.
template <int kRows>
inline void Tile(const uint16_t* a, int64_t a_stride, const uint16_t* b, int64_t k, float* c,
                 int64_t c_stride, bool first) {
  __m512 sums[kRows][kVectors];
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = first ? _mm512_setzero_ps() : _mm512_loadu_ps(c + r * c_stride + v * kLanes);
    }
  }
  for (int64_t i = 0; i < k; i += 2, b += 2 * kPanelColumns) {
    __m512bh weights[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      weights[v] = Bits(_mm512_loadu_si512(b + 2 * v * kLanes));
      _mm_prefetch(reinterpret_cast<const char*>(b + 2 * v * kLanes) + kAhead, _MM_HINT_T0);
    }
    const bool pair = i + 1 < k;  // an odd last column has zeros beside it, and so has its activation
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      int32_t x = 0;
      if (pair) {
        __builtin_memcpy(&x, a + r * a_stride + i, sizeof(x));
      } else {
        x = a[r * a_stride + i];
      }
      const __m512bh both = Bits(_mm512_set1_epi32(x));
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], both, weights[v]);
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) _mm512_storeu_ps(c + r * c_stride + v * kLanes, sums[r][v]);
  }
}

template <int kRows>
void RunRows(const MatmulArgs& t, int64_t row, int64_t rows, int64_t k, int64_t count) {
  if (rows == kRows) {
    return Tile<kRows>(static_cast<const uint16_t*>(t.a) + row * t.a_stride + k, t.a_stride,
                       static_cast<const uint16_t*>(t.panel) + k * kPanelColumns, count,
                       t.c + row * t.c_stride, t.c_stride, t.first && k == 0);
  }
  if constexpr (kRows > 1) RunRows<kRows - 1>(t, row, rows, k, count);
}

void MatmulBF16(const MatmulArgs& args) {
  const int64_t step = args.rows <= kMostRows ? args.k : args.rows <= kFewRows ? kShortInnerK : kInnerK;
  const int64_t blocks = (args.rows + kMostRows - 1) / kMostRows;
  int64_t k = 0;
  do {  // also where there is no k: the sums are then set to zero
    const int64_t count = args.k - k < step ? args.k - k : step;
    int64_t row = 0;
    for (int64_t i = 0; i < blocks; ++i) {
      const int64_t end = args.rows * (i + 1) / blocks;
      RunRows<kMostRows>(args, row, end - row, k, count);
      row = end;
    }
    k += step;
  } while (k < args.k);
}

}  // namespace

void SetAvx512Bf16(Kernels* kernels) {
  kernels->name = "avx512_bf16";
  kernels->multiply_adds_per_us = 100000;
  kernels->bf16_activations = true;
  kernels->matmul[kElementBF16] = MatmulBF16;
}

}  // namespace talaria::cpu
