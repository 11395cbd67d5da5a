#ifndef TALARIA_LIB_TOKENIZER_UNICODE_TABLES_H_
#define TALARIA_LIB_TOKENIZER_UNICODE_TABLES_H_

#include <cstdint>

namespace talaria {

// What the Llama-3 pattern asks of a code point. Unicode 16.0.0.
enum class CharClass : uint8_t {
  kOther = 0,
  kLetter = 1,   // \p{L}
  kNumber = 2,   // \p{N}
  kSpace = 3,    // \s but for the newlines
  kNewline = 4,  // CR, LF
};

// Made by make_unicode_tables.py. Two levels: a page holds 128 code points, two a byte, the lower one in the
// low half; of the four bits three are the CharClass and the highest says that \w matches.
namespace unicode_tables {
extern const uint8_t kPageOf[0x110000 / 128];
extern const uint8_t kPages[];
}  // namespace unicode_tables

// *code_point* is at most U+10FFFF in each of these.
inline uint8_t UnicodeBits(char32_t code_point) {
  const uint32_t page = unicode_tables::kPageOf[code_point / 128];
  const uint8_t pair = unicode_tables::kPages[page * 64 + (code_point % 128) / 2];
  return code_point % 2 == 0 ? pair & 15 : pair >> 4;
}
inline CharClass ClassOf(char32_t code_point) { return static_cast<CharClass>(UnicodeBits(code_point) & 7); }
// \w: letters, marks, decimal and letter numbers, connectors, joiners (UTS #18, annex C).
inline bool IsWord(char32_t code_point) { return (UnicodeBits(code_point) & 8) != 0; }
// White_Space, newlines among them.
inline bool IsWhiteSpace(char32_t code_point) { return ClassOf(code_point) >= CharClass::kSpace; }

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_UNICODE_TABLES_H_
