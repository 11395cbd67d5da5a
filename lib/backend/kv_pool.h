#ifndef TALARIA_LIB_BACKEND_KV_POOL_H_
#define TALARIA_LIB_BACKEND_KV_POOL_H_

#include <cstdint>

#include "absl/types/span.h"
#include "lib/base/status.h"
#include "lib/tensor/dtype.h"

namespace talaria {

// The shape of one stage's cache. All stages of an engine have the same pages and page_size: a page id means
// the same run of positions in each.
struct KvSpec {
  int64_t layers = 0;  // of the stage
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  int32_t page_size = 64;  // positions in a page
  int32_t pages = 0;       // including page 0, the sink for padded rows, which no sequence ever owns
  DType dtype = DType::kF32;
};

// Keys and values of all sequences of an engine, in pages. Programs write and read it; the rest of the
// library only moves whole pages. Not for two threads at once.
class KvPool {
 public:
  virtual ~KvPool() = default;

  const KvSpec& spec() const { return spec_; }
  // Bytes of one page as ReadPage gives it: layers x {keys, values} x kv_heads x page_size x head_dim
  // elements in that order, whatever the ranks, so that a page saved under one division loads under another.
  uint64_t page_bytes() const;

  // All of a page to or from host memory of page_bytes(). INVALID_ARGUMENT for a page that is not there or
  // memory of another size.
  virtual Status ReadPage(int32_t page, absl::Span<std::byte> destination) const = 0;
  virtual Status WritePage(int32_t page, absl::Span<const std::byte> source) = 0;
  virtual Status CopyPage(int32_t source, int32_t destination) = 0;

 protected:
  explicit KvPool(const KvSpec& spec) : spec_(spec) {}
  // INVALID_ARGUMENT unless page is one of the pool's.
  Status CheckPage(int32_t page) const;

 private:
  const KvSpec spec_;
};

// INVALID_ARGUMENT naming the field unless all are positive, there is a page beside page 0, and page_size is
// a multiple of *page_multiple*; also where the bytes exceed 64 bits.
Status CheckKvSpec(const KvSpec& spec, int32_t page_multiple);

}  // namespace talaria

#endif  // TALARIA_LIB_BACKEND_KV_POOL_H_
