#define _GNU_SOURCE
#include "tests/capi/refused_malloc.h"

#include <errno.h>
#include <stdlib.h>

static __thread int armed;
static __thread uint64_t calls, refuse_call, refused;
static int64_t live;

void refuse_malloc(uint64_t refuse_at) {
  calls = refused = 0;
  refuse_call = refuse_at;
  armed = 1;
}

uint64_t allow_malloc(void) {
  armed = 0;
  return calls;
}

uint64_t refused_mallocs(void) { return refused; }

int64_t live_blocks(void) { return __atomic_load_n(&live, __ATOMIC_SEQ_CST); }

#ifndef UNDER_SANITIZER
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* memory, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void* memory);

#define REPLACES __attribute__((visibility("default")))

static void* given(void* memory) {
  if (memory != NULL) __atomic_fetch_add(&live, 1, __ATOMIC_SEQ_CST);
  return memory;
}

static int is_refused(void) {
  if (!armed || ++calls != refuse_call) return 0;
  ++refused;
  return 1;
}

REPLACES void* malloc(size_t bytes) { return is_refused() ? NULL : given(__libc_malloc(bytes)); }
REPLACES void* calloc(size_t count, size_t bytes) {
  return is_refused() ? NULL : given(__libc_calloc(count, bytes));
}
REPLACES void* realloc(void* memory, size_t bytes) {
  if (is_refused()) return NULL;
  void* const moved = __libc_realloc(memory, bytes);
  return memory == NULL ? given(moved) : moved;
}
REPLACES void* aligned_alloc(size_t alignment, size_t bytes) {
  return is_refused() ? NULL : given(__libc_memalign(alignment, bytes));
}
REPLACES int posix_memalign(void** memory, size_t alignment, size_t bytes) {
  void* const made = is_refused() ? NULL : given(__libc_memalign(alignment, bytes));
  if (made == NULL) return ENOMEM;
  *memory = made;
  return 0;
}
REPLACES void free(void* memory) {
  if (memory != NULL) __atomic_fetch_sub(&live, 1, __ATOMIC_SEQ_CST);
  __libc_free(memory);
}
#endif
