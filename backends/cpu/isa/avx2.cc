// AVX2 with FMA and F16C: weights are widened to float in registers, activations stay float.
#include <immintrin.h>

#include "backends/cpu/isa/kernels.h"

namespace talaria::cpu {
namespace {

constexpr int64_t kLanes = 8;
// Bytes of a panel that are asked for ahead where each is met once: two threads at 20 GB/s and a latency of
// 100 ns have 4 KB under way; less leaves the bus idle.
constexpr int64_t kSoon = 4096;
// K that all rows go through before the next stretch of a panel is read: 512 x 16 columns of BF16 are 16 KB
// and 6 rows of activations 12 KB, which fit the 32 KB of a level-1 cache together. Few rows are done with it
// before so long a next one has come from memory.
constexpr int64_t kInnerK = 512;
constexpr int64_t kFewRows = 24;
constexpr int64_t kShortInnerK = 128;

inline void Prefetch(const void* address) { _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T0); }

struct F32 {
  using Type = float;
  static __m256 Load(const float* from) { return _mm256_loadu_ps(from); }
};

struct F16 {
  using Type = uint16_t;
  static __m256 Load(const uint16_t* from) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
};

struct BF16 {
  using Type = uint16_t;
  static __m256 Load(const uint16_t* from) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
  }
};

template <int kRows, int kVectors>
inline void LoadSums(const float* c, int64_t c_stride, bool first, __m256 (&sums)[kRows][kVectors]) {
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 6
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = first ? _mm256_setzero_ps() : _mm256_loadu_ps(c + r * c_stride + v * kLanes);
    }
  }
}

template <int kRows, int kVectors>
inline void StoreSums(float* c, int64_t c_stride, const __m256 (&sums)[kRows][kVectors]) {
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 6
    for (int v = 0; v < kVectors; ++v) _mm256_storeu_ps(c + r * c_stride + v * kLanes, sums[r][v]);
  }
}

// What a tile asks of memory: a line, or one for each pair of its vectors, each time it takes weights.
struct Ahead {
  const char* from;
  int64_t step;
};

template <int kVectors>
inline void Ask(Ahead* ahead) {
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; v += 2) Prefetch(ahead->from + v * kLanes * int64_t{sizeof(float)});
  ahead->from += ahead->step;
}

// Tiles of kRows x kVectors sums. Two FMAs a cycle of 4 cycles' latency want 8 sums at least; 6 x 2 takes 12
// of the 16 registers and leaves 4 for two vectors of weights and an activation. One or two rows take all 4
// vectors of a panel, so that it is read once, in order.
//
// The loops over rows and vectors are unrolled by name: gcc would else keep the sums in memory.
template <typename E, int kRows, int kVectors>
inline void Tile(const float* a, int64_t a_stride, const typename E::Type* b, int64_t b_stride, int64_t k,
                 float* c, int64_t c_stride, bool first, Ahead ahead) {
  __m256 sums[kRows][kVectors];
  LoadSums(c, c_stride, first, sums);
  for (int64_t i = 0; i < k; ++i) {
    const typename E::Type* line = b + i * b_stride;
    __m256 wide[kVectors];
#pragma GCC unroll 6
    for (int v = 0; v < kVectors; ++v) wide[v] = E::Load(line + v * kLanes);
    Ask<kVectors>(&ahead);
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const __m256 x = _mm256_broadcast_ss(a + r * a_stride + i);
#pragma GCC unroll 6
      for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm256_fmadd_ps(x, wide[v], sums[r][v]);
    }
  }
  StoreSums(c, c_stride, sums);
}

