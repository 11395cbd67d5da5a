// Runs of 100,000 characters of each kind: work is counted, not timed, and grows with the text's length.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/base/utf8.h"
#include "lib/tokenizer/bpe.h"
#include "lib/tokenizer/llama3_splitter.h"
#include "lib/tokenizer/rank_file.h"
#include "lib/tokenizer/tokenizer.h"
#include "tests/tokenizer/golden.h"

namespace talaria {
namespace {

std::string Repeated(std::string_view unit, size_t characters) {
  std::string text;
  for (size_t i = 0; i < characters; ++i) text += unit;
  return text;
}

// One character over and over, and what makes patterns look ahead or back.
const std::vector<std::string>& Units() {
  static const auto* const units = new std::vector<std::string>{
      "a",    "ab",      "the", " ",  "\n",  "\r\n",         " \n",          "\t",        "\xC2\xA0",
      "1",    "12a",     "!",   "'s", "'",   "\xC3\xA9",     "\xE4\xB8\xAD", "e\xCC\x81", "\xF0\x9F\x99\x82",
      "a ",   "  a",     "\n ", "! ", "!\n", "\xE3\x80\x80", "1 ",           "winged",    " winged",
      "<|en", "<|end|>", "<"};
  return *units;
}

TEST_CASE("the splitter looks at each byte at most four times, whatever the run and its end") {
  for (const std::string& unit : Units()) {
    for (const char* tail : {"", " ", " x", "\n x"}) {
      for (const char* head : {"", "\n"}) {
        const std::string text = head + Repeated(unit, 100000) + tail;
        CAPTURE(unit);
        CAPTURE(tail);
        uint64_t read = 0;
        const char* const end = text.data() + text.size();
        size_t pieces = 0;
        for (const char* at = text.data(); at < end; ++pieces) {
          const char* const next = Llama3PieceEnd(at, end, &read);
          if (next <= at || next != Llama3PieceEnd(at, end)) FAIL("no piece, or another one");
          at = next;
        }
        CHECK(pieces > 0);
        CHECK(read >= text.size());
        CHECK(read <= 4 * text.size());
      }
    }
  }
}

TEST_CASE("merging looks a pair up at most three times a byte, in pieces of any length") {
  const StatusOr<TokenizerParts> parts =
      PartsFromRankFile(test::GoldenText("tokenizer/ranks.tiktoken"), {}, kLlama3Pattern, 0);
  REQUIRE(parts.ok());
  for (const std::string& unit : Units()) {
    for (const size_t count : {1u, 7u, 20u, 1000u, 100000u}) {
      CAPTURE(unit);
      CAPTURE(count);
      const std::string piece = Repeated(unit, count);
      BytePairEncoder encoder(parts->vocabulary, parts->merges);
      std::string decoded;
      for (const int32_t id : encoder.Encode(piece)) decoded += parts->vocabulary.BytesOf(id);
      CHECK(decoded == piece);
      CHECK(encoder.lookups() >= piece.size());
      CHECK(encoder.lookups() <= 3 * piece.size());
    }
  }
}

TEST_CASE("long runs encode and decode to themselves, with added tokens that strip and without") {
  json::Value document = test::GoldenTokenizerJson();
  const StatusOr<json::Value> added = json::Parse(
      R"([{"id": 676, "content": " ", "rstrip": true, "lstrip": true, "special": true},
          {"id": 677, "content": "\n", "rstrip": true, "lstrip": true, "single_word": true, "normalized": true},
          {"id": 678, "content": "ab", "lstrip": true, "single_word": true},
          {"id": 49, "content": "1", "rstrip": true}])");
  REQUIRE(added.ok());
  test::SetMember(&document, "added_tokens", *added);
  test::SetMember(&document, "post_processor", json::Value());
  const StatusOr<test::TokenizerPtr> stripping = Tokenizer::FromTokenizerJson(json::Write(document), {});
  REQUIRE_MESSAGE(stripping.ok(), stripping.status().ToString());
  const test::TokenizerPtr golden = test::GoldenTokenizer();
  for (const std::string& unit : Units()) {
    CAPTURE(unit);
    const std::string text = Repeated(unit, 100000);
    std::vector<int32_t> ids;
    REQUIRE(golden->Encode(text, SpecialPolicy::All(), &ids).ok());
    CHECK(*golden->Decode(ids, false) == text);
    // A quadratic search for white space would take an hour here.
    ids.clear();
    REQUIRE((*stripping)->Encode(text, SpecialPolicy::All(), &ids).ok());
    CHECK(!ids.empty());
  }
}

}  // namespace
}  // namespace talaria
