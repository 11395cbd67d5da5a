#ifndef TALARIA_BACKENDS_CPU_KV_POOL_H_
#define TALARIA_BACKENDS_CPU_KV_POOL_H_

#include <memory>

#include "backends/cpu/isa/kernels.h"
#include "lib/backend/kv_pool.h"
#include "lib/base/allocator.h"

namespace talaria::cpu {

// Keys and values as attention reads them, page by page: [page][layer][kv_head], and for each the keys as
// [block][head_dim][64], positions in lanes, then the values as [position][head_dim rounded up to 16]. Pages
// that leave or enter are turned into the order that KvPool names. Ranks own ranges of heads.
class Pool : public KvPool {
 public:
  static uint64_t Bytes(const KvSpec& spec);
  // The cache starts as zeros: every page of memory is there before the first step.
  static StatusOr<std::unique_ptr<Pool>> Create(const KvSpec& spec, Allocator* allocator);

  Element element() const { return element_; }
  int64_t value_dim() const { return value_dim_; }
  // Keys [head_dim][64] and values [64][value_dim] of one block of a page.
  std::byte* Keys(int32_t page, int64_t layer, int64_t kv_head, int64_t block) const {
    return Head(page, layer, kv_head) + block * spec().head_dim * kBlockPositions * element_bytes_;
  }
  std::byte* Values(int32_t page, int64_t layer, int64_t kv_head, int64_t block) const {
    return Head(page, layer, kv_head) +
           (spec().page_size * spec().head_dim + block * kBlockPositions * value_dim_) * element_bytes_;
  }
  // Stores one position's key and value, [head_dim] each, of the pool's type.
  void Store(int32_t page, int64_t layer, int64_t kv_head, int64_t slot, const void* key,
             const void* value) const;

  Status ReadPage(int32_t page, absl::Span<std::byte> destination) const override;
  Status WritePage(int32_t page, absl::Span<const std::byte> source) override;
  Status CopyPage(int32_t source, int32_t destination) override;

 private:
  Pool(const KvSpec& spec, Buffer memory);
  std::byte* Head(int32_t page, int64_t layer, int64_t kv_head) const {
    return static_cast<std::byte*>(memory_.data()) +
           ((int64_t{page} * spec().layers + layer) * spec().kv_heads + kv_head) * head_bytes_;
  }

  const Element element_;
  const int64_t element_bytes_;
  const int64_t value_dim_;
  const int64_t head_bytes_;  // of one head in one layer of one page
  Buffer memory_;
};

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_KV_POOL_H_
