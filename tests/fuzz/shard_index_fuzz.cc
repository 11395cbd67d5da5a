// rooms: checkpoint
// Any bytes as an index: each shard it accepts is a plain file name.
#include <cstdint>
#include <cstdlib>

#include "lib/checkpoint/shard_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto index = talaria::ParseShardIndex({reinterpret_cast<const char*>(data), size});
  if (!index.ok()) return 0;
  for (const std::string& shard : index->shards) {
    if (shard.find_first_of("/\\") != std::string::npos || shard.find('\0') != std::string::npos)
      std::abort();
  }
  for (const auto& entry : index->tensors) {
    if (entry.second < 0 || static_cast<size_t>(entry.second) >= index->shards.size()) std::abort();
  }
  return 0;
}
