#ifndef TALARIA_BACKENDS_CPU_ISA_KERNELS_H_
#define TALARIA_BACKENDS_CPU_ISA_KERNELS_H_

#include <cstdint>

// What an instruction set provides: a table of functions. Its unit includes this file and the compiler's
// intrinsics, nothing else: an inline function compiled there could be the copy that the linker keeps for
// every machine. So plain types only, here and in the units.
//
// Same bits: what a function writes for an element depends on that element's inputs and on nothing else, not
// on the rows, queries or columns it shares a call with. Sums over K are one chain of multiply-adds in the
// order of K an element; a call may begin where an earlier one ended.
namespace talaria::cpu {

// Types that weights, keys and values are kept as.
enum Element : int { kElementF32, kElementF16, kElementBF16 };
inline constexpr int kElements = 3;

// Output columns side by side in a packed weight: two AVX-512 vectors, four of AVX2, so that one row alone
// has four sums under way and outruns memory (4 x 8 columns per FMA latency of 4 cycles).
inline constexpr int64_t kPanelColumns = 32;
// Positions of the cache that are one block of attention.
inline constexpr int64_t kBlockPositions = 64;
// Rows of values are padded to a multiple of this many elements.
inline constexpr int64_t kValueUnit = 16;

struct MatmulArgs {
  // [rows, k] at a + row * a_stride: float, or BF16 where Kernels::bf16_activations and the weight is BF16.
  const void* a;
  int64_t a_stride;
  // A panel from the place of its first k on (PanelFormat says how it lies).
  const void* panel;
  // The same place of the panel that the caller comes to next, or null: it is asked for meanwhile.
  const void* next;
  int64_t rows;
  int64_t k;
  // [rows, kPanelColumns] at c + row * c_stride.
  float* c;
  int64_t c_stride;
  bool first;  // c is zero before; else it is added to
};

// One block of positions for some queries that share a key/value head: an online softmax (Milakov and
// Gimelshein, 2018) whose state goes from block to block.
struct AttendArgs {
  const float* queries;  // [count, head_dim]
  int64_t count;
  int64_t head_dim;
  const void* keys;     // [head_dim, kBlockPositions]
  const void* values;   // [kBlockPositions, value_dim]
  int64_t value_dim;    // head_dim rounded up to kValueUnit
  const int32_t* seen;  // positions of the block that each query attends to: the first 1 to kBlockPositions
  float scale;          // of scores
  float* largest;       // [count] the largest score so far; -infinity at first
  float* total;         // [count] sum of exp(score - largest) so far; 0 at first
  float* sums;          // [count, value_dim] of exp(score - largest) * value so far; 0 at first
  float* scratch;       // [count, kBlockPositions]
};

struct Kernels {
  const char* name;
  // What a thread does in a microsecond, roughly: sizes tile tasks, never bits.
  int64_t multiply_adds_per_us;
  // The BF16 product takes activations rounded to BF16.
  bool bf16_activations;
  // By Element.
  void (*matmul[kElements])(const MatmulArgs& args);
  void (*attend[kElements])(const AttendArgs& args);
  // Rounds to nearest even, by Element; F32 copies.
  void (*narrow[kElements])(const float* source, int64_t count, void* destination);
  // gate / (1 + exp(-gate)) * up.
  void (*gated_silu)(const float* gate, const float* up, int64_t count, float* out);
};

// Each sets what it has, over what was there; only where the processor has the instruction set.
void SetGeneric(Kernels* kernels);
void SetAvx2(Kernels* kernels);
void SetAvx512(Kernels* kernels);
void SetAvx512Bf16(Kernels* kernels);

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_ISA_KERNELS_H_
