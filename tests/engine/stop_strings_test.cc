#include "lib/engine/stop_strings.h"

#include <doctest/doctest.h>

#include <random>

#include "tests/counted_new.h"

namespace talaria {
namespace {

std::shared_ptr<const StopStrings> Stops(const std::vector<std::string>& strings) {
  auto made = StopStrings::Create(strings);
  REQUIRE_MESSAGE(made.ok(), made.status());
  return *std::move(made);
}

// Where the first string ends in *text*, and the length of the longest that ends there; -1 where none does.
struct Found {
  int64_t end = -1;
  size_t bytes = 0;
};
Found PlainSearch(const std::vector<std::string>& strings, const std::string& text) {
  for (size_t end = 1; end <= text.size(); ++end) {
    size_t longest = 0;
    for (const std::string& string : strings) {
      if (string.size() <= end && text.compare(end - string.size(), string.size(), string) == 0) {
        longest = std::max(longest, string.size());
      }
    }
    if (longest > 0) return {static_cast<int64_t>(end), longest};
  }
  return {};
}

// The longest end of *text* that some string begins with.
size_t PlainPending(const std::vector<std::string>& strings, const std::string& text) {
  size_t longest = 0;
  for (const std::string& string : strings) {
    for (size_t bytes = 1; bytes < string.size() && bytes <= text.size(); ++bytes) {
      if (text.compare(text.size() - bytes, bytes, string, 0, bytes) == 0) longest = std::max(longest, bytes);
    }
  }
  return longest;
}

std::string RandomText(std::mt19937& random, size_t most, int letters) {
  std::string text(1 + random() % most, 'a');
  for (char& letter : text)
    letter = static_cast<char>('a' + static_cast<int>(random() % static_cast<unsigned>(letters)));
  return text;
}

TEST_CASE("a matcher finds what a plain search finds, at every byte of random texts") {
  std::mt19937 random(20261127);
  int found = 0;
  for (int round = 0; round < 5000; ++round) {
    const int letters = 1 + static_cast<int>(random() % 3);
    std::vector<std::string> strings;
    for (size_t i = 1 + random() % 4; i > 0; --i) strings.push_back(RandomText(random, 6, letters));
    const std::string text = RandomText(random, 40, letters);
    CAPTURE(text);
    StopMatcher matcher(Stops(strings));
    const Found expected = PlainSearch(strings, text);
    for (size_t i = 0; i < text.size(); ++i) {
      const size_t bytes = matcher.Feed(text[i]);
      if (static_cast<int64_t>(i) + 1 == expected.end) {
        CHECK(bytes == expected.bytes);
        ++found;
        break;
      }
      REQUIRE(bytes == 0);
      CHECK(matcher.pending() == PlainPending(strings, text.substr(0, i + 1)));
    }
  }
  CHECK(found > 1000);
}

TEST_CASE("a run of bytes matches where its bytes do one by one, however the text is divided") {
  const std::vector<std::string> strings = {"abab", "bb", "\n\nUser:"};
  for (const std::string text : {"aababab", "abaabb", "x\n\n\nUser: y", "\n\nUser", "none"}) {
    const bool expected = PlainSearch(strings, text).end >= 0;
    for (size_t first = 0; first <= text.size(); ++first) {
      for (size_t second = first; second <= text.size(); ++second) {
        StopMatcher matcher(Stops(strings));
        const bool found = matcher.FeedAll(text.substr(0, first)) ||
                           matcher.FeedAll(text.substr(first, second - first)) ||
                           matcher.FeedAll(text.substr(second));
        CHECK(found == expected);
      }
    }
  }
}

TEST_CASE("without strings nothing matches and nothing is pending") {
  StopMatcher matcher;
  CHECK_FALSE(matcher.FeedAll("anything"));
  CHECK(matcher.pending() == 0);
}

TEST_CASE("a matcher allocates nothing while it is fed") {
  StopMatcher matcher(Stops({"stop", "a longer one that fits no small string"}));
  test::CountNew(true);
  matcher.FeedAll("some text with a longer one that fits no small strin and more");
  CHECK(test::CountNew(false) == 0);
}

TEST_CASE("strings out of range are refused, naming which") {
  const Status empty = StopStrings::Create({"a", ""}).status();
  CHECK(empty.code() == StatusCode::kInvalidArgument);
  CHECK(Message(empty).find("stop_strings[1]") != std::string_view::npos);
  CHECK(StopStrings::Create({std::string(StopStrings::kMaxBytes + 1, 'x')}).status().code() ==
        StatusCode::kResourceExhausted);
  CHECK(StopStrings::Create({std::string(StopStrings::kMaxBytes, 'x')}).ok());
  CHECK(StopStrings::Create(std::vector<std::string>(StopStrings::kMaxStrings + 1, "x")).status().code() ==
        StatusCode::kResourceExhausted);
}

TEST_CASE("the longest string allowed is found after a long text of its own beginning") {
  const std::string string = std::string(StopStrings::kMaxBytes - 1, 'x') + "y";
  StopMatcher matcher(Stops({string}));
  CHECK_FALSE(matcher.FeedAll(std::string(10000, 'x')));
  CHECK(matcher.pending() == StopStrings::kMaxBytes - 1);
  CHECK(matcher.Feed('y') == StopStrings::kMaxBytes);
}

}  // namespace
}  // namespace talaria
