#ifndef TALARIA_LIB_CHAT_JINJA_TEXT_FINDER_H_
#define TALARIA_LIB_CHAT_JINJA_TEXT_FINDER_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace talaria::chat::jinja {

// Finds a text in others in linear time, whatever both are: std::string_view::find takes time proportional to
// the product on inputs made for it, and both texts may be a user's. (Knuth, Morris and Pratt 1977.)
class TextFinder {
 public:
  // *needle* must outlive the finder.
  explicit TextFinder(std::string_view needle);

  // The offset of the first occurrence at or after *from*, or npos. An empty needle is found at *from*.
  size_t Find(std::string_view text, size_t from) const;

 private:
  const std::string_view needle_;
  // For each length of a matched prefix, the longest proper prefix that is also its suffix. Empty for short
  // needles.
  std::vector<size_t> fallback_;
};

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_TEXT_FINDER_H_
