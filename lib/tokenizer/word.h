#ifndef TALARIA_LIB_TOKENIZER_WORD_H_
#define TALARIA_LIB_TOKENIZER_WORD_H_

#include <cstdint>
#include <cstring>

namespace talaria {

// Eight or four bytes as an integer whose lowest byte is the first.
inline uint64_t LoadWord(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}
inline uint32_t LoadHalfWord(const char* bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap32(word);
#endif
  return word;
}

// The index of the first byte of a word whose high bit is set in *marks*, which is not zero.
inline int FirstMarkedByte(uint64_t marks) { return __builtin_ctzll(marks) / 8; }

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_WORD_H_
