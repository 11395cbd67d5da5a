#include "npy.h"

#include <utility>

namespace talaria::cli {

Result<NpyWriter> NpyWriter::Create(const std::string& path, uint64_t rows, uint64_t columns) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return Status(TALARIA_NOT_FOUND, path + ": cannot be written");
  NpyWriter writer(path, file, columns);
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                       std::to_string(columns) + "), }";
  // Magic, version and length are 10 bytes; data begins on a multiple of 64.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  const auto length = static_cast<unsigned>(header.size());
  const std::string magic = {'\x93',
                             'N',
                             'U',
                             'M',
                             'P',
                             'Y',
                             '\x01',
                             '\x00',
                             static_cast<char>(length & 0xFF),
                             static_cast<char>(length >> 8)};
  if (std::fwrite(magic.data(), 1, magic.size(), file) != magic.size() ||
      std::fwrite(header.data(), 1, header.size(), file) != header.size()) {
    return Status(TALARIA_DATA_LOSS, path + ": cannot be written");
  }
  return writer;
}

Status NpyWriter::Add(const float* row) {
  if (std::fwrite(row, sizeof(float), columns_, file_.get()) == columns_) return Status();
  return Status(TALARIA_DATA_LOSS, path_ + ": cannot be written");
}

Status NpyWriter::Finish() {
  if (std::fclose(file_.release()) == 0) return Status();
  return Status(TALARIA_DATA_LOSS, path_ + ": cannot be written");
}

}  // namespace talaria::cli
