// AVX-512 (F, BW, VL, DQ): as avx2.cc, with 16 lanes, 32 registers and masks.
#include <immintrin.h>

#include "backends/cpu/isa/kernels.h"

namespace talaria::cpu {
namespace {

constexpr int64_t kLanes = 16;
// Bytes of a panel that are asked for ahead; see avx2.cc.
constexpr int64_t kAhead = 4096;
// 12 rows x 256 activations are 12 KB and 256 x 32 columns of BF16 16 KB: together within a level-1 cache.
constexpr int64_t kInnerK = 256;
// Two or three blocks of rows take short stretches; see avx2.cc.
constexpr int64_t kFewRows = 36;
constexpr int64_t kShortInnerK = 64;

inline void Prefetch(const void* address) { _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T0); }

struct F32 {
  using Type = float;
  static __m512 Load(const float* from) { return _mm512_loadu_ps(from); }
};

struct F16 {
  using Type = uint16_t;
  static __m512 Load(const uint16_t* from) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
};

struct BF16 {
  using Type = uint16_t;
  static __m512 Load(const uint16_t* from) {
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
  }
};

template <int kRows, int kVectors>
inline void LoadSums(const float* c, int64_t c_stride, bool first, __m512 (&sums)[kRows][kVectors]) {
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = first ? _mm512_setzero_ps() : _mm512_loadu_ps(c + r * c_stride + v * kLanes);
    }
  }
}

template <int kRows, int kVectors>
inline void StoreSums(float* c, int64_t c_stride, const __m512 (&sums)[kRows][kVectors]) {
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) _mm512_storeu_ps(c + r * c_stride + v * kLanes, sums[r][v]);
  }
}

// Tiles of kRows x kVectors sums. 12 x 2 takes 24 of the 32 registers and leaves 8 for two vectors of
// weights, an activation and a mask; a broadcast feeds two FMAs, which is what the load ports allow beside
// them. The loops are unrolled by name: gcc would else keep the sums in memory.
template <typename E, int kRows, int kVectors>
inline void Tile(const float* a, int64_t a_stride, const typename E::Type* b, int64_t b_stride, int64_t k,
                 float* c, int64_t c_stride, bool first) {
  __m512 sums[kRows][kVectors];
  LoadSums(c, c_stride, first, sums);
  for (int64_t i = 0; i < k; ++i) {
    const typename E::Type* line = b + i * b_stride;
    __m512 wide[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      wide[v] = E::Load(line + v * kLanes);
      Prefetch(reinterpret_cast<const char*>(line + v * kLanes) + kAhead);
    }
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const __m512 x = _mm512_set1_ps(a[r * a_stride + i]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_fmadd_ps(x, wide[v], sums[r][v]);
    }
  }
  StoreSums(c, c_stride, sums);
}

// The same for BF16 panels, [k / 2][column][2]: a 32-bit lane holds an even k below and an odd k above, each
// a float once the other half is cleared.
template <int kRows, int kVectors>
inline void PairTile(const float* a, int64_t a_stride, const uint16_t* b, int64_t k, float* c,
                     int64_t c_stride, bool first) {
  __m512 sums[kRows][kVectors];
  LoadSums(c, c_stride, first, sums);
  const __m512i odd = _mm512_set1_epi32(static_cast<int>(0xFFFF0000u));
  for (int64_t i = 0; i < k; i += 2, b += 2 * kPanelColumns) {
    __m512i raw[kVectors];
    __m512 wide[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      raw[v] = _mm512_loadu_si512(b + 2 * v * kLanes);
      Prefetch(reinterpret_cast<const char*>(b + 2 * v * kLanes) + kAhead);
      wide[v] = _mm512_castsi512_ps(_mm512_slli_epi32(raw[v], 16));
    }
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const __m512 x = _mm512_set1_ps(a[r * a_stride + i]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_fmadd_ps(x, wide[v], sums[r][v]);
    }
    if (i + 1 == k) break;  // an odd last column stands alone
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) wide[v] = _mm512_castsi512_ps(_mm512_and_si512(raw[v], odd));
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const __m512 x = _mm512_set1_ps(a[r * a_stride + i + 1]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_fmadd_ps(x, wide[v], sums[r][v]);
    }
  }
  StoreSums(c, c_stride, sums);
}

