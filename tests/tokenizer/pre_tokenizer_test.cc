// How text is divided: the hand-written splitter and PCRE2 agree, and a pattern has limits.
#include "lib/tokenizer/pre_tokenizer.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lib/base/utf8.h"
#include "lib/tokenizer/llama3_splitter.h"
#include "lib/tokenizer/unicode_tables.h"
#include "tests/tokenizer/random_text.h"
#include "tests/tokenizer/refusals.h"

namespace talaria {
namespace {

using test::CheckRefused;

StatusOr<PreTokenizer> FromJson(std::string_view text) {
  StatusOr<json::Value> value = json::Parse(text);
  REQUIRE_MESSAGE(value.ok(), value.status().ToString());
  return PreTokenizer::FromJson(*value);
}

std::vector<std::string> Pieces(const PreTokenizer& splitter, const std::string& text) {
  std::vector<std::string_view> pieces;
  REQUIRE(splitter.Split(text, &pieces).ok());
  return {pieces.begin(), pieces.end()};
}

// The Llama-3 pattern as any other: PCRE2 runs it.
Regex Llama3Regex() {
  StatusOr<Regex> regex = Regex::Compile(kLlama3Pattern);
  REQUIRE_MESSAGE(regex.ok(), regex.status().ToString());
  return *std::move(regex);
}

void CheckSame(const Regex& regex, const std::string& text) {
  std::vector<Regex::Match> matches;
  REQUIRE(regex.FindAll(text, &matches).ok());
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (const Regex::Match& match : matches) {
    CHECK(static_cast<size_t>(at - text.data()) == match.begin);
    at = Llama3PieceEnd(at, end);
    if (static_cast<size_t>(at - text.data()) != match.end) {
      CAPTURE(text);
      FAIL_CHECK("pieces differ at byte ", match.begin);
      return;
    }
  }
  CHECK(at == end);
}

// Code points whose classes an older Unicode knows too: what PCRE2 calls unassigned is left out.
bool KnownToPcre2(const Regex& unassigned, const std::string& character) {
  std::vector<Regex::Match> matches;
  REQUIRE(unassigned.FindAll(character, &matches).ok());
  return matches.empty();
}

TEST_CASE("the splitter and PCRE2 divide alike around every code point that both know") {
  const Regex regex = Llama3Regex();
  const StatusOr<Regex> unassigned = Regex::Compile("\\p{Cn}");
  REQUIRE(unassigned.ok());
  std::string text;
  int known = 0;
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    // Beyond the planes with characters, and in private use, one of a block will do.
    if (code >= 0x33480 && code % 0x400 != 0) continue;
    std::string c;
    AppendUtf8(code, &c);
    if (!KnownToPcre2(*unassigned, c)) continue;
    ++known;
    text += "a" + c + "b 1" + c + "2  " + c + "\n'" + c + "z " + c + c + " \n";
    if (text.size() < 20000) continue;
    CheckSame(regex, text);
    text.clear();
  }
  CheckSame(regex, text);
  CHECK(known > 140000);
}

TEST_CASE("the splitter and PCRE2 divide random text alike") {
  const Regex regex = Llama3Regex();
  test::Random random(11);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (size_t n = test::Draw(&random, 30); n > 0; --n) {
      static constexpr std::string_view kParts[] = {" ",        "\n",      "\r", "\t",       "\xC2\xA0",
                                                    "'",        "s",       "S",  "\xC5\xBF", "t",
                                                    "l",        "L",       "r",  "e",        "v",
                                                    "m",        "d",       "x",  "1",        "9",
                                                    "!",        "(",       "_",  "\xC3\xA9", "\xE4\xB8\xAD",
                                                    "\xCC\x81", "\xC2\xBD"};
      text += kParts[test::Draw(&random, std::size(kParts))];
    }
    CheckSame(regex, text);
  }
}

TEST_CASE("the tables know the characters that patterns turn on") {
  CHECK(ClassOf(0x17F) == CharClass::kLetter);
  CHECK(ClassOf(0x85) == CharClass::kSpace);
  CHECK(ClassOf(0xA0) == CharClass::kSpace);
  CHECK(ClassOf(0x3000) == CharClass::kSpace);
  CHECK(ClassOf(0x200B) == CharClass::kOther);
  CHECK(ClassOf(0x180E) == CharClass::kOther);
  CHECK(ClassOf(0x1F) == CharClass::kOther);
  CHECK(ClassOf(0x0B) == CharClass::kSpace);
  CHECK(ClassOf(0x301) == CharClass::kOther);
  CHECK(ClassOf(0xBD) == CharClass::kNumber);
  CHECK(ClassOf(0x2160) == CharClass::kNumber);
  CHECK(ClassOf(0x10D4A) == CharClass::kLetter);  // new in Unicode 16
  CHECK(ClassOf(0x10D40) == CharClass::kNumber);  // new in Unicode 16
  CHECK(ClassOf(0x10FFFF) == CharClass::kOther);
  CHECK(IsWord('_'));
  CHECK(IsWord(0x301));
  CHECK(IsWord(0x24B6));
  CHECK_FALSE(IsWord(0xBD));
  CHECK_FALSE(IsWord('-'));
}

