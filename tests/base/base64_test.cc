#include "lib/base/base64.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace talaria {
namespace {

TEST_CASE("the vectors of RFC 4648 hold both ways") {
  const std::vector<std::pair<std::string, std::string>> cases = {{"", ""},
                                                                  {"f", "Zg=="},
                                                                  {"fo", "Zm8="},
                                                                  {"foo", "Zm9v"},
                                                                  {"foob", "Zm9vYg=="},
                                                                  {"fooba", "Zm9vYmE="},
                                                                  {"foobar", "Zm9vYmFy"},
                                                                  {std::string("\0\xFF\xFE", 3), "AP/+"}};
  for (const auto& [bytes, text] : cases) {
    CHECK(EncodeBase64(bytes) == text);
    std::string back;
    CHECK(DecodeBase64(text, &back));
    CHECK(back == bytes);
  }
}

TEST_CASE("decoding gives back any bytes that were encoded") {
  uint32_t state = 1;
  for (size_t length = 0; length < 200; ++length) {
    std::string bytes;
    for (size_t i = 0; i < length; ++i)
      bytes += static_cast<char>(static_cast<unsigned char>((state = state * 1664525 + 1013904223) >> 24));
    std::string back;
    CHECK(DecodeBase64(EncodeBase64(bytes), &back));
    CHECK(back == bytes);
  }
}

TEST_CASE("only the canonical form is decoded") {
  std::string back;
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zg==Zg==", "Zm=v", "Zm9v ",
                           " Zm9v", "Zm9v\n", "Zm9-", "Zm9_", "Zh==", "Zm9=", "Z=g=", "\xC3\xA9", "Zg=a"}) {
    CAPTURE(text);
    CHECK_FALSE(DecodeBase64(text, &back));
  }
}

}  // namespace
}  // namespace talaria
