#include "lib/base/file.h"

#include <algorithm>
#include <utility>

namespace talaria {

File::File(std::string path, platform::FileHandle handle, uint64_t size)
    : path_(std::move(path)), handle_(handle), size_(size) {}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)),
      handle_(std::exchange(other.handle_, -1)),
      size_(other.size_),
      counts_links_(other.counts_links_) {}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    platform::Close(handle_);
    path_ = std::move(other.path_);
    handle_ = std::exchange(other.handle_, -1);
    size_ = other.size_;
    counts_links_ = other.counts_links_;
  }
  return *this;
}

File::~File() { platform::Close(handle_); }

StatusOr<File> File::Open(const std::string& path) {
  if (path.find('\0') != std::string::npos)
    return InvalidArgument(Quoted(path), ": a path cannot hold a NUL byte");
  TALARIA_ASSIGN_OR_RETURN(const platform::FileHandle handle, platform::OpenForReading(path));
  File file(path, handle, 0);
  const StatusOr<platform::FileInfo> info = platform::InfoOf(handle);
  if (!info.ok()) return Annotate(info.status(), path);
  if (info->is_folder) return InvalidArgument(path, ": expected a file, found a folder");
  if (!info->is_regular) return InvalidArgument(path, ": expected a regular file, found a pipe or device");
  file.size_ = info->bytes;
  file.counts_links_ = info->links > 0;
  return file;
}

Status File::ReadAt(uint64_t offset, void* destination, size_t bytes) const {
  const StatusOr<size_t> got = platform::ReadAt(handle_, offset, destination, bytes);
  if (!got.ok()) {
    return Annotate(got.status(), Cat(path_, ": bytes ", offset, " to ", offset + bytes));
  }
  if (*got != bytes) {
    return DataLoss(path_, ": expected ", bytes, " bytes at offset ", offset, ", found ", *got,
                    " (the file had ", size_, " bytes when it was opened)");
  }
  return absl::OkStatus();
}

Status File::CheckStillThere() const {
  const StatusOr<platform::FileInfo> info = platform::InfoOf(handle_);
  if (!info.ok()) return Annotate(info.status(), path_);
  if (counts_links_ && info->links == 0) return DataLoss(path_, ": removed or replaced since it was opened");
  return absl::OkStatus();
}

StatusOr<std::string> ReadWholeFile(const std::string& path, uint64_t max_bytes) {
  TALARIA_ASSIGN_OR_RETURN(const File file, File::Open(path));
  if (file.size() > max_bytes) {
    return InvalidArgument(path, ": expected at most ", max_bytes, " bytes, found ", file.size());
  }
  std::string text(file.size(), '\0');
  TALARIA_RETURN_IF_ERROR(file.ReadAt(0, text.data(), text.size()));
  return text;
}

StatusOr<std::vector<std::string>> ListFolder(const std::string& path, size_t max_names) {
  TALARIA_ASSIGN_OR_RETURN(std::vector<std::string> names, platform::NamesIn(path, max_names));
  std::sort(names.begin(), names.end());
  return names;
}

StatusOr<bool> IsRegularFile(const std::string& path) {
  const StatusOr<platform::FileInfo> info = platform::InfoOf(path);
  if (info.status().code() == StatusCode::kNotFound) return false;
  TALARIA_RETURN_IF_ERROR(info.status());
  return info->is_regular;
}

StatusOr<bool> IsFolder(const std::string& path) {
  const StatusOr<platform::FileInfo> info = platform::InfoOf(path);
  if (info.status().code() == StatusCode::kNotFound) return false;
  TALARIA_RETURN_IF_ERROR(info.status());
  return info->is_folder;
}

std::string JoinPath(std::string_view folder, std::string_view name) {
  if (folder.empty() || folder.back() == '/') return Cat(folder, name);
  return Cat(folder, "/", name);
}

}  // namespace talaria
