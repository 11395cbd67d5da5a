#include "lib/grammar/regex/byte_classes.h"

namespace talaria::grammar {

void ByteClasses::Divide(const ByteSet& set) {
  // The class that those of a class go to which are in the set, where its first byte is not; or the other way
  // round.
  std::array<int, 256> split;
  split.fill(-1);
  for (int i = 0; i < 256; ++i) {
    const auto byte = static_cast<uint8_t>(i);
    const uint8_t old = class_of_[byte];
    if (set.Has(byte) == set.Has(bytes_[old])) continue;
    if (split[old] < 0) {
      split[old] = count();
      bytes_.push_back(byte);
    }
    class_of_[byte] = static_cast<uint8_t>(split[old]);
  }
}

}  // namespace talaria::grammar
