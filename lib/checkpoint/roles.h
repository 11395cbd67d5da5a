#ifndef TALARIA_LIB_CHECKPOINT_ROLES_H_
#define TALARIA_LIB_CHECKPOINT_ROLES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/checkpoint/model_config.h"

namespace talaria {

// What a weight does in the forward pass. Matrices are [out, in]; norms are vectors of hidden_size.
enum class Role {
  kEmbedding,          // [vocab, hidden]
  kInputNorm,          // before attention
  kQuery,              // [heads * head_dim, hidden]
  kKey,                // [kv_heads * head_dim, hidden]
  kValue,              // [kv_heads * head_dim, hidden]
  kAttentionOutput,    // [hidden, heads * head_dim]
  kPostAttentionNorm,  // before the feed-forward part
  kGate,               // [intermediate, hidden]
  kUp,                 // [intermediate, hidden]
  kDown,               // [hidden, intermediate]
  kFinalNorm,
  kOutput,  // [vocab, hidden]; the embedding itself where the two are tied
};

// The roles that each layer has, and those that the model has once; together all of them.
inline constexpr std::array<Role, 9> kLayerRoles = {
    Role::kInputNorm,         Role::kQuery, Role::kKey, Role::kValue, Role::kAttentionOutput,
    Role::kPostAttentionNorm, Role::kGate,  Role::kUp,  Role::kDown};
inline constexpr std::array<Role, 3> kModelRoles = {Role::kEmbedding, Role::kFinalNorm, Role::kOutput};

// The name in Hugging Face's files: "model.layers.3.self_attn.q_proj.weight". *layer* counts from 0 and is
// ignored where the model has the role once.
std::string TensorName(Role role, int64_t layer);

// The layer that a Hugging Face name belongs to, whatever follows its number; nothing for other names.
std::optional<int64_t> LayerOf(std::string_view tensor_name);

// The shape that *config* demands.
std::vector<int64_t> ShapeOf(Role role, const ModelConfig& config);

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_ROLES_H_
