#ifndef TALARIA_TESTS_TEMPORARY_FOLDER_H_
#define TALARIA_TESTS_TEMPORARY_FOLDER_H_

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

namespace talaria::test {

// A folder of this test's own, removed with all in it at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::random_device random;
    do {
      const uint64_t name = (uint64_t{random()} << 32) | random();
      path_ = std::filesystem::temp_directory_path() / ("talaria_test_" + std::to_string(name));
    } while (!std::filesystem::create_directory(path_));
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path() const { return path_.string(); }
  // The path of *name* in it, whether or not it is there.
  std::string Path(std::string_view name) const { return (path_ / name).string(); }

  // Writes a file of *content* and returns its path.
  std::string Write(std::string_view name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return Path(name);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace talaria::test

#endif  // TALARIA_TESTS_TEMPORARY_FOLDER_H_
