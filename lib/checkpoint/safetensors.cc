#include "lib/checkpoint/safetensors.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "lib/checkpoint/json_fields.h"

namespace talaria {
namespace {

// A tensor of two dimensions takes 11 values, so this is some 47,000 tensors in one file; the largest models
// spread fewer over all their files. Bounds what a header of many tiny values costs to about 100 MB.
constexpr json::ParseLimits kLimits = {/*max_depth=*/64, /*max_values=*/1u << 19};

// No checkpoint comes near; what is kept of a tensor, and said of it, stays small.
constexpr size_t kMaxDimensions = 64;
constexpr size_t kMaxNameBytes = 4096;

constexpr uint64_t kMaxUint64 = std::numeric_limits<uint64_t>::max();

StatusOr<DType> ReadDType(const JsonFields& record) {
  TALARIA_ASSIGN_OR_RETURN(const std::string name, record.Text("dtype"));
  const std::optional<DType> dtype = DTypeByName(name);
  if (!dtype.has_value()) return InvalidArgument("dtype: ", Quoted(name), " is no type of the format");
  return *dtype;
}

StatusOr<const json::Array*> ReadList(const JsonFields& record, std::string_view key) {
  const json::Value* value = record.Find(key);
  if (value == nullptr) return InvalidArgument(key, ": expected a list, found nothing");
  if (!value->is_array()) return InvalidArgument(key, ": expected a list, found ", Shown(*value));
  return value->array();
}

StatusOr<std::vector<int64_t>> ReadShape(const JsonFields& record) {
  TALARIA_ASSIGN_OR_RETURN(const json::Array* const items, ReadList(record, "shape"));
  if (items->size() > kMaxDimensions) {
    return InvalidArgument("shape: expected at most ", kMaxDimensions, " dimensions, found ", items->size());
  }
  std::vector<int64_t> shape;
  shape.reserve(items->size());
  for (const json::Value& item : *items) {
    const StatusOr<int64_t> dimension = item.AsInt64();
    if (!dimension.ok() || *dimension < 0) {
      return InvalidArgument("shape: expected integers of at least 0, found ", Shown(item));
    }
    shape.push_back(*dimension);
  }
  return shape;
}

// [begin, end) of the data, counted from the end of the header.
struct DataRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

StatusOr<DataRange> ReadOffsets(const JsonFields& record) {
  TALARIA_ASSIGN_OR_RETURN(const json::Array* const items, ReadList(record, "data_offsets"));
  if (items->size() != 2) {
    return InvalidArgument("data_offsets: expected [begin, end], found ", items->size(), " values");
  }
  uint64_t offsets[2] = {0, 0};
  for (size_t i = 0; i < 2; ++i) {
    const StatusOr<uint64_t> offset = (*items)[i].AsUint64();
    if (!offset.ok()) {
      return InvalidArgument("data_offsets: expected integers of at least 0, found ", Shown((*items)[i]));
    }
    offsets[i] = *offset;
  }
  if (offsets[1] < offsets[0]) {
    return InvalidArgument("data_offsets: expected begin <= end, found [", offsets[0], ", ", offsets[1], "]");
  }
  return DataRange{offsets[0], offsets[1]};
}

// The bytes of a tensor, or nothing where they do not fit 64 bits or are no whole number of bytes.
std::optional<uint64_t> BytesOf(const std::vector<int64_t>& shape, DType dtype) {
  uint64_t bits = static_cast<uint64_t>(BitsOf(dtype));
  for (const int64_t dimension : shape) {
    const auto size = static_cast<uint64_t>(dimension);
    if (size != 0 && bits > kMaxUint64 / size) return std::nullopt;
    bits *= size;
  }
  if (bits % 8 != 0) return std::nullopt;
  return bits / 8;
}

// *data_begin* is where the data starts in the file.
StatusOr<TensorInfo> ReadRecord(std::string name, const json::Value& value, uint64_t data_begin) {
  if (!value.is_object()) return InvalidArgument("expected an object, found ", Shown(value));
  TALARIA_ASSIGN_OR_RETURN(const JsonFields record, JsonFields::Of(value, ""));
  TensorInfo tensor;
  tensor.name = std::move(name);
  TALARIA_ASSIGN_OR_RETURN(tensor.dtype, ReadDType(record));
  TALARIA_ASSIGN_OR_RETURN(tensor.shape, ReadShape(record));
  TALARIA_ASSIGN_OR_RETURN(const DataRange range, ReadOffsets(record));
  const std::optional<uint64_t> bytes = BytesOf(tensor.shape, tensor.dtype);
  if (!bytes.has_value()) {
    return InvalidArgument("shape ", ShapeText(tensor.shape), " of ", NameOf(tensor.dtype),
                           ": expected a whole number of bytes below 2^61");
  }
  if (*bytes != range.end - range.begin) {
    return InvalidArgument("shape ", ShapeText(tensor.shape), " of ", NameOf(tensor.dtype), " needs ", *bytes,
                           " bytes, data_offsets [", range.begin, ", ", range.end, "] hold ",
                           range.end - range.begin);
  }
  if (range.end > kMaxUint64 - data_begin) {
    return InvalidArgument("data_offsets: [", range.begin, ", ", range.end, "] lie beyond any file");
  }
  tensor.offset = data_begin + range.begin;
  tensor.bytes = *bytes;
  return tensor;
}

Status TakeMetadata(json::Value& value, SafetensorsHeader* header) {
  // The format's own implementation takes null for absent.
  if (value.is_null()) return absl::OkStatus();
  if (!value.is_object()) return InvalidArgument("__metadata__: expected an object, found ", Shown(value));
  for (json::Member& member : *value.object()) {
    if (!member.value.is_string()) {
      return InvalidArgument("__metadata__: expected strings, found ", Shown(member.value), " as ",
                             Quoted(member.key));
    }
    header->metadata.emplace_back(std::move(member.key), std::move(*member.value.string()));
  }
  return absl::OkStatus();
}

// Sorts by place, and checks that the tensors lie one after the other from *data_begin* to the end of the
// file.
Status CheckCoverage(uint64_t data_begin, uint64_t file_bytes, std::vector<TensorInfo>* tensors) {
  std::stable_sort(tensors->begin(), tensors->end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::pair(a.offset, a.bytes) < std::pair(b.offset, b.bytes);
  });
  uint64_t end = data_begin;
  for (const TensorInfo& tensor : *tensors) {
    if (tensor.offset != end) {
      return InvalidArgument("tensor ", Quoted(tensor.name), ": expected its data at byte ", end - data_begin,
                             tensor.offset > end ? " (a hole before it), found " : " (an overlap), found ",
                             tensor.offset - data_begin);
    }
    end += tensor.bytes;
    if (end > file_bytes) {
      return DataLoss("tensor ", Quoted(tensor.name), ": expected its data up to byte ", end,
                      ", the file ends at byte ", file_bytes, ": truncated");
    }
  }
  if (end < file_bytes) {
    return InvalidArgument("expected the file to end with the last tensor at byte ", end, ", found ",
                           file_bytes - end, " bytes more");
  }
  return absl::OkStatus();
}

}  // namespace

