#ifndef TALARIA_LIB_KV_PAGE_TABLE_H_
#define TALARIA_LIB_KV_PAGE_TABLE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "lib/kv/page_pool.h"

namespace talaria {

// The pages of one sequence, in the order of its positions. Gives them back at the end; the pool must outlive
// it. Takes its own memory when made. Not for two threads at once.
class PageTable {
 public:
  PageTable(PagePool* pool, int32_t page_size, int64_t context) : pool_(pool), page_size_(page_size) {
    pages_.reserve(static_cast<size_t>((context + page_size - 1) / page_size));
  }
  ~PageTable() { Shrink(0); }
  PageTable(const PageTable&) = delete;
  PageTable& operator=(const PageTable&) = delete;

  absl::Span<const int32_t> pages() const { return pages_; }
  int64_t positions() const { return static_cast<int64_t>(pages_.size()) * page_size_; }
  // Pages to add before *positions* fit.
  int64_t Missing(int64_t positions) const;

  // Takes pages until *positions* fit; false, and nothing taken, where the pool has too few.
  bool Grow(int64_t positions);
  // Gives back the pages that *positions* do not need.
  void Shrink(int64_t positions);

 private:
  PagePool* const pool_;
  const int32_t page_size_;
  std::vector<int32_t> pages_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_KV_PAGE_TABLE_H_
