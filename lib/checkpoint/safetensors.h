#ifndef TALARIA_LIB_CHECKPOINT_SAFETENSORS_H_
#define TALARIA_LIB_CHECKPOINT_SAFETENSORS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/status.h"
#include "lib/tensor/dtype.h"

namespace talaria {

// A tensor as a weight file describes it: row-major, little-endian, no padding between elements.
struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;  // outermost first; empty: one element
  uint64_t offset = 0;         // of the first byte, absolute in its file
  uint64_t bytes = 0;
  int32_t shard = 0;  // index into Checkpoint::shards(); 0 in a file by itself
};

// "[384, 256]"; long shapes are cut.
std::string ShapeText(const std::vector<int64_t>& shape);

// What a safetensors file says of itself. Tensors are in the order of their data.
struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;
  std::vector<std::pair<std::string, std::string>> metadata;  // __metadata__, in the order of the file
};

// The length field, before the header.
inline constexpr uint64_t kSafetensorsPrefixBytes = 8;
// As the format's own implementation limits it.
inline constexpr uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;

// The header's bytes, from the file's first 8 (a little-endian number) and its size. DATA_LOSS where the file
// ends inside the header, INVALID_ARGUMENT where the length is none.
StatusOr<uint64_t> SafetensorsHeaderBytes(std::string_view prefix, uint64_t file_bytes);

// Parses the JSON header of a file of *file_bytes*. Guaranteed of the result: names are unique, each tensor's
// bytes are what shape and dtype need, and the tensors cover all bytes after the header exactly once.
// DATA_LOSS where the file ends before the last tensor does, INVALID_ARGUMENT for anything else; messages
// name the tensor and no file.
StatusOr<SafetensorsHeader> ParseSafetensorsHeader(std::string_view header, uint64_t file_bytes);

// One open weight file. Immutable, any thread; the file stays open, nothing is mapped and no data is read.
class SafetensorsFile {
 public:
  // Errors begin with the path.
  static StatusOr<SafetensorsFile> Open(const std::string& path);

  const std::vector<TensorInfo>& tensors() const { return header_.tensors; }
  const std::vector<std::pair<std::string, std::string>>& metadata() const { return header_.metadata; }
  const File& file() const { return file_; }
  // Hand the parts over; this object is then empty.
  std::vector<TensorInfo> TakeTensors() { return std::move(header_.tensors); }
  File TakeFile() { return std::move(file_); }

 private:
  SafetensorsFile(File file, SafetensorsHeader header) : file_(std::move(file)), header_(std::move(header)) {}

  File file_;
  SafetensorsHeader header_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_SAFETENSORS_H_
