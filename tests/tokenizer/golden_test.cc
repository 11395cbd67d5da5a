// The project's own vocabulary (tests/golden/make_tokenizer_golden.py): ids by tiktoken and Hugging Face
// tokenizers.
#include "tests/tokenizer/golden.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/utf8.h"
#include "lib/tokenizer/tokenizer.h"

namespace talaria {
namespace {

using test::GoldenLines;
using test::GoldenTokenizerJson;
using test::TokenizerPtr;

std::vector<int32_t> Ids(const json::Value& list) {
  std::vector<int32_t> ids;
  for (const json::Value& item : *list.array()) ids.push_back(static_cast<int32_t>(*item.AsInt64()));
  return ids;
}

TEST_CASE("ids are those of tiktoken and Hugging Face tokenizers, from ranks and from tokenizer.json") {
  const TokenizerPtr from_json = test::GoldenTokenizer();
  const StatusOr<TokenizerPtr> from_ranks = Tokenizer::OpenRankFile(
      test::GoldenFile("tokenizer/ranks.tiktoken"), test::GoldenFile("tokenizer/special.json"), {});
  REQUIRE_MESSAGE(from_ranks.ok(), from_ranks.status().ToString());
  const std::vector<json::Value> rows = GoldenLines("tokenizer/cases.jsonl");
  REQUIRE(rows.size() > 400);
  for (const json::Value& row : rows) {
    const std::string& text = *row.Find("text")->string();
    CAPTURE(text);
    const bool all = *row.Find("allowed_special")->string() == "all";
    const SpecialPolicy policy = all ? SpecialPolicy::All() : SpecialPolicy::None();
    for (const TokenizerPtr& tokenizer : {from_json, *from_ranks}) {
      std::vector<int32_t> ids;
      REQUIRE(tokenizer->Encode(text, policy, &ids).ok());
      CHECK(ids == Ids(*row.Find("ids")));
      CHECK(*tokenizer->Count(text, policy) == ids.size());
      CHECK(*tokenizer->Decode(ids, false) == text);
    }
  }
}

TEST_CASE(
    "flags of added tokens, steps of the pre-tokenizer and merges without ranks are as Hugging Face has "
    "them") {
  for (const json::Value& variant : GoldenLines("tokenizer/variants.jsonl")) {
    CAPTURE(*variant.Find("name")->string());
    json::Value document = GoldenTokenizerJson();
    for (const json::Member& change : *variant.Find("changes")->object()) {
      const bool of_model = change.key == "merges" || change.key == "ignore_merges";
      test::SetMember(of_model ? test::MemberOf(&document, "model") : &document, change.key, change.value);
    }
    const StatusOr<TokenizerPtr> tokenizer = Tokenizer::FromTokenizerJson(json::Write(document), {});
    REQUIRE_MESSAGE(tokenizer.ok(), tokenizer.status().ToString());
    for (const json::Value& row : *variant.Find("cases")->array()) {
      const json::Array& parts = *row.array();
      const std::string& text = *parts[0].string();
      CAPTURE(text);
      CAPTURE(*parts[1].bool_value());
      const SpecialPolicy policy = *parts[1].bool_value() ? SpecialPolicy::All() : SpecialPolicy::None();
      std::vector<int32_t> ids;
      REQUIRE((*tokenizer)->Encode(text, policy, &ids).ok());
      CHECK(ids == Ids(parts[2]));
    }
  }
}

}  // namespace
}  // namespace talaria
