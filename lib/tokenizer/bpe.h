#ifndef TALARIA_LIB_TOKENIZER_BPE_H_
#define TALARIA_LIB_TOKENIZER_BPE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/tokenizer/merge_table.h"
#include "lib/tokenizer/vocabulary.h"

namespace talaria {

// Byte-pair encoding of one piece (Sennrich et al. 2016, over bytes): from single bytes, the pair of lowest rank is
// merged, the leftmost of equals first, until none merges. One object for one thread; it keeps its memory from piece
// to piece.
class BytePairEncoder {
 public:
  // Both outlive the encoder.
  BytePairEncoder(const Vocabulary& vocabulary, const MergeTable& merges) : vocabulary_(vocabulary), merges_(merges) {}

  // The ids of *piece*, of 1 to 2^31 - 1 bytes, good until the next call. O(n log n).
  const std::vector<int32_t>& Encode(std::string_view piece);

 private:
  void EncodeShort(std::string_view piece);
  void EncodeLong(std::string_view piece);

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
  std::vector<int32_t> ids_;
  std::vector<MergeTable::Merge> short_merges_;  // of each id with the one after it
  std::vector<Node> nodes_;
  std::vector<Candidate> heap_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_BPE_H_
