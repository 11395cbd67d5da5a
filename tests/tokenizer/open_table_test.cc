#include "lib/tokenizer/open_table.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lib/tokenizer/merge_table.h"
#include "lib/tokenizer/vocabulary.h"
#include "lib/tokenizer/word.h"

namespace talaria {
namespace {

// Keys that share a hash in groups of *kShare*.
struct WeakSlot {
  static constexpr uint32_t kShare = 1000;
  uint32_t key = 0;
  int32_t value = -1;
  bool empty() const { return value < 0; }
  bool SameKey(const WeakSlot& other) const { return key == other.key; }
  bool Before(const WeakSlot& other) const { return key < other.key; }
  uint64_t KeyWord() const { return key / kShare; }
};

std::vector<WeakSlot> Slots(uint32_t count) {
  std::vector<WeakSlot> slots;
  for (uint32_t i = 0; i < count; ++i) slots.push_back({i * 7919 % 100003, static_cast<int32_t>(i)});
  return slots;
}

TEST_CASE("keys that share their hash by the thousand are all found, and no other is") {
  OpenTable<WeakSlot> table;
  const std::vector<WeakSlot> slots = Slots(20000);
  const auto none = [](const WeakSlot&, const WeakSlot&) { return Internal("no key comes twice"); };
  REQUIRE(table.Build(slots, none).ok());
  CHECK(table.overflow() > 1000);
  for (const WeakSlot& slot : slots) {
    const WeakSlot* found = table.Find({slot.key, 0});
    REQUIRE(found != nullptr);
    CHECK(found->value == slot.value);
  }
  for (uint32_t key = 100003; key < 110000; ++key) CHECK(table.Find({key, 0}) == nullptr);
}

TEST_CASE("a key that comes again is told of, also among those that collide") {
  for (const uint32_t place : {0u, 500u, 19999u}) {
    std::vector<WeakSlot> slots = Slots(20000);
    slots.push_back({slots[place].key, 77});
    OpenTable<WeakSlot> table;
    int told = 0;
    const auto tell = [&](const WeakSlot& first, const WeakSlot& later) {
      ++told;
      CHECK(first.key == later.key);
      CHECK(first.value == slots[place].value);
      CHECK(later.value == 77);
      return InvalidArgument("twice");
    };
    CHECK_FALSE(table.Build(slots, tell).ok());
    CHECK(told == 1);
  }
}

TEST_CASE("an empty table finds nothing") {
  OpenTable<WeakSlot> table;
  REQUIRE(table.Build({}, [](const WeakSlot&, const WeakSlot&) { return absl::OkStatus(); }).ok());
  CHECK(table.Find({0, 0}) == nullptr);
}

StatusOr<Vocabulary> WithBytesAnd(const std::vector<std::string>& tokens) {
  Vocabulary::Builder builder(0);
  for (int byte = 0; byte < 256; ++byte) {
    CHECK(builder.Add(byte, std::string(1, static_cast<char>(byte)), true).ok());
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    CHECK(builder.Add(static_cast<int64_t>(256 + i), tokens[i], true).ok());
  }
  return builder.Build();
}

std::string Words(uint64_t first, uint64_t second) {
  std::string text(16, '\0');
  std::memcpy(text.data(), &first, 8);
  std::memcpy(text.data() + 8, &second, 8);
  return text;
}

void CheckAllFound(const Vocabulary& vocabulary, const std::vector<std::string>& tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    CHECK(vocabulary.Find(tokens[i].data(), tokens[i].size()) == static_cast<int32_t>(256 + i));
    const Vocabulary::Probe probe(vocabulary, tokens[i].data(), tokens[i].size(), false);
    CHECK(probe.Find(vocabulary) == static_cast<int32_t>(256 + i));
  }
}

TEST_CASE("long tokens made to share one hash are told apart by their bytes") {
  // The hash's own steps turned round: a second word that brings any first word to one value.
  std::vector<std::string> tokens;
  for (uint64_t i = 0; i < 1000; ++i) {
    uint64_t state = ((16 * 0xD6E8FEB86659FD93u) ^ i) * 0x9E3779B97F4A7C15u;
    state ^= state >> 32;
    tokens.push_back(Words(i, state ^ 0x1234567));
  }
  const std::string stranger = tokens.back();
  tokens.pop_back();
  const StatusOr<Vocabulary> vocabulary = WithBytesAnd(tokens);
  REQUIRE_MESSAGE(vocabulary.ok(), vocabulary.status().ToString());
  // Were this 0, the tokens would collide no longer and the case show nothing.
  CHECK(vocabulary->collided() == tokens.size() - OpenTable<WeakSlot>::kMaxProbes);
  CheckAllFound(*vocabulary, tokens);
  CHECK(vocabulary->Find(stranger.data(), stranger.size()) == -1);
}

TEST_CASE("lines of one character with another before them are different tokens, of whatever length") {
  // " ----" and "-----" of lengths that differ in the same bits as the characters once had one hash.
  std::vector<std::string> tokens;
  for (size_t length = 12; length < 100; ++length) {
    for (const char first : {' ', '-', '=', '\t'}) {
      for (const char rest : {'-', '='}) tokens.push_back(first + std::string(length, rest));
    }
  }
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  const StatusOr<Vocabulary> vocabulary = WithBytesAnd(tokens);
  REQUIRE_MESSAGE(vocabulary.ok(), vocabulary.status().ToString());
  CHECK(vocabulary->collided() == 0);
  CheckAllFound(*vocabulary, tokens);
}

TEST_CASE("a vocabulary that is moved finds its tokens, short and long") {
  const std::vector<std::string> tokens = {"ab", "abc", "abcdefghijk", "abcdefghijkl",
                                           std::string(5000, 'x')};
  StatusOr<Vocabulary> first = WithBytesAnd(tokens);
  REQUIRE(first.ok());
  const Vocabulary vocabulary = *std::move(first);
  CheckAllFound(vocabulary, tokens);
  for (const std::string absent : {"abd", "abcdefghijkm", "abcdefghij"}) {
    CHECK(vocabulary.Find(absent.data(), absent.size()) == -1);
  }
}

TEST_CASE("a token or a merge that comes twice is refused by name") {
  const StatusOr<Vocabulary> twice = WithBytesAnd({"abcdefghijklmnop", "x1", "abcdefghijklmnop"});
  CHECK(twice.status().code() == StatusCode::kInvalidArgument);
  CHECK(Message(twice.status()).find("abcdefghijklmnop") != std::string_view::npos);
  const StatusOr<Vocabulary> vocabulary = WithBytesAnd({"ab"});
  REQUIRE(vocabulary.ok());
  const StatusOr<MergeTable> merges =
      MergeTable::FromRules({{97, 98, 256, 0}, {97, 98, 256, 1}}, *vocabulary);
  CHECK(merges.status().code() == StatusCode::kInvalidArgument);
  CHECK(Message(merges.status()).find("two ranks, 0 and 1") != std::string_view::npos);
}

}  // namespace
}  // namespace talaria
