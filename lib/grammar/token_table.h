#ifndef TALARIA_LIB_GRAMMAR_TOKEN_TABLE_H_
#define TALARIA_LIB_GRAMMAR_TOKEN_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/status.h"
#include "lib/grammar/plain_tokens.h"

namespace talaria::grammar {

// Kinds of bytes that are told apart when a whole subtree of tokens is judged at once: some ASCII characters
// by themselves, the others in groups, whole characters of several bytes as one, and what is no whole
// character as one.
inline constexpr int kManyBytesKind = 62;
inline constexpr int kBrokenKind = 63;
// Of each ASCII byte, below kManyBytesKind.
extern const uint8_t kAsciiKind[128];
// Those of plain text (see plain_tokens.h).
extern const uint64_t kPlainKinds;

// The tokens of a vocabulary by their bytes, as a tree laid out in the order of a walk. Made once a
// tokenizer; immutable, shared by any number of threads.
class TokenTable {
 public:
  static constexpr size_t kMaxTokens = size_t{1} << 22;
  static constexpr size_t kMaxTokenBytes = 4096;

  // *texts*: the bytes of each id; empty for one that a grammar never allows (special tokens, ids without a
  // token). An added token that is ordinary text, as <tool_call> is, has its text. *stops*: the ids that end
  // a generation, allowed where a grammar is complete. INVALID_ARGUMENT, naming it, for a stop that is no id;
  // RESOURCE_EXHAUSTED for more or longer tokens than the bounds above.
  static StatusOr<std::shared_ptr<const TokenTable>> Create(absl::Span<const std::string_view> texts,
                                                            absl::Span<const int32_t> stops);

  // A token's byte, reached from its parent's; the root is none.
  struct Node {
    uint64_t kinds = 0;  // of the bytes of this node and those below, read from the start of a character
    uint32_t end = 0;    // the node after this one's subtree
    uint32_t first_token = 0;  // tokens of the subtree: up to the first_token of *end*; those that end here:
                               // of the next node
    uint16_t depth = 0;        // 1 at the top
    uint16_t height = 0;       // of the tallest path below
    uint8_t byte = 0;
  };

  size_t size() const { return texts_.size(); }
  size_t mask_words() const { return (texts_.size() + 31) / 32; }
  std::string_view TextOf(int32_t id) const { return texts_[static_cast<size_t>(id)]; }
  bool IsStop(int32_t id) const;
  absl::Span<const int32_t> stops() const { return stops_; }
  // Bytes of the longest token.
  size_t longest() const { return longest_; }
  // Preorder, and one more whose first_token is the number of tokens with a text.
  absl::Span<const Node> nodes() const { return nodes_; }
  size_t node_count() const { return nodes_.size() - 1; }
  // Ids in the order of their bytes.
  absl::Span<const int32_t> by_bytes() const { return by_bytes_; }
  const PlainTokens& plain() const { return plain_; }
  // A mask of the tokens with a text.
  absl::Span<const uint32_t> text_words() const { return text_words_; }

 private:
  TokenTable() = default;
  void BuildNodes();
  void FindKinds();
  uint64_t KindsFrom(uint32_t node, int missing, uint32_t low, uint32_t high) const;

  std::vector<char> bytes_;
  std::vector<std::string_view> texts_;
  std::vector<int32_t> stops_;
  std::vector<int32_t> by_bytes_;
  std::vector<uint32_t> text_words_;
  std::vector<Node> nodes_;
  PlainTokens plain_;
  size_t longest_ = 0;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_TOKEN_TABLE_H_
