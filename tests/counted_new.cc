#include "tests/counted_new.h"

#include <cstdlib>
#include <new>

#include "tests/sanitized.h"

namespace {
thread_local bool counting = false;
thread_local int64_t allocations = 0;
}  // namespace

namespace talaria::test {

int64_t CountNew(bool on) {
  const int64_t counted = allocations;
  allocations = 0;
  counting = on;
  return counted;
}

}  // namespace talaria::test

#if !TALARIA_SANITIZED
void* operator new(size_t bytes) {
  if (counting) ++allocations;
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t /*bytes*/) noexcept { std::free(memory); }
#endif
