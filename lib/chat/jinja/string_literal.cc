#include "lib/chat/jinja/string_literal.h"

#include "lib/base/utf8.h"

namespace talaria::chat::jinja {
namespace {

int HexDigit(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  const char lower = static_cast<char>(character | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The code point of *count* hexadecimal digits at *at*.
StatusOr<char32_t> ReadHex(std::string_view text, size_t at, size_t count) {
  char32_t code = 0;
  for (size_t i = 0; i < count; ++i) {
    const int digit = at + i < text.size() ? HexDigit(text[at + i]) : -1;
    if (digit < 0) return InvalidArgument("an escape of ", count, " hexadecimal digits has fewer");
    code = code * 16 + static_cast<char32_t>(digit);
  }
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    return InvalidArgument("the escape of code point ", static_cast<uint32_t>(code), " is no character");
  }
  return code;
}

}  // namespace

StatusOr<std::string> UnescapeLiteral(std::string_view text) {
  static constexpr std::string_view kLetters = "abfnrtv\\'\"";
  static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
  std::string out;
  out.reserve(text.size());
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] != '\\' || at + 1 >= text.size()) {
      out += text[at++];
      continue;
    }
    const char letter = text[at + 1];
    const size_t simple = kLetters.find(letter);
    if (simple != std::string_view::npos) {
      out += kMeanings[simple];
      at += 2;
    } else if (letter == '\n') {
      at += 2;
    } else if (letter >= '0' && letter <= '7') {
      char32_t code = 0;
      size_t end = at + 1;
      while (end < text.size() && end < at + 4 && text[end] >= '0' && text[end] <= '7') {
        code = code * 8 + static_cast<char32_t>(text[end++] - '0');
      }
      AppendUtf8(code, &out);
      at = end;
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
      const size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
      TALARIA_ASSIGN_OR_RETURN(const char32_t code, ReadHex(text, at + 2, digits));
      AppendUtf8(code, &out);
      at += 2 + digits;
    } else if (letter == 'N') {
      return Unimplemented("the escape \\N of a string");
    } else {
      out += '\\';
      ++at;
    }
  }
  return out;
}

}  // namespace talaria::chat::jinja
