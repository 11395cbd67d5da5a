#include "lib/tokenizer/rank_file.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/temporary_folder.h"
#include "tests/tokenizer/golden.h"
#include "tests/tokenizer/refusals.h"

namespace talaria {
namespace {

using test::CheckRefused;
using test::TokenizerPtr;

constexpr StatusCode kBad = StatusCode::kInvalidArgument;

std::string Ranks() { return test::GoldenText("tokenizer/ranks.tiktoken"); }

Status Opened(const std::string& ranks, std::vector<AddedToken> added = {}, int64_t vocab_size = 0) {
  Tokenizer::Options options;
  options.vocab_size = vocab_size;
  return Tokenizer::FromRankFile(ranks, std::move(added), options).status();
}

AddedToken Added(int32_t id, std::string content) {
  AddedToken token;
  token.id = id;
  token.content = std::move(content);
  token.special = true;
  return token;
}

TEST_CASE("a line that is none is refused by its number") {
  const std::string ranks = Ranks();
  for (const auto& each : std::initializer_list<std::pair<const char*, const char*>>{
           {"AAAA", "expected base64, a space and a rank"},
           {" 676", "no base64"},
           {"A?== 676", "no base64"},
           {"QQ=Q 676", "no base64"},
           {"QUFBQUE= ", "no rank"},
           {"QUFBQUE= -1", "no rank"},
           {"QUFBQUE= 676.0", "no rank"},
           {"QUFBQUE= 676x", "no rank"},
           {"QUFBQUE= 676 1", "no rank"},
           {"QUFBQUE= 18446744073709551616", "no rank"},
           {"QUFBQUE= 4294967972", "has id 4294967972"},
           {"QUFBQUE= 5", "id 5 belongs to two tokens"},
           {"<!DOCTYPE html>", "no base64"}}) {
    const char* const line = each.first;
    const char* const thing = each.second;
    CAPTURE(line);
    CheckRefused(Opened(ranks + line + "\n"), kBad, thing);
    CheckRefused(Opened(ranks + line + "\n"), kBad, "line 677");
  }
}

TEST_CASE("what the lines do not add up to is refused") {
  const std::string ranks = Ranks();
  CheckRefused(Opened(""), kBad, "no ranks");
  CheckRefused(Opened("\n\r\n"), kBad, "no ranks");
  CheckRefused(Opened(ranks + "QUFBQUE= 677\n"), kBad, "rank 676 is missing among 677");
  CheckRefused(Opened(ranks.substr(ranks.find('\n') + 1)), kBad, "rank 0 is missing");
  CheckRefused(Opened(ranks + "QQ== 676\n"), kBad, "has two ids, 65 and 676");
  CheckRefused(Opened(ranks, {}, 675), kBad, "expected one from 0 to 674");
  CheckRefused(Opened("QQ== 0\n"), kBad, "no token for the single byte");
  CheckRefused(Opened(ranks, {Added(65, "<x>")}), kBad, "added token");
  CheckRefused(Opened(ranks, {Added(700, "<x>"), Added(701, "<x>")}), kBad, "\"<x>\" has two ids");
  CheckRefused(Opened(ranks, {Added(700, "<x>")}, 700), kBad, "has id 700");
  CheckRefused(Opened(ranks, {Added(700, std::string(1025, 'x'))}), kBad, "1025 bytes");
  CheckRefused(Opened(ranks, {Added(700, "\xFF")}), kBad, "not UTF-8");
  CHECK(Opened(ranks, {}, 676).ok());
  CHECK(Opened(ranks, {Added(700, "<x>"), Added(900, "<y>")}, 901).ok());
}

TEST_CASE("lines may come in any order, end as they like, and be empty") {
  std::string reversed;
  const std::string ranks = Ranks();
  for (size_t at = 0; at < ranks.size();) {
    const size_t end = ranks.find('\n', at);
    reversed = ranks.substr(at, end - at) + "\r\n\r\n" + reversed;
    at = end + 1;
  }
  const StatusOr<TokenizerPtr> tokenizer = Tokenizer::FromRankFile(reversed, {}, {});
  REQUIRE(tokenizer.ok());
  const TokenizerPtr golden = test::GoldenTokenizer();
  for (int32_t id = 0; id < 676; ++id) CHECK((*tokenizer)->BytesOf(id) == golden->BytesOf(id));
  CHECK(Opened(ranks.substr(0, ranks.size() - 1)).ok());
}

TEST_CASE("tokens so long that their parts take minutes to find are refused") {
  std::string ranks = Ranks();
  // 90,000 bytes: base64 of zeros.
  ranks += std::string(120000, 'A') + " 676\n";
  CheckRefused(Opened(ranks), StatusCode::kResourceExhausted, "id 676");
}

TEST_CASE("a map of added tokens is read beside the ranks, and its errors name its file") {
  const test::TemporaryFolder folder;
  const std::string ranks = folder.Write("ranks", Ranks());
  const auto opened = [&](std::string_view map) {
    return Tokenizer::OpenRankFile(ranks, folder.Write("map.json", map), {});
  };
  const StatusOr<TokenizerPtr> good = opened(R"([{"id": 680, "content": "<x>", "special": true}])");
  REQUIRE(good.ok());
  CHECK((*good)->IdOf("<x>") == 680);
  CHECK((*good)->size() == 681);
  CHECK((*good)->BytesOf(678).empty());
  CheckRefused((*good)->Decode({678}, false).status(), kBad, "index 0");
  CheckRefused(opened("{}").status(), kBad, folder.Path("map.json"));
  CheckRefused(opened("[").status(), kBad, folder.Path("map.json"));
  CheckRefused(opened(R"([{"id": 680}])").status(), kBad, folder.Path("map.json"));
  CheckRefused(opened(R"([{"id": 65, "content": "<x>"}])").status(), kBad, folder.Path("map.json"));
  CheckRefused(Tokenizer::OpenRankFile(ranks, folder.Path("none"), {}).status(), StatusCode::kNotFound,
               folder.Path("none"));
  CheckRefused(Tokenizer::OpenRankFile(folder.Path("none"), folder.Path("map.json"), {}).status(),
               StatusCode::kNotFound, folder.Path("none"));
}

TEST_CASE("a checkpoint's folder gives what its files say together") {
  const test::TemporaryFolder folder;
  const std::string path = folder.Path("");
  CheckRefused(Tokenizer::Open(path).status(), StatusCode::kNotFound, "neither tokenizer.json nor");
  folder.Write("tokenizer.model", Ranks());
  REQUIRE(Tokenizer::Open(path).ok());
  CHECK((*Tokenizer::Open(path))->bos_ids().empty());
  folder.Write("tokenizer_config.json",
               R"({"bos_token": {"content": "<b>"}, "added_tokens_decoder": {
                   "676": {"content": "<b>", "special": true}, "677": {"content": "<t>", "special": false}}})");
  const StatusOr<TokenizerPtr> ranked = Tokenizer::Open(path);
  REQUIRE_MESSAGE(ranked.ok(), ranked.status().ToString());
  CHECK((*ranked)->bos_ids() == std::vector<int32_t>{676});
  CHECK((*ranked)->IsSpecial(676));
  CHECK_FALSE((*ranked)->IsSpecial(677));
  folder.Write("config.json", R"({"vocab_size": 677})");
  CheckRefused(Tokenizer::Open(path).status(), kBad, "has id 677");
  folder.Write("config.json", R"({"vocab_size": "many"})");
  CheckRefused(Tokenizer::Open(path).status(), kBad, "vocab_size");
  folder.Write("config.json", "{}");
  // tokenizer.json stands above the rank file; the other file's added tokens must agree with it.
  folder.Write("tokenizer.json", test::GoldenText("tokenizer/tokenizer.json"));
  CheckRefused(Tokenizer::Open(path).status(), kBad, "id 676 is \"<|begin|>\" here and \"<b>\"");
  folder.Write("tokenizer_config.json", R"({"added_tokens_decoder": {"900": {"content": "<b>"}}})");
  const StatusOr<TokenizerPtr> both = Tokenizer::Open(path);
  REQUIRE_MESSAGE(both.ok(), both.status().ToString());
  CHECK((*both)->IdOf("<b>") == 900);
  CHECK((*both)->IdOf("<|end|>") == 677);
  folder.Write("tokenizer_config.json", R"({"added_tokens_decoder": {"9x": {"content": "<b>"}}})");
  CheckRefused(Tokenizer::Open(path).status(), kBad, "\"9x\"");
  folder.Write("tokenizer_config.json", "[]");
  CheckRefused(Tokenizer::Open(path).status(), kBad, "tokenizer_config.json");
}

}  // namespace
}  // namespace talaria
