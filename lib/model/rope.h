#ifndef TALARIA_LIB_MODEL_ROPE_H_
#define TALARIA_LIB_MODEL_ROPE_H_

#include <vector>

#include "lib/checkpoint/model_config.h"

namespace talaria {

// The rotary frequencies [head_dim / 2] in radians a position, theta^(-2i / head_dim), scaled as the config
// says, at all positions alike:
//   linear: divided by factor;
//   llama3: with wavelength w = 2 pi / f, unchanged where w < original / high_freq_factor, divided by factor
//   where
//     w > original / low_freq_factor, and between the two (1 - s) f / factor + s f with
//     s = (original / w - low_freq_factor) / (high_freq_factor - low_freq_factor).
// Float32 throughout, as Hugging Face computes them. Source: Llama 3.1's apply_scaling
// (meta-llama/llama-models, models/llama3/model.py) and transformers' modeling_rope_utils.py.
std::vector<float> RopeFrequencies(const ModelConfig& config);

}  // namespace talaria

#endif  // TALARIA_LIB_MODEL_ROPE_H_
