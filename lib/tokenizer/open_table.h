#ifndef TALARIA_LIB_TOKENIZER_OPEN_TABLE_H_
#define TALARIA_LIB_TOKENIZER_OPEN_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/status.h"

namespace talaria {

// A hash table built once and then only read: open addressing, at most two thirds full. Slot gives:
//   bool empty() const
//   bool SameKey(const Slot&) const, of two that are not empty: the whole key, never its hash alone
//   bool Before(const Slot&) const: any strict order of keys
//   uint64_t KeyWord() const: all of the key in 64 bits, or a mix of it
// Any keys fit: a run of probes is at most kMaxProbes long, and what finds no place in its run is kept in a
// sorted list. So keys made to collide cost a bounded number of steps to build and to find, and are never
// refused or taken for one another.
template <typename Slot>
class OpenTable {
 public:
  static constexpr size_t kMaxProbes = 128;

  // Later slots of a key that is there already are handed to *duplicate* (first, later), which returns the
  // Status to go on or stop with.
  template <typename OnDuplicate>
  Status Build(const std::vector<Slot>& slots, const OnDuplicate& duplicate) {
    bits_ = 4;
    while ((size_t{1} << bits_) < slots.size() + slots.size() / 2) ++bits_;
    // The last kMaxProbes slots are never a first choice: a run of probes need not wrap around.
    slots_.assign((size_t{1} << bits_) + kMaxProbes, Slot());
    overflow_.clear();
    for (const Slot& slot : slots) {
      Slot* place = &slots_[First(slot)];
      Slot* const end = place + kMaxProbes;
      while (place < end && !place->empty() && !place->SameKey(slot)) ++place;
      if (place == end) {
        overflow_.push_back(slot);
      } else if (place->empty()) {
        *place = slot;
      } else {
        TALARIA_RETURN_IF_ERROR(duplicate(*place, slot));
      }
    }
    // A run that was full for a key's first slot was full for its later ones.
    std::stable_sort(overflow_.begin(), overflow_.end(),
                     [](const Slot& a, const Slot& b) { return a.Before(b); });
    for (size_t i = 1; i < overflow_.size(); ++i) {
      if (overflow_[i - 1].SameKey(overflow_[i])) {
        TALARIA_RETURN_IF_ERROR(duplicate(overflow_[i - 1], overflow_[i]));
      }
    }
    return absl::OkStatus();
  }

  // The slot with *key*'s key, or nullptr. The table has been built.
  const Slot* Find(const Slot& key) const {
    const Slot* place = &slots_[First(key)];
    const Slot* const end = place + kMaxProbes;
    for (; place < end; ++place) {
      if (place->empty()) return nullptr;
      if (place->SameKey(key)) return place;
    }
    return FindInOverflow(key);
  }
  void Prefetch(const Slot& key) const { __builtin_prefetch(&slots_[First(key)]); }
  // Of the built table; the highest bits are the best.
  uint64_t HashOf(const Slot& key) const { return key.KeyWord() * kMultiplier; }

  // How many slots are in the sorted list: none unless keys were made to collide.
  size_t overflow() const { return overflow_.size(); }

 private:
  // 2^64 over the golden ratio.
  static constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;

  size_t First(const Slot& key) const { return static_cast<size_t>(HashOf(key) >> (64 - bits_)); }
  const Slot* FindInOverflow(const Slot& key) const {
    const auto found = std::lower_bound(overflow_.begin(), overflow_.end(), key,
                                        [](const Slot& a, const Slot& b) { return a.Before(b); });
    return found == overflow_.end() || !found->SameKey(key) ? nullptr : &*found;
  }

  std::vector<Slot> slots_;
  std::vector<Slot> overflow_;
  int bits_ = 4;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_OPEN_TABLE_H_
