#define _GNU_SOURCE
#include "tests/capi/troubled_files.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPLACES __attribute__((visibility("default")))
enum { MOST_FILES = 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char* folder;
static trouble kind;
static uint64_t at, calls, troubled;
static char is_ours[MOST_FILES], has_ended[MOST_FILES];
static int64_t open_now;

void trouble_files(const char* of_folder, trouble of_kind, uint64_t at_call) {
  pthread_mutex_lock(&lock);
  folder = of_folder;
  kind = of_kind;
  at = at_call;
  calls = troubled = 0;
  memset(has_ended, 0, sizeof(has_ended));
  pthread_mutex_unlock(&lock);
}

uint64_t file_calls(void) { return calls; }
uint64_t troubled_calls(void) { return troubled; }
int64_t open_files(void) { return open_now; }

static int in_folder(const char* path) {
  return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}
static int ours(int file) { return file >= 0 && file < MOST_FILES && is_ours[file]; }

/* Counts a call that may be in one of the kinds whose bits are set; the kind it is in. */
static trouble count_call(unsigned kinds) {
  trouble found = TROUBLE_NONE;
  pthread_mutex_lock(&lock);
  if (++calls == at && (kinds & 1u << kind) != 0) {
    ++troubled;
    found = kind;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

/* The system's own function of that name. */
#define OWN(result, name, parameters)           \
  result(*own) parameters = NULL;               \
  do {                                          \
    void* const found = dlsym(RTLD_NEXT, name); \
    memcpy(&own, &found, sizeof(found));        \
  } while (0)

REPLACES int open(const char* path, int flags, ...) {
  OWN(int, "open", (const char*, int, ...));
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = (mode_t)va_arg(arguments, unsigned);
    va_end(arguments);
  }
  if (!in_folder(path)) return own(path, flags, mode);
  const trouble in = count_call(1u << TROUBLE_FAILS | 1u << TROUBLE_INTERRUPTED);
  if (in != TROUBLE_NONE) {
    errno = in == TROUBLE_FAILS ? EIO : EINTR;
    return -1;
  }
  const int file = own(path, flags, mode);
  if (file < 0 || file >= MOST_FILES) return file;
  pthread_mutex_lock(&lock);
  is_ours[file] = 1;
  has_ended[file] = 0;
  ++open_now;
  pthread_mutex_unlock(&lock);
  return file;
}

REPLACES int close(int file) {
  OWN(int, "close", (int));
  if (!ours(file)) return own(file);
  const trouble in = count_call(1u << TROUBLE_FAILS);
  pthread_mutex_lock(&lock);
  is_ours[file] = 0;
  --open_now;
  pthread_mutex_unlock(&lock);
  /* Linux closes the file all the same. */
  const int result = own(file);
  if (in == TROUBLE_NONE) return result;
  errno = EIO;
  return -1;
}

REPLACES ssize_t pread(int file, void* memory, size_t bytes, off_t offset) {
  OWN(ssize_t, "pread", (int, void*, size_t, off_t));
  if (!ours(file)) return own(file, memory, bytes, offset);
  switch (count_call(1u << TROUBLE_FAILS | 1u << TROUBLE_INTERRUPTED | 1u << TROUBLE_SHORT |
                     1u << TROUBLE_ENDS)) {
    case TROUBLE_FAILS:
      errno = EIO;
      return -1;
    case TROUBLE_INTERRUPTED:
      errno = EINTR;
      return -1;
    case TROUBLE_SHORT:
      return own(file, memory, bytes / 2 + 1, offset);
    case TROUBLE_ENDS:
      has_ended[file] = 1;
      break;
    case TROUBLE_NONE:
      break;
  }
  return has_ended[file] ? 0 : own(file, memory, bytes, offset);
}

REPLACES int fstat(int file, struct stat* info) {
  OWN(int, "fstat", (int, struct stat*));
  if (ours(file) && count_call(1u << TROUBLE_FAILS) != TROUBLE_NONE) {
    errno = EIO;
    return -1;
  }
  return own(file, info);
}

REPLACES int stat(const char* path, struct stat* info) {
  OWN(int, "stat", (const char*, struct stat*));
  if (in_folder(path) && count_call(1u << TROUBLE_FAILS) != TROUBLE_NONE) {
    errno = EIO;
    return -1;
  }
  return own(path, info);
}

REPLACES DIR* opendir(const char* path) {
  OWN(DIR*, "opendir", (const char*));
  if (in_folder(path) && count_call(1u << TROUBLE_FAILS) != TROUBLE_NONE) {
    errno = EIO;
    return NULL;
  }
  return own(path);
}
