/* malloc, which operator new stands on, replaced: one call of the arming thread is refused on demand, and
 * blocks are counted. Linked into tests of memory only; under a sanitizer, which has its own malloc, it does
 * nothing. */
#ifndef TALARIA_TESTS_CAPI_REFUSED_MALLOC_H_
#define TALARIA_TESTS_CAPI_REFUSED_MALLOC_H_

#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif

/* From now on this thread's calls are counted, and the *refuse_at*th gets NULL, counted from 1; 0: none. */
void refuse_malloc(uint64_t refuse_at);
/* No more; the number of calls since. */
uint64_t allow_malloc(void);
/* How many calls were refused since the last refuse_malloc. */
uint64_t refused_mallocs(void);
/* Blocks of all threads that malloc, calloc, realloc and the aligned ones gave and that were not freed. */
int64_t live_blocks(void);

#endif /* TALARIA_TESTS_CAPI_REFUSED_MALLOC_H_ */
