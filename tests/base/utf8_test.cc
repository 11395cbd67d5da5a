#include "lib/base/utf8.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace talaria {
namespace {

TEST_CASE("every code point survives encoding and decoding") {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    AppendUtf8(code, &text);
    const Utf8Char decoded = DecodeUtf8(text);
    if (!decoded.valid || decoded.code_point != code || decoded.bytes != text.size() || !IsValidUtf8(text)) {
      CAPTURE(static_cast<uint32_t>(code));
      FAIL("lost");
    }
  }
}

TEST_CASE("invalid sequences become one replacement per maximal subpart") {
  // Unicode Standard 3.9, table 3-8 and the examples beside it; Python's decode(errors='replace') agrees.
  const std::string fffd = "\xEF\xBF\xBD";
  const std::vector<std::pair<std::string, int>> cases = {
      {"\x80", 1},     {"\xC0\xAF", 2},     {"\xE0\x80\x80", 3}, {"\xED\xA0\x80", 3}, {"\xF4\x90\x80\x80", 4},
      {"\xE1\x80", 1}, {"\xF0\x91\x92", 1}, {"\xF1\xBF\xBF", 1}, {"\xFF\xFE", 2},     {"\xF5\x80", 2},
      {"\xC3", 1}};
  for (const auto& [text, count] : cases) {
    std::string expected = "a";
    for (int i = 0; i < count; ++i) expected += fffd;
    CHECK(SanitizeUtf8("a" + text + "b") == expected + "b");
    CHECK_FALSE(IsValidUtf8(text));
  }
  CHECK(SanitizeUtf8("h\xC3\xA9") == "h\xC3\xA9");
}

TEST_CASE("a text is valid exactly where each of its characters is") {
  // Every byte behind every lead byte, with and without a good third and fourth.
  for (int lead = 0x80; lead < 0x100; ++lead) {
    for (int second = 0; second < 0x100; ++second) {
      for (const char* rest : {"", "\x80", "\xBF\x80", "\x7F\x80", "\x80\xC0", "abc"}) {
        std::string text = {static_cast<char>(lead), static_cast<char>(second)};
        text += rest;
        bool valid = true;
        for (std::string_view left = text; !left.empty(); left.remove_prefix(DecodeUtf8(left).bytes)) {
          valid = valid && DecodeUtf8(left).valid;
        }
        if (IsValidUtf8(text) != valid) FAIL(lead << " " << second << " " << text);
      }
    }
  }
}

TEST_CASE("an invalid byte is found at every place in a run of ASCII") {
  for (size_t length = 1; length < 40; ++length) {
    const std::string ascii(length, 'a');
    CHECK(IsValidUtf8(ascii));
    for (size_t at = 0; at < length; ++at) {
      std::string broken = ascii;
      broken[at] = '\xFF';
      CHECK_FALSE(IsValidUtf8(broken));
    }
  }
}

TEST_CASE("the incomplete tail is what more bytes could still complete") {
  CHECK(IncompleteUtf8Tail("") == 0);
  CHECK(IncompleteUtf8Tail("abc") == 0);
  CHECK(IncompleteUtf8Tail("a\xC3") == 1);
  CHECK(IncompleteUtf8Tail("a\xE2\x82") == 2);
  CHECK(IncompleteUtf8Tail("a\xF0\x9F\x98") == 3);
  CHECK(IncompleteUtf8Tail("a\xF0\x9F\x98\x80") == 0);
  CHECK(IncompleteUtf8Tail("a\xE2\x28") == 0);
  CHECK(IncompleteUtf8Tail("\x80\x80\x80") == 0);
  CHECK(IncompleteUtf8Tail("\xED\xA0") == 0);
}

}  // namespace
}  // namespace talaria
