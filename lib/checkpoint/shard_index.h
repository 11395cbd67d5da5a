#ifndef TALARIA_LIB_CHECKPOINT_SHARD_INDEX_H_
#define TALARIA_LIB_CHECKPOINT_SHARD_INDEX_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/status.h"

namespace talaria {

// model.safetensors.index.json: which shard holds which tensor.
struct ShardIndex {
  std::vector<std::string> shards;  // file names in the checkpoint's folder, sorted, each once
  // Tensor and index into *shards*, in the order of the file; names are unique.
  std::vector<std::pair<std::string, int32_t>> tensors;
};

// A shard must be a plain name that ends in ".safetensors": INVALID_ARGUMENT for a path, so that an index
// cannot reach outside its folder, and for text that is not an index; messages name the tensor and no file.
// Members other than weight_map are ignored (metadata.total_size is wrong in many published files).
StatusOr<ShardIndex> ParseShardIndex(std::string_view json_text);

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_SHARD_INDEX_H_
