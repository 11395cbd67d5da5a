#include "lib/base/platform.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <memory>
#include <thread>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace talaria::platform {
namespace {

std::string SystemReason(int error) {
  // strerror_r's GNU form returns the text; no static buffer is shared between threads.
  char buffer[128] = {0};
  return strerror_r(error, buffer, sizeof(buffer));
}

Status SystemError(int error, std::string_view what) {
  if (error == ENOENT || error == ENOTDIR) return NotFound(what, ": no such file");
  if (error == ENOMEM) return ResourceExhausted(what, ": ", SystemReason(error));
  return DataLoss(what, ": ", SystemReason(error));
}

FileInfo FromStat(const struct stat& info) {
  FileInfo out;
  out.bytes = info.st_size > 0 ? static_cast<uint64_t>(info.st_size) : 0;
  out.is_regular = S_ISREG(info.st_mode);
  out.is_folder = S_ISDIR(info.st_mode);
  out.links = static_cast<uint64_t>(info.st_nlink);
  return out;
}

// The content of a small system file, or empty.
std::string SmallFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  char buffer[16384];
  const ssize_t bytes = read(file, buffer, sizeof(buffer));
  close(file);
  return bytes > 0 ? std::string(buffer, static_cast<size_t>(bytes)) : "";
}

// The decimal number that follows *key*, and spaces, in *text*. Nothing where there is none.
std::optional<uint64_t> NumberAfter(std::string_view text, std::string_view key) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + key.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  uint64_t value = 0;
  const std::from_chars_result parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc()) return std::nullopt;
  return value;
}

// Of one control group alone.
std::optional<uint64_t> MemoryLeftIn(const std::string& folder) {
  const std::optional<uint64_t> limit = NumberAfter(SmallFile(folder + "/memory.max"), "");
  const std::optional<uint64_t> current = NumberAfter(SmallFile(folder + "/memory.current"), "");
  if (!limit.has_value() || !current.has_value()) return std::nullopt;
  const uint64_t unused_pages =
      NumberAfter("\n" + SmallFile(folder + "/memory.stat"), "\ninactive_file ").value_or(0);
  const uint64_t used = *current - std::min(*current, unused_pages);
  return *limit - std::min(*limit, used);
}

std::optional<uint64_t> Least(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() ? a : b;
  return std::min(*a, *b);
}

struct ThreadStart {
  void (*entry)(void*);
  void* argument;
};

void* RunThread(void* start) {
  const ThreadStart what = *static_cast<ThreadStart*>(start);
  delete static_cast<ThreadStart*>(start);
  what.entry(what.argument);
  return nullptr;
}

}  // namespace

StatusOr<std::vector<std::string>> NamesIn(const std::string& folder, size_t max_names) {
  DIR* const stream = opendir(folder.c_str());
  if (stream == nullptr) return SystemError(errno, folder);
  // Closed also where there is no memory for a name.
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(stream, closedir);
  std::vector<std::string> names;
  int error = 0;
  while (true) {
    errno = 0;
    const dirent* const entry = readdir(stream);
    if (entry == nullptr) {
      error = errno;
      break;
    }
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() >= max_names) {
      return ResourceExhausted(folder, ": expected at most ", max_names, " names in this folder, found more");
    }
    names.push_back(name);
  }
  if (error != 0) return SystemError(error, folder);
  return names;
}

