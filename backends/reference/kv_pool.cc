#include "backends/reference/kv_pool.h"

#include <cstring>
#include <utility>

namespace talaria::reference {

uint64_t Pool::Bytes(const KvSpec& spec) {
  return static_cast<uint64_t>(spec.layers) * 2 * static_cast<uint64_t>(spec.kv_heads) *
         static_cast<uint64_t>(spec.page_size) * static_cast<uint64_t>(spec.head_dim) *
         static_cast<uint64_t>(spec.pages) * sizeof(float);
}

StatusOr<std::unique_ptr<Pool>> Pool::Create(const KvSpec& spec, Allocator* allocator) {
  TALARIA_RETURN_IF_ERROR(CheckKvSpec(spec, 1));
  if (spec.dtype != DType::kF32)
    return Unimplemented("a cache of type ", NameOf(spec.dtype), " (reference backend)");
  TALARIA_ASSIGN_OR_RETURN(Buffer memory, allocator->Allocate(Bytes(spec), "key/value cache"));
  std::memset(memory.data(), 0, static_cast<size_t>(memory.size()));
  return std::unique_ptr<Pool>(new Pool(spec, std::move(memory)));
}

std::byte* Pool::PageMemory(int32_t page) const {
  return static_cast<std::byte*>(memory_.data()) + static_cast<uint64_t>(page) * page_bytes();
}

Status Pool::ReadPage(int32_t page, absl::Span<std::byte> destination) const {
  TALARIA_RETURN_IF_ERROR(CheckPage(page));
  if (destination.size() != page_bytes()) {
    return InvalidArgument("a page: expected ", page_bytes(), " bytes of memory, found ", destination.size());
  }
  std::memcpy(destination.data(), PageMemory(page), destination.size());
  return absl::OkStatus();
}

Status Pool::WritePage(int32_t page, absl::Span<const std::byte> source) {
  TALARIA_RETURN_IF_ERROR(CheckPage(page));
  if (source.size() != page_bytes()) {
    return InvalidArgument("a page: expected ", page_bytes(), " bytes, found ", source.size());
  }
  std::memcpy(PageMemory(page), source.data(), source.size());
  return absl::OkStatus();
}

Status Pool::CopyPage(int32_t source, int32_t destination) {
  TALARIA_RETURN_IF_ERROR(CheckPage(source));
  TALARIA_RETURN_IF_ERROR(CheckPage(destination));
  std::memmove(PageMemory(destination), PageMemory(source), static_cast<size_t>(page_bytes()));
  return absl::OkStatus();
}

}  // namespace talaria::reference
