#include "lib/backend/kv_pool.h"

namespace talaria {

uint64_t KvPool::page_bytes() const {
  return static_cast<uint64_t>(spec_.layers) * 2 * static_cast<uint64_t>(spec_.kv_heads) *
         static_cast<uint64_t>(spec_.page_size) * static_cast<uint64_t>(spec_.head_dim) *
         static_cast<uint64_t>(BitsOf(spec_.dtype)) / 8;
}

Status KvPool::CheckPage(int32_t page) const {
  if (page >= 0 && page < spec_.pages) return absl::OkStatus();
  return InvalidArgument("page ", page, " of a cache of ", spec_.pages, " pages");
}

Status CheckKvSpec(const KvSpec& spec, int32_t page_multiple) {
  if (spec.layers < 1 || spec.kv_heads < 1 || spec.head_dim < 1) {
    return InvalidArgument("cache of ", spec.layers, " layers, ", spec.kv_heads, " heads of ", spec.head_dim);
  }
  if (spec.page_size < 1 || spec.page_size % page_multiple != 0) {
    return InvalidArgument("page_size: expected a multiple of ", page_multiple, ", found ", spec.page_size);
  }
  if (spec.pages < 2) return InvalidArgument("kv pages: expected at least 2, found ", spec.pages);
  uint64_t bytes = 2 * sizeof(double);
  for (const int64_t factor :
       {spec.layers, spec.kv_heads, spec.head_dim, int64_t{spec.page_size}, int64_t{spec.pages}}) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(factor), &bytes)) {
      return InvalidArgument("a cache of ", spec.pages, " pages of ", spec.page_size,
                             " positions exceeds 64 bits");
    }
  }
  return absl::OkStatus();
}

}  // namespace talaria
