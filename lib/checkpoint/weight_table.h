#ifndef TALARIA_LIB_CHECKPOINT_WEIGHT_TABLE_H_
#define TALARIA_LIB_CHECKPOINT_WEIGHT_TABLE_H_

#include <array>
#include <cstdint>
#include <vector>

#include "lib/checkpoint/model_config.h"
#include "lib/checkpoint/roles.h"
#include "lib/checkpoint/shard_set.h"

namespace talaria {

// Which tensor of a ShardSet has which role. Immutable, any thread.
class WeightTable {
 public:
  // Finds every weight that *config* demands and checks its shape and type. INVALID_ARGUMENT where the
  // weights hold more or fewer layers than the config names, where one is absent or has another shape;
  // UNIMPLEMENTED where one has an element type that cannot be computed with. Errors name file and tensor.
  // Fails before it takes memory for layers that are not there.
  static StatusOr<WeightTable> Match(const ModelConfig& config, const ShardSet& shards);

  // Index into ShardSet::tensors(); -1 where there is no such layer.
  int32_t Find(Role role, int64_t layer) const;
  // Elements and bytes of all weights, one that has two roles counted once.
  uint64_t parameters() const { return parameters_; }
  uint64_t bytes() const { return bytes_; }

 private:
  StatusOr<int32_t> Take(Role role, int64_t layer, const ModelConfig& config, const ShardSet& shards);

  std::array<int32_t, kModelRoles.size()> model_ = {};
  std::vector<std::array<int32_t, kLayerRoles.size()>> layers_;
  uint64_t parameters_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_WEIGHT_TABLE_H_