// Where the rows of a tile lie.
struct RowBlock {
  const float* a;
  int64_t a_stride;
  int64_t k;
  float* c;
  int64_t c_stride;
  bool first;
};

template <typename E>
struct Plain {
  const typename E::Type* b;
  int64_t b_stride;
  Plain At(int64_t k) const { return {b + k * b_stride, b_stride}; }
  template <int kRows, int kVectors>
  void Run(const RowBlock& t, int64_t row) const {
    Tile<E, kRows, kVectors>(t.a + row * t.a_stride, t.a_stride, b, b_stride, t.k, t.c + row * t.c_stride,
                             t.c_stride, t.first);
  }
};

struct Pairs {
  const uint16_t* b;
  Pairs At(int64_t k) const { return {b + k * kPanelColumns}; }
  template <int kRows, int kVectors>
  void Run(const RowBlock& t, int64_t row) const {
    PairTile<kRows, kVectors>(t.a + row * t.a_stride, t.a_stride, b, t.k, t.c + row * t.c_stride, t.c_stride,
                              t.first);
  }
};

constexpr int kMostRows = 12;

template <int kRows, int kVectors, typename Weights>
void RunRows(const Weights& weights, const RowBlock& t, int64_t row, int64_t rows) {
  if (rows == kRows) return weights.template Run<kRows, kVectors>(t, row);
  if constexpr (kRows > 1) RunRows<kRows - 1, kVectors>(weights, t, row, rows);
}

// Any number of rows over kVectors vectors, in blocks of nearly equal size.
template <int kVectors, typename Weights>
void RunAllRows(const Weights& weights, const RowBlock& t, int64_t rows) {
  const int64_t blocks = (rows + kMostRows - 1) / kMostRows;
  int64_t row = 0;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t end = rows * (i + 1) / blocks;
    RunRows<kMostRows, kVectors>(weights, t, row, end - row);
    row = end;
  }
}

// A whole panel: few rows run through all of K at once, more do so while a stretch of it stays in the
// level-1 cache.
template <typename Weights>
void RunPanel(const Weights& weights, const MatmulArgs& args) {
  const auto* a = static_cast<const float*>(args.a);
  const int64_t step = args.rows <= kMostRows ? args.k : args.rows <= kFewRows ? kShortInnerK : kInnerK;
  int64_t k = 0;
  do {  // also where there is no k: the sums are then set to zero
    const int64_t count = args.k - k < step ? args.k - k : step;
    const RowBlock part = {a + k, args.a_stride, count, args.c, args.c_stride, args.first && k == 0};
    RunAllRows<2>(weights.At(k), part, args.rows);
    k += step;
  } while (k < args.k);
}

template <typename E>
void Matmul(const MatmulArgs& args) {
  RunPanel(Plain<E>{static_cast<const typename E::Type*>(args.panel), kPanelColumns}, args);
}

void MatmulBF16(const MatmulArgs& args) { RunPanel(Pairs{static_cast<const uint16_t*>(args.panel)}, args); }

