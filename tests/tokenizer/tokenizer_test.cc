// Policies for special tokens, errors, and what stays as it was after one.
#include "lib/tokenizer/tokenizer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lib/tokenizer/stream_decoder.h"
#include "tests/tokenizer/golden.h"
#include "tests/tokenizer/refusals.h"

namespace talaria {
namespace {

using test::CheckRefused;
using test::GoldenTokenizer;
using test::TokenizerPtr;

using Ids = std::vector<int32_t>;

Ids Encoded(const TokenizerPtr& tokenizer, std::string_view text, const EncodeOptions& options) {
  Ids ids;
  const Status status = tokenizer->Encode(text, options, &ids);
  REQUIRE_MESSAGE(status.ok(), status.ToString());
  return ids;
}

int Holds(const Ids& ids, int32_t id) { return static_cast<int>(std::count(ids.begin(), ids.end(), id)); }

constexpr std::string_view kText = "a<|end|>b<|start|>c<call>d";

TEST_CASE("special tokens are all taken, none, or those named; the others are text or an error") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  const int32_t end = *tokenizer->IdOf("<|end|>");
  const int32_t start = *tokenizer->IdOf("<|start|>");
  const int32_t call = *tokenizer->IdOf("<call>");
  const auto holds = [&](const SpecialPolicy& policy) {
    const Ids ids = Encoded(tokenizer, kText, policy);
    CHECK(*tokenizer->Decode(ids, false) == kText);
    return Ids{Holds(ids, end), Holds(ids, start), Holds(ids, call)};
  };
  CHECK(holds(SpecialPolicy::All()) == Ids{1, 1, 1});
  CHECK(holds(SpecialPolicy::None()) == Ids{0, 0, 1});
  CHECK(holds(SpecialPolicy::Only({"<|end|>"})) == Ids{1, 0, 1});
  CHECK(holds(SpecialPolicy::Only({"<|end|>", "<|start|>"})) == Ids{1, 1, 1});
  CHECK(holds(SpecialPolicy::Forbid({"<|end|>", "<|start|>"})) == Ids{1, 1, 1});
  Ids ids = {7};
  CheckRefused(tokenizer->Encode(kText, SpecialPolicy::Forbid(), &ids), StatusCode::kInvalidArgument,
               "\"<|end|>\" at byte 1");
  CheckRefused(tokenizer->Encode(kText, SpecialPolicy::Forbid({"<|end|>"}), &ids),
               StatusCode::kInvalidArgument, "\"<|start|>\" at byte 9");
  CheckRefused(tokenizer->Encode("", SpecialPolicy::Only({"<|no|>"}), &ids), StatusCode::kInvalidArgument,
               "\"<|no|>\"");
  CheckRefused(tokenizer->Count(kText, SpecialPolicy::Forbid()).status(), StatusCode::kInvalidArgument,
               "\"<|end|>\"");
  CHECK(ids == Ids{7});
  CHECK(tokenizer->Encode("a<|en d|>", SpecialPolicy::Forbid(), &ids).ok());
}

TEST_CASE("the beginning is put before the text where it is asked for") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  REQUIRE(tokenizer->bos_ids() == Ids{*tokenizer->IdOf("<|begin|>")});
  EncodeOptions options;
  const Ids without = Encoded(tokenizer, "the gate", options);
  options.add_bos = true;
  Ids with = tokenizer->bos_ids();
  with.insert(with.end(), without.begin(), without.end());
  CHECK(Encoded(tokenizer, "the gate", options) == with);
  CHECK(Encoded(tokenizer, "", options) == tokenizer->bos_ids());
  CHECK(*tokenizer->Count("the gate", options) == with.size());
  const StatusOr<TokenizerPtr> ranks =
      Tokenizer::FromRankFile(test::GoldenText("tokenizer/ranks.tiktoken"), {}, {});
  REQUIRE(ranks.ok());
  Ids ids = {3};
  CheckRefused((*ranks)->Encode("x", options, &ids), StatusCode::kInvalidArgument, "add_bos");
  CHECK(ids == Ids{3});
}

