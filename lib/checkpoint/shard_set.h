#ifndef TALARIA_LIB_CHECKPOINT_SHARD_SET_H_
#define TALARIA_LIB_CHECKPOINT_SHARD_SET_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/checkpoint/safetensors.h"
#include "lib/checkpoint/shard_index.h"

namespace talaria {

// The open weight files of a folder and the tensors in them. Immutable, any thread. Keeps one file descriptor
// a shard (191 for the 405B), so that a shard cannot be swapped for another between its header and its data.
class ShardSet {
 public:
  // Opens what model.safetensors.index.json names, or where there is none model.safetensors alone. With an
  // index, what it says and what the shards hold must agree: every tensor it lists is in the shard it says; a
  // tensor of a shard that it does not list is left out and named in the log. NOT_FOUND where there is
  // neither file or a shard is not there, INVALID_ARGUMENT where they contradict each other; errors begin
  // with the file's path.
  static StatusOr<ShardSet> Open(const std::string& folder, const LogSink& log);

  // The path of the file that says which tensors there are: the index, or the only shard.
  const std::string& listing() const { return listing_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const File& file(int32_t shard) const { return files_[static_cast<size_t>(shard)]; }
  // nullptr where there is none.
  const TensorInfo* Find(std::string_view tensor_name) const;

 private:
  Status AddShard(const std::string& folder, const std::string& name);
  Status SortByName();
  Status CheckAgainst(const ShardIndex& index) const;
  void LeaveOutUnlisted(const ShardIndex& index, const LogSink& log);

  std::string listing_;
  std::vector<std::string> names_;
  std::vector<File> files_;          // beside names_
  std::vector<TensorInfo> tensors_;  // by shard, then by offset
  std::vector<int32_t> by_name_;     // indices into tensors_
};

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_SHARD_SET_H_