// exp as in Cephes: 2^n times a polynomial of the rest, good to a few units in the last place; 0 below -87,
// infinity above 88.
inline __m512 Exp(__m512 x) {
  const __m512 least = _mm512_set1_ps(-87.0f);
  const __m512 most = _mm512_set1_ps(88.0f);
  const __mmask16 keep = _mm512_cmp_ps_mask(x, least, _CMP_NLT_UQ);  // NaN is kept
  const __mmask16 over = _mm512_cmp_ps_mask(x, most, _CMP_GT_OQ);
  const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  // Of two operands of which one is NaN min and max give the second.
  const __m512 y = _mm512_max_ps(least, _mm512_min_ps(most, x));
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(y, _mm512_set1_ps(1.44269504f)),
                                        _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 rest = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), y);
  rest = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), rest);
  __m512 p = _mm512_set1_ps(1.9875691500e-4f);
  p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(1.3981999507e-3f));
  p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(8.3334519073e-3f));
  p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(4.1665795894e-2f));
  p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(1.6666665459e-1f));
  p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(5.0000001201e-1f));
  p = _mm512_add_ps(_mm512_fmadd_ps(p, _mm512_mul_ps(rest, rest), rest), _mm512_set1_ps(1.0f));
  const __m512i power = _mm512_slli_epi32(_mm512_cvtps_epi32(n), 23);
  __m512 scaled = _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), power));
  scaled = _mm512_mask_mov_ps(scaled, over, _mm512_set1_ps(__builtin_inff()));
  return _mm512_maskz_mov_ps(keep, _mm512_mask_mov_ps(scaled, nan, x));
}

inline __m256 Upper(__m512 x) { return _mm512_extractf32x8_ps(x, 1); }

inline float Largest(__m512 x) {
  const __m256 quarter = _mm256_max_ps(_mm512_castps512_ps256(x), Upper(x));
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(quarter), _mm256_extractf128_ps(quarter, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  half = _mm_max_ss(half, _mm_shuffle_ps(half, half, 1));
  return _mm_cvtss_f32(half);
}

inline float Sum(__m512 x) {
  const __m256 quarter = _mm256_add_ps(_mm512_castps512_ps256(x), Upper(x));
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(quarter), _mm256_extractf128_ps(quarter, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  half = _mm_add_ss(half, _mm_shuffle_ps(half, half, 1));
  return _mm_cvtss_f32(half);
}

// Scores of one query to weights, in place; its state moves on.
inline void Soften(const AttendArgs& t, int64_t q) {
  float* scores = t.scratch + q * kBlockPositions;
  const int64_t seen = t.seen[q];
  const __m512 scale = _mm512_set1_ps(t.scale);
  __m512 largest = _mm512_set1_ps(t.largest[q]);
  const int64_t used = (seen + kLanes - 1) / kLanes * kLanes;
  for (int64_t i = 0; i < used; i += kLanes) {
    const auto visible = static_cast<__mmask16>(seen - i >= kLanes ? 0xFFFF : (1 << (seen - i)) - 1);
    const __m512 score = _mm512_mul_ps(_mm512_loadu_ps(scores + i), scale);
    const __m512 masked = _mm512_mask_mov_ps(_mm512_set1_ps(-__builtin_inff()), visible, score);
    _mm512_storeu_ps(scores + i, masked);
    largest = _mm512_max_ps(masked, largest);
  }
  const float peak = Largest(largest);
  const __m512 top = _mm512_set1_ps(peak);
  __m512 total = _mm512_setzero_ps();
  for (int64_t i = 0; i < used; i += kLanes) {
    const __m512 weight = Exp(_mm512_sub_ps(_mm512_loadu_ps(scores + i), top));
    _mm512_storeu_ps(scores + i, weight);
    total = _mm512_add_ps(total, weight);
  }
  const __m512 shrink = Exp(_mm512_set1_ps(t.largest[q] - peak));
  const float factor = _mm512_cvtss_f32(shrink);
  t.total[q] = t.total[q] * factor + Sum(total);
  t.largest[q] = peak;
  if (factor == 1.0f) return;  // multiplying by it changes no bit
  float* sums = t.sums + q * t.value_dim;
  for (int64_t i = 0; i < t.value_dim; i += kLanes) {
    _mm512_storeu_ps(sums + i, _mm512_mul_ps(_mm512_loadu_ps(sums + i), shrink));
  }
}

// Columns of a product whose number is a multiple of 16.
template <typename E>
void RunColumns(const typename E::Type* b, int64_t columns, int64_t stride, RowBlock t, int64_t rows) {
  float* const c = t.c;
  int64_t column = 0;
  for (; column + 32 <= columns; column += 32) {
    t.c = c + column;
    RunAllRows<2>(Plain<E>{b + column, stride}, t, rows);
  }
  t.c = c + column;
  if (column < columns) RunAllRows<1>(Plain<E>{b + column, stride}, t, rows);
}

template <typename E>
void Attend(const AttendArgs& t) {
  const auto* keys = static_cast<const typename E::Type*>(t.keys);
  const auto* values = static_cast<const typename E::Type*>(t.values);
  int64_t most = 0;
  for (int64_t q = 0; q < t.count; ++q) most = t.seen[q] > most ? t.seen[q] : most;
  RunColumns<E>(keys, (most + kLanes - 1) / kLanes * kLanes, kBlockPositions,
                {t.queries, t.head_dim, t.head_dim, t.scratch, kBlockPositions, true}, t.count);
  for (int64_t q = 0; q < t.count; ++q) Soften(t, q);
  for (int64_t q = 0; q < t.count;) {
    int64_t end = q + 1;
    while (end < t.count && t.seen[end] == t.seen[q]) ++end;
    RunColumns<E>(values, t.value_dim, t.value_dim,
                  {t.scratch + q * kBlockPositions, kBlockPositions, t.seen[q], t.sums + q * t.value_dim,
                   t.value_dim, false},
                  end - q);
    q = end;
  }
}

// Lanes of the last, short vector.
inline __mmask16 Rest(int64_t count) { return static_cast<__mmask16>((1u << count) - 1); }

inline __m512 Silu(__m512 v, __m512 u) {
  const __m512 one = _mm512_set1_ps(1.0f);
  const __m512 below = _mm512_add_ps(one, Exp(_mm512_sub_ps(_mm512_setzero_ps(), v)));
  return _mm512_mul_ps(_mm512_div_ps(v, below), u);
}

void GatedSilu(const float* gate, const float* up, int64_t count, float* out) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    _mm512_storeu_ps(out + i, Silu(_mm512_loadu_ps(gate + i), _mm512_loadu_ps(up + i)));
  }
  const __mmask16 rest = Rest(count - i);
  _mm512_mask_storeu_ps(out + i, rest,
                        Silu(_mm512_maskz_loadu_ps(rest, gate + i), _mm512_maskz_loadu_ps(rest, up + i)));
}

