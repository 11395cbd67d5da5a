#include "lib/base/base64.h"

#include <array>
#include <cstdint>

namespace talaria {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Values {
  std::array<int8_t, 256> of{};  // -1 outside the alphabet
  constexpr Values() {
    for (int8_t& value : of) value = -1;
    for (size_t i = 0; i < kAlphabet.size(); ++i) {
      of[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int8_t>(i);
    }
  }
};
constexpr Values kValues;

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (j < group.size() ? static_cast<unsigned char>(group[j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) text += j <= group.size() ? kAlphabet[bits >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

bool DecodeBase64(std::string_view text, std::string* bytes) {
  bytes->clear();
  if (text.size() % 4 != 0) return false;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const size_t digits = text.size() - padding;
  uint32_t bits = 0;
  for (size_t i = 0; i < digits; ++i) {
    const int8_t value = kValues.of[static_cast<unsigned char>(text[i])];
    if (value < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(value);
    // Digits 1, 2 and 3 of a group complete a byte each and leave 4, 2 and 0 bits.
    if (i % 4 != 0) {
      const size_t left = 6 - 2 * (i % 4);
      bytes->push_back(static_cast<char>(static_cast<unsigned char>(bits >> left)));
      bits &= (1u << left) - 1;
    }
  }
  return bits == 0;
}

}  // namespace talaria
