#ifndef TALARIA_LIB_TOKENIZER_BYTE_ALPHABET_H_
#define TALARIA_LIB_TOKENIZER_BYTE_ALPHABET_H_

#include <string>
#include <string_view>

namespace talaria {

// The alphabet in which byte-level vocabularies are written as text (GPT-2's encoder, OpenAI 2019): printable
// Latin-1 bytes stand for themselves, the other 68 for U+0100 and up in their order; a space is U+0120.

// Replaces *bytes by what *text* stands for; false, with *bytes unspecified, where a character is outside the
// alphabet. *text* is valid UTF-8.
bool BytesFromAlphabet(std::string_view text, std::string* bytes);

// *bytes* in the alphabet, as UTF-8.
std::string AlphabetFromBytes(std::string_view bytes);

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_BYTE_ALPHABET_H_
