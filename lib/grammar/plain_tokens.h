#ifndef TALARIA_LIB_GRAMMAR_PLAIN_TOKENS_H_
#define TALARIA_LIB_GRAMMAR_PLAIN_TOKENS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace talaria::grammar {

class TokenTable;

// The tokens that are plain text: whole characters, none of them a control character, '"' or '\'. Nearly all
// of a vocabulary are, and the inside of a string takes them by their number of characters alone. The others
// are few: the part of the tree that leads to them is kept apart.
class PlainTokens {
 public:
  // A node of the table's tree on the way to a token that is not plain.
  struct Marked {
    uint32_t node = 0;
    uint32_t end = 0;          // after its subtree, in marked()
    uint32_t first_token = 0;  // those that end here, in the order of bytes
    uint32_t last_token = 0;
    uint16_t depth = 0;
    uint8_t byte = 0;
  };

  void Build(const TokenTable& table);

  // Makes *words* the mask of the plain tokens of at most *characters* characters.
  void MaskUpTo(uint32_t characters, std::vector<uint32_t>* words) const;
  // In the order of the tree.
  absl::Span<const Marked> marked() const { return marked_; }
  size_t bytes() const {
    return marked_.capacity() * sizeof(Marked) + masks_.capacity() * 4 + longer_.capacity() * 4;
  }

 private:
  // Of up to 1, 2 ... characters there is a mask each; the few longer ones are listed.
  static constexpr uint32_t kMasks = 16;

  std::vector<Marked> marked_;
  size_t mask_words_ = 0;
  std::vector<uint32_t> masks_;        // [kMasks + 1][mask_words_], the last one of all
  std::vector<int32_t> longer_;        // ids of more than kMasks characters, the shortest first
  std::vector<uint32_t> longer_from_;  // where those of kMasks + 1, kMasks + 2 ... begin
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_PLAIN_TOKENS_H_
