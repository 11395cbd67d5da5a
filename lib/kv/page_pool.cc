#include "lib/kv/page_pool.h"

namespace talaria {

PagePool::PagePool(int32_t pages) : users_(static_cast<size_t>(pages), 0) {
  free_.reserve(static_cast<size_t>(pages));
  for (int32_t page = pages - 1; page >= 1; --page) free_.push_back(page);
}

bool PagePool::Take(int32_t* page) {
  if (free_.empty()) return false;
  *page = free_.back();
  free_.pop_back();
  users_[static_cast<size_t>(*page)] = 1;
  return true;
}

void PagePool::Release(int32_t page) {
  if (--users_[static_cast<size_t>(page)] == 0) free_.push_back(page);
}

}  // namespace talaria
