#include "lib/model/rope.h"

#include <cmath>

namespace talaria {
namespace {

constexpr double kPi = 3.14159265358979323846;

float Llama3Scaled(float frequency, const RopeScaling& scaling) {
  const auto factor = static_cast<float>(scaling.factor);
  const auto original = static_cast<double>(scaling.original_max_position_embeddings);
  const auto low = static_cast<float>(scaling.low_freq_factor);
  const auto high = static_cast<float>(scaling.high_freq_factor);
  const auto wavelength = static_cast<float>(2 * kPi / static_cast<double>(frequency));
  if (static_cast<double>(wavelength) < original / scaling.high_freq_factor) return frequency;
  if (static_cast<double>(wavelength) > original / scaling.low_freq_factor) return frequency / factor;
  const float smooth = (static_cast<float>(original) / wavelength - low) / (high - low);
  return (1 - smooth) * frequency / factor + smooth * frequency;
}

}  // namespace

std::vector<float> RopeFrequencies(const ModelConfig& config) {
  std::vector<float> frequencies;
  for (int64_t i = 0; i < config.head_dim / 2; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(config.head_dim);
    float frequency = 1.0f / std::pow(static_cast<float>(config.rope_theta), exponent);
    if (config.rope_scaling.kind == RopeScalingKind::kLinear) {
      frequency /= static_cast<float>(config.rope_scaling.factor);
    } else if (config.rope_scaling.kind == RopeScalingKind::kLlama3) {
      frequency = Llama3Scaled(frequency, config.rope_scaling);
    }
    frequencies.push_back(frequency);
  }
  return frequencies;
}

}  // namespace talaria
