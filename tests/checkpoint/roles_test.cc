#include "lib/checkpoint/roles.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/checkpoint/made_checkpoint.h"

namespace talaria {
namespace {

TEST_CASE("roles have Hugging Face's names") {
  CHECK(TensorName(Role::kEmbedding, 5) == "model.embed_tokens.weight");
  CHECK(TensorName(Role::kInputNorm, 0) == "model.layers.0.input_layernorm.weight");
  CHECK(TensorName(Role::kQuery, 1) == "model.layers.1.self_attn.q_proj.weight");
  CHECK(TensorName(Role::kKey, 2) == "model.layers.2.self_attn.k_proj.weight");
  CHECK(TensorName(Role::kValue, 3) == "model.layers.3.self_attn.v_proj.weight");
  CHECK(TensorName(Role::kAttentionOutput, 4) == "model.layers.4.self_attn.o_proj.weight");
  CHECK(TensorName(Role::kPostAttentionNorm, 5) == "model.layers.5.post_attention_layernorm.weight");
  CHECK(TensorName(Role::kGate, 10) == "model.layers.10.mlp.gate_proj.weight");
  CHECK(TensorName(Role::kUp, 99) == "model.layers.99.mlp.up_proj.weight");
  CHECK(TensorName(Role::kDown, 125) == "model.layers.125.mlp.down_proj.weight");
  CHECK(TensorName(Role::kFinalNorm, 0) == "model.norm.weight");
  CHECK(TensorName(Role::kOutput, 0) == "lm_head.weight");
}

TEST_CASE("layer roles and model roles together are all, each once, and names tell them apart") {
  std::set<std::string> names;
  for (const Role role : kModelRoles) {
    names.insert(TensorName(role, 3));
    CHECK_FALSE(LayerOf(TensorName(role, 3)).has_value());
  }
  for (const Role role : kLayerRoles) {
    names.insert(TensorName(role, 3));
    CHECK(LayerOf(TensorName(role, 3)) == 3);
  }
  CHECK(names.size() == 12);
}

TEST_CASE("a name that is not a layer's has no layer") {
  CHECK(LayerOf("model.layers.0.self_attn.rotary_emb.inv_freq") == 0);
  CHECK(LayerOf("model.layers.9223372036854775807.x") == INT64_MAX);
  for (const char* name :
       {"", "model.layers.", "model.layers..x", "model.layers.1", "model.layers.-1.x", "model.layers.+1.x",
        "model.layers.01.x", "model.layers.1a.x", "model.layers. 1.x", "model.layers.9223372036854775808.x",
        "layers.1.x", "model.layer.1.x", "lm_head.weight"}) {
    CAPTURE(name);
    CHECK_FALSE(LayerOf(name).has_value());
  }
}

TEST_CASE("shapes follow the config, heads by head_dim") {
  const ModelConfig config = test::GoodConfig();
  using Shape = std::vector<int64_t>;
  CHECK(ShapeOf(Role::kEmbedding, config) == Shape{24, 8});
  CHECK(ShapeOf(Role::kInputNorm, config) == Shape{8});
  CHECK(ShapeOf(Role::kQuery, config) == Shape{16, 8});
  CHECK(ShapeOf(Role::kKey, config) == Shape{8, 8});
  CHECK(ShapeOf(Role::kValue, config) == Shape{8, 8});
  CHECK(ShapeOf(Role::kAttentionOutput, config) == Shape{8, 16});
  CHECK(ShapeOf(Role::kPostAttentionNorm, config) == Shape{8});
  CHECK(ShapeOf(Role::kGate, config) == Shape{12, 8});
  CHECK(ShapeOf(Role::kUp, config) == Shape{12, 8});
  CHECK(ShapeOf(Role::kDown, config) == Shape{8, 12});
  CHECK(ShapeOf(Role::kFinalNorm, config) == Shape{8});
  CHECK(ShapeOf(Role::kOutput, config) == Shape{24, 8});
}

}  // namespace
}  // namespace talaria
