#include "base64.h"

#include <cstdint>

namespace talaria::cli {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      out += i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63];
    }
  }
  return out;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < text.size(); i += 4) {
    uint32_t group = 0;
    size_t characters = 0;
    for (; characters < 4 && text[i + characters] != '='; ++characters) {
      const size_t value = kAlphabet.find(text[i + characters]);
      if (value == std::string_view::npos) return std::nullopt;
      group |= static_cast<uint32_t>(value) << (18 - 6 * characters);
    }
    if (characters < 2 || (characters < 4 && i + 4 != text.size())) return std::nullopt;
    for (size_t j = 0; j + 1 < characters; ++j) out += static_cast<char>(group >> (16 - 8 * j) & 0xFF);
  }
  // What does not come back as it was had bits or padding out of place.
  if (EncodeBase64(out) != text) return std::nullopt;
  return out;
}

}  // namespace talaria::cli
