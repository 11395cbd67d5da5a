/* A host's allocator that keeps books, refuses on demand and finds memory that comes back with other numbers.
 */
#ifndef TALARIA_TESTS_CAPI_HOST_MEMORY_H_
#define TALARIA_TESTS_CAPI_HOST_MEMORY_H_

#include <pthread.h>

#include "talaria/talaria.h"

typedef struct host_memory {
  pthread_mutex_t lock;
  uint64_t calls;     /* of allocate */
  uint64_t refuse_at; /* the call that gets NULL, counted from 1; 0: none does */
  uint64_t refused;   /* how many got NULL */
  uint64_t held_bytes;
  uint64_t most_bytes; /* the most that was held at once */
  uint64_t blocks;
  uint64_t wrong; /* zero bytes, odd alignments, releases with numbers that allocate did not see */
} host_memory;

#define HOST_MEMORY_INIT \
  { PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, 0, 0, 0, 0 }

void* TALARIA_CALL host_allocate(void* memory, uint64_t bytes, uint64_t alignment);
void TALARIA_CALL host_release(void* memory, void* block, uint64_t bytes, uint64_t alignment);

/* A runtime's config with this allocator and *threads* threads. */
talaria_runtime_config host_memory_config(host_memory* memory, int32_t threads);

#endif /* TALARIA_TESTS_CAPI_HOST_MEMORY_H_ */
