#include "lib/checkpoint/roles.h"

#include <charconv>

#include "lib/base/text.h"

namespace talaria {
namespace {

constexpr std::string_view kLayerPrefix = "model.layers.";

// Where a dimension of a weight comes from.
enum class Extent { kNone, kVocabulary, kHidden, kQueries, kKeys, kIntermediate };

struct RoleFacts {
  bool in_layer;
  std::string_view name;  // in a layer: what follows its number
  Extent rows;
  Extent columns;  // kNone: a vector
};

// In the order of Role.
constexpr std::array<RoleFacts, 12> kFacts = {{
    {false, "model.embed_tokens.weight", Extent::kVocabulary, Extent::kHidden},
    {true, ".input_layernorm.weight", Extent::kHidden, Extent::kNone},
    {true, ".self_attn.q_proj.weight", Extent::kQueries, Extent::kHidden},
    {true, ".self_attn.k_proj.weight", Extent::kKeys, Extent::kHidden},
    {true, ".self_attn.v_proj.weight", Extent::kKeys, Extent::kHidden},
    {true, ".self_attn.o_proj.weight", Extent::kHidden, Extent::kQueries},
    {true, ".post_attention_layernorm.weight", Extent::kHidden, Extent::kNone},
    {true, ".mlp.gate_proj.weight", Extent::kIntermediate, Extent::kHidden},
    {true, ".mlp.up_proj.weight", Extent::kIntermediate, Extent::kHidden},
    {true, ".mlp.down_proj.weight", Extent::kHidden, Extent::kIntermediate},
    {false, "model.norm.weight", Extent::kHidden, Extent::kNone},
    {false, "lm_head.weight", Extent::kVocabulary, Extent::kHidden},
}};

const RoleFacts& FactsOf(Role role) { return kFacts[static_cast<size_t>(role)]; }

int64_t SizeOf(Extent extent, const ModelConfig& config) {
  const std::array<int64_t, 6> sizes = {0,
                                        config.vocab_size,
                                        config.hidden_size,
                                        config.num_heads * config.head_dim,
                                        config.num_kv_heads * config.head_dim,
                                        config.intermediate_size};
  return sizes[static_cast<size_t>(extent)];
}

}  // namespace

std::string TensorName(Role role, int64_t layer) {
  const RoleFacts& facts = FactsOf(role);
  return facts.in_layer ? Cat(kLayerPrefix, layer, facts.name) : std::string(facts.name);
}

std::optional<int64_t> LayerOf(std::string_view tensor_name) {
  if (tensor_name.substr(0, kLayerPrefix.size()) != kLayerPrefix) return std::nullopt;
  tensor_name.remove_prefix(kLayerPrefix.size());
  const std::string_view digits = tensor_name.substr(0, tensor_name.find('.'));
  if (digits.empty() || digits.size() == tensor_name.size() || (digits.front() == '0' && digits.size() > 1)) {
    return std::nullopt;
  }
  int64_t layer = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), layer);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || layer < 0)
    return std::nullopt;
  return layer;
}

std::vector<int64_t> ShapeOf(Role role, const ModelConfig& config) {
  const RoleFacts& facts = FactsOf(role);
  if (facts.columns == Extent::kNone) return {SizeOf(facts.rows, config)};
  return {SizeOf(facts.rows, config), SizeOf(facts.columns, config)};
}

}  // namespace talaria
