#ifndef TALARIA_LIB_SAMPLING_TOKEN_INDEX_H_
#define TALARIA_LIB_SAMPLING_TOKEN_INDEX_H_

#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "lib/base/allocator.h"
#include "lib/base/status.h"

namespace talaria::sampling {

// What each token of a vocabulary adds to the output, and the tokens in the order of that. One a model, made
// when the first of its sessions bans a string. Immutable; any thread.
class TokenIndex {
 public:
  // Ids in the order of bytes that begin with something.
  using Range = absl::Span<const int32_t>;

  // *bytes_of* is asked for each id twice and gives the same both times; empty for one that adds nothing, as
  // a control token. INVALID_ARGUMENT where *vocabulary* is not in 1 to kMaxVocabulary; RESOURCE_EXHAUSTED
  // where the allocator has no room or the bytes are 4 GiB or more; INTERNAL where *bytes_of* changes its
  // mind. The allocator outlives the index.
  static StatusOr<TokenIndex> Create(Allocator* allocator, int64_t vocabulary,
                                     absl::FunctionRef<std::string_view(int32_t id)> bytes_of);

  int64_t vocabulary() const { return static_cast<int64_t>(sorted_.size()); }
  // Empty for an id outside the vocabulary.
  std::string_view BytesOf(int32_t id) const;
  // The tokens whose bytes begin with *prefix*.
  Range BeginningWith(std::string_view prefix) const;

 private:
  TokenIndex() = default;

  Buffer memory_;
  absl::Span<uint32_t> begin_;  // [vocabulary + 1]
  absl::Span<int32_t> sorted_;  // [vocabulary]
  absl::Span<char> bytes_;
};

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_TOKEN_INDEX_H_
