#include "lib/base/text.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>
#include <string>

namespace talaria {
namespace {

TEST_CASE("numbers read back as the same value from the fewest digits") {
  CHECK(NumberText(0.1) == "0.1");
  CHECK(NumberText(1.0) == "1");
  CHECK(NumberText(-2.5e-7) == "-2.5e-07");
  CHECK(NumberText(std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(NumberText(-std::numeric_limits<double>::infinity()) == "-inf");
  for (const double value : {1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789.123456789}) {
    CHECK(std::strtod(NumberText(value).c_str(), nullptr) == value);
  }
}

TEST_CASE("Cat joins text, characters and numbers of every width") {
  CHECK(Cat() == "");
  CHECK(Cat("a", std::string("b"), std::string_view("c"), 'd') == "abcd");
  CHECK(Cat(int8_t{-5}, ' ', uint8_t{200}, ' ', std::numeric_limits<uint64_t>::max()) ==
        "-5 200 18446744073709551615");
  CHECK(Cat(std::numeric_limits<int64_t>::min(), " ", 0.5f) == "-9223372036854775808 0.5");
}

TEST_CASE("quoted text stays on one line and shows what cannot be shown") {
  CHECK(Quoted("plain") == "\"plain\"");
  CHECK(Quoted("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(Quoted(std::string_view("\n\t\0\x7F", 4)) == "\"\\n\\x09\\x00\\x7f\"");
  CHECK(Quoted("h\xC3\xA9") == "\"h\xC3\xA9\"");
  CHECK(Quoted("\xC3(\xFF") == "\"\\xc3(\\xff\"");
}

TEST_CASE("quoted text is cut after the limit, never inside a character") {
  CHECK(Quoted("abcdef", 6) == "\"abcdef\"");
  CHECK(Quoted("abcdef", 5) == "\"abcde...\"");
  CHECK(Quoted("abcd\xC3\xA9z", 5) == "\"abcd\xC3\xA9...\"");
  CHECK(Quoted("x", 0) == "\"...\"");
  CHECK(Quoted(std::string(1000000, 'x')).size() == 80 + 5);
}

TEST_CASE("byte counts carry a unit and the exact number") {
  CHECK(BytesText(0) == "0 bytes");
  CHECK(BytesText(1023) == "1023 bytes");
  CHECK(BytesText(1024) == "1 KiB (1024 bytes)");
  CHECK(BytesText(1320702443) == "1.23 GiB (1320702443 bytes)");
  CHECK(BytesText(std::numeric_limits<uint64_t>::max()) == "16 EiB (18446744073709551615 bytes)");
}

}  // namespace
}  // namespace talaria
