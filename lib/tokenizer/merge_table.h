#ifndef TALARIA_LIB_TOKENIZER_MERGE_TABLE_H_
#define TALARIA_LIB_TOKENIZER_MERGE_TABLE_H_

#include <cstdint>
#include <vector>

#include "lib/base/status.h"
#include "lib/tokenizer/open_table.h"
#include "lib/tokenizer/vocabulary.h"

namespace talaria {

// Two neighbouring tokens, what they merge into, and when: lower ranks first.
struct MergeRule {
  int32_t left;
  int32_t right;
  int32_t merged;
  uint32_t rank;
};

// Which pairs of tokens merge. Immutable once built.
class MergeTable {
 public:
  static constexpr uint32_t kNoRank = UINT32_MAX;

  struct Merge {
    uint32_t rank;  // kNoRank where the pair does not merge
    int32_t id;     // of the merged token
  };

  // INVALID_ARGUMENT where one pair occurs twice. Ids are of *vocabulary*, ranks below kNoRank.
  static StatusOr<MergeTable> FromRules(const std::vector<MergeRule>& rules, const Vocabulary& vocabulary);

  // As tiktoken has it: any two tokens merge whose joined bytes are a token, and its id is the rank.
  // RESOURCE_EXHAUSTED where the tokens are so long that finding their parts would take minutes.
  static StatusOr<MergeTable> FromRanks(const Vocabulary& vocabulary);

  Merge Find(int32_t left, int32_t right) const {
    const PairSlot key = {PairOf(left, right), 0, 0};
    const uint64_t bit = table_.HashOf(key) >> filter_shift_;
    if ((filter_[bit / 64] >> (bit % 64) & 1) == 0) return {kNoRank, -1};
    const PairSlot* slot = table_.Find(key);
    return slot == nullptr ? Merge{kNoRank, -1} : Merge{slot->rank, slot->id};
  }

 private:
  struct PairSlot {
    uint64_t pair = 0;
    uint32_t rank = 0;
    int32_t id = 0;
    bool empty() const { return pair == 0; }
    bool SameKey(const PairSlot& other) const { return pair == other.pair; }
    bool Before(const PairSlot& other) const { return pair < other.pair; }
    uint64_t KeyWord() const { return pair; }
  };
  // One more than the left id on top, so that no pair is 0.
  static uint64_t PairOf(int32_t left, int32_t right) {
    return (static_cast<uint64_t>(static_cast<uint32_t>(left)) + 1) << 32 | static_cast<uint32_t>(right);
  }

  MergeTable() = default;

  OpenTable<PairSlot> table_;
  // A bit for each value of the hash's highest bits, set where a pair has it. Most pairs asked for do not
  // merge: the filter says so from a 30th of the table's memory (256 KiB of 8 MiB for Llama-3), which stays
  // in a near cache.
  std::vector<uint64_t> filter_;
  int filter_shift_ = 0;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_MERGE_TABLE_H_
