#include "lib/engine/text_stream.h"

#include <doctest/doctest.h>

#include <random>

#include "lib/base/utf8.h"
#include "tests/fixtures.h"

namespace talaria {
namespace {

std::shared_ptr<const Tokenizer> GoldenTokenizer() {
  auto opened = Tokenizer::Open(test::GoldenFile("tokenizer/tokenizer.json"));
  REQUIRE_MESSAGE(opened.ok(), opened.status());
  return *std::move(opened);
}

std::shared_ptr<const StopStrings> Stops(const std::vector<std::string>& strings) {
  if (strings.empty()) return nullptr;
  auto made = StopStrings::Create(strings);
  REQUIRE_MESSAGE(made.ok(), made.status());
  return *std::move(made);
}

// What the rules say, plainly: all bytes joined; cut before the first stop string, the longest of those that
// end there; special tokens' bytes left out; what is no UTF-8 replaced.
struct Expected {
  std::string text;
  size_t tokens = 0;  // up to the one that completes a stop string, or all
  bool stopped = false;
};
Expected PlainText(const Tokenizer& tokenizer, const std::vector<std::string>& stops,
                   const std::vector<int32_t>& ids) {
  Expected expected;
  std::string bytes, visible;
  for (const int32_t id : ids) {
    ++expected.tokens;
    for (const char byte : tokenizer.BytesOf(id)) {
      bytes.push_back(byte);
      visible.push_back(tokenizer.IsSpecial(id) ? 0 : 1);
      size_t taken = 0;
      for (const std::string& stop : stops) {
        if (stop.size() <= bytes.size() &&
            bytes.compare(bytes.size() - stop.size(), stop.size(), stop) == 0) {
          taken = std::max(taken, stop.size());
        }
      }
      if (taken == 0) continue;
      bytes.resize(bytes.size() - taken);
      expected.stopped = true;
      break;
    }
    if (expected.stopped) break;
  }
  std::string shown;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (visible[i] != 0) shown.push_back(bytes[i]);
  }
  expected.text = SanitizeUtf8(shown);
  return expected;
}

// Divides *text* into tokens at random: single bytes, and whole tokens where one stands there.
std::vector<int32_t> AnyTokens(const Tokenizer& tokenizer, std::mt19937& random, const std::string& text) {
  std::vector<int32_t> ids;
  for (size_t at = 0; at < text.size();) {
    std::vector<std::pair<int32_t, size_t>> fitting;
    for (size_t bytes = 1; bytes <= 12 && at + bytes <= text.size(); ++bytes) {
      const auto id = tokenizer.IdOf(std::string_view(text).substr(at, bytes));
      if (id.has_value()) fitting.emplace_back(*id, bytes);
    }
    REQUIRE_FALSE(fitting.empty());
    const auto [id, bytes] = fitting[random() % fitting.size()];
    ids.push_back(id);
    at += bytes;
  }
  return ids;
}

// Feeds *ids* and checks what must hold at every token: whole characters, and a beginning of *expected*.
std::string Stream(const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<std::string>& stops,
                   const std::vector<int32_t>& ids, const std::string& expected) {
  TextStream stream(tokenizer, Stops(stops));
  std::string all;
  for (const int32_t id : ids) {
    std::string text;
    stream.Push(id, &text);
    CHECK(IsValidUtf8(text));
    all += text;
    REQUIRE(expected.compare(0, all.size(), all) == 0);
  }
  stream.Finish(&all);
  return all;
}

TEST_CASE(
    "the joined text is the plain text at every division into tokens, and no stop string is ever taken "
    "back") {
  const auto tokenizer = GoldenTokenizer();
  const std::vector<std::string> pieces = {
      "the ", "and", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x99\x82", "\n\n",   "User:",
      "a",    "b",   "\xff",     "\xe2\x82",     "<|end|>",          "<call>", "\xc3",
      "\n",   " ",   "ab"};
  std::mt19937 random(5);
  int stopped = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (size_t i = random() % 14; i > 0; --i) text += pieces[random() % pieces.size()];
    std::vector<std::string> stops;
    for (size_t i = random() % 3; i > 0; --i) {
      std::string stop;
      for (size_t j = 1 + random() % 3; j > 0; --j) stop += pieces[random() % pieces.size()];
      stops.push_back(stop);
    }
    const std::vector<int32_t> ids = AnyTokens(*tokenizer, random, text);
    const Expected expected = PlainText(*tokenizer, stops, ids);
    CAPTURE(text);
    CHECK(Stream(tokenizer, stops, ids, expected.text) == expected.text);
    stopped += expected.stopped ? 1 : 0;
    // The engine's own matcher ends at the same token.
    StopMatcher matcher(Stops(stops));
    size_t tokens = 0;
    bool found = false;
    while (tokens < ids.size() && !found) found = matcher.FeedAll(tokenizer->BytesOf(ids[tokens++]));
    CHECK(found == expected.stopped);
    CHECK(tokens == expected.tokens);
  }
  CHECK(stopped > 300);
}

TEST_CASE("bytes that may belong to a stop string wait, and come when they do not") {
  const auto tokenizer = GoldenTokenizer();
  TextStream stream(tokenizer, Stops({"abc"}));
  const auto push = [&](std::string_view bytes) {
    std::string text;
    stream.Push(*tokenizer->IdOf(bytes), &text);
    return text;
  };
  CHECK(push("x") == "x");
  CHECK(push("a").empty());
  CHECK(push("b").empty());
  CHECK(push("a") == "ab");
  CHECK(push("b").empty());
  CHECK(push("c").empty());
  // After the stop string nothing comes any more.
  CHECK(push("x").empty());
  std::string rest;
  stream.Finish(&rest);
  CHECK(rest.empty());
}

TEST_CASE("the end gives what was held back, and U+FFFD for half a character") {
  const auto tokenizer = GoldenTokenizer();
  TextStream stream(tokenizer, Stops({"abc"}));
  std::string text;
  for (const char* byte : {"a", "b", "\xe2", "\x82"}) stream.Push(*tokenizer->IdOf(byte), &text);
  CHECK(text == "ab");
  stream.Finish(&text);
  CHECK(text == "ab\xef\xbf\xbd");
}

TEST_CASE("special tokens are not shown and others that were added are; both may end a text") {
  const auto tokenizer = GoldenTokenizer();
  const int32_t special = *tokenizer->IdOf("<|end|>"), added = *tokenizer->IdOf("<call>");
  REQUIRE(tokenizer->IsSpecial(special));
  REQUIRE_FALSE(tokenizer->IsSpecial(added));
  const std::vector<int32_t> ids = {*tokenizer->IdOf("x"), special, added, *tokenizer->IdOf("y")};
  CHECK(Stream(tokenizer, {}, ids, "x<call>y") == "x<call>y");
  CHECK(Stream(tokenizer, {"<call>"}, ids, "x") == "x");
  CHECK(Stream(tokenizer, {"<|end|>"}, ids, "x") == "x");
  // Ids past the tokenizer's say nothing: a model's rows may be more.
  CHECK(Stream(tokenizer, {}, {*tokenizer->IdOf("x"), tokenizer->size() + 3}, "x") == "x");
}

}  // namespace
}  // namespace talaria
