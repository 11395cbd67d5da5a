// What holds for any text: decoding gives it back, ids are those of a plain encoder, and the ids of a whole
// are those of its segments.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/base64.h"
#include "lib/base/marked_text.h"
#include "lib/base/utf8.h"
#include "lib/tokenizer/stream_decoder.h"
#include "lib/tokenizer/tokenizer.h"
#include "tests/tokenizer/golden.h"
#include "tests/tokenizer/plain_bpe.h"
#include "tests/tokenizer/random_text.h"

namespace talaria {
namespace {

using test::Draw;
using test::GoldenTokenizer;
using test::Random;
using test::RandomBytes;
using test::RandomText;
using test::TokenizerPtr;

std::vector<std::string> Contents(const Tokenizer& tokenizer) {
  std::vector<std::string> contents = {"<|", "|>", "<", "end", "call>", "the ", "winged"};
  for (const AddedToken& token : tokenizer.added_tokens()) contents.push_back(token.content);
  return contents;
}

std::vector<int32_t> Encoded(const Tokenizer& tokenizer, std::string_view text, const SpecialPolicy& policy) {
  std::vector<int32_t> ids;
  CHECK(tokenizer.Encode(text, policy, &ids).ok());
  return ids;
}

std::vector<int32_t> EncodedMarked(const Tokenizer& tokenizer, const MarkedText& text) {
  std::vector<int32_t> ids;
  CHECK(tokenizer.EncodeMarked(text, &ids).ok());
  return ids;
}

test::PlainBpe PlainGolden() {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  std::map<std::string, int32_t> ranks;
  for (int32_t id = 0; id < tokenizer->size(); ++id) {
    if (tokenizer->AddedTokenOf(id) == nullptr) ranks[std::string(tokenizer->BytesOf(id))] = id;
  }
  return test::PlainBpe(std::move(ranks));
}

TEST_CASE("any valid UTF-8 decodes to itself under every policy, at once and id by id") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  const std::vector<std::string> contents = Contents(*tokenizer);
  Random random(1);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = RandomText(&random, 60, contents);
    CAPTURE(text);
    REQUIRE(IsValidUtf8(text));
    for (const SpecialPolicy& policy :
         {SpecialPolicy::All(), SpecialPolicy::None(), SpecialPolicy::Only({"<|end|>"})}) {
      const std::vector<int32_t> ids = Encoded(*tokenizer, text, policy);
      CHECK(*tokenizer->Decode(ids, false) == text);
      CHECK(*tokenizer->Count(text, policy) == ids.size());
      StreamDecoder decoder(tokenizer, false);
      std::string streamed;
      for (const int32_t id : ids) {
        REQUIRE(decoder.Push(id, &streamed).ok());
        if (!IsValidUtf8(streamed)) FAIL("half a character");
        CHECK(decoder.held() <= 3);
      }
      decoder.Flush(&streamed);
      CHECK(streamed == text);
    }
  }
}

TEST_CASE("any bytes decode to themselves with each maximal subpart of what is not UTF-8 replaced") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  Random random(2);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = RandomBytes(&random, 20);
    if (i % 2 == 0) bytes = RandomText(&random, 10, {}) + bytes + RandomText(&random, 10, {});
    const std::vector<int32_t> ids = Encoded(*tokenizer, bytes, SpecialPolicy::None());
    CHECK(*tokenizer->Decode(ids, false) == SanitizeUtf8(bytes));
    CHECK(ids == Encoded(*tokenizer, SanitizeUtf8(bytes), SpecialPolicy::None()));
  }
}

TEST_CASE("ids are those of a plain encoder, for short pieces and long ones") {
  const StatusOr<TokenizerPtr> tokenizer =
      Tokenizer::FromRankFile(test::GoldenText("tokenizer/ranks.tiktoken"), {}, {});
  REQUIRE(tokenizer.ok());
  const test::PlainBpe plain = PlainGolden();
  Random random(3);
  const std::vector<std::string> words = {"the", "winged", "harbour", "  ", "\n\n", "ing", "er"};
  for (int i = 0; i < 600; ++i) {
    std::string text = RandomText(&random, 60, words);
    // One piece of letters, longer than what is scanned without a heap.
    if (i % 4 == 0) {
      for (int n = 0; n < 100; ++n) text += words[Draw(&random, 7) % 3];
    }
    CAPTURE(text);
    std::vector<int32_t> expected;
    plain.Encode(text, &expected);
    CHECK(Encoded(**tokenizer, text, SpecialPolicy::None()) == expected);
  }
}

