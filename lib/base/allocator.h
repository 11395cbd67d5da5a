#ifndef TALARIA_LIB_BASE_ALLOCATOR_H_
#define TALARIA_LIB_BASE_ALLOCATOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "lib/base/status.h"

namespace talaria {

class Buffer;

// A host's own memory. *allocate* gives *bytes* (never 0) aligned to *alignment* (a power of two, at least
// 64), or NULL; *release* takes back exactly what *allocate* gave. Both are called from any thread.
struct AllocatorHooks {
  void* (*allocate)(void* user, size_t bytes, size_t alignment) = nullptr;
  void (*release)(void* user, void* memory, size_t bytes, size_t alignment) = nullptr;
  void* user = nullptr;
};

// Serves all memory whose size depends on the model or the context: weights, cache, scratch, logits. Counts
// what it gave and refuses what would pass its ceiling. Threads may share one. Must outlive its buffers.
class Allocator {
 public:
  // *ceiling_bytes* 0: none. Without hooks the memory comes from aligned operator new.
  explicit Allocator(uint64_t ceiling_bytes = 0, const AllocatorHooks& hooks = {});
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  // *bytes* of memory, not cleared, aligned to 64; *what* names the use in errors. RESOURCE_EXHAUSTED, naming
  // bytes needed and had, where the ceiling or the memory does not allow it. Zero bytes give an empty buffer.
  StatusOr<Buffer> Allocate(uint64_t bytes, std::string_view what);

  uint64_t ceiling_bytes() const { return ceiling_bytes_; }
  uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

 private:
  friend class Buffer;
  void Release(void* memory, uint64_t bytes);

  const uint64_t ceiling_bytes_;
  const AllocatorHooks hooks_;
  std::atomic<uint64_t> used_bytes_{0};
};

// Memory of an Allocator, given back at the end.
class Buffer {
 public:
  static constexpr size_t kAlignment = 64;

  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  void* data() const { return memory_; }
  uint64_t size() const { return bytes_; }

  // The memory as elements of T; a rest smaller than one element is left out.
  template <typename T>
  absl::Span<T> As() const {
    return absl::MakeSpan(static_cast<T*>(memory_), static_cast<size_t>(bytes_ / sizeof(T)));
  }

 private:
  friend class Allocator;
  Buffer(Allocator* owner, void* memory, uint64_t bytes) : owner_(owner), memory_(memory), bytes_(bytes) {}

  Allocator* owner_ = nullptr;
  void* memory_ = nullptr;
  uint64_t bytes_ = 0;
};

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_ALLOCATOR_H_
