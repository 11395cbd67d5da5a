#ifndef TALARIA_BACKENDS_REFERENCE_KV_POOL_H_
#define TALARIA_BACKENDS_REFERENCE_KV_POOL_H_

#include <memory>

#include "lib/backend/kv_pool.h"
#include "lib/base/allocator.h"

namespace talaria::reference {

// Keys and values as float32 [page][layer][keys, values][kv_head][position in page][head_dim]: a page is one
// run of memory, in the very order ReadPage gives. Ranks own ranges of heads.
class Pool : public KvPool {
 public:
  static uint64_t Bytes(const KvSpec& spec);
  // The cache starts as zeros.
  static StatusOr<std::unique_ptr<Pool>> Create(const KvSpec& spec, Allocator* allocator);

  enum Part : int64_t { kKeys = 0, kValues = 1 };
  // float [head_dim] of a head at position *slot* of a page.
  float* At(int32_t page, int64_t layer, Part part, int64_t kv_head, int64_t slot) {
    return memory_.As<float>().data() +
           ((((page * spec().layers + layer) * 2 + part) * spec().kv_heads + kv_head) * spec().page_size +
            slot) *
               spec().head_dim;
  }

  Status ReadPage(int32_t page, absl::Span<std::byte> destination) const override;
  Status WritePage(int32_t page, absl::Span<const std::byte> source) override;
  Status CopyPage(int32_t source, int32_t destination) override;

 private:
  Pool(const KvSpec& spec, Buffer memory) : KvPool(spec), memory_(std::move(memory)) {}
  std::byte* PageMemory(int32_t page) const;

  Buffer memory_;
};

}  // namespace talaria::reference

#endif  // TALARIA_BACKENDS_REFERENCE_KV_POOL_H_