// The same for BF16 panels, [k / 2][column][2]: a 32-bit lane holds an even k below and an odd k above, each
// a float once the other half is cleared.
template <int kRows, int kVectors>
inline void PairTile(const float* a, int64_t a_stride, const uint16_t* b, int64_t k, float* c,
                     int64_t c_stride, bool first, Ahead ahead) {
  __m256 sums[kRows][kVectors];
  LoadSums(c, c_stride, first, sums);
  const __m256i odd = _mm256_set1_epi32(static_cast<int>(0xFFFF0000u));
  const uint16_t* line = b;
  for (int64_t i = 0; i + 2 <= k; i += 2, line += 2 * kPanelColumns) {
    const auto* raw = reinterpret_cast<const __m256i*>(line);
    Ask<kVectors>(&ahead);
    __m256 wide[kVectors];
#pragma GCC unroll 6
    for (int v = 0; v < kVectors; ++v) {
      wide[v] = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_loadu_si256(raw + v), 16));
    }
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const __m256 x = _mm256_broadcast_ss(a + r * a_stride + i);
#pragma GCC unroll 6
      for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm256_fmadd_ps(x, wide[v], sums[r][v]);
    }
#pragma GCC unroll 6
    for (int v = 0; v < kVectors; ++v) {
      wide[v] = _mm256_castsi256_ps(_mm256_and_si256(_mm256_loadu_si256(raw + v), odd));
    }
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const __m256 x = _mm256_broadcast_ss(a + r * a_stride + i + 1);
#pragma GCC unroll 6
      for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm256_fmadd_ps(x, wide[v], sums[r][v]);
    }
  }
  if (k % 2 != 0) {
    const auto* raw = reinterpret_cast<const __m256i*>(line);
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const __m256 x = _mm256_broadcast_ss(a + r * a_stride + k - 1);
#pragma GCC unroll 6
      for (int v = 0; v < kVectors; ++v) {
        const __m256 wide = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_loadu_si256(raw + v), 16));
        sums[r][v] = _mm256_fmadd_ps(x, wide, sums[r][v]);
      }
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
  static constexpr int kMostRows = 6;
  static constexpr int64_t kTakenK = 1;                                                      // at a time
  static constexpr int64_t kPanelBytes = kPanelColumns * int64_t{sizeof(typename E::Type)};  // a k
  const typename E::Type* b;
  int64_t b_stride;
  Plain At(int64_t k, int64_t column) const { return {b + k * b_stride + column, b_stride}; }
  // What is met soon.
  Ahead Soon() const {
    return {reinterpret_cast<const char*>(b) + kSoon, b_stride * int64_t{sizeof(typename E::Type)}};
  }
  template <int kRows, int kVectors>
  void Run(const RowBlock& t, int64_t row, const Ahead& ahead) const {
    Tile<E, kRows, kVectors>(t.a + row * t.a_stride, t.a_stride, b, b_stride, t.k, t.c + row * t.c_stride,
                             t.c_stride, t.first, ahead);
  }
};

struct Pairs {
  // A mask and the halves of two vectors leave registers for 5 x 2 sums; with 6 x 2 gcc spills, which costs a
  // third.
  static constexpr int kMostRows = 5;
  static constexpr int64_t kTakenK = 2;
  static constexpr int64_t kPanelBytes = kPanelColumns * int64_t{sizeof(uint16_t)};
  const uint16_t* b;
  Pairs At(int64_t k, int64_t column) const { return {b + k * kPanelColumns + 2 * column}; }
  // What is met soon.
  Ahead Soon() const { return {reinterpret_cast<const char*>(b) + kSoon, kTakenK * kPanelBytes}; }
  template <int kRows, int kVectors>
  void Run(const RowBlock& t, int64_t row, const Ahead& ahead) const {
    PairTile<kRows, kVectors>(t.a + row * t.a_stride, t.a_stride, b, t.k, t.c + row * t.c_stride, t.c_stride,
                              t.first, ahead);
  }
};

template <int kRows, typename Weights>
void RunRows(const Weights& weights, const RowBlock& t, int64_t row, int64_t rows, const Ahead& ahead) {
  if (rows == kRows) return weights.template Run<kRows, 2>(t, row, ahead);
  if constexpr (kRows > 1) RunRows<kRows - 1>(weights, t, row, rows, ahead);
}