inline __m256i ToBF16(__m512 x) {
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i last = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(last, _mm512_set1_epi32(0x7FFF)));
  const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
  const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_mov_epi32(rounded, nan, quiet), 16));
}

inline __m256i ToF16(__m512 x) { return _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

template <__m256i (*kNarrow)(__m512)>
void Narrow(const float* source, int64_t count, void* destination) {
  auto* out = static_cast<uint16_t*>(destination);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), kNarrow(_mm512_loadu_ps(source + i)));
  }
  const __mmask16 rest = Rest(count - i);
  _mm256_mask_storeu_epi16(out + i, rest, kNarrow(_mm512_maskz_loadu_ps(rest, source + i)));
}

}  // namespace

void SetAvx512(Kernels* kernels) {
  kernels->name = "avx512";
  kernels->multiply_adds_per_us = 60000;
  kernels->bf16_activations = false;
  kernels->matmul[kElementF32] = Matmul<F32>;
  kernels->matmul[kElementF16] = Matmul<F16>;
  kernels->matmul[kElementBF16] = MatmulBF16;
  kernels->attend[kElementF32] = Attend<F32>;
  kernels->attend[kElementF16] = Attend<F16>;
  kernels->attend[kElementBF16] = Attend<BF16>;
  kernels->narrow[kElementF16] = Narrow<ToF16>;
  kernels->narrow[kElementBF16] = Narrow<ToBF16>;
  kernels->gated_silu = GatedSilu;
}

}  // namespace talaria::cpu
