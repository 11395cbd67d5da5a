// rooms: checkpoint
// The size of a made-up file (8 bytes, little-endian), then its start: what the parser accepts keeps its
// promises.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "lib/checkpoint/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 8) return 0;
  uint64_t file_bytes = 0;
  for (int i = 7; i >= 0; --i) file_bytes = file_bytes << 8 | data[i];
  const std::string_view start(reinterpret_cast<const char*>(data) + 8, size - 8);
  file_bytes = std::max<uint64_t>(file_bytes, start.size());
  const auto header_bytes = talaria::SafetensorsHeaderBytes(start.substr(0, 8), file_bytes);
  if (!header_bytes.ok() || *header_bytes > start.size() - 8) return 0;
  const auto header = talaria::ParseSafetensorsHeader(start.substr(8, *header_bytes), file_bytes);
  if (!header.ok()) return 0;
  uint64_t end = 8 + *header_bytes;
  std::set<std::string_view> names;
  for (const talaria::TensorInfo& tensor : header->tensors) {
    if (tensor.offset != end || !names.insert(tensor.name).second) std::abort();
    end += tensor.bytes;
  }
  if (end != file_bytes) std::abort();
  return 0;
}
