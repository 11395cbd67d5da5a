#include "lib/tokenizer/byte_alphabet.h"

#include <array>
#include <cstdint>

#include "lib/base/utf8.h"

namespace talaria {
namespace {

constexpr bool StandsForItself(uint32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

struct Alphabet {
  std::array<uint16_t, 256> character_of{};  // of each byte
  std::array<int16_t, 256 + 68> byte_of{};   // of each character, -1 where it is none

  constexpr Alphabet() {
    for (int16_t& byte : byte_of) byte = -1;
    uint16_t next = 256;
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const auto character = StandsForItself(byte) ? static_cast<uint16_t>(byte) : next++;
      character_of[byte] = character;
      byte_of[character] = static_cast<int16_t>(byte);
    }
  }
};
constexpr Alphabet kAlphabet;

}  // namespace

bool BytesFromAlphabet(std::string_view text, std::string* bytes) {
  // The alphabet ends at U+0143: one byte of UTF-8 or two.
  bytes->resize(text.size());
  char* out = bytes->data();
  for (size_t i = 0; i < text.size(); ++i) {
    uint32_t character = static_cast<unsigned char>(text[i]);
    if (character >= 0x80) {
      if (character >= 0xE0 || ++i == text.size()) return false;
      character = (character & 0x1F) << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    }
    const int16_t byte = character < kAlphabet.byte_of.size() ? kAlphabet.byte_of[character] : int16_t{-1};
    if (byte < 0) return false;
    *out++ = static_cast<char>(static_cast<unsigned char>(byte));
  }
  bytes->resize(static_cast<size_t>(out - bytes->data()));
  return true;
}

std::string AlphabetFromBytes(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) AppendUtf8(kAlphabet.character_of[static_cast<unsigned char>(byte)], &text);
  return text;
}

}  // namespace talaria
