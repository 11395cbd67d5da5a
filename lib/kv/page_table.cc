#include "lib/kv/page_table.h"

#include <algorithm>

namespace talaria {

int64_t PageTable::Missing(int64_t positions) const {
  const int64_t needed = (positions + page_size_ - 1) / page_size_;
  return std::max<int64_t>(0, needed - static_cast<int64_t>(pages_.size()));
}

bool PageTable::Grow(int64_t positions) {
  const int64_t missing = Missing(positions);
  if (missing > pool_->free()) return false;
  for (int64_t i = 0; i < missing; ++i) {
    int32_t page = 0;
    pool_->Take(&page);
    pages_.push_back(page);
  }
  return true;
}

void PageTable::Shrink(int64_t positions) {
  const int64_t needed = (positions + page_size_ - 1) / page_size_;
  while (static_cast<int64_t>(pages_.size()) > needed) {
    pool_->Release(pages_.back());
    pages_.pop_back();
  }
}

}  // namespace talaria