std::string ShapeText(const std::vector<int64_t>& shape) {
  constexpr size_t kMaxShown = 8;
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    if (i == kMaxShown) return text + Cat("... ", shape.size(), " dimensions]");
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

StatusOr<uint64_t> SafetensorsHeaderBytes(std::string_view prefix, uint64_t file_bytes) {
  if (prefix.size() < kSafetensorsPrefixBytes || file_bytes < kSafetensorsPrefixBytes) {
    return DataLoss("expected a safetensors file of at least 10 bytes, found ",
                    std::min<uint64_t>(prefix.size(), file_bytes));
  }
  uint64_t bytes = 0;
  for (size_t i = 0; i < kSafetensorsPrefixBytes; ++i) {
    bytes |= uint64_t{static_cast<unsigned char>(prefix[i])} << (8 * i);
  }
  if (bytes < 2 || bytes > kMaxSafetensorsHeaderBytes) {
    return InvalidArgument("safetensors header length: expected 2 to ", kMaxSafetensorsHeaderBytes,
                           ", found ", bytes);
  }
  if (bytes > file_bytes - kSafetensorsPrefixBytes) {
    return DataLoss("safetensors header: expected ", bytes, " bytes after the length, found ",
                    file_bytes - kSafetensorsPrefixBytes, " in the file: truncated");
  }
  return bytes;
}

StatusOr<SafetensorsHeader> ParseSafetensorsHeader(std::string_view header, uint64_t file_bytes) {
  if (header.empty() || header.front() != '{') {
    return InvalidArgument("safetensors header: expected to begin with '{', found ",
                           Quoted(header.substr(0, 8)));
  }
  if (header.size() > file_bytes || file_bytes - header.size() < kSafetensorsPrefixBytes) {
    return DataLoss("safetensors header of ", header.size(), " bytes in a file of ", file_bytes,
                    ": truncated");
  }
  StatusOr<json::Value> root = json::Parse(header, kLimits);
  if (!root.ok()) return Annotate(root.status(), "safetensors header");
  const uint64_t data_begin = kSafetensorsPrefixBytes + header.size();
  SafetensorsHeader parsed;
  // It began with a brace, so an object is all it can be.
  json::Object* members = root->object();
  parsed.tensors.reserve(members->size());
  for (json::Member& member : *members) {
    if (member.key == "__metadata__") {
      TALARIA_RETURN_IF_ERROR(TakeMetadata(member.value, &parsed));
      continue;
    }
    if (member.key.size() > kMaxNameBytes) {
      return InvalidArgument("tensor ", Quoted(member.key), ": expected a name of at most ", kMaxNameBytes,
                             " bytes, found ", member.key.size());
    }
    StatusOr<TensorInfo> tensor = ReadRecord(member.key, member.value, data_begin);
    if (!tensor.ok()) return Annotate(tensor.status(), Cat("tensor ", Quoted(member.key)));
    parsed.tensors.push_back(*std::move(tensor));
  }
  TALARIA_RETURN_IF_ERROR(CheckCoverage(data_begin, file_bytes, &parsed.tensors));
  return parsed;
}

StatusOr<SafetensorsFile> SafetensorsFile::Open(const std::string& path) {
  TALARIA_ASSIGN_OR_RETURN(File file, File::Open(path));
  std::string prefix(std::min(file.size(), kSafetensorsPrefixBytes), '\0');
  TALARIA_RETURN_IF_ERROR(file.ReadAt(0, prefix.data(), prefix.size()));
  const StatusOr<uint64_t> header_bytes = SafetensorsHeaderBytes(prefix, file.size());
  if (!header_bytes.ok()) return Annotate(header_bytes.status(), path);
  std::string text(*header_bytes, '\0');
  TALARIA_RETURN_IF_ERROR(file.ReadAt(kSafetensorsPrefixBytes, text.data(), text.size()));
  StatusOr<SafetensorsHeader> header = ParseSafetensorsHeader(text, file.size());
  if (!header.ok()) return Annotate(header.status(), path);
  return SafetensorsFile(std::move(file), *std::move(header));
}

}  // namespace talaria
