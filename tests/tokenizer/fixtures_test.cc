// The fixtures beside the project: Llama-3's vocabulary, ids by tiktoken and Hugging Face tokenizers, and
// tokenizer files that must open or be refused.
#include "tests/fixtures.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/base64.h"
#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/base/utf8.h"
#include "lib/tokenizer/added_tokens_json.h"
#include "lib/tokenizer/stream_decoder.h"
#include "lib/tokenizer/tokenizer.h"
#include "tests/skip.h"
#include "tests/tokenizer/sha256.h"

namespace talaria {
namespace {

using TokenizerPtr = std::shared_ptr<const Tokenizer>;

std::string Read(const std::string& path) {
  StatusOr<std::string> text = ReadWholeFile(path, uint64_t{64} << 20);
  REQUIRE_MESSAGE(text.ok(), text.status().ToString());
  return *std::move(text);
}

// The tokenizers of the fixtures by map; opened once.
const std::map<std::string, std::vector<TokenizerPtr>>& Tokenizers() {
  static const auto* const tokenizers = [] {
    auto* opened = new std::map<std::string, std::vector<TokenizerPtr>>;
    const std::string ranks = Read(test::SharedFixture("tokenizer/llama3.tiktoken"));
    const StatusOr<json::Value> maps =
        json::Parse(Read(test::SharedFixture("tokenizer/special_tokens.json")));
    REQUIRE(maps.ok());
    for (const json::Member& map : *maps->object()) {
      StatusOr<std::vector<AddedToken>> added = AddedTokensFromList(map.value);
      REQUIRE(added.ok());
      StatusOr<TokenizerPtr> tokenizer = Tokenizer::FromRankFile(ranks, *std::move(added), {});
      REQUIRE_MESSAGE(tokenizer.ok(), tokenizer.status().ToString());
      (*opened)[map.key].push_back(*tokenizer);
    }
    StatusOr<TokenizerPtr> json = Tokenizer::Open(test::SharedFixture("tokenizer/tokenizer.json"));
    REQUIRE_MESSAGE(json.ok(), json.status().ToString());
    (*opened)["A"].push_back(*json);
    return opened;
  }();
  return *tokenizers;
}

std::vector<int32_t> Ids(const json::Value& list) {
  std::vector<int32_t> ids;
  for (const json::Value& item : *list.array()) ids.push_back(static_cast<int32_t>(*item.AsInt64()));
  return ids;
}

std::string Bytes(const json::Value& base64) {
  std::string bytes;
  REQUIRE(DecodeBase64(*base64.string(), &bytes));
  return bytes;
}

std::string TextOf(const json::Value& row) {
  if (const json::Value* text = row.Find("text")) return *text->string();
  if (const json::Value* base64 = row.Find("bytes_b64")) return Bytes(*base64);
  std::string text;
  for (const json::Value& part : *row.Find("text_rep")->array()) {
    const int64_t count = *(*part.array())[1].AsInt64();
    for (int64_t i = 0; i < count; ++i) text += *(*part.array())[0].string();
  }
  return text;
}

std::vector<int32_t> ExpectedIds(const json::Value& row) {
  if (const json::Value* ids = row.Find("ids")) return Ids(*ids);
  std::vector<int32_t> ids;
  for (const json::Value& part : *row.Find("ids_rle")->array()) {
    ids.insert(ids.end(), static_cast<size_t>(*(*part.array())[1].AsInt64()),
               static_cast<int32_t>(*(*part.array())[0].AsInt64()));
  }
  return ids;
}

SpecialPolicy PolicyOf(const json::Value& row) {
  const json::Value& allowed = *row.Find("allowed_special");
  if (const json::Array* names = allowed.array()) {
    std::vector<std::string> contents;
    for (const json::Value& name : *names) contents.push_back(*name.string());
    return SpecialPolicy::Only(contents);
  }
  return *allowed.string() == "all" ? SpecialPolicy::All() : SpecialPolicy::None();
}

// Decoding the ids one by one gives what decoding them at once does.
std::string Streamed(const TokenizerPtr& tokenizer, const std::vector<int32_t>& ids, bool skip_special) {
  StreamDecoder decoder(tokenizer, skip_special);
  std::string text;
  for (const int32_t id : ids) {
    CHECK(decoder.Push(id, &text).ok());
    CHECK(IsValidUtf8(text));
  }
  decoder.Flush(&text);
  return text;
}

void CheckDecoding(const TokenizerPtr& tokenizer, const json::Value& row) {
  const std::vector<int32_t> ids = Ids(*row.Find("decode_ids"));
  if (const json::Value* kept = row.Find("text_keep_special")) {
    CHECK(*tokenizer->Decode(ids, false) == *kept->string());
    CHECK(*tokenizer->Decode(ids, true) == *row.Find("text_skip_special")->string());
    CHECK(Streamed(tokenizer, ids, true) == *row.Find("text_skip_special")->string());
    return;
  }
  CHECK(*tokenizer->DecodeBytes(ids, false) == Bytes(*row.Find("bytes_b64")));
  CHECK(*tokenizer->Decode(ids, false) == *row.Find("text_replace")->string());
  CHECK(Streamed(tokenizer, ids, false) == *row.Find("text_replace")->string());
  for (size_t i = 0; i < ids.size(); ++i) {
    CHECK(tokenizer->BytesOf(ids[i]) == Bytes((*row.Find("per_token_bytes_b64")->array())[i]));
  }
}

TEST_CASE("the cases of public.jsonl: ids, counts and decoded text are tiktoken's") {
  const std::string path = test::SharedFixture("tokenizer/public.jsonl");
  if (path.empty()) return test::Skip("no fixtures beside the project");
  const std::string lines = Read(path);
  int rows = 0;
  for (size_t at = 0; at < lines.size();) {
    const size_t end = lines.find('\n', at);
    const StatusOr<json::Value> row = json::Parse(std::string_view(lines).substr(at, end - at));
    at = end == std::string::npos ? lines.size() : end + 1;
    REQUIRE(row.ok());
    ++rows;
    CAPTURE(*row->Find("id")->string());
    const json::Value* map = row->Find("special_map");
    for (const TokenizerPtr& tokenizer : Tokenizers().at(map == nullptr ? "A" : *map->string())) {
      if (row->Find("decode_ids") != nullptr) {
        CheckDecoding(tokenizer, *row);
        continue;
      }
      const std::string text = TextOf(*row);
      std::vector<int32_t> ids;
      CHECK(tokenizer->Encode(text, PolicyOf(*row), &ids).ok());
      CHECK(ids == ExpectedIds(*row));
      CHECK(*tokenizer->Count(text, PolicyOf(*row)) == ids.size());
      CHECK(*tokenizer->Decode(ids, false) == SanitizeUtf8(text));
    }
  }
  CHECK(rows > 2000);
}

void AppendForHash(const Tokenizer& tokenizer, std::string_view text, std::string* hashed) {
  std::vector<int32_t> ids;
  if (!tokenizer.Encode(text, SpecialPolicy::None(), &ids).ok()) FAIL("not encoded");
  const auto append = [hashed](uint32_t word) {
    for (int shift = 0; shift < 32; shift += 8) *hashed += static_cast<char>(word >> shift & 255);
  };
  append(static_cast<uint32_t>(ids.size()));
  for (const int32_t id : ids) append(static_cast<uint32_t>(id));
}

TEST_CASE("the sweeps: every entry of the vocabulary and every code point encode as tiktoken's do") {
  const std::string path = test::SharedFixture("tokenizer/sweeps.json");
  if (path.empty()) return test::Skip("no fixtures beside the project");
  const StatusOr<json::Value> sweeps = json::Parse(Read(path));
  REQUIRE(sweeps.ok());
  const json::Value& vocabulary = *sweeps->Find("vocab_roundtrip");
  const json::Value& blocks = *sweeps->Find("class_sweep")->Find("blocks");
  for (const TokenizerPtr& tokenizer : Tokenizers().at("A")) {
    std::string hashed;
    int64_t entries = 0;
    for (int32_t id = 0; id < 128000; ++id) {
      const std::string_view bytes = tokenizer->BytesOf(id);
      if (!IsValidUtf8(bytes)) continue;
      ++entries;
      AppendForHash(*tokenizer, bytes, &hashed);
    }
    CHECK(entries == *vocabulary.Find("count")->AsInt64());
    CHECK(test::Sha256(hashed) == *vocabulary.Find("sha256")->string());
    for (const json::Member& block : *blocks.object()) {
      const auto first = static_cast<char32_t>(std::stoul(block.key, nullptr, 16));
      hashed.clear();
      for (char32_t code = first; code < first + 0x400; ++code) {
        if (code >= 0xD800 && code < 0xE000) continue;
        std::string c;
        AppendUtf8(code, &c);
        AppendForHash(*tokenizer, "a" + c + "b 1" + c + "2  " + c + "\n'" + c + "z " + c + c + " \n",
                      &hashed);
      }
      CAPTURE(block.key);
      CHECK(test::Sha256(hashed).substr(0, 32) == *block.value.string());
    }
  }
}

TEST_CASE("tokenizer files of the conformance corpus open or are refused by name") {
  const std::string path = test::SharedFixture("format/manifest.jsonl");
  if (path.empty()) return test::Skip("no fixtures beside the project");
  const std::string lines = Read(path);
  int rows = 0;
  for (size_t at = 0; at < lines.size();) {
    const size_t end = lines.find('\n', at);
    const StatusOr<json::Value> row = json::Parse(std::string_view(lines).substr(at, end - at));
    at = end == std::string::npos ? lines.size() : end + 1;
    REQUIRE(row.ok());
    if (*row->Find("entry")->string() != "tokenizer") continue;
    ++rows;
    CAPTURE(*row->Find("id")->string());
    CAPTURE(*row->Find("what")->string());
    const std::string folder = test::SharedFixture("format/" + *row->Find("path")->string());
    const StatusOr<TokenizerPtr> tokenizer = Tokenizer::Open(folder);
    CAPTURE(tokenizer.status().ToString());
    CHECK(tokenizer.ok() == (*row->Find("expect")->string() == "ok"));
    if (tokenizer.ok()) {
      std::vector<int32_t> ids;
      const std::string text = "The file which is wrong \xE2\x82\xAC <|begin_of_text|>";
      CHECK((*tokenizer)->Encode(text, SpecialPolicy::All(), &ids).ok());
      CHECK(*(*tokenizer)->Decode(ids, false) == text);
    } else {
      // The message names the folder or a file in it.
      CHECK(Message(tokenizer.status()).find(folder) == 0);
    }
  }
  CHECK(rows > 40);
}

}  // namespace
}  // namespace talaria
