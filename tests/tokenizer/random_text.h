#ifndef TALARIA_TESTS_TOKENIZER_RANDOM_TEXT_H_
#define TALARIA_TESTS_TOKENIZER_RANDOM_TEXT_H_

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/utf8.h"

namespace talaria::test {

using Random = std::mt19937_64;

inline size_t Draw(Random* random, size_t below) { return static_cast<size_t>((*random)() % below); }

// Valid UTF-8 of up to *most* parts: any code points, characters at which patterns turn, and *words*.
inline std::string RandomText(Random* random, size_t most, const std::vector<std::string>& words) {
  static constexpr std::string_view kTurns[] = {
      " ",        "  ",  "\n",        "\r\n", "\t",  "\xC2\xA0",     "\xC2\x85", "\xE3\x80\x80",
      "'s",       "'LL", "'\xC5\xBF", "'",    "1",   "12",           "1234",     "\xC2\xBD",
      "a",        "Ab",  "\xC3\xA9",  "!",    "...", "\xE2\x82\xAC", "()",       "_",
      "e\xCC\x81"};
  std::string text;
  for (size_t parts = Draw(random, most + 1); parts > 0; --parts) {
    const size_t kind = Draw(random, 8);
    if (kind == 0) {
      AppendUtf8(static_cast<char32_t>(Draw(random, 0x110000)), &text);
    } else if (kind == 1) {
      AppendUtf8(static_cast<char32_t>(Draw(random, 0x3000)), &text);
    } else if (kind == 2) {
      text += static_cast<char>(Draw(random, 128));
    } else if (kind < 5 && !words.empty()) {
      text += words[Draw(random, words.size())];
    } else {
      text += kTurns[Draw(random, std::size(kTurns))];
    }
  }
  return text;
}

// Any bytes.
inline std::string RandomBytes(Random* random, size_t most) {
  std::string bytes(Draw(random, most + 1), '\0');
  for (char& byte : bytes) byte = static_cast<char>(static_cast<unsigned char>(Draw(random, 256)));
  return bytes;
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_TOKENIZER_RANDOM_TEXT_H_
