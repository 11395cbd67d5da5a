#ifndef TALARIA_EXAMPLES_CLI_NPY_H_
#define TALARIA_EXAMPLES_CLI_NPY_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "talaria/talaria.hpp"

namespace talaria::cli {

// Writes a float32 matrix row by row as NumPy's .npy, version 1.0 (format: numpy.org, "A simple file format
// for NumPy arrays"). The file is complete once Finish says ok.
class NpyWriter {
 public:
  static Result<NpyWriter> Create(const std::string& path, uint64_t rows, uint64_t columns);
  // [columns].
  Status Add(const float* row);
  Status Finish();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  NpyWriter(std::string path, std::FILE* file, uint64_t columns)
      : path_(std::move(path)), file_(file), columns_(columns) {}

  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
  uint64_t columns_;
};

}  // namespace talaria::cli

#endif  // TALARIA_EXAMPLES_CLI_NPY_H_
