#include "lib/checkpoint/generation_config.h"

#include <doctest/doctest.h>

#include <string>

namespace talaria {
namespace {

TEST_CASE("each member of a generation config is read, and the others are left alone") {
  const StatusOr<GenerationConfig> config = ParseGenerationConfig(
      R"({"_from_model_config": true, "bos_token_id": 128000, "eos_token_id": [128001, 128040], "pad_token_id": 128040,
          "do_sample": true, "temperature": 0.6, "top_p": 0.9, "top_k": 50, "min_p": 0.05, "typical_p": 1.0,
          "repetition_penalty": 1.1, "max_new_tokens": 750, "transformers_version": "4.57.1", "max_length": 4096})",
      128256);
  REQUIRE_MESSAGE(config.ok(), Message(config.status()));
  CHECK(config->eos_token_ids == std::vector<int32_t>{128001, 128040});
  CHECK(config->bos_token_id == 128000);
  CHECK(config->pad_token_id == 128040);
  CHECK(config->do_sample == true);
  CHECK(config->temperature == 0.6);
  CHECK(config->top_p == 0.9);
  CHECK(config->top_k == 50);
  CHECK(config->min_p == 0.05);
  CHECK(config->typical_p == 1.0);
  CHECK(config->repetition_penalty == 1.1);
  CHECK(config->max_new_tokens == 750);
}

TEST_CASE("what a generation config does not say, or says as null, stays unset") {
  for (const char* text :
       {"{}", R"({"eos_token_id": null, "temperature": null, "do_sample": null, "top_k": null})"}) {
    const StatusOr<GenerationConfig> config = ParseGenerationConfig(text, 10);
    REQUIRE(config.ok());
    CHECK(config->eos_token_ids.empty());
    CHECK_FALSE(config->bos_token_id.has_value());
    CHECK_FALSE(config->do_sample.has_value());
    CHECK_FALSE(config->temperature.has_value());
    CHECK_FALSE(config->top_k.has_value());
    CHECK_FALSE(config->max_new_tokens.has_value());
  }
}

TEST_CASE("one end token, temperature 0 and top_k 0 are good") {
  const StatusOr<GenerationConfig> config =
      ParseGenerationConfig(R"({"eos_token_id": 9, "temperature": 0, "top_k": 0})", 10);
  REQUIRE(config.ok());
  CHECK(config->eos_token_ids == std::vector<int32_t>{9});
  CHECK(config->temperature == 0.0);
  CHECK(config->top_k == 0);
}

TEST_CASE("a generation config cut at any byte is refused") {
  const std::string text = R"({"eos_token_id": [1, 2], "temperature": 0.6, "do_sample": true})";
  for (size_t bytes = 0; bytes < text.size(); ++bytes) {
    CHECK_FALSE(ParseGenerationConfig(text.substr(0, bytes), 10).ok());
  }
}

}  // namespace
}  // namespace talaria