// Any number of rows over 16 columns, in blocks of nearly equal size; *ahead_of* says what a block of how
// many asks for. A block begins with loads of its sums, on which all else waits: they and the first
// activations are asked for while the block before works (8% of a prompt's products).
template <typename Weights, typename AheadOf>
void RunAllRows(const Weights& weights, const RowBlock& t, int64_t rows, const AheadOf& ahead_of) {
  const int64_t blocks = (rows + Weights::kMostRows - 1) / Weights::kMostRows;
  int64_t row = 0;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t end = rows * (i + 1) / blocks;
    const int64_t next_end = i + 1 < blocks ? rows * (i + 2) / blocks : end;
    for (int64_t r = end; r < next_end; ++r) {
      if (!t.first) Prefetch(t.c + r * t.c_stride);
      Prefetch(t.a + r * t.a_stride);
      Prefetch(t.a + r * t.a_stride + 2 * kLanes);
    }
    RunRows<Weights::kMostRows>(weights, t, row, end - row, ahead_of(i, blocks));
    row = end;
  }
}

// A panel by stretches of K, each in halves that stay in the level-1 cache while all rows pass. Each block of
// rows asks for its share of the stretch that comes next: so the bus works all the time, and not while the
// first block does alone.
template <typename Weights>
void RunStretches(const Weights& weights, const RowBlock& all, const MatmulArgs& args) {
  const int64_t step = args.rows <= kFewRows ? kShortInnerK : kInnerK;
  int64_t k = 0;
  do {  // also where there is no k: the sums are then set to zero
    const int64_t left = args.k - k;
    const int64_t count = left < step ? left : step;
    // The next stretch is of this panel, or the first of the next; where there is none, what is here already.
    const bool last = left == count;
    const void* const next = last && args.next != nullptr ? args.next : weights.At(last ? 0 : k + count, 0).b;
    const int64_t next_k = last ? args.k : left - count;
    const int64_t bytes = (next_k < step ? next_k : step) * Weights::kPanelBytes;
    for (int64_t column = 0; column < kPanelColumns; column += 16) {
      const RowBlock part = {all.a + k,      all.a_stride, count,
                             all.c + column, all.c_stride, all.first && k == 0};
      RunAllRows(weights.At(k, column), part, args.rows, [&](int64_t block, int64_t blocks) {
        const int64_t times = count > 0 ? (count + Weights::kTakenK - 1) / Weights::kTakenK : 1;
        const int64_t shares = kPanelColumns / 16 * blocks;
        const int64_t share = bytes / shares;
        return Ahead{static_cast<const char*>(next) + (column / 16 * blocks + block) * share,
                     (share + times - 1) / times};
      });
    }
    k += step;
  } while (k < args.k);
}

// One or two rows take a whole panel at once.
template <typename Weights>
void RunPanel(const Weights& weights, const MatmulArgs& args) {
  const auto* a = static_cast<const float*>(args.a);
  const RowBlock all = {a, args.a_stride, args.k, args.c, args.c_stride, args.first};
  if (args.rows == 1) return weights.template Run<1, 4>(all, 0, weights.Soon());
  if (args.rows == 2) return weights.template Run<2, 4>(all, 0, weights.Soon());
  RunStretches(weights, all, args);
}

template <typename E>
void Matmul(const MatmulArgs& args) {
  RunPanel(Plain<E>{static_cast<const typename E::Type*>(args.panel), kPanelColumns}, args);
}

void MatmulBF16(const MatmulArgs& args) { RunPanel(Pairs{static_cast<const uint16_t*>(args.panel)}, args); }

