#include "backends/cpu/kv_pool.h"

#include <cstring>
#include <limits>
#include <utility>

namespace talaria::cpu {
namespace {

Element ElementOf(DType dtype) {
  if (dtype == DType::kF16) return kElementF16;
  return dtype == DType::kBF16 ? kElementBF16 : kElementF32;
}

int64_t ValueDim(const KvSpec& spec) { return (spec.head_dim + kValueUnit - 1) / kValueUnit * kValueUnit; }

int64_t HeadBytes(const KvSpec& spec) {
  return spec.page_size * (spec.head_dim + ValueDim(spec)) * (BitsOf(spec.dtype) / 8);
}

// A key's elements lie kBlockPositions apart.
template <typename T>
void Spread(const void* source, int64_t count, std::byte* destination) {
  const auto* from = static_cast<const std::byte*>(source);  // of any alignment
  T* to = reinterpret_cast<T*>(destination);
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(to + i * kBlockPositions, from + i * int64_t{sizeof(T)}, sizeof(T));
}

template <typename T>
void Collect(const std::byte* source, int64_t count, std::byte* destination) {
  const T* from = reinterpret_cast<const T*>(source);
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(destination + static_cast<size_t>(i) * sizeof(T), from + i * kBlockPositions, sizeof(T));
  }
}

}  // namespace

uint64_t Pool::Bytes(const KvSpec& spec) {
  // Padding may pass 64 bits where CheckKvSpec's count does not: then more than any memory has.
  auto bytes = static_cast<uint64_t>(spec.head_dim + ValueDim(spec));
  bool over = false;
  for (const int64_t factor : {int64_t{BitsOf(spec.dtype) / 8}, spec.layers, spec.kv_heads,
                               int64_t{spec.page_size}, int64_t{spec.pages}}) {
    over = __builtin_mul_overflow(bytes, static_cast<uint64_t>(factor), &bytes) || over;
  }
  return over ? std::numeric_limits<uint64_t>::max() : bytes;
}

StatusOr<std::unique_ptr<Pool>> Pool::Create(const KvSpec& spec, Allocator* allocator) {
  TALARIA_RETURN_IF_ERROR(CheckKvSpec(spec, static_cast<int32_t>(kBlockPositions)));
  if (!IsWeightType(spec.dtype))
    return Unimplemented("a cache of type ", NameOf(spec.dtype), " (cpu backend)");
  TALARIA_ASSIGN_OR_RETURN(Buffer memory, allocator->Allocate(Bytes(spec), "key/value cache"));
  std::memset(memory.data(), 0, static_cast<size_t>(memory.size()));
  return std::unique_ptr<Pool>(new Pool(spec, std::move(memory)));
}

Pool::Pool(const KvSpec& spec, Buffer memory)
    : KvPool(spec),
      element_(ElementOf(spec.dtype)),
      element_bytes_(BitsOf(spec.dtype) / 8),
      value_dim_(ValueDim(spec)),
      head_bytes_(HeadBytes(spec)),
      memory_(std::move(memory)) {}

void Pool::Store(int32_t page, int64_t layer, int64_t kv_head, int64_t slot, const void* key,
                 const void* value) const {
  const int64_t block = slot / kBlockPositions;
  const int64_t place = slot % kBlockPositions;
  std::byte* const keys = Keys(page, layer, kv_head, block) + place * element_bytes_;
  if (element_ == kElementF32) {
    Spread<float>(key, spec().head_dim, keys);
  } else {
    Spread<uint16_t>(key, spec().head_dim, keys);
  }
  std::memcpy(Values(page, layer, kv_head, block) + place * value_dim_ * element_bytes_, value,
              static_cast<size_t>(spec().head_dim * element_bytes_));
}

Status Pool::ReadPage(int32_t page, absl::Span<std::byte> destination) const {
  TALARIA_RETURN_IF_ERROR(CheckPage(page));
  if (destination.size() != page_bytes()) {
    return InvalidArgument("a page: expected ", page_bytes(), " bytes of memory, found ", destination.size());
  }
  const int64_t row = spec().head_dim * element_bytes_;
  std::byte* out = destination.data();
  for (int64_t layer = 0; layer < spec().layers; ++layer) {
    for (const bool keys : {true, false}) {
      for (int64_t head = 0; head < spec().kv_heads; ++head) {
        for (int64_t slot = 0; slot < spec().page_size; ++slot, out += row) {
          const int64_t block = slot / kBlockPositions;
          const int64_t place = slot % kBlockPositions;
          if (!keys) {
            std::memcpy(out, Values(page, layer, head, block) + place * value_dim_ * element_bytes_,
                        static_cast<size_t>(row));
          } else if (element_ == kElementF32) {
            Collect<float>(Keys(page, layer, head, block) + place * element_bytes_, spec().head_dim, out);
          } else {
            Collect<uint16_t>(Keys(page, layer, head, block) + place * element_bytes_, spec().head_dim, out);
          }
        }
      }
    }
  }
  return absl::OkStatus();
}

Status Pool::WritePage(int32_t page, absl::Span<const std::byte> source) {
  TALARIA_RETURN_IF_ERROR(CheckPage(page));
  if (source.size() != page_bytes()) {
    return InvalidArgument("a page: expected ", page_bytes(), " bytes, found ", source.size());
  }
  const int64_t row = spec().head_dim * element_bytes_;
  const int64_t half = spec().kv_heads * spec().page_size * row;  // keys of a layer, then values
  for (int64_t layer = 0; layer < spec().layers; ++layer) {
    const std::byte* keys = source.data() + layer * 2 * half;
    for (int64_t head = 0; head < spec().kv_heads; ++head) {
      for (int64_t slot = 0; slot < spec().page_size; ++slot, keys += row) {
        Store(page, layer, head, slot, keys, keys + half);
      }
    }
  }
  return absl::OkStatus();
}

Status Pool::CopyPage(int32_t source, int32_t destination) {
  TALARIA_RETURN_IF_ERROR(CheckPage(source));
  TALARIA_RETURN_IF_ERROR(CheckPage(destination));
  std::memmove(Head(destination, 0, 0), Head(source, 0, 0),
               static_cast<size_t>(head_bytes_ * spec().layers * spec().kv_heads));
  return absl::OkStatus();
}

}  // namespace talaria::cpu
