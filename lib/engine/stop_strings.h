#ifndef TALARIA_LIB_ENGINE_STOP_STRINGS_H_
#define TALARIA_LIB_ENGINE_STOP_STRINGS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace talaria {

// Texts that end a generation, wherever the borders of its tokens fall. Immutable; any thread.
class StopStrings {
 public:
  static constexpr size_t kMaxStrings = 64;
  static constexpr size_t kMaxBytes = 4096;  // of one of them

  // INVALID_ARGUMENT for an empty one; RESOURCE_EXHAUSTED beyond the limits.
  static StatusOr<std::shared_ptr<const StopStrings>> Create(const std::vector<std::string>& strings);

  size_t size() const { return strings_.size(); }

 private:
  friend class StopMatcher;
  struct Entry {
    std::string text;
    // [bytes]: of the text's first i + 1 bytes, how many at their end are also at its beginning (Knuth,
    // Morris, Pratt 1977): where to go on after a mismatch.
    std::vector<uint16_t> borders;
  };

  StopStrings() = default;
  std::vector<Entry> strings_;
};

// Follows a text byte by byte. Feed allocates nothing.
class StopMatcher {
 public:
  // *strings* may be null: nothing matches.
  explicit StopMatcher(std::shared_ptr<const StopStrings> strings = nullptr);

  // The length of a string that ends with *byte*, the longest where several do; 0 where none does.
  size_t Feed(char byte);
  // The same for a run of bytes: stops at the first match.
  bool FeedAll(std::string_view bytes);
  // How many bytes at the end of what was fed might be the beginning of a string.
  size_t pending() const;

 private:
  std::shared_ptr<const StopStrings> strings_;
  std::vector<uint16_t> matched_;  // bytes of each string that the text ends with
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_STOP_STRINGS_H_
