#include "backends/reference/kernels.h"

#include <algorithm>
#include <cmath>

namespace talaria::reference {

double Dot(const float* a, const float* b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

void AddRmsNorm(float* residual, const float* delta, const float* weight, float epsilon, int64_t count,
                float* out) {
  double squares = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (delta != nullptr) residual[i] += delta[i];
    squares += static_cast<double>(residual[i]) * static_cast<double>(residual[i]);
  }
  const double scale = 1 / std::sqrt(squares / static_cast<double>(count) + static_cast<double>(epsilon));
  for (int64_t i = 0; i < count; ++i) {
    const auto normed = static_cast<float>(static_cast<double>(residual[i]) * scale);
    out[i] = normed * weight[i];
  }
}

float GatedSilu(float gate, float up) {
  const double value = static_cast<double>(gate);
  return static_cast<float>(value / (1 + std::exp(-value)) * static_cast<double>(up));
}

void Rotate(const float* head, const AttentionSpec& spec, int64_t position, float* out) {
  const int64_t half = spec.head_dim / 2;
  for (int64_t i = 0; i < half; ++i) {
    const float angle = static_cast<float>(position) * spec.inverse_frequencies[static_cast<size_t>(i)];
    const auto cosine = static_cast<float>(std::cos(static_cast<double>(angle)));
    const auto sine = static_cast<float>(std::sin(static_cast<double>(angle)));
    const float low = head[i];
    const float high = head[i + half];
    out[i] = low * cosine - high * sine;
    out[i + half] = high * cosine + low * sine;
  }
}

void Attend(const float* query, const CacheView& cache, int64_t position, int64_t head_dim, double* scratch,
            float* out) {
  double* scores = scratch;
  double* sums = scratch + position + 1;
  const double scale = 1 / std::sqrt(static_cast<double>(head_dim));
  double largest = -HUGE_VAL;
  for (int64_t p = 0; p <= position; ++p) {
    scores[p] = Dot(query, cache.At(Pool::kKeys, p), head_dim) * scale;
    largest = std::max(largest, scores[p]);
  }
  double total = 0;
  std::fill(sums, sums + head_dim, 0.0);
  for (int64_t p = 0; p <= position; ++p) {
    const double weight = std::exp(scores[p] - largest);
    const float* value = cache.At(Pool::kValues, p);
    total += weight;
    for (int64_t i = 0; i < head_dim; ++i) sums[i] += weight * static_cast<double>(value[i]);
  }
  for (int64_t i = 0; i < head_dim; ++i) out[i] = static_cast<float>(sums[i] / total);
}

}  // namespace talaria::reference
