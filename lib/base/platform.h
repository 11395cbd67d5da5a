#ifndef TALARIA_LIB_BASE_PLATFORM_H_
#define TALARIA_LIB_BASE_PLATFORM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

// Every call into the operating system is in this file's source; nothing else includes a system header.
namespace talaria::platform {

// A file open for reading; -1 is none.
using FileHandle = int;

struct FileInfo {
  uint64_t bytes = 0;
  bool is_regular = false;
  bool is_folder = false;
  uint64_t links =
      0;  // names that lead to it; 0 once the last is removed (and always 0 on some network file systems)
};

// *path* is UTF-8. NOT_FOUND where nothing is there; DATA_LOSS with the system's reason otherwise. The handle
// is not inherited by child processes.
StatusOr<FileHandle> OpenForReading(const std::string& path);
StatusOr<FileInfo> InfoOf(FileHandle file);
StatusOr<FileInfo> InfoOf(const std::string& path);
// Up to *bytes* from *offset*; fewer only at the end of the file. Does not move a file position, so threads
// may share a handle. An interrupted call is taken up again.
StatusOr<size_t> ReadAt(FileHandle file, uint64_t offset, void* destination, size_t bytes);
void Close(FileHandle file);
// The names in a folder but "." and "..", in no order; RESOURCE_EXHAUSTED where there are more than
// *max_names*.
StatusOr<std::vector<std::string>> NamesIn(const std::string& folder, size_t max_names);

// Nanoseconds on a clock that never goes back.
int64_t MonotonicNanoseconds();
// CPU time of the calling process in nanoseconds.
int64_t ProcessCpuNanoseconds();

int LogicalCores();
// Physical memory that could be taken now without swapping, in bytes: of the machine, and within the limits
// of the process's control group and of all groups around it. Nothing where the system does not say; 0 where
// none is left.
std::optional<uint64_t> AvailableMemory();
// What a control group of version 2 and those around it leave, in bytes: the least of memory.max less what is
// used, where pages of files that no one has touched for long count as free. *mount* is the folder of the
// root group, *group* the path below it as /proc/self/cgroup gives it ("/a/b"). Nothing where none of them
// has a limit.
std::optional<uint64_t> MemoryLeftInGroup(const std::string& mount, std::string_view group);
// The process's largest resident set so far, in bytes; 0 where the system does not say.
uint64_t PeakResidentBytes();

// A hint to the processor inside a spin loop.
void PauseCpu();

// A started thread, to be joined once.
using ThreadHandle = uint64_t;

// Runs entry(argument) on a new thread that takes no signals: those are for the host's threads. *stack_bytes*
// is rounded up to what the system demands. RESOURCE_EXHAUSTED with the system's reason where no thread is to
// be had.
StatusOr<ThreadHandle> StartThread(void (*entry)(void*), void* argument, size_t stack_bytes);
void JoinThread(ThreadHandle thread);

// The floating-point control word of the calling thread (rounding, flush-to-zero, exception masks).
uint64_t FloatingPointControl();
void SetFloatingPointControl(uint64_t word);
// Round to nearest, subnormals kept, no exceptions taken: what all arithmetic here runs under.
uint64_t DefaultFloatingPointControl();

}  // namespace talaria::platform

#endif  // TALARIA_LIB_BASE_PLATFORM_H_
