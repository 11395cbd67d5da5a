// A tokenizer.json that is spoiled in one place is refused for that; what changes nothing is read.
#include "lib/tokenizer/tokenizer_json.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/tokenizer/golden.h"
#include "tests/tokenizer/refusals.h"

namespace talaria {
namespace {

using test::CheckRefused;
using test::GoldenTokenizerJson;
using test::TokenizerPtr;

// The golden file with the member at *path* ("model/type") replaced by the JSON *value*.
std::string With(std::string_view path, std::string_view value) {
  json::Value document = GoldenTokenizerJson();
  json::Value* place = &document;
  for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    place = test::MemberOf(place, path.substr(0, slash));
    path.remove_prefix(slash + 1);
  }
  StatusOr<json::Value> parsed = json::Parse(value);
  REQUIRE_MESSAGE(parsed.ok(), std::string(value));
  test::SetMember(place, path, *std::move(parsed));
  return json::Write(document);
}

struct Spoiled {
  const char* path;
  const char* value;
  StatusCode code;
  const char* thing;
};
constexpr StatusCode kBad = StatusCode::kInvalidArgument;
constexpr StatusCode kUnknown = StatusCode::kUnimplemented;

TEST_CASE("each spoiled member is refused by name") {
  static constexpr Spoiled kCases[] = {
      {"model", "null", kBad, "no model"},
      {"model", "[]", kBad, "no model"},
      {"model", R"({"type": "BPE", "merges": []})", kBad, "no vocab"},
      {"model", R"({"type": "BPE", "vocab": {"a": 0}})", kBad, "no merges"},
      {"model/type", R"("Unigram")", kUnknown, "\"Unigram\""},
      {"model/type", "7", kBad, "type is"},
      {"model/dropout", "0.1", kUnknown, "dropout"},
      {"model/byte_fallback", "true", kUnknown, "byte_fallback"},
      {"model/byte_fallback", "1", kBad, "byte_fallback"},
      {"model/ignore_merges", R"("yes")", kBad, "ignore_merges"},
      {"model/continuing_subword_prefix", R"("##")", kUnknown, "continuing_subword_prefix"},
      {"model/end_of_word_suffix", R"("</w>")", kUnknown, "end_of_word_suffix"},
      {"model/vocab", "[]", kBad, "no vocab"},
      {"model/vocab", "{}", kBad, "no token for the single byte"},
      {"model/vocab/th", "1.5", kBad, "\"th\""},
      {"model/vocab/th", "-1", kBad, "\"th\""},
      {"model/vocab/th", "4194304", kBad, "\"th\""},
      {"model/vocab/th", "18446744073709551616", kBad, "\"th\""},
      {"model/vocab/th", "[1]", kBad, "\"th\""},
      {"model/vocab/th", "{}", kBad, "\"th\""},
      {"model/vocab/th", R"("4")", kBad, "\"th\""},
      {"model/vocab/th", "65", kBad, "id 65 belongs to two tokens"},
      {"model/merges", R"(["t h", "t h"])", kBad, "two ranks, 0 and 1"},
      {"model/merges", R"(["th"])", kBad, "item 0"},
      {"model/merges", R"(["t h e"])", kBad, "item 0"},
      {"model/merges", R"([["t"]])", kBad, "item 0"},
      {"model/merges", R"([["t", "h", "e"]])", kBad, "item 0"},
      {"model/merges", R"(["t h", [["t"], "h"]])", kBad, "item 1"},
      {"model/merges", R"([{"t": "h"}])", kBad, "item 0"},
      {"model/merges", R"([3])", kBad, "item 0"},
      {"model/merges", R"([["q", "x"]])", kBad, "item 0, \"q\" and \"x\""},
      {"model/merges", R"([["", "th"]])", kBad, "item 0"},
      {"model/merges", R"([["t", "€"]])", kBad, "item 0"},
      {"added_tokens", "{}", kBad, "added tokens"},
      {"added_tokens", "[7]", kBad, "added token 0"},
      {"added_tokens", R"([{"content": "x"}])", kBad, "added token 0"},
      {"added_tokens", R"([{"id": 700}])", kBad, "added token 0"},
      {"added_tokens", R"([{"id": 700, "content": ""}])", kBad, "700"},
      {"added_tokens", R"([{"id": -7, "content": "<x>"}])", kBad, "-7"},
      {"added_tokens", R"([{"id": 4294967996, "content": "<x>"}])", kBad, "4294967996"},
      {"added_tokens", R"([{"id": 700, "content": "<x>", "special": 1}])", kBad, "special"},
      {"added_tokens", R"([{"id": 700, "content": "<x>", "lstrip": "no"}])", kBad, "lstrip"},
      {"added_tokens", R"([{"id": 700, "content": "<x>"}, {"id": 700, "content": "<y>"}])", kBad, "id 700"},
      {"added_tokens", R"([{"id": 700, "content": "<x>"}, {"id": 701, "content": "<x>"}])", kBad, "\"<x>\""},
      {"added_tokens", R"([{"id": 65, "content": "<x>"}])", kBad, "id 65"},
      {"added_tokens", R"([{"id": 700, "content": "th"}])", kBad, "\"th\" of id 700 has id"},
      {"normalizer", R"({"type": "NFC"})", kUnknown, "\"NFC\""},
      {"normalizer", R"({"type": "Sequence", "normalizers": [{"type": "NFC"}]})", kUnknown, "normalizer"},
      {"decoder", R"({"type": "WordPiece"})", kUnknown, "\"WordPiece\""},
      {"pre_tokenizer", "null", kUnknown, "pre_tokenizer"},
      {"pre_tokenizer", R"({"type": "Whitespace"})", kUnknown, "\"Whitespace\""},
      {"pre_tokenizer", R"({"kind": "ByteLevel"})", kBad, "no type"},
      {"pre_tokenizer", R"({"type": "Sequence"})", kBad, "Sequence"},
      {"pre_tokenizer", R"({"type": "Sequence", "pretokenizers": []})", kBad, "Sequence"},
      {"pre_tokenizer", R"({"type": "ByteLevel", "add_prefix_space": true})", kUnknown, "add_prefix_space"},
      {"pre_tokenizer", R"({"type": "ByteLevel", "use_regex": 1})", kBad, "use_regex"},
      {"pre_tokenizer", R"({"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Isolated"})", kUnknown,
       "expected ByteLevel"},
      {"pre_tokenizer", R"({"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Shuffled"})", kUnknown,
       "\"Shuffled\""},
      {"pre_tokenizer", R"({"type": "Split", "pattern": {"Regex": "a("}, "behavior": "Isolated"})", kBad,
       "does not compile"},
      {"pre_tokenizer", R"({"type": "Split", "pattern": {"Regex": ""}, "behavior": "Isolated"})", kBad,
       "empty"},
      {"pre_tokenizer", R"({"type": "Split", "pattern": "a", "behavior": "Isolated"})", kBad, "pattern"},
      {"pre_tokenizer", R"({"type": "Split", "behavior": "Isolated"})", kBad, "pattern"},
      {"post_processor", R"({"type": "BertProcessing"})", kUnknown, "\"BertProcessing\""},
      {"post_processor", R"({"type": "TemplateProcessing"})", kBad, "single"},
      {"post_processor", R"({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}]})", kBad,
       "\"x\""},
      {"post_processor", R"({"type": "TemplateProcessing", "single": []})", kBad, "no Sequence"},
      {"post_processor",
       R"({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}, {"Sequence": {"id": "A"}}],
           "special_tokens": {"x": {"ids": [99999]}}})",
       kBad, "99999"},
  };
  for (const Spoiled& spoiled : kCases) {
    CAPTURE(spoiled.path);
    CAPTURE(spoiled.value);
    CheckRefused(Tokenizer::FromTokenizerJson(With(spoiled.path, spoiled.value), {}).status(), spoiled.code,
                 spoiled.thing);
  }
}

TEST_CASE("what is not the JSON of an object is refused") {
  for (const std::string_view text :
       {"", "[]", "7", "{", "{}x", "\xFF", "nul", R"({"model": {}, "model": {}})"}) {
    CHECK(Tokenizer::FromTokenizerJson(text, {}).status().code() == kBad);
  }
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  CHECK(Tokenizer::FromTokenizerJson(R"({"x": )" + deep + "}", {}).status().code() == kBad);
}

TEST_CASE("an id at the size of the model's vocabulary is refused, one below is not") {
  const std::string text = test::GoldenText("tokenizer/tokenizer.json");
  Tokenizer::Options options;
  options.vocab_size = test::GoldenTokenizer()->size();
  CHECK(Tokenizer::FromTokenizerJson(text, options).ok());
  --options.vocab_size;
  CheckRefused(Tokenizer::FromTokenizerJson(text, options).status(), kBad, "expected one from 0 to");
}

TEST_CASE("members that are absent or void change nothing") {
  const TokenizerPtr golden = test::GoldenTokenizer();
  std::vector<int32_t> expected;
  REQUIRE(golden->Encode("the winged gate's <|end|>", SpecialPolicy::All(), &expected).ok());
  for (const auto& each : std::initializer_list<std::pair<const char*, const char*>>{
           {"normalizer", R"({"type": "Sequence", "normalizers": []})"},
           {"decoder", "null"},
           {"model/dropout", "0.0"},
           {"model/continuing_subword_prefix", "\"\""},
           {"model/byte_fallback", "null"},
           {"truncation", R"({"max_length": 512})"},
           {"an unknown member", R"({"of": ["any", "kind"]})"},
           {"post_processor", "null"},
           {"post_processor", R"({"type": "ByteLevel"})"}}) {
    const char* const path = each.first;
    const char* const value = each.second;
    CAPTURE(path);
    const StatusOr<TokenizerPtr> tokenizer = Tokenizer::FromTokenizerJson(With(path, value), {});
    REQUIRE_MESSAGE(tokenizer.ok(), tokenizer.status().ToString());
    std::vector<int32_t> ids;
    CHECK((*tokenizer)->Encode("the winged gate's <|end|>", SpecialPolicy::All(), &ids).ok());
    CHECK(ids == expected);
  }
}

// Token 300 is part of longer ones: merges from and to it are void where it is special.
TEST_CASE("text does not merge into a special token that stands in the vocabulary too") {
  json::Value document = GoldenTokenizerJson();
  json::Value* vocab = test::MemberOf(test::MemberOf(&document, "model"), "vocab");
  std::string token;
  for (const json::Member& member : *vocab->object()) {
    if (*member.value.AsInt64() == 300) token = member.key;
  }
  for (const bool special : {true, false}) {
    const std::string list = Cat(R"([{"id": 300, "content": )", json::Write(json::Value(token)),
                                 special ? R"(, "special": true}])" : R"(, "special": false}])");
    const StatusOr<json::Value> added = json::Parse(list);
    REQUIRE(added.ok());
    test::SetMember(&document, "added_tokens", *added);
    test::SetMember(&document, "post_processor", json::Value());
    const StatusOr<TokenizerPtr> tokenizer = Tokenizer::FromTokenizerJson(json::Write(document), {});
    REQUIRE_MESSAGE(tokenizer.ok(), tokenizer.status().ToString());
    std::vector<int32_t> ids;
    const std::string text((*tokenizer)->BytesOf(300));
    MarkedText literal;
    literal.Append(text, TextMark::kLiteral);
    REQUIRE((*tokenizer)->EncodeMarked(literal, &ids).ok());
    CHECK((std::find(ids.begin(), ids.end(), 300) == ids.end()) == special);
    CHECK(*(*tokenizer)->Decode(ids, false) == text);
  }
}

}  // namespace
}  // namespace talaria
