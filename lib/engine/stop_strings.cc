#include "lib/engine/stop_strings.h"

#include <algorithm>
#include <utility>

namespace talaria {

StatusOr<std::shared_ptr<const StopStrings>> StopStrings::Create(const std::vector<std::string>& strings) {
  if (strings.size() > kMaxStrings) {
    return ResourceExhausted("stop_strings: expected at most ", kMaxStrings, ", found ", strings.size());
  }
  std::shared_ptr<StopStrings> made(new StopStrings());
  for (size_t i = 0; i < strings.size(); ++i) {
    const std::string& text = strings[i];
    if (text.empty()) return InvalidArgument("stop_strings[", i, "]: expected some text, found none");
    if (text.size() > kMaxBytes) {
      return ResourceExhausted("stop_strings[", i, "]: expected at most ", kMaxBytes, " bytes, found ",
                               text.size());
    }
    Entry entry{text, std::vector<uint16_t>(text.size(), 0)};
    uint16_t border = 0;
    for (size_t at = 1; at < text.size(); ++at) {
      while (border > 0 && text[at] != text[border]) border = entry.borders[border - 1];
      if (text[at] == text[border]) ++border;
      entry.borders[at] = border;
    }
    made->strings_.push_back(std::move(entry));
  }
  return std::shared_ptr<const StopStrings>(std::move(made));
}

StopMatcher::StopMatcher(std::shared_ptr<const StopStrings> strings)
    : strings_(std::move(strings)), matched_(strings_ == nullptr ? 0 : strings_->size(), 0) {}

size_t StopMatcher::Feed(char byte) {
  size_t longest = 0;
  for (size_t i = 0; i < matched_.size(); ++i) {
    const StopStrings::Entry& entry = strings_->strings_[i];
    uint16_t at = matched_[i];
    while (at > 0 && entry.text[at] != byte) at = entry.borders[at - 1];
    if (entry.text[at] == byte) ++at;
    if (at == entry.text.size()) {
      longest = std::max<size_t>(longest, at);
      at = entry.borders[at - 1];
    }
    matched_[i] = at;
  }
  return longest;
}

bool StopMatcher::FeedAll(std::string_view bytes) {
  return std::any_of(bytes.begin(), bytes.end(), [this](char byte) { return Feed(byte) > 0; });
}

size_t StopMatcher::pending() const {
  const auto longest = std::max_element(matched_.begin(), matched_.end());
  return longest == matched_.end() ? 0 : *longest;
}

}  // namespace talaria
