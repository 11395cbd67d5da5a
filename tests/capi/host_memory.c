#define _POSIX_C_SOURCE 200809L
#include "tests/capi/host_memory.h"

#include <stdlib.h>
#include <string.h>

/* Lies in the alignment's bytes before each block. */
typedef struct block_header {
  uint64_t bytes;
  uint64_t alignment;
} block_header;

void* TALARIA_CALL host_allocate(void* memory, uint64_t bytes, uint64_t alignment) {
  host_memory* const host = memory;
  void* start = NULL;
  pthread_mutex_lock(&host->lock);
  if (bytes == 0 || alignment < 64 || (alignment & (alignment - 1)) != 0) ++host->wrong;
  if (++host->calls == host->refuse_at || posix_memalign(&start, alignment, bytes + alignment) != 0) {
    ++host->refused;
    pthread_mutex_unlock(&host->lock);
    return NULL;
  }
  host->held_bytes += bytes;
  if (host->held_bytes > host->most_bytes) host->most_bytes = host->held_bytes;
  ++host->blocks;
  pthread_mutex_unlock(&host->lock);
  /* NaN as float32: the library may not count on zeros. */
  memset(start, 0xff, bytes + alignment);
  const block_header header = {bytes, alignment};
  memcpy(start, &header, sizeof(header));
  return (char*)start + alignment;
}

void TALARIA_CALL host_release(void* memory, void* block, uint64_t bytes, uint64_t alignment) {
  host_memory* const host = memory;
  char* const start = (char*)block - alignment;
  block_header header;
  memcpy(&header, start, sizeof(header));
  pthread_mutex_lock(&host->lock);
  if (header.bytes != bytes || header.alignment != alignment) ++host->wrong;
  host->held_bytes -= header.bytes;
  --host->blocks;
  pthread_mutex_unlock(&host->lock);
  free(start);
}

talaria_runtime_config host_memory_config(host_memory* memory, int32_t threads) {
  talaria_runtime_config config = TALARIA_RUNTIME_CONFIG_INIT;
  config.threads = threads;
  config.allocate = host_allocate;
  config.release = host_release;
  config.allocator_user = memory;
  return config;
}
