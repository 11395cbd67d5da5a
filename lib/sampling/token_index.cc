#include "lib/sampling/token_index.h"

#include <algorithm>
#include <limits>

#include "lib/sampling/weights.h"

namespace talaria::sampling {

StatusOr<TokenIndex> TokenIndex::Create(Allocator* allocator, int64_t vocabulary,
                                        absl::FunctionRef<std::string_view(int32_t id)> bytes_of) {
  if (vocabulary < 1 || vocabulary > kMaxVocabulary) {
    return InvalidArgument("token index: expected a vocabulary of 1 to ", kMaxVocabulary, " tokens, found ",
                           vocabulary);
  }
  const auto ids = static_cast<int32_t>(vocabulary);
  uint64_t total = 0;
  for (int32_t id = 0; id < ids; ++id) total += bytes_of(id).size();
  if (total > std::numeric_limits<uint32_t>::max()) {
    return ResourceExhausted("token index: expected less than 4 GiB of token texts, found ",
                             BytesText(total));
  }
  const auto tokens = static_cast<size_t>(vocabulary);
  TokenIndex index;
  TALARIA_ASSIGN_OR_RETURN(index.memory_, allocator->Allocate((tokens * 2 + 1) * 4 + total, "token index"));
  auto* next = static_cast<uint32_t*>(index.memory_.data());
  index.begin_ = absl::MakeSpan(next, tokens + 1);
  index.sorted_ = absl::MakeSpan(reinterpret_cast<int32_t*>(next + tokens + 1), tokens);
  index.bytes_ = absl::MakeSpan(reinterpret_cast<char*>(next + 2 * tokens + 1), static_cast<size_t>(total));
  uint64_t used = 0;
  for (int32_t id = 0; id < ids; ++id) {
    const std::string_view bytes = bytes_of(id);
    if (bytes.size() > total - used) {
      return Internal("token index: expected the same text of token ", id, " twice, found another");
    }
    index.begin_[static_cast<size_t>(id)] = static_cast<uint32_t>(used);
    index.sorted_[static_cast<size_t>(id)] = id;
    std::copy(bytes.begin(), bytes.end(), index.bytes_.begin() + static_cast<int64_t>(used));
    used += bytes.size();
  }
  index.begin_[tokens] = static_cast<uint32_t>(used);
  std::sort(index.sorted_.begin(), index.sorted_.end(), [&index](int32_t a, int32_t b) {
    const int order = index.BytesOf(a).compare(index.BytesOf(b));
    return order != 0 ? order < 0 : a < b;
  });
  return index;
}

std::string_view TokenIndex::BytesOf(int32_t id) const {
  const auto place = static_cast<uint32_t>(id);
  if (place >= sorted_.size()) return {};
  return {bytes_.data() + begin_[place], begin_[place + 1] - begin_[place]};
}

TokenIndex::Range TokenIndex::BeginningWith(std::string_view prefix) const {
  const auto before = [&](int32_t id, std::string_view text) {
    return BytesOf(id).substr(0, text.size()) < text;
  };
  const auto after = [&](std::string_view text, int32_t id) {
    return text < BytesOf(id).substr(0, text.size());
  };
  const auto first = std::lower_bound(sorted_.begin(), sorted_.end(), prefix, before);
  const auto last = std::upper_bound(first, sorted_.end(), prefix, after);
  return Range(sorted_).subspan(static_cast<size_t>(first - sorted_.begin()),
                                static_cast<size_t>(last - first));
}

}  // namespace talaria::sampling
