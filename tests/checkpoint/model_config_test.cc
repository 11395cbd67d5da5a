#include "lib/checkpoint/model_config.h"

#include <doctest/doctest.h>

#include "tests/checkpoint/damage.h"

namespace talaria::test {
namespace {

// The good config with some text replaced.
ModelConfig Parsed(std::string_view from, std::string_view to) {
  std::string text = GoodFiles().at(kConfig);
  ReplaceIn(&text, from, to);
  StatusOr<ModelConfig> config = ParseModelConfig(text);
  CAPTURE(text);
  REQUIRE_MESSAGE(config.ok(), Message(config.status()));
  return *std::move(config);
}

TEST_CASE("each member of a config is read") {
  const ModelConfig config = Parsed("", "");
  CHECK(config.model_type == "llama");
  CHECK(config.vocab_size == 24);
  CHECK(config.hidden_size == 8);
  CHECK(config.intermediate_size == 12);
  CHECK(config.num_layers == 2);
  CHECK(config.num_heads == 4);
  CHECK(config.num_kv_heads == 2);
  CHECK(config.head_dim == 4);
  CHECK(config.max_position_embeddings == 128);
  CHECK(config.rms_norm_eps == 1e-5);
  CHECK(config.rope_theta == 10000);
  CHECK(config.rope_scaling.kind == RopeScalingKind::kNone);
  CHECK_FALSE(config.tie_word_embeddings);
  CHECK(config.eos_token_ids == std::vector<int32_t>{1});
  CHECK(config.bos_token_id == 0);
  CHECK_FALSE(config.pad_token_id.has_value());
  CHECK(config.torch_dtype == "bfloat16");
}

TEST_CASE("what may be absent or null has transformers' defaults") {
  CHECK(Parsed(R"("head_dim": 4,)", "").head_dim == 2);
  CHECK(Parsed(R"("head_dim": 4)", R"("head_dim": null)").head_dim == 2);
  CHECK(Parsed(R"("head_dim": 4)", R"("head_dim": 64)").head_dim == 64);
  CHECK(Parsed(R"("num_key_value_heads": 2,)", "").num_kv_heads == 4);
  CHECK(Parsed(R"("num_key_value_heads": 2)", R"("num_key_value_heads": null)").num_kv_heads == 4);
  CHECK(Parsed(R"("num_key_value_heads": 2)", R"("num_key_value_heads": 1)").num_kv_heads == 1);
  CHECK(Parsed(R"("rope_theta": 10000.0,)", "").rope_theta == 10000);
  CHECK(Parsed(R"("rope_theta": 10000.0)", R"("rope_theta": 500000)").rope_theta == 500000);
  CHECK(Parsed(R"("rope_scaling": null,)", "").rope_scaling.kind == RopeScalingKind::kNone);
  CHECK_FALSE(Parsed(R"("tie_word_embeddings": false,)", "").tie_word_embeddings);
  CHECK(Parsed(R"("tie_word_embeddings": false)", R"("tie_word_embeddings": true)").tie_word_embeddings);
  Parsed(R"("attention_bias": false, "mlp_bias": false,)", "");
  Parsed(R"("hidden_act": "silu",)", "");
  Parsed(R"("hidden_act": "silu")", R"("hidden_act": "swish")");
  Parsed(R"("architectures": ["LlamaForCausalLM"],)", "");
  Parsed(R"(["LlamaForCausalLM"])", "null");
  Parsed(R"("hidden_act")", R"("quantization_config": null, "hidden_act")");
}

TEST_CASE("the type of the weights is read under both of its names") {
  CHECK(Parsed(R"("torch_dtype")", R"("dtype")").torch_dtype == "bfloat16");
  CHECK(Parsed(R"("torch_dtype")", R"("dtype": "bfloat16", "torch_dtype")").torch_dtype == "bfloat16");
  CHECK(Parsed(R"(, "torch_dtype": "bfloat16")", "").torch_dtype.empty());
  CHECK(Parsed(R"("bfloat16")", "null").torch_dtype.empty());
}

TEST_CASE("rope scaling is read in each of its spellings") {
  constexpr std::string_view kNone = R"("rope_scaling": null)";
  for (const std::string_view spelling :
       {R"("rope_scaling": {"rope_type": "llama3", )", R"("rope_scaling": {"type": "llama3", )",
        R"("rope_scaling": {"type": "llama3", "rope_type": "llama3", )",
        R"("rope_parameters": {"rope_theta": 10000.0, "rope_type": "llama3", )"}) {
    CAPTURE(spelling);
    const RopeScaling scaling =
        Parsed(kNone, Cat(spelling, R"("factor": 8.0, "low_freq_factor": 1, "high_freq_factor": 4.0,
                                      "original_max_position_embeddings": 8192})"))
            .rope_scaling;
    CHECK(scaling.kind == RopeScalingKind::kLlama3);
    CHECK(scaling.factor == 8);
    CHECK(scaling.low_freq_factor == 1);
    CHECK(scaling.high_freq_factor == 4);
    CHECK(scaling.original_max_position_embeddings == 8192);
  }
  const RopeScaling linear = Parsed(kNone, R"("rope_scaling": {"type": "linear", "factor": 2})").rope_scaling;
  CHECK(linear.kind == RopeScalingKind::kLinear);
  CHECK(linear.factor == 2);
  CHECK(Parsed(kNone, R"("rope_scaling": {"rope_type": "default"})").rope_scaling.kind ==
        RopeScalingKind::kNone);
}

TEST_CASE(
    "rope_parameters replaces rope_theta and rope_scaling, and may stand beside them where they agree") {
  constexpr std::string_view kOld = R"("rope_theta": 10000.0, "rope_scaling": null)";
  const ModelConfig alone =
      Parsed(kOld, R"("rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 500000.0})");
  CHECK(alone.rope_theta == 500000);
  CHECK(alone.rope_scaling.kind == RopeScalingKind::kLinear);
  CHECK(alone.rope_scaling.factor == 4);
  CHECK(Parsed(kOld, R"("rope_parameters": {"rope_theta": 70000})").rope_theta == 70000);
  CHECK(Parsed(kOld, R"("rope_parameters": {})").rope_theta == 10000);
  const ModelConfig both =
      Parsed(kOld, R"("rope_theta": 70000, "rope_scaling": {"type": "linear", "factor": 2},
      "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 70000.0})");
  CHECK(both.rope_theta == 70000);
  CHECK(both.rope_scaling.factor == 2);
}

TEST_CASE("end tokens are one id, a list in which each counts once, or none") {
  constexpr std::string_view kOne = R"("eos_token_id": 1)";
  CHECK(Parsed(kOne, R"("eos_token_id": [23, 4, 23])").eos_token_ids == std::vector<int32_t>{23, 4});
  CHECK(Parsed(kOne, R"("eos_token_id": null)").eos_token_ids.empty());
  CHECK(Parsed(kOne, R"("eos_token_id": [])").eos_token_ids.empty());
  CHECK(Parsed(R"("eos_token_id": 1,)", "").eos_token_ids.empty());
  CHECK(Parsed(kOne, R"("eos_token_id": 1, "pad_token_id": 23)").pad_token_id == 23);
  CHECK_FALSE(Parsed(R"("bos_token_id": 0)", R"("bos_token_id": null)").bos_token_id.has_value());
}

TEST_CASE("a config cut at any byte is refused") {
  const std::string text = GoodFiles().at(kConfig);
  for (size_t bytes = 0; bytes < text.size(); ++bytes) {
    CHECK(ParseModelConfig(text.substr(0, bytes)).status().code() == StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace talaria::test
