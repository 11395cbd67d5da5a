#ifndef TALARIA_LIB_BASE_UTF8_H_
#define TALARIA_LIB_BASE_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace talaria {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// One step of decoding.
struct Utf8Char {
  char32_t code_point;  // kReplacementCharacter where not valid
  uint8_t bytes;        // how many bytes it stands for: 1 to 4; where not valid, a maximal subpart (1 to 3)
  bool valid;
  // Not valid only because the text ends inside a sequence that is right so far: a stream may still complete
  // it.
  bool incomplete;
};

// The character at the start of *text*, which must not be empty. Overlong forms, surrogates and values past
// U+10FFFF are not valid. An invalid sequence is divided into maximal subparts (Unicode Standard 3.9, table
// 3-8), each of which becomes one U+FFFD, as Python and Hugging Face tokenizers do.
Utf8Char DecodeUtf8(std::string_view text);

// Appends the UTF-8 form of *code_point*; surrogates and values past U+10FFFF become U+FFFD.
void AppendUtf8(char32_t code_point, std::string* out);

bool IsValidUtf8(std::string_view text);

// *text* with each maximal subpart of an invalid sequence replaced by U+FFFD.
std::string SanitizeUtf8(std::string_view text);

// How many bytes at the end of *text* are the start of a character that is not complete yet: 0 to 3.
size_t IncompleteUtf8Tail(std::string_view text);

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_UTF8_H_
