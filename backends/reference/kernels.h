#ifndef TALARIA_BACKENDS_REFERENCE_KERNELS_H_
#define TALARIA_BACKENDS_REFERENCE_KERNELS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "backends/reference/kv_pool.h"
#include "lib/backend/ops.h"

// The arithmetic of the reference backend: scalar, in the order of the formula, sums in double.
namespace talaria::reference {

// Sum of a[i] * b[i].
double Dot(const float* a, const float* b, int64_t count);

// residual[i] += delta[i] (where delta is not null); out[i] = residual[i] / sqrt(mean(residual^2) + epsilon)
// * weight[i]. The normed value is rounded to float32 before it meets the weight, as Hugging Face's
// LlamaRMSNorm does.
void AddRmsNorm(float* residual, const float* delta, const float* weight, float epsilon, int64_t count,
                float* out);

// gate / (1 + exp(-gate)) * up.
float GatedSilu(float gate, float up);

// Rotates one head [head_dim] by *position*: angles in float32, as Hugging Face computes them; sine and
// cosine rounded to float32.
void Rotate(const float* head, const AttentionSpec& spec, int64_t position, float* out);

// Where one sequence's cache lies.
struct CacheView {
  Pool* pool = nullptr;
  int64_t layer = 0;
  int64_t kv_head = 0;
  absl::Span<const int32_t> pages;
  const float* At(Pool::Part part, int64_t position) const {
    const int64_t page_size = pool->spec().page_size;
    return pool->At(pages[static_cast<size_t>(position / page_size)], layer, part, kv_head,
                    position % page_size);
  }
};

// softmax(query k^T / sqrt(head_dim)) v over positions 0 to *position*, into out [head_dim]. *scratch*:
// double [position + 1 + head_dim].
void Attend(const float* query, const CacheView& cache, int64_t position, int64_t head_dim, double* scratch,
            float* out);

}  // namespace talaria::reference

#endif  // TALARIA_BACKENDS_REFERENCE_KERNELS_H_
