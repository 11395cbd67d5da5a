#include "lib/base/allocator.h"

#include <limits>
#include <new>
#include <utility>

namespace talaria {

Allocator::Allocator(uint64_t ceiling_bytes, const AllocatorHooks& hooks)
    : ceiling_bytes_(ceiling_bytes), hooks_(hooks) {}

StatusOr<Buffer> Allocator::Allocate(uint64_t bytes, std::string_view what) {
  if (bytes == 0) return Buffer();
  // No object is larger than this. libstdc++'s aligned operator new rounds the size up without looking: one
  // near 2^64 would be given a few bytes.
  constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max());
  const uint64_t ceiling = ceiling_bytes_ == 0 ? std::numeric_limits<uint64_t>::max() : ceiling_bytes_;
  uint64_t used = used_bytes_.load(std::memory_order_relaxed);
  if (bytes > kMost) return ResourceExhausted(what, ": ", BytesText(bytes), " could not be allocated");
  do {
    if (bytes > ceiling - used) {
      return ResourceExhausted(what, ": needs ", BytesText(bytes), ", ", BytesText(ceiling - used),
                               " left below the ceiling of ", BytesText(ceiling));
    }
  } while (!used_bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  void* memory =
      hooks_.allocate != nullptr
          ? hooks_.allocate(hooks_.user, static_cast<size_t>(bytes), Buffer::kAlignment)
          : ::operator new(static_cast<size_t>(bytes), std::align_val_t(Buffer::kAlignment), std::nothrow);
  if (memory == nullptr) {
    used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    return ResourceExhausted(what, ": ", BytesText(bytes), " could not be allocated");
  }
  return Buffer(this, memory, bytes);
}

void Allocator::Release(void* memory, uint64_t bytes) {
  if (hooks_.release != nullptr) {
    hooks_.release(hooks_.user, memory, static_cast<size_t>(bytes), Buffer::kAlignment);
  } else {
    ::operator delete(memory, std::align_val_t(Buffer::kAlignment));
  }
  used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

Buffer::Buffer(Buffer&& other) noexcept
    : owner_(other.owner_),
      memory_(std::exchange(other.memory_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(memory_, other.memory_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Buffer::~Buffer() {
  if (memory_ != nullptr) owner_->Release(memory_, bytes_);
}

}  // namespace talaria