// exp as in Cephes: 2^n times a polynomial of the rest, good to a few units in the last place; 0 below -87,
// infinity above 88.
inline __m256 Exp(__m256 x) {
  const __m256 least = _mm256_set1_ps(-87.0f);
  const __m256 keep = _mm256_cmp_ps(x, least, _CMP_NLT_UQ);  // NaN is kept
  // Of two operands of which one is NaN min and max give the second.
  const __m256 y = _mm256_max_ps(least, _mm256_min_ps(_mm256_set1_ps(88.0f), x));
  const __m256 n = _mm256_round_ps(_mm256_mul_ps(y, _mm256_set1_ps(1.44269504f)),
                                   _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 rest = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), y);
  rest = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), rest);
  __m256 p = _mm256_set1_ps(1.9875691500e-4f);
  p = _mm256_fmadd_ps(p, rest, _mm256_set1_ps(1.3981999507e-3f));
  p = _mm256_fmadd_ps(p, rest, _mm256_set1_ps(8.3334519073e-3f));
  p = _mm256_fmadd_ps(p, rest, _mm256_set1_ps(4.1665795894e-2f));
  p = _mm256_fmadd_ps(p, rest, _mm256_set1_ps(1.6666665459e-1f));
  p = _mm256_fmadd_ps(p, rest, _mm256_set1_ps(5.0000001201e-1f));
  p = _mm256_add_ps(_mm256_fmadd_ps(p, _mm256_mul_ps(rest, rest), rest), _mm256_set1_ps(1.0f));
  const __m256i power = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
  const __m256 scaled = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), power));
  const __m256 over = _mm256_cmp_ps(x, _mm256_set1_ps(88.0f), _CMP_GT_OQ);
  const __m256 bounded = _mm256_blendv_ps(scaled, _mm256_set1_ps(__builtin_inff()), over);
  const __m256 nan = _mm256_cmp_ps(x, x, _CMP_UNORD_Q);
  return _mm256_and_ps(_mm256_blendv_ps(bounded, x, nan), keep);
}

inline float Largest(__m256 x) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  half = _mm_max_ss(half, _mm_shuffle_ps(half, half, 1));
  return _mm_cvtss_f32(half);
}

inline float Sum(__m256 x) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  half = _mm_add_ss(half, _mm_shuffle_ps(half, half, 1));
  return _mm_cvtss_f32(half);
}

// Scores of one query to weights, in place; its state moves on.
inline void Soften(const AttendArgs& t, int64_t q) {
  float* scores = t.scratch + q * kBlockPositions;
  const __m256i seen = _mm256_set1_epi32(t.seen[q]);
  const __m256 scale = _mm256_set1_ps(t.scale);
  __m256 largest = _mm256_set1_ps(t.largest[q]);
  const int64_t used = (t.seen[q] + kLanes - 1) / kLanes * kLanes;
  __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  for (int64_t i = 0; i < used; i += kLanes) {
    const __m256 visible = _mm256_castsi256_ps(_mm256_cmpgt_epi32(seen, index));
    const __m256 score = _mm256_mul_ps(_mm256_loadu_ps(scores + i), scale);
    const __m256 masked = _mm256_blendv_ps(_mm256_set1_ps(-__builtin_inff()), score, visible);
    _mm256_storeu_ps(scores + i, masked);
    largest = _mm256_max_ps(masked, largest);
    index = _mm256_add_epi32(index, _mm256_set1_epi32(static_cast<int>(kLanes)));
  }
  const float peak = Largest(largest);
  const __m256 top = _mm256_set1_ps(peak);
  __m256 total = _mm256_setzero_ps();
  for (int64_t i = 0; i < used; i += kLanes) {
    const __m256 weight = Exp(_mm256_sub_ps(_mm256_loadu_ps(scores + i), top));
    _mm256_storeu_ps(scores + i, weight);
    total = _mm256_add_ps(total, weight);
  }
  const __m256 shrink = Exp(_mm256_set1_ps(t.largest[q] - peak));
  const float factor = _mm256_cvtss_f32(shrink);
  t.total[q] = t.total[q] * factor + Sum(total);
  t.largest[q] = peak;
  if (factor == 1.0f) return;  // multiplying by it changes no bit
  float* sums = t.sums + q * t.value_dim;
  for (int64_t i = 0; i < t.value_dim; i += kLanes) {
    _mm256_storeu_ps(sums + i, _mm256_mul_ps(_mm256_loadu_ps(sums + i), shrink));
  }
}