TEST_CASE("the Llama-3 pattern is recognised, others go to PCRE2") {
  const std::string pattern = json::Write(json::Value(kLlama3Pattern));
  const std::string byte_level = R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": false})";
  const auto sequence = [&](std::string_view behavior, std::string_view extra) {
    return Cat(R"({"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": )", pattern,
               R"(}, "behavior": ")", behavior, "\"", extra, "}, ", byte_level, "]}");
  };
  const StatusOr<PreTokenizer> llama3 = FromJson(sequence("Isolated", ""));
  REQUIRE(llama3.ok());
  CHECK(llama3->is_llama3());
  for (const std::string& other : {sequence("Removed", ""), sequence("Isolated", R"(, "invert": true)")}) {
    const StatusOr<PreTokenizer> splitter = FromJson(other);
    REQUIRE_MESSAGE(splitter.ok(), splitter.status().ToString());
    CHECK_FALSE(splitter->is_llama3());
  }
  const StatusOr<PreTokenizer> whole = FromJson(byte_level);
  REQUIRE(whole.ok());
  CHECK(Pieces(*whole, "all of it") == std::vector<std::string>{"all of it"});
  CHECK(Pieces(*llama3, "").empty());
  const StatusOr<PreTokenizer> many = FromJson(Cat(R"({"type": "Sequence", "pretokenizers": [)",
                                                   [&] {
                                                     std::string members;
                                                     for (int i = 0; i < 17; ++i)
                                                       members += (i > 0 ? "," : "") + byte_level;
                                                     return members;
                                                   }(),
                                                   "]}"));
  CheckRefused(many.status(), StatusCode::kInvalidArgument, "a Sequence of 17");
}

TEST_CASE("runs of 100,000 characters pass PCRE2, and a pattern without end is stopped") {
  const Regex regex = Llama3Regex();
  for (const std::string_view unit : {"a", " ", "\n", "1", "!", "'s", " \n", "\xE4\xB8\xAD", "\xC2\xA0"}) {
    std::string text;
    for (int i = 0; i < 100000; ++i) text += unit;
    CheckSame(regex, text + "x");
  }
  const StatusOr<PreTokenizer> endless = PreTokenizer::FromPattern("(?:a+)+[bc]");
  REQUIRE(endless.ok());
  std::vector<std::string_view> pieces;
  const std::string text(100, 'a');
  CheckRefused(endless->Split(text, &pieces), StatusCode::kResourceExhausted, "(?:a+)+[bc]");
  CHECK(Pieces(*endless, "xaab") == std::vector<std::string>{"x", "aab"});
}

TEST_CASE("constructs that Oniguruma and PCRE2 read differently are refused by name") {
  for (const auto& each :
       std::initializer_list<std::pair<const char*, const char*>>{{"\\h+", "\\h"},
                                                                  {"\\Ra", "\\R"},
                                                                  {"a\\K", "\\K"},
                                                                  {"\\G", "\\G"},
                                                                  {"(?m:a.)", "the option m"},
                                                                  {"(?s:a.)", "the option s"},
                                                                  {"a{,3}", "an interval"},
                                                                  {"a{2,3}+", "a + after"},
                                                                  {"a{2}?", "a ?"},
                                                                  {"[a[b]]", "a bracket inside a class"},
                                                                  {"[a&&b]", "an intersection"},
                                                                  {"[\\W]", "\\W"}}) {
    const char* const pattern = each.first;
    const char* const thing = each.second;
    CAPTURE(pattern);
    CheckRefused(Regex::Compile(pattern).status(), StatusCode::kUnimplemented, thing);
  }
  for (const char* pattern : {"(", "a)", "[", "*", "(?<", "\\p{Nonsense}", "\\", "\xFF"}) {
    CAPTURE(pattern);
    CHECK(Regex::Compile(pattern).status().code() == StatusCode::kInvalidArgument);
  }
  CheckRefused(Regex::Compile(std::string(100000, 'a')).status(), StatusCode::kInvalidArgument,
               "100000 bytes");
  CheckRefused(Regex::Compile(std::string(5000, '(') + std::string(5000, ')')).status(),
               StatusCode::kInvalidArgument, "does not compile");
}

}  // namespace
}  // namespace talaria
