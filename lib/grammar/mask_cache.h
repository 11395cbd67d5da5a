#ifndef TALARIA_LIB_GRAMMAR_MASK_CACHE_H_
#define TALARIA_LIB_GRAMMAR_MASK_CACHE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/hash_map.h"
#include "lib/grammar/lexer.h"
#include "lib/grammar/local_states.h"
#include "lib/grammar/stacks.h"
#include "lib/grammar/token_table.h"

namespace talaria::grammar {

// Which tokens a configuration allows, remembered by no more of it than they can see: its state in the
// terminal, and as many frames of its stack, from the top, as some token reads through. A mask is thus a
// chain: what is allowed while the terminal and nothing else is known, then what the first frame adds, then
// the second. The tree's nodes at which a frame is left are remembered too, so that the next frame is asked
// about those and no others.
//
// Where plain text may come, tokens that are nothing else are taken by their number of characters, and only
// those that are more are walked.
//
// One thread at a time. What goes wrong shows in the status() of lexer and stacks.
class MaskCache {
 public:
  // All of them outlive it.
  MaskCache(const Grammar& grammar, const TokenTable& tokens, Lexer* lexer, Stacks* stacks, size_t max_bytes);

  // Sets the bits of the tokens that *configuration* allows; the others are left.
  void Add(const Configuration& configuration, uint32_t* mask);

  size_t bytes() const { return bytes_ + states_.bytes(); }
  uint64_t made() const { return made_; }

 private:
  struct Key {
    uint32_t entry;  // kTop: *expr* is the state in the terminal
    uint32_t expr;
    uint32_t position;
    uint32_t need;
    uint32_t left;
    bool operator==(const Key& other) const {
      return entry == other.entry && expr == other.expr && position == other.position && need == other.need &&
             left == other.left;
    }
    template <typename H>
    friend H AbslHashValue(H hash, const Key& key) {
      return H::combine(std::move(hash), key.entry, key.expr, key.position, key.need, key.left);
    }
  };
  static constexpr uint32_t kTop = 0xFFFFFFFF;
  static constexpr uint32_t kRootNode = 0xFFFFFFFF;

  // What one more frame allows.
  struct Entry {
    std::vector<int32_t> ids;      // where they are few
    std::vector<uint32_t> words;   // else a whole mask
    std::vector<uint32_t> leaves;  // nodes below which the next frame decides; kRootNode: all of them
    // Where plain tokens were counted and not walked: the state to walk from for leaves among them. They
    // matter to a frame that plain text may begin; kDead where there are none.
    uint32_t uncounted = LocalStates::kDead;
  };
  struct Range {
    uint32_t begin;  // in the order of bytes
    uint32_t end;
  };

  uint32_t Find(const Key& key, uint32_t local, uint32_t before);
  void WalkFrom(uint32_t local, absl::Span<const uint32_t> from, Entry* entry);
  void Walk(uint32_t begin, uint32_t end, uint32_t depth, uint32_t local, Entry* entry);
  void WalkMarked(uint32_t begin, uint32_t end, uint32_t depth, uint32_t local, Entry* entry);
  void WalkMarkedFrom(uint32_t local, absl::Span<const uint32_t> from, Entry* entry);
  void CompleteLeaves(Entry* entry);
  void Allow(uint32_t begin, uint32_t end);
  void Finish(uint32_t plain, Entry* entry);
  void Forget();

  const TokenTable& tokens_;
  Lexer& lexer_;
  Stacks& stacks_;
  const size_t max_bytes_;
  LocalStates states_;
  std::vector<std::unique_ptr<Entry>> entries_;
  HashMap<Key, uint32_t> by_key_;
  size_t bytes_ = 0;
  uint64_t made_ = 0;
  // While an entry is made.
  std::vector<Range> ranges_;
  std::vector<uint32_t> path_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_MASK_CACHE_H_
