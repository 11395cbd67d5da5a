#ifndef TALARIA_LIB_TOKENIZER_BPE_H_
#define TALARIA_LIB_TOKENIZER_BPE_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "lib/tokenizer/merge_table.h"
#include "lib/tokenizer/vocabulary.h"

namespace talaria {

// Byte-pair encoding of one piece (Sennrich et al. 2016, over bytes): from single bytes, the pair of lowest
// rank is merged, the leftmost of equals first, until none merges. One object for one thread; it keeps its
// memory from piece to piece.
class BytePairEncoder {
 public:
  // Both outlive the encoder.
  BytePairEncoder(const Vocabulary& vocabulary, const MergeTable& merges)
      : vocabulary_(vocabulary), merges_(merges) {}

  // The ids of *piece*, of 1 to 2^31 - 1 bytes, good until the next call. O(n log n).
  absl::Span<const int32_t> Encode(std::string_view piece) {
    return piece.size() <= kShortPiece ? EncodeShort(piece) : EncodeLong(piece);
  }
  // How often a pair was looked up in the merges so far: at most three times a byte, since each merge asks
  // for two new pairs.
  uint64_t lookups() const { return lookups_; }

 private:
  // Up to here a scan for the lowest rank costs less than a heap.
  static constexpr size_t kShortPiece = 64;

  absl::Span<const int32_t> EncodeShort(std::string_view piece);
  absl::Span<const int32_t> EncodeLong(std::string_view piece);

  // A token in the making; the chain leaves out those that were merged into their left neighbour.
  struct Node {
    int32_t id;
    int32_t previous;
    int32_t next;
    MergeTable::Merge merge;  // with the next node
  };
  struct Candidate {
    uint32_t rank;
    int32_t node;
  };

  const Vocabulary& vocabulary_;
  const MergeTable& merges_;
  uint64_t lookups_ = 0;
  // Of a short piece, by the position at which a token begins; a position inside a token has no rank. Ids are
  // at the positions at first, then packed.
  std::array<int32_t, kShortPiece> ids_;
  std::array<uint32_t, kShortPiece> ranks_;  // of the merge with the next token
  std::array<int32_t, kShortPiece> merged_;  // what that gives
  std::array<uint8_t, kShortPiece> next_;    // where the next token begins
  std::array<uint8_t, kShortPiece> previous_;
  // Of a long piece.
  std::vector<Node> nodes_;
  std::vector<Candidate> heap_;
  std::vector<int32_t> long_ids_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_BPE_H_
