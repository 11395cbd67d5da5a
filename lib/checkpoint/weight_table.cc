#include "lib/checkpoint/weight_table.h"

#include <algorithm>
#include <optional>

namespace talaria {
namespace {

// INVALID_ARGUMENT unless the highest layer that any tensor names is the config's last.
Status CheckLayerCount(const ModelConfig& config, const ShardSet& shards) {
  int64_t held = 0;
  for (const TensorInfo& tensor : shards.tensors()) {
    const std::optional<int64_t> layer = LayerOf(tensor.name);
    if (layer.has_value() && *layer >= config.num_layers) {
      return InvalidArgument(shards.file(tensor.shard).path(), ": tensor ", Quoted(tensor.name),
                             " is of a layer that config.json does not have: num_hidden_layers is ",
                             config.num_layers);
    }
    if (layer.has_value()) held = std::max(held, *layer + 1);
  }
  if (held == config.num_layers) return absl::OkStatus();
  return InvalidArgument(shards.listing(), ": expected ", config.num_layers,
                         " layers as num_hidden_layers in config.json says, found ", held);
}

size_t PlaceOf(Role role) {
  const auto place = std::find(kModelRoles.begin(), kModelRoles.end(), role);
  return static_cast<size_t>(place - kModelRoles.begin());
}

size_t PlaceInLayer(Role role) {
  const auto place = std::find(kLayerRoles.begin(), kLayerRoles.end(), role);
  return static_cast<size_t>(place - kLayerRoles.begin());
}

}  // namespace

StatusOr<WeightTable> WeightTable::Match(const ModelConfig& config, const ShardSet& shards) {
  TALARIA_RETURN_IF_ERROR(CheckLayerCount(config, shards));
  WeightTable table;
  for (const Role role : kModelRoles) {
    if (role == Role::kOutput && config.tie_word_embeddings) {
      table.model_[PlaceOf(role)] = table.Find(Role::kEmbedding, 0);
      continue;
    }
    TALARIA_ASSIGN_OR_RETURN(table.model_[PlaceOf(role)], table.Take(role, 0, config, shards));
  }
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    table.layers_.emplace_back();
    for (const Role role : kLayerRoles) {
      TALARIA_ASSIGN_OR_RETURN(table.layers_.back()[PlaceInLayer(role)],
                               table.Take(role, layer, config, shards));
    }
  }
  return table;
}

StatusOr<int32_t> WeightTable::Take(Role role, int64_t layer, const ModelConfig& config,
                                    const ShardSet& shards) {
  const std::string name = TensorName(role, layer);
  const TensorInfo* tensor = shards.Find(name);
  if (tensor == nullptr) {
    return InvalidArgument(shards.listing(), ": expected tensor ", Quoted(name),
                           ", which the model needs, found none");
  }
  const std::string where = Cat(shards.file(tensor->shard).path(), ": tensor ", Quoted(name));
  if (!IsWeightType(tensor->dtype)) {
    return Unimplemented(where, ": weights of type ", NameOf(tensor->dtype),
                         " are not known here (F32, F16 and BF16 are)");
  }
  const std::vector<int64_t> shape = ShapeOf(role, config);
  if (tensor->shape != shape) {
    return InvalidArgument(where, ": expected shape ", ShapeText(shape), " as config.json says, found ",
                           ShapeText(tensor->shape));
  }
  uint64_t elements = 1;
  for (const int64_t size : shape) elements *= static_cast<uint64_t>(size);
  parameters_ += elements;
  bytes_ += tensor->bytes;
  return static_cast<int32_t>(tensor - shards.tensors().data());
}

int32_t WeightTable::Find(Role role, int64_t layer) const {
  const size_t place = PlaceOf(role);
  if (place < model_.size()) return model_[place];
  if (layer < 0 || layer >= static_cast<int64_t>(layers_.size())) return -1;
  return layers_[static_cast<size_t>(layer)][PlaceInLayer(role)];
}

}  // namespace talaria
