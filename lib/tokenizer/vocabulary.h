#ifndef TALARIA_LIB_TOKENIZER_VOCABULARY_H_
#define TALARIA_LIB_TOKENIZER_VOCABULARY_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"
#include "lib/tokenizer/open_table.h"
#include "lib/tokenizer/word.h"

namespace talaria {

// Ids to bytes and bytes to ids. Immutable once built; any number of threads may read.
class Vocabulary {
 public:
  // No id reaches this; a bound on what a file can make us allocate.
  static constexpr int64_t kMaxIds = int64_t{1} << 22;

  class Builder;

  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  // One past the largest id. Ids between may have no token.
  int32_t size() const { return static_cast<int32_t>(begin_.size()) - 1; }
  // How many bytes *id* stands for; 0 where it has no token.
  size_t LengthOf(int32_t id) const {
    return id >= 0 && id < size() ? begin_[static_cast<size_t>(id) + 1] - begin_[static_cast<size_t>(id)] : 0;
  }
  // What *id* stands for; empty where it has no token.
  std::string_view BytesOf(int32_t id) const {
    const size_t length = LengthOf(id);
    return {length == 0 ? bytes_.data() : bytes_.data() + begin_[static_cast<size_t>(id)], length};
  }

  // What decoding asks of a token, in a quarter of a cache line: a vocabulary is larger than a near cache,
  // and offsets and bytes apart would be waited for twice.
  struct Spelling {
    static constexpr size_t kMost = 14;
    char bytes[kMost] = {};
    uint8_t length = 0;    // 0 where there is no token; above kMost the bytes are BytesOf's
    bool is_utf8 = false;  // the token's bytes alone
  };
  // *id* is in [0, size()).
  const Spelling& SpellingOf(int32_t id) const { return spellings_[static_cast<size_t>(id)]; }

  // The id of a token that encoding may give, or -1. *length* > 0.
  int32_t Find(const char* piece, size_t length) const {
    if (length > kShort) return FindLong(piece, length);
    const ShortSlot* slot = short_.Find(ShortSlot::Of(piece, length));
    return slot == nullptr ? -1 : slot->id;
  }

  // The id of the token of one byte, -1 where there is none.
  int32_t ByteId(unsigned char byte) const { return byte_ids_[byte]; }

  // How many tokens are found by a slower way: none unless they were made to collide.
  size_t collided() const { return short_.overflow() + long_.overflow(); }

  class Probe;

 private:
  static constexpr size_t kShort = 11;

  // Up to 11 bytes and their number in 12 bytes, zero-filled: nineteen in twenty words of prose.
  struct ShortSlot {
    uint64_t first = 0;   // bytes 0 to 7
    uint32_t second = 0;  // bytes 8 to 10, and the length on top
    int32_t id = -1;

    static ShortSlot OfReadable(const char* piece, size_t length) {
      static constexpr uint64_t kFirst[12] = {0,
                                              0xFF,
                                              0xFFFF,
                                              0xFFFFFF,
                                              0xFFFFFFFF,
                                              0xFFFFFFFFFF,
                                              0xFFFFFFFFFFFF,
                                              0xFFFFFFFFFFFFFF,
                                              ~uint64_t{0},
                                              ~uint64_t{0},
                                              ~uint64_t{0},
                                              ~uint64_t{0}};
      static constexpr uint32_t kSecond[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFFFF, 0xFFFFFF};
      return {LoadWord(piece) & kFirst[length],
              (LoadHalfWord(piece + 8) & kSecond[length]) | static_cast<uint32_t>(length) << 24, -1};
    }
    static ShortSlot Of(const char* piece, size_t length) {
      char copy[16] = {};
      std::memcpy(copy, piece, length);
      return OfReadable(copy, length);
    }
    bool empty() const { return second == 0; }
    bool SameKey(const ShortSlot& other) const { return first == other.first && second == other.second; }
    bool Before(const ShortSlot& other) const {
      return first != other.first ? first < other.first : second < other.second;
    }
    uint64_t KeyWord() const { return first + second * uint64_t{0x9FB21C651E98DF25u}; }
  };

  // A longer token: its bytes, which lie in bytes_ or in the piece that is looked up, and a hash that tells
  // most others apart without reading theirs.
  struct LongSlot {
    uint64_t hash = 0;
    std::string_view bytes;
    int32_t id = -1;

    static LongSlot Of(const char* bytes, size_t length);
    bool empty() const { return bytes.empty(); }
    bool SameKey(const LongSlot& other) const { return hash == other.hash && bytes == other.bytes; }
    bool Before(const LongSlot& other) const { return bytes < other.bytes; }
    uint64_t KeyWord() const { return hash; }
  };

  Vocabulary() = default;

  int32_t FindLong(const char* piece, size_t length) const;

  std::vector<char> bytes_;      // in the order of ids; moving a vector leaves them where they are
  std::vector<uint32_t> begin_;  // size() + 1 offsets into bytes_
  std::vector<Spelling> spellings_;
  std::array<int32_t, 256> byte_ids_;
  OpenTable<ShortSlot> short_;
  OpenTable<LongSlot> long_;
  size_t longest_ = 0;  // bytes of the longest token that can be found
};

// Find in two steps, with work on other pieces between them: the memory that the first asks for has then
// arrived.
class Vocabulary::Probe {
 public:
  Probe() = default;
  // *piece* stays where it is until Find. *readable*: 16 bytes may be read there, however short it is.
  Probe(const Vocabulary& vocabulary, const char* piece, size_t length, bool readable)
      : piece_(piece), length_(static_cast<uint32_t>(length)) {
    if (length > kShort) return;
    key_ = readable ? ShortSlot::OfReadable(piece, length) : ShortSlot::Of(piece, length);
    vocabulary.short_.Prefetch(key_);
  }
  std::string_view piece() const { return {piece_, length_}; }
  int32_t Find(const Vocabulary& vocabulary) const {
    if (length_ > kShort) return vocabulary.FindLong(piece_, length_);
    const ShortSlot* slot = vocabulary.short_.Find(key_);
    return slot == nullptr ? -1 : slot->id;
  }

 private:
  const char* piece_ = nullptr;
  ShortSlot key_;
  uint32_t length_ = 0;
};

// Gathers tokens in any order.
class Vocabulary::Builder {
 public:
  // *vocab_size* bounds the ids; 0: only kMaxIds does.
  explicit Builder(int64_t vocab_size)
      : limit_(vocab_size > 0 && vocab_size < kMaxIds ? vocab_size : kMaxIds) {}

  // INVALID_ARGUMENT where the id is out of range or taken, or *bytes* is empty. A token that is not
  // *encodable* has bytes to decode to and is never found.
  Status Add(int64_t id, std::string_view bytes, bool encodable);
  // The bytes that *id* was added with, or empty.
  std::string_view BytesOf(int64_t id) const;
  // Gives a token that is there other bytes, and takes it from those that encoding may give.
  void Replace(int32_t id, std::string_view bytes);
  size_t size() const { return tokens_.size(); }

  // INVALID_ARGUMENT where two encodable tokens have the same bytes, or a byte has no token of its own: it
  // could not be encoded.
  StatusOr<Vocabulary> Build() const;

 private:
  struct Token {
    int32_t id;
    uint32_t begin;
    uint32_t bytes;
    bool encodable;
  };

  const int64_t limit_;
  std::string bytes_;
  std::vector<Token> tokens_;
  std::vector<int32_t> token_of_;  // of each id, -1 where there is none
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_VOCABULARY_H_