// The rule of marks told plainly: where added tokens match, then the stretches between, each by itself.
std::vector<int32_t> BySegments(const Tokenizer& tokenizer, const test::PlainBpe& plain,
                                const MarkedText& marked) {
  std::vector<int32_t> ids;
  std::string ordinary;
  const auto flush = [&] {
    plain.Encode(ordinary, &ids);
    ordinary.clear();
  };
  for (const MarkedSpan& span : marked.spans) {
    const std::string_view text = std::string_view(marked.text).substr(span.begin, span.end - span.begin);
    for (size_t at = 0; at < text.size();) {
      const AddedToken* longest = nullptr;
      for (const AddedToken& token : tokenizer.added_tokens()) {
        const bool here = text.substr(at, token.content.size()) == token.content;
        if (here && (longest == nullptr || token.content.size() > longest->content.size())) longest = &token;
      }
      const bool matches = longest != nullptr && (span.mark == TextMark::kControl ||
                                                  (span.mark == TextMark::kAssistant && !longest->special));
      if (matches) {
        flush();
        ids.push_back(longest->id);
      } else if (longest == nullptr || span.mark == TextMark::kLiteral) {
        ordinary += text[at++];
        continue;
      } else {
        ordinary += longest->content;
      }
      at += longest->content.size();
    }
  }
  flush();
  return ids;
}

TEST_CASE("ids of marked text are those of its segments between matched tokens, and counted without them") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  const test::PlainBpe plain = PlainGolden();
  const std::vector<std::string> contents = Contents(*tokenizer);
  Random random(4);
  int64_t added = 0;
  for (int i = 0; i < 4000; ++i) {
    MarkedText marked;
    for (size_t spans = 1 + Draw(&random, 6); spans > 0; --spans) {
      marked.Append(RandomText(&random, 12, contents), static_cast<TextMark>(Draw(&random, 3)));
    }
    CAPTURE(marked.text);
    const std::vector<int32_t> ids = EncodedMarked(*tokenizer, marked);
    CHECK(ids == BySegments(*tokenizer, plain, marked));
    CHECK(*tokenizer->CountMarked(marked) == ids.size());
    CHECK(*tokenizer->Decode(ids, false) == marked.text);
    for (const int32_t id : ids) added += tokenizer->AddedTokenOf(id) != nullptr ? 1 : 0;
  }
  CHECK(added > 4000);
}

TEST_CASE("one mark over all gives the ids of the plain policies") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  const std::vector<std::string> contents = Contents(*tokenizer);
  Random random(5);
  for (int i = 0; i < 1000; ++i) {
    const std::string text = RandomText(&random, 30, contents);
    MarkedText control, assistant;
    control.Append(text, TextMark::kControl);
    assistant.Append(text, TextMark::kAssistant);
    CHECK(EncodedMarked(*tokenizer, control) == Encoded(*tokenizer, text, SpecialPolicy::All()));
    CHECK(EncodedMarked(*tokenizer, assistant) == Encoded(*tokenizer, text, SpecialPolicy::None()));
  }
}

TEST_CASE("a token that crosses marks does not match, wherever the cut lies") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  for (const AddedToken& token : tokenizer->added_tokens()) {
    for (size_t cut = 1; cut < token.content.size(); ++cut) {
      for (const bool control_first : {true, false}) {
        MarkedText marked;
        marked.Append(token.content.substr(0, cut), control_first ? TextMark::kControl : TextMark::kLiteral);
        marked.Append(token.content.substr(cut), control_first ? TextMark::kLiteral : TextMark::kControl);
        const std::vector<int32_t> ids = EncodedMarked(*tokenizer, marked);
        // What is left of "<|end|>\n" may be a token of its own, in control text; the cut one is none.
        for (const int32_t id : ids) CHECK(id != token.id);
        // A cut inside a character gives the text back: its bytes belong together.
        CHECK(*tokenizer->Decode(ids, false) == token.content);
      }
    }
  }
}

TEST_CASE("marked text that is not UTF-8 is replaced as plain text is, and matches nothing by it") {
  const TokenizerPtr tokenizer = GoldenTokenizer();
  Random random(6);
  for (int i = 0; i < 2000; ++i) {
    MarkedText marked;
    for (size_t spans = 1 + Draw(&random, 5); spans > 0; --spans) {
      marked.Append(RandomBytes(&random, 6), static_cast<TextMark>(Draw(&random, 3)));
    }
    const std::vector<int32_t> ids = EncodedMarked(*tokenizer, marked);
    CHECK(*tokenizer->Decode(ids, false) == SanitizeUtf8(marked.text));
  }
}

}  // namespace
}  // namespace talaria
