#ifndef TALARIA_LIB_BASE_FILE_H_
#define TALARIA_LIB_BASE_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/platform.h"
#include "lib/base/status.h"

namespace talaria {

// A regular file read by positioned reads; nothing is mapped, so a file that shrinks or vanishes while it is
// read is an error and never a signal. Any number of threads may read at once.
class File {
 public:
  // NOT_FOUND where there is none, INVALID_ARGUMENT where *path* is a folder, pipe or device.
  static StatusOr<File> Open(const std::string& path);

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  const std::string& path() const { return path_; }
  // The size when it was opened.
  uint64_t size() const { return size_; }

  // Fills *destination* with exactly *bytes* from *offset*; DATA_LOSS naming the file, the range and what was
  // found where the file is shorter or the read fails.
  Status ReadAt(uint64_t offset, void* destination, size_t bytes) const;

  // DATA_LOSS naming the file where it was removed or replaced since it was opened. The open file can still
  // be read then; this is for callers to whom that is a change under their feet.
  Status CheckStillThere() const;

 private:
  File(std::string path, platform::FileHandle handle, uint64_t size);

  std::string path_;
  platform::FileHandle handle_ = -1;
  uint64_t size_ = 0;
  bool counts_links_ = false;  // the file system said how many names the file has
};

// All of a file of at most *max_bytes*; INVALID_ARGUMENT naming both sizes where it is larger. Errors begin
// with the path.
StatusOr<std::string> ReadWholeFile(const std::string& path, uint64_t max_bytes);

// The names in a folder of at most *max_names*, sorted; RESOURCE_EXHAUSTED where there are more.
StatusOr<std::vector<std::string>> ListFolder(const std::string& path, size_t max_names);

// What is at *path*; false where nothing is. An error where the system cannot say: a file that cannot be
// looked at is not an absent one.
StatusOr<bool> IsRegularFile(const std::string& path);
StatusOr<bool> IsFolder(const std::string& path);

// "folder/name", with one separator between.
std::string JoinPath(std::string_view folder, std::string_view name);

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_FILE_H_