template <typename E>
void Attend(const AttendArgs& t) {
  const auto* keys = static_cast<const typename E::Type*>(t.keys);
  const auto* values = static_cast<const typename E::Type*>(t.values);
  int64_t most = 0;
  for (int64_t q = 0; q < t.count; ++q) most = t.seen[q] > most ? t.seen[q] : most;
  for (int64_t column = 0; column < most; column += 16) {
    const Plain<E> part = {keys + column, kBlockPositions};
    RunAllRows(part, {t.queries, t.head_dim, t.head_dim, t.scratch + column, kBlockPositions, true}, t.count,
               [&](int64_t /*block*/, int64_t /*blocks*/) { return part.Soon(); });
  }
  for (int64_t q = 0; q < t.count; ++q) Soften(t, q);
  for (int64_t q = 0; q < t.count;) {
    int64_t end = q + 1;
    while (end < t.count && t.seen[end] == t.seen[q]) ++end;
    for (int64_t column = 0; column < t.value_dim; column += 16) {
      const Plain<E> part = {values + column, t.value_dim};
      RunAllRows(part,
                 {t.scratch + q * kBlockPositions, kBlockPositions, t.seen[q],
                  t.sums + q * t.value_dim + column, t.value_dim, false},
                 end - q, [&](int64_t /*block*/, int64_t /*blocks*/) { return part.Soon(); });
    }
    q = end;
  }
}

// Runs *body* over whole vectors, and over the rest in a padded copy: an element's bits are the same either
// way.
template <typename Body>
inline void ForEachVector(const float* x, const float* y, int64_t count, float* out, const Body& body) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    _mm256_storeu_ps(out + i, body(_mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i)));
  }
  if (i == count) return;
  float last_x[kLanes] = {}, last_y[kLanes] = {};
  for (int64_t j = i; j < count; ++j) {
    last_x[j - i] = x[j];
    last_y[j - i] = y[j];
  }
  _mm256_storeu_ps(last_x, body(_mm256_loadu_ps(last_x), _mm256_loadu_ps(last_y)));
  for (int64_t j = i; j < count; ++j) out[j] = last_x[j - i];
}

void GatedSilu(const float* gate, const float* up, int64_t count, float* out) {
  ForEachVector(gate, up, count, out, [](__m256 v, __m256 u) {
    const __m256 one = _mm256_set1_ps(1.0f);
    const __m256 below = _mm256_add_ps(one, Exp(_mm256_sub_ps(_mm256_setzero_ps(), v)));
    return _mm256_mul_ps(_mm256_div_ps(v, below), u);
  });
}

inline __m128i ToBF16(__m256 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i last = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(last, _mm256_set1_epi32(0x7FFF)));
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  const __m256i high = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);
  return _mm_packus_epi32(_mm256_castsi256_si128(high), _mm256_extracti128_si256(high, 1));
}

inline __m128i ToF16(__m256 x) { return _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

template <__m128i (*kNarrow)(__m256)>
void Narrow(const float* source, int64_t count, void* destination) {
  auto* out = static_cast<uint16_t*>(destination);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), kNarrow(_mm256_loadu_ps(source + i)));
  }
  if (i == count) return;
  float last[kLanes] = {};
  uint16_t narrow[kLanes];
  for (int64_t j = i; j < count; ++j) last[j - i] = source[j];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(narrow), kNarrow(_mm256_loadu_ps(last)));
  for (int64_t j = i; j < count; ++j) out[j] = narrow[j - i];
}

}  // namespace

void SetAvx2(Kernels* kernels) {
  kernels->name = "avx2";
  kernels->multiply_adds_per_us = 30000;
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
