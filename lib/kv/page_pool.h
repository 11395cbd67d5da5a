#ifndef TALARIA_LIB_KV_PAGE_POOL_H_
#define TALARIA_LIB_KV_PAGE_POOL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace talaria {

// Which pages of a cache are in use, and by how many. Page ids mean the same pages in every stage's KvPool;
// page 0 is the sink for padded rows and never given out. Takes all its memory when made. Not for two threads
// at once.
class PagePool {
 public:
  // *pages* as KvSpec counts them: page 0 included.
  explicit PagePool(int32_t pages);

  int32_t total() const { return static_cast<int32_t>(users_.size()) - 1; }
  int32_t free() const { return static_cast<int32_t>(free_.size()); }

  // A page with one user, the lowest that was freed last; false where none is left, and *page is unchanged.
  bool Take(int32_t* page);
  // One more user of a page in use: a fork, a cached prefix.
  void Share(int32_t page) { ++users_[static_cast<size_t>(page)]; }
  // One user less; with none left the page is free.
  void Release(int32_t page);
  int32_t users(int32_t page) const { return users_[static_cast<size_t>(page)]; }

 private:
  std::vector<int32_t> users_;
  std::vector<int32_t> free_;  // a stack
};

}  // namespace talaria

#endif  // TALARIA_LIB_KV_PAGE_POOL_H_
