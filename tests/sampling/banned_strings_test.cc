#include "lib/sampling/banned_strings.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/allocator.h"
#include "lib/base/philox.h"
#include "lib/sampling/weights.h"

namespace talaria::sampling {
namespace {

std::shared_ptr<const TokenIndex> IndexOf(const std::vector<std::string>& texts, Allocator* allocator) {
  StatusOr<TokenIndex> index =
      TokenIndex::Create(allocator, static_cast<int64_t>(texts.size()),
                         [&texts](int32_t id) { return std::string_view(texts[static_cast<size_t>(id)]); });
  REQUIRE(index.ok());
  return std::make_shared<const TokenIndex>(*std::move(index));
}

// Whether *text* after *tail* completes or holds one of *strings*: an occurrence that ends in *text*.
bool IsBanned(const std::string& tail, const std::string& text, const std::vector<std::string>& strings) {
  const std::string whole = tail + text;
  for (const std::string& string : strings) {
    for (size_t at = whole.find(string); at != std::string::npos; at = whole.find(string, at + 1)) {
      if (at + string.size() > tail.size()) return true;
    }
  }
  return false;
}

std::string MadeText(const Philox& random, uint64_t place, size_t most, uint32_t letters) {
  const PhiloxCounter dice = random.At(place);
  std::string text;
  for (size_t i = 0; i < dice[0] % (most + 1); ++i) {
    // Bytes above 127 too.
    text.push_back(static_cast<char>("ab\xff"[(dice[1] >> (2 * i)) % letters]));
  }
  return text;
}

TEST_CASE("exactly those tokens are ruled out that would complete or hold a banned string") {
  const Philox random(21, 22);
  Allocator allocator;
  size_t banned_tokens = 0;
  size_t allowed_tokens = 0;
  for (uint64_t round = 0; round < 1500; ++round) {
    const uint64_t base = round * 1000;
    const uint32_t letters = 2 + round % 2;
    std::vector<std::string> texts;
    for (uint64_t i = 0; i < 60; ++i) texts.push_back(MadeText(random, base + i, 6, letters));
    std::vector<std::string> strings;
    for (uint64_t i = 0; i < 1 + round % 5; ++i) {
      std::string string =
          MadeText(random, base + 100 + 2 * i, 7, letters) + MadeText(random, base + 101 + 2 * i, 7, letters);
      strings.push_back(string.empty() ? "ab" : string);
    }
    const StatusOr<BannedStrings> banned = BannedStrings::Create(IndexOf(texts, &allocator), strings);
    REQUIRE(banned.ok());
    for (uint64_t tail_round = 0; tail_round < 10; ++tail_round) {
      std::vector<int32_t> generated;
      std::string tail;
      for (uint64_t i = 0; i < random.At(base + 200 + tail_round)[0] % 9; ++i) {
        generated.push_back(static_cast<int32_t>(random.At(base + 300 + 10 * tail_round + i)[0] % 62) - 1);
        // Ids outside the vocabulary add nothing.
        const auto id = static_cast<size_t>(generated.back());
        if (id < texts.size()) tail += texts[id];
      }
      std::vector<float> logits(texts.size(), 0.0f);
      banned->Mask(generated, absl::MakeSpan(logits));
      for (size_t i = 0; i < texts.size(); ++i) {
        const bool is_banned = IsBanned(tail, texts[i], strings);
        (is_banned ? banned_tokens : allowed_tokens) += 1;
        CAPTURE(round);
        REQUIRE((logits[i] == kNever) == is_banned);
      }
    }
  }
  CHECK(banned_tokens > 50000);
  CHECK(allowed_tokens > 50000);
}

TEST_CASE("a text that is generated token by token never holds a banned string") {
  const std::vector<std::string> texts = {"the", " cat", "ca", "t",  " ",    "c", "a",
                                          "at",  "",     "he", "th", "e ca", "tt"};
  const std::vector<std::string> strings = {"cat", "the t", "aa"};
  Allocator allocator;
  const StatusOr<BannedStrings> banned = BannedStrings::Create(IndexOf(texts, &allocator), strings);
  REQUIRE(banned.ok());
  const Philox random(31, 32);
  std::vector<int32_t> generated;
  std::string text;
  for (uint64_t i = 0; i < 5000; ++i) {
    std::vector<float> logits(texts.size(), 0.0f);
    banned->Mask(generated, absl::MakeSpan(logits));
    auto next = static_cast<size_t>(random.At(i)[0] % texts.size());
    while (logits[next] == kNever) next = (next + 1) % texts.size();
    generated.push_back(static_cast<int32_t>(next));
    text += texts[next];
  }
  CHECK(text.size() > 5000);
  for (const std::string& string : strings) CHECK(text.find(string) == std::string::npos);
}

TEST_CASE("an empty banned string and too many bytes of them are refused, the limit itself is not") {
  Allocator allocator;
  const auto index = IndexOf({"a", "b", "ba"}, &allocator);
  CHECK(Message(BannedStrings::Create(index, {"x", ""}).status()) ==
        "banned_strings[1]: expected a text, found an empty one");
  const Status status = BannedStrings::Create(index, {std::string(4000, 'b'), std::string(97, 'a')}).status();
  CHECK(status.code() == StatusCode::kResourceExhausted);
  CHECK(Message(status) == "banned_strings: expected at most 4096 bytes in all, found 4097");
  const StatusOr<BannedStrings> most = BannedStrings::Create(index, {std::string(4096, 'b')});
  REQUIRE(most.ok());
  std::vector<float> logits(3, 0.0f);
  most->Mask(std::vector<int32_t>(4094, 1), absl::MakeSpan(logits));
  CHECK(logits == std::vector<float>(3, 0.0f));
  most->Mask(std::vector<int32_t>(5000, 1), absl::MakeSpan(logits));
  CHECK(logits == std::vector<float>{0, kNever, kNever});
  CHECK(BannedStrings::Create(index, {}).ok());
}

TEST_CASE("tokens are found by how they begin") {
  Allocator allocator;
  const std::vector<std::string> texts = {
      "b", "", "ab", "a", "abc", "\xff", "ab", "ac", std::string("a\0", 2)};
  const auto index = IndexOf(texts, &allocator);
  for (const std::string prefix : {"", "a", "ab", "abc", "abcd", "b", "\xff", "\xfe", "c"}) {
    std::vector<int32_t> expected;
    for (size_t i = 0; i < texts.size(); ++i) {
      if (texts[i].compare(0, prefix.size(), prefix) == 0) expected.push_back(static_cast<int32_t>(i));
    }
    const TokenIndex::Range range = index->BeginningWith(prefix);
    std::vector<int32_t> found(range.begin(), range.end());
    std::sort(found.begin(), found.end());
    CAPTURE(prefix);
    CHECK(found == expected);
  }
  CHECK(index->BytesOf(-1).empty());
  CHECK(index->BytesOf(9).empty());
  CHECK(index->BytesOf(4) == "abc");
}

TEST_CASE("an index of tokens is refused where there is no room, no token, or a text that changes") {
  Allocator tight(100);
  const auto text_of = [](int32_t) { return std::string_view("abc"); };
  CHECK(TokenIndex::Create(&tight, 10, text_of).status().code() == StatusCode::kResourceExhausted);
  Allocator allocator;
  CHECK(TokenIndex::Create(&allocator, 0, text_of).status().code() == StatusCode::kInvalidArgument);
  CHECK(TokenIndex::Create(&allocator, kMaxVocabulary + 1, text_of).status().code() ==
        StatusCode::kInvalidArgument);
  int calls = 0;
  const auto growing = [&calls](int32_t) {
    return std::string_view("abcdef").substr(0, calls++ < 3 ? 1 : 6);
  };
  CHECK(TokenIndex::Create(&allocator, 3, growing).status().code() == StatusCode::kInternal);
}

}  // namespace
}  // namespace talaria::sampling
