#ifndef TALARIA_LIB_SAMPLING_BANNED_STRINGS_H_
#define TALARIA_LIB_SAMPLING_BANNED_STRINGS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/status.h"
#include "lib/sampling/token_index.h"

namespace talaria::sampling {

// Strings that must not appear in the output, wherever the borders of its tokens fall: rules out each next
// token that would complete one. Immutable; any thread.
class BannedStrings {
 public:
  // In all; the memory taken is some 512 times that.
  static constexpr size_t kMaxBytes = 4096;

  // INVALID_ARGUMENT where a string is empty, RESOURCE_EXHAUSTED beyond kMaxBytes in all. Reads the bytes of
  // every token once.
  static StatusOr<BannedStrings> Create(std::shared_ptr<const TokenIndex> tokens,
                                        std::vector<std::string> strings);

  int64_t vocabulary() const { return tokens_->vocabulary(); }

  // Makes the logits of those tokens -inf that, after *generated*, end or hold a banned string. *logits* is
  // [vocabulary]. Looks back over as many tokens as the longest string has bytes, empty ones not counted.
  void Mask(absl::Span<const int32_t> generated, absl::Span<float> logits) const;

 private:
  using State = uint16_t;
  struct Node {
    std::array<State, 256> next;  // after a byte
    State fallback;               // of the longest proper suffix that some string begins with
    bool complete;                // a string ends here
    // In completions_: the tokens that begin with what is left of a string after this node's bytes.
    uint32_t first_completion;
    uint32_t completions;
  };

  explicit BannedStrings(std::shared_ptr<const TokenIndex> tokens) : tokens_(std::move(tokens)) {}
  std::vector<std::vector<State>> BuildTree(const std::vector<std::string>& strings);
  void BuildFallbacks();
  void BuildCompletions(const std::vector<std::string>& strings,
                        const std::vector<std::vector<State>>& paths);
  void FindHolders();
  State StateAfter(absl::Span<const int32_t> generated) const;

  std::shared_ptr<const TokenIndex> tokens_;
  size_t longest_ = 0;
  std::vector<Node> nodes_;                     // node 0: no byte of any string
  std::vector<TokenIndex::Range> completions_;  // in tokens_
  std::vector<int32_t> holders_;                // tokens that hold a whole string
};

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_BANNED_STRINGS_H_