StatusOr<FileHandle> OpenForReading(const std::string& path) {
  // O_NONBLOCK: a path that is a pipe must not hang the host; it has no effect on regular files.
  int file;
  do {
    file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (file < 0 && errno == EINTR);
  if (file < 0) return SystemError(errno, path);
  return file;
}

StatusOr<FileInfo> InfoOf(FileHandle file) {
  struct stat info = {};
  if (fstat(file, &info) != 0) return SystemError(errno, "fstat");
  return FromStat(info);
}

StatusOr<FileInfo> InfoOf(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return SystemError(errno, path);
  return FromStat(info);
}

StatusOr<size_t> ReadAt(FileHandle file, uint64_t offset, void* destination, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    // One call moves at most 2,147,479,552 bytes on Linux; stay well below.
    const size_t want = std::min<size_t>(bytes - done, size_t{1} << 30);
    const ssize_t got =
        pread(file, static_cast<char*>(destination) + done, want, static_cast<off_t>(offset + done));
    if (got < 0) {
      if (errno == EINTR) continue;
      return SystemError(errno, "read");
    }
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

void Close(FileHandle file) {
  if (file >= 0) close(file);
}

int64_t MonotonicNanoseconds() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

int64_t ProcessCpuNanoseconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

int LogicalCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::optional<uint64_t> AvailableMemory() {
  std::optional<uint64_t> available = NumberAfter(SmallFile("/proc/meminfo"), "MemAvailable:");
  if (available.has_value()) *available *= 1024;
  // One line a hierarchy; that of version 2 has the number 0 and no name.
  const std::string groups = "\n" + SmallFile("/proc/self/cgroup");
  constexpr std::string_view kKey = "\n0::";
  std::string_view group = "/";
  if (const size_t at = groups.find(kKey); at != std::string::npos) {
    group = std::string_view(groups).substr(at + kKey.size());
    group = group.substr(0, group.find('\n'));
  }
  return Least(available, MemoryLeftInGroup("/sys/fs/cgroup", group));
}

std::optional<uint64_t> MemoryLeftInGroup(const std::string& mount, std::string_view group) {
  // ".." stands for groups outside the process's namespace, which no path reaches.
  if (group.find("/..") != std::string_view::npos) group = "";
  std::optional<uint64_t> left = MemoryLeftIn(mount);
  while (group.size() > 1) {
    left = Least(left, MemoryLeftIn(Cat(mount, group)));
    group = group.substr(0, group.rfind('/'));
  }
  return left;
}

uint64_t PeakResidentBytes() {
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

void PauseCpu() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

StatusOr<ThreadHandle> StartThread(void (*entry)(void*), void* argument, size_t stack_bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t least = std::max<size_t>(stack_bytes, static_cast<size_t>(PTHREAD_STACK_MIN));
  const size_t stack = (std::min(least, std::numeric_limits<size_t>::max() - page) + page - 1) / page * page;
  auto start = std::make_unique<ThreadStart>(ThreadStart{entry, argument});
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return ResourceExhausted("thread: ", SystemReason(error));
  error = pthread_attr_setstacksize(&attributes, stack);
  pthread_t thread = {};
  if (error == 0) {
    // A new thread inherits the mask of the one that makes it.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, RunThread, start.get());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  pthread_attr_destroy(&attributes);
  if (error != 0) {
    return ResourceExhausted("thread with a stack of ", BytesText(stack_bytes), ": ", SystemReason(error));
  }
  (void)start.release();
  return static_cast<ThreadHandle>(thread);
}

void JoinThread(ThreadHandle thread) { pthread_join(static_cast<pthread_t>(thread), nullptr); }

uint64_t FloatingPointControl() {
#if defined(__x86_64__)
  return _mm_getcsr();
#elif defined(__aarch64__)
  uint64_t word;
  __asm__ __volatile__("mrs %0, fpcr" : "=r"(word));
  return word;
#else
  return 0;
#endif
}

void SetFloatingPointControl(uint64_t word) {
#if defined(__x86_64__)
  _mm_setcsr(static_cast<unsigned>(word));
#elif defined(__aarch64__)
  __asm__ __volatile__("msr fpcr, %0" ::"r"(word));
#else
  (void)word;
#endif
}

uint64_t DefaultFloatingPointControl() {
#if defined(__x86_64__)
  return 0x1F80;  // MXCSR at reset: all exceptions masked, nearest, neither FTZ nor DAZ
#else
  return 0;
#endif
}

}  // namespace talaria::platform
