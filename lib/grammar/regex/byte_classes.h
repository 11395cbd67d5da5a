#ifndef TALARIA_LIB_GRAMMAR_REGEX_BYTE_CLASSES_H_
#define TALARIA_LIB_GRAMMAR_REGEX_BYTE_CLASSES_H_

#include <array>
#include <cstdint>
#include <vector>

#include "lib/grammar/regex/regex.h"

namespace talaria::grammar {

// Divides the bytes so that those of one class are in the same of the sets it was given.
class ByteClasses {
 public:
  ByteClasses() : bytes_{0} {}

  void Divide(const ByteSet& set);
  // 1 to 256.
  int count() const { return static_cast<int>(bytes_.size()); }
  const std::array<uint8_t, 256>& class_of() const { return class_of_; }
  // One byte of each class.
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::array<uint8_t, 256> class_of_ = {};
  std::vector<uint8_t> bytes_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_REGEX_BYTE_CLASSES_H_
