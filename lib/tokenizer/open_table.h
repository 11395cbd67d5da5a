#ifndef TALARIA_LIB_TOKENIZER_OPEN_TABLE_H_
#define TALARIA_LIB_TOKENIZER_OPEN_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/status.h"

namespace talaria {

// A hash table built once and then only read: open addressing, at most two thirds full, slots of 16 bytes of
// which four fill a cache line. Slot gives:
//   bool empty() const
//   bool SameKey(const Slot&) const, of two that are not empty
//   uint64_t KeyWord() const: all of the key in 64 bits, or a mix of it
// A hostile vocabulary may be made to collide; no run of probes is longer than kMaxProbes, so building stays
// linear.
template <typename Slot>
class OpenTable {
 public:
  static constexpr size_t kMaxProbes = 128;

  // RESOURCE_EXHAUSTED where no multiplier tried keeps the probes short. Later slots of a key that is there
  // already are handed to *duplicate*, which returns the Status to go on or stop with.
  template <typename OnDuplicate>
  Status Build(const std::vector<Slot>& slots, const OnDuplicate& duplicate) {
    bits_ = 4;
    while ((size_t{1} << bits_) < slots.size() + slots.size() / 2) ++bits_;
    for (const uint64_t multiplier : kMultipliers) {
      multiplier_ = multiplier;
      // The last kMaxProbes slots are never a first choice: a run of probes need not wrap around.
      slots_.assign((size_t{1} << bits_) + kMaxProbes, Slot());
      bool placed_all = true;
      for (const Slot& slot : slots) {
        Slot* place = &slots_[First(slot)];
        Slot* const end = place + kMaxProbes;
        while (place < end && !place->empty() && !place->SameKey(slot)) ++place;
        if (place == end) {
          placed_all = false;
          break;
        }
        if (place->empty()) {
          *place = slot;
        } else {
          TALARIA_RETURN_IF_ERROR(duplicate(*place, slot));
        }
      }
      if (placed_all) return absl::OkStatus();
    }
    return ResourceExhausted("a table of ", slots.size(), " entries whose keys all collide");
  }

  // The slot with *key*'s key, or nullptr. The table has been built.
  const Slot* Find(const Slot& key) const {
    const Slot* place = &slots_[First(key)];
    const Slot* const end = place + kMaxProbes;
    for (; place < end && !place->empty(); ++place) {
      if (place->SameKey(key)) return place;
    }
    return nullptr;
  }
  void Prefetch(const Slot& key) const { __builtin_prefetch(&slots_[First(key)]); }
  // Of the built table; the highest bits are the best.
  uint64_t HashOf(const Slot& key) const { return key.KeyWord() * multiplier_; }

  size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  // Odd numbers without pattern; the first is 2^64 over the golden ratio.
  static constexpr std::array<uint64_t, 4> kMultipliers = {0x9E3779B97F4A7C15u, 0xD6E8FEB86659FD93u,
                                                           0xC2B2AE3D27D4EB4Fu, 0xA0761D6478BD642Fu};

  size_t First(const Slot& key) const { return static_cast<size_t>(HashOf(key) >> (64 - bits_)); }

  std::vector<Slot> slots_;
  uint64_t multiplier_ = kMultipliers[0];
  int bits_ = 4;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_OPEN_TABLE_H_