TEST_CASE("spans that do not cover their text are refused, and nothing is appended") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  using Spans = std::vector<MarkedSpan>;
  const TextMark mark = TextMark::kControl;
  for (const Spans& spans : {Spans{}, Spans{{0, 2, mark}}, Spans{{1, 3, mark}}, Spans{{0, 4, mark}},
                             Spans{{0, 2, mark}, {1, 3, mark}}, Spans{{0, 0, mark}, {0, 3, mark}},
                             Spans{{0, 3, mark}, {3, 3, mark}}, Spans{{2, 1, mark}}}) {
    MarkedText text;
    text.text = "abc";
    text.spans = spans;
    Ids ids = {5};
    CheckRefused(tokenizer->EncodeMarked(text, &ids), StatusCode::kInvalidArgument, "marked text");
    CheckRefused(tokenizer->CountMarked(text).status(), StatusCode::kInvalidArgument, "marked text");
    CHECK(ids == Ids{5});
  }
  Ids ids = {5};
  CHECK(tokenizer->EncodeMarked({}, &ids).ok());
  CHECK(ids == Ids{5});
}

TEST_CASE("ids without a token are refused by index, in decoding and streaming") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  for (const int32_t bad : {-1, tokenizer->size(), INT32_MAX, INT32_MIN}) {
    CheckRefused(tokenizer->Decode({65, 66, bad}, false).status(), StatusCode::kInvalidArgument,
                 "at index 2");
    CheckRefused(tokenizer->DecodeBytes({bad}, true).status(), StatusCode::kInvalidArgument, "at index 0");
    CHECK(tokenizer->BytesOf(bad).empty());
    CHECK(tokenizer->AddedTokenOf(bad) == nullptr);
    CHECK_FALSE(tokenizer->IsSpecial(bad));
    StreamDecoder decoder(tokenizer);
    std::string text = "kept";
    REQUIRE(decoder.Push(0xE2, &text).ok());
    CheckRefused(decoder.Push(bad, &text), StatusCode::kInvalidArgument, "has no token");
    // The character that was begun goes on.
    REQUIRE(decoder.Push(0x82, &text).ok());
    CHECK(text == "kept");
    CHECK(decoder.held() == 2);
    REQUIRE(decoder.Push(0xAC, &text).ok());
    CHECK(text == "kept\xE2\x82\xAC");
  }
}

TEST_CASE("special tokens are skipped in decoding where asked; others never") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  const Ids ids = Encoded(tokenizer, kText, SpecialPolicy::All());
  CHECK(*tokenizer->Decode(ids, true) == "abc<call>d");
  CHECK(*tokenizer->DecodeBytes(ids, true) == "abc<call>d");
  CHECK(*tokenizer->Decode({}, true) == "");
}

TEST_CASE("a stream never gives half a character, and ends as decoding at once does") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  const int32_t end = *tokenizer->IdOf("<|end|>");
  // Bytes are their own ids here. Whole, cut, overlong, surrogate, too large, and a special token inside.
  for (const Ids& ids :
       {Ids{0xF0, 0x9F, 0x99, 0x82}, Ids{0xE2, 0x82}, Ids{0xE2, 'x'}, Ids{0xC0, 0xAF}, Ids{0xED, 0xA0, 0x80},
        Ids{0xF4, 0x90, 0x80, 0x80}, Ids{0xE2, end, 0x82, 0xAC}, Ids{0x80}, Ids{0xF0, 0x9F, 0xF0, 0x9F, 0x99},
        Ids{'a', 0xC3, 0xA9, 0xC3}, Ids{end, 0xFF, end}}) {
    for (const bool skip : {false, true}) {
      StreamDecoder decoder(tokenizer, skip);
      std::string text;
      for (const int32_t id : ids) {
        REQUIRE(decoder.Push(id, &text).ok());
        CHECK(decoder.held() <= 3);
      }
      decoder.Flush(&text);
      CHECK(text == *tokenizer->Decode(ids, skip));
      CHECK(decoder.held() == 0);
      const std::string before = text;
      decoder.Flush(&text);
      CHECK(text == before);
    }
  }
}

TEST_CASE("names and ids lead to one another") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  for (int32_t id = 0; id < tokenizer->size(); ++id) {
    CHECK(tokenizer->IdOf(tokenizer->BytesOf(id)) == id);
    const AddedToken* added = tokenizer->AddedTokenOf(id);
    CHECK(tokenizer->IsSpecial(id) == (added != nullptr && added->special));
  }
  CHECK_FALSE(tokenizer->IdOf("").has_value());
  CHECK_FALSE(tokenizer->IdOf("no such token").has_value());
}

}  // namespace
}  // namespace talaria
