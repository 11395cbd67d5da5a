#include "lib/chat/jinja/text_finder.h"

namespace talaria::chat::jinja {
namespace {

// Needles up to this go through std::string_view::find: at worst so many comparisons a byte, and mostly far
// fewer.
constexpr size_t kShort = 16;

}  // namespace

TextFinder::TextFinder(std::string_view needle) : needle_(needle) {
  if (needle.size() <= kShort) return;
  fallback_.assign(needle.size() + 1, 0);
  for (size_t i = 1, matched = 0; i < needle.size(); ++i) {
    while (matched > 0 && needle[i] != needle[matched]) matched = fallback_[matched];
    if (needle[i] == needle[matched]) ++matched;
    fallback_[i + 1] = matched;
  }
}

size_t TextFinder::Find(std::string_view text, size_t from) const {
  if (fallback_.empty()) return text.find(needle_, from);
  size_t matched = 0;
  for (size_t i = from; i < text.size(); ++i) {
    while (matched > 0 && text[i] != needle_[matched]) matched = fallback_[matched];
    if (text[i] == needle_[matched]) ++matched;
    if (matched == needle_.size()) return i + 1 - matched;
  }
  return std::string_view::npos;
}

}  // namespace talaria::chat::jinja
