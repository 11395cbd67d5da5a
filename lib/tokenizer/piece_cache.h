#ifndef TALARIA_LIB_TOKENIZER_PIECE_CACHE_H_
#define TALARIA_LIB_TOKENIZER_PIECE_CACHE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "lib/tokenizer/word.h"

namespace talaria {

// What pieces of one text were merged into: the words that a vocabulary lacks come again in the text that
// brought them. Of a fixed size, a newer piece taking the place of an older one; lives as long as one call to
// encode, and its keys are views of that call's text. Only pieces of 4 bytes and more, of at most kMostIds
// ids, are kept.
class PieceCache {
 public:
  static constexpr size_t kMostIds = 6;

  // The ids of *piece*, or none where it is not kept. Good until Put.
  absl::Span<const int32_t> Find(std::string_view piece) const {
    if (entries_.empty() || piece.size() < kLeastBytes) return {};
    const Entry& entry = entries_[PlaceOf(piece)];
    if (entry.piece != piece) return {};
    return {entry.ids.data(), entry.count};
  }

  void Put(std::string_view piece, absl::Span<const int32_t> ids) {
    if (ids.size() > kMostIds || piece.size() < kLeastBytes) return;
    // A short text should not pay for the memory.
    if (++offered_ < kEntries / 16) return;
    if (entries_.empty()) entries_.resize(kEntries);
    Entry& entry = entries_[PlaceOf(piece)];
    entry.piece = piece;
    entry.count = ids.size();
    std::copy(ids.begin(), ids.end(), entry.ids.begin());
  }

 private:
  static constexpr size_t kEntries = 1024;  // 48 KiB: fits beside the text in a near cache
  static constexpr size_t kLeastBytes = 4;

  struct Entry {
    std::string_view piece;
    size_t count = 0;
    std::array<int32_t, kMostIds> ids;
  };

  // By the first and the last 8 bytes and the length.
  static size_t PlaceOf(std::string_view piece) {
    uint64_t first, last;
    if (piece.size() >= 8) {
      first = LoadWord(piece.data());
      last = LoadWord(piece.data() + piece.size() - 8);
    } else {
      first = LoadHalfWord(piece.data());
      last = LoadHalfWord(piece.data() + piece.size() - 4);
    }
    const uint64_t mixed = (first ^ piece.size()) * 0x9E3779B97F4A7C15u + last;
    return static_cast<size_t>((mixed * 0xC2B2AE3D27D4EB4Fu) >> 54);
  }

  std::vector<Entry> entries_;
  size_t offered_ = 0;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_PIECE_CACHE_H_
