#include "lib/base/utf8.h"

#include <algorithm>
#include <cstring>

namespace talaria {
namespace {

// What a lead byte asks for (Unicode Standard 3.9, table 3-7): the length, and the range of the second byte.
struct Lead {
  uint8_t bytes;
  uint8_t second_low;
  uint8_t second_high;
};

Lead LeadOf(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Char DecodeUtf8(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const Lead lead = LeadOf(first);
  if (lead.bytes == 0) return {kReplacementCharacter, 1, false, false};
  if (lead.bytes == 1) return {first, 1, true, false};
  char32_t code_point = first & (0x7Fu >> lead.bytes);
  for (uint8_t i = 1; i < lead.bytes; ++i) {
    if (i >= text.size()) return {kReplacementCharacter, i, false, true};
    const auto byte = static_cast<unsigned char>(text[i]);
    const uint8_t low = i == 1 ? lead.second_low : 0x80;
    const uint8_t high = i == 1 ? lead.second_high : 0xBF;
    if (byte < low || byte > high) return {kReplacementCharacter, i, false, false};
    code_point = (code_point << 6) | (byte & 0x3Fu);
  }
  return {code_point, lead.bytes, true, false};
}

void AppendUtf8(char32_t code_point, std::string* out) {
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000))
    code_point = kReplacementCharacter;
  const auto put = [out](char32_t byte) {
    out->push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

namespace {

// How many bytes at the start of *text* are ASCII: exact to the last whole run of 8, or less.
size_t AsciiRun(std::string_view text) {
  size_t run = 0;
  for (; run + 8 <= text.size(); run += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + run, sizeof(word));
    if ((word & 0x8080808080808080u) != 0) break;
  }
  return run;
}

// The length of the character at the start of *text* where it is one of those whose second byte may be any
// continuation byte and that have at most three: nearly all of those beyond ASCII. Otherwise 0.
size_t PlainMultiByte(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if (text.size() < 3) return 0;
  const unsigned char lead = byte(0);
  if (lead >= 0xC2 && lead < 0xE0) return continues(1) ? 2 : 0;
  return lead > 0xE0 && lead < 0xED && continues(1) && continues(2) ? 3 : 0;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      text.remove_prefix(std::max<size_t>(1, AsciiRun(text)));
      continue;
    }
    if (const size_t plain = PlainMultiByte(text); plain != 0) {
      text.remove_prefix(plain);
      continue;
    }
    const Utf8Char decoded = DecodeUtf8(text);
    if (!decoded.valid) return false;
    text.remove_prefix(decoded.bytes);
  }
  return true;
}

std::string SanitizeUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Char decoded = DecodeUtf8(text);
    if (decoded.valid) {
      out.append(text.substr(0, decoded.bytes));
    } else {
      AppendUtf8(kReplacementCharacter, &out);
    }
    text.remove_prefix(decoded.bytes);
  }
  return out;
}

size_t IncompleteUtf8Tail(std::string_view text) {
  for (size_t tail = 1; tail <= 3 && tail <= text.size(); ++tail) {
    const std::string_view end = text.substr(text.size() - tail);
    const auto byte = static_cast<unsigned char>(end[0]);
    if ((byte & 0xC0) == 0x80) continue;
    return DecodeUtf8(end).incomplete && DecodeUtf8(end).bytes == tail ? tail : 0;
  }
  return 0;
}

}  // namespace talaria
