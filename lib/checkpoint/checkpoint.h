#ifndef TALARIA_LIB_CHECKPOINT_CHECKPOINT_H_
#define TALARIA_LIB_CHECKPOINT_CHECKPOINT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/log.h"
#include "lib/checkpoint/generation_config.h"
#include "lib/checkpoint/model_config.h"
#include "lib/checkpoint/roles.h"
#include "lib/checkpoint/safetensors.h"
#include "lib/checkpoint/shard_set.h"
#include "lib/checkpoint/weight_table.h"

namespace talaria {

// A model's files: config, generation config and where each weight lies. Opening reads headers only; weights
// are read by Read, from any thread. Immutable after Open; movable, and pointers to its tensors survive the
// move. Keeps every shard's file open, and nothing mapped.
class Checkpoint {
 public:
  // *path* is a folder in Hugging Face's layout (config.json, perhaps generation_config.json, and either
  // model.safetensors.index.json with its shards or model.safetensors), or the path of one of these files in
  // it. NOT_FOUND where a file is not there, DATA_LOSS where one is truncated or cannot be read,
  // UNIMPLEMENTED for a scheme that is not known (by name), INVALID_ARGUMENT for what is malformed or
  // contradictory; the message names the file. Tensors that the model does not need are ignored and named in
  // *log*.
  static StatusOr<Checkpoint> Open(const std::string& path, const LogSink& log);

  // The folder.
  const std::string& path() const { return path_; }
  const ModelConfig& config() const { return config_; }
  // All unset where the folder has no generation_config.json.
  const GenerationConfig& generation_config() const { return generation_config_; }
  // The tokens that end a generation: generation_config.json's where it names any, otherwise config.json's.
  const std::vector<int32_t>& eos_token_ids() const {
    return generation_config_.eos_token_ids.empty() ? config_.eos_token_ids
                                                    : generation_config_.eos_token_ids;
  }

  // File names in the folder, sorted.
  const std::vector<std::string>& shards() const { return shards_.names(); }
  // By shard, then by offset; what the index does not list is not among them.
  const std::vector<TensorInfo>& tensors() const { return shards_.tensors(); }
  // nullptr where there is none.
  const TensorInfo* Find(std::string_view name) const { return shards_.Find(name); }
  // The weight of a role, its shape as ShapeOf says and its type F32, F16 or BF16; *layer* is ignored where
  // the model has the role once. A tied model's kOutput is its embedding. nullptr only where there is no such
  // layer.
  const TensorInfo* Weight(Role role, int64_t layer) const;

  // Bytes [begin, begin + bytes) of a tensor of this checkpoint. Any number of threads may read at once.
  // DATA_LOSS, naming tensor, file and range, where the shard was removed, replaced or cut since it was
  // opened; INVALID_ARGUMENT where the range is not the tensor's.
  Status Read(const TensorInfo& tensor, uint64_t begin, void* destination, size_t bytes) const;

  // Elements and bytes of the weights that the model needs; a tied embedding counts once.
  uint64_t parameter_count() const { return weights_.parameters(); }
  uint64_t weight_bytes() const { return weights_.bytes(); }

 private:
  Checkpoint(std::string path, ModelConfig config, GenerationConfig generation_config, ShardSet shards,
             WeightTable weights);

  std::string path_;
  ModelConfig config_;
  GenerationConfig generation_config_;
  ShardSet shards_;
  WeightTable weights_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_CHECKPOINT_H_
