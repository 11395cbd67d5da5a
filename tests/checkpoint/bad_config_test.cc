// config.json and generation_config.json, spoiled in every way that came to mind: each is refused by
// Checkpoint::Open with one line.
#include "tests/checkpoint/damage.h"

namespace talaria::test {
namespace {

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
constexpr StatusCode kUnknown = StatusCode::kUnimplemented;

Damage Config(std::string from, std::string to, std::string thing, StatusCode code = kInvalid) {
  return {Cat(from, " -> ", to.substr(0, 80)), Edit(kConfig, from, to), code, kConfig, std::move(thing)};
}

Damage Rope(std::string value, std::string thing, StatusCode code = kInvalid) {
  return Config(R"("rope_scaling": null)", Cat(R"("rope_scaling": )", value), std::move(thing), code);
}

Damage Extra(std::string members, std::string thing, StatusCode code = kInvalid) {
  return Config("{\"architectures\"", Cat("{", members, ", \"architectures\""), std::move(thing), code);
}

Damage Whole(std::string what, std::string text, std::string thing) {
  return {std::move(what), Put(kConfig, std::move(text)), kInvalid, kConfig, std::move(thing)};
}

Damage Generation(std::string text, std::string thing) {
  return {text, Put(kGeneration, text), kInvalid, kGeneration, std::move(thing)};
}

TEST_CASE("the good checkpoint that the cases spoil opens") {
  const TemporaryFolder folder;
  WriteFiles(GoodFiles(), folder.path());
  const StatusOr<Checkpoint> opened = Checkpoint::Open(folder.path(), LogSink());
  CHECK_MESSAGE(opened.ok(), Message(opened.status()));
}

TEST_CASE("a config whose sizes are missing, absurd or contradictory is refused by name") {
  CheckAllRefused({
      Config(R"("vocab_size": 24,)", "", "vocab_size"),
      Config(R"("hidden_size": 8,)", "", "hidden_size"),
      Config(R"("num_hidden_layers": 2,)", "", "num_hidden_layers"),
      Config(R"("max_position_embeddings": 128,)", "", "max_position_embeddings"),
      Config(R"("rms_norm_eps": 1e-05,)", "", "rms_norm_eps"),
      Config(R"("vocab_size": 24)", R"("vocab_size": 16777217)", "vocab_size"),
      Config(R"("vocab_size": 24)", R"("vocab_size": "24")", "vocab_size"),
      Config(R"("vocab_size": 24)", R"("vocab_size": [24])", "an array"),
      Config(R"("vocab_size": 24)", R"("vocab_size": 24.0)", "24.0"),
      Config(R"("hidden_size": 8)", R"("hidden_size": -8)", "-8"),
      Config(R"("hidden_size": 8)", R"("hidden_size": 99999999999999999999999999)", "9999999"),
      Config(R"("hidden_size": 8)", R"("hidden_size": {})", "hidden_size"),
      Config(R"("intermediate_size": 12)", R"("intermediate_size": -1)", "intermediate_size"),
      Config(R"("intermediate_size": 12)", R"("intermediate_size": 1073741824)", "1073741824"),
      Config(R"("num_hidden_layers": 2)", R"("num_hidden_layers": 2.5)", "2.5"),
      Config(R"("num_hidden_layers": 2)", R"("num_hidden_layers": 2e0)", "num_hidden_layers"),
      Config(R"("num_hidden_layers": 2)", R"("num_hidden_layers": 65536)", "65536 layers"),
      Config(R"("num_hidden_layers": 2)", R"("num_hidden_layers": null)", "null"),
      Config(R"("num_attention_heads": 4)", R"("num_attention_heads": false)", "num_attention_heads"),
      Config(R"("num_attention_heads": 4)", R"("num_attention_heads": 3)", "num_key_value_heads"),
      Config(R"("num_key_value_heads": 2)", R"("num_key_value_heads": 0)", "num_key_value_heads"),
      Config(R"("num_key_value_heads": 2)", R"("num_key_value_heads": 8)", "num_key_value_heads"),
      Config(R"("num_key_value_heads": 2)", R"("num_key_value_heads": 2.5)", "num_key_value_heads"),
      Config(R"("num_key_value_heads": 2)", R"("num_key_value_heads": "2")", "num_key_value_heads"),
      Config(R"("num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4)",
             R"("num_attention_heads": 65536, "num_key_value_heads": 2, "head_dim": 32)",
             "at most 1048576 / head_dim (32), found 65536"),
      Config(R"("head_dim": 4)", R"("head_dim": 3)", "head_dim"),
      Config(R"("head_dim": 4)", R"("head_dim": 4.5)", "4.5"),
      Config(R"("head_dim": 4)", R"("head_dim": "4")", "head_dim"),
      Config(R"("head_dim": 4)", R"("head_dim": 1099511627776)", "1099511627776"),
      Config(R"("max_position_embeddings": 128)", R"("max_position_embeddings": 2147483648)", "2147483648"),
      Config(R"("max_position_embeddings": 128)", R"("max_position_embeddings": "128")",
             "max_position_embeddings"),
      Config(R"("rms_norm_eps": 1e-05)", R"("rms_norm_eps": -1e-05)", "rms_norm_eps"),
      Config(R"("rms_norm_eps": 1e-05)", R"("rms_norm_eps": 1e-400)", "rms_norm_eps"),
      Config(R"("rms_norm_eps": 1e-05)", R"("rms_norm_eps": 2)", "rms_norm_eps"),
      Config(R"("rms_norm_eps": 1e-05)", R"("rms_norm_eps": null)", "rms_norm_eps"),
  });
}

TEST_CASE("an architecture, activation, bias or quantization that is not known is refused by name") {
  CheckAllRefused({
      Config(R"("model_type": "llama")", R"("model_type": "mistral")", "\"mistral\"", kUnknown),
      Config(R"("model_type": "llama")", R"("model_type": "")", "model_type", kUnknown),
      Config(R"("model_type": "llama")", R"("model_type": "Llama")", "\"Llama\"", kUnknown),
      Config(R"("model_type": "llama")", R"("model_type": 3)", "model_type"),
      Config(R"(["LlamaForCausalLM"])", R"(["MistralForCausalLM"])", "\"MistralForCausalLM\"", kUnknown),
      Config(R"(["LlamaForCausalLM"])", R"("LlamaForCausalLM")", "architectures"),
      Config(R"(["LlamaForCausalLM"])", R"([1])", "architectures"),
      Config(R"("hidden_act": "silu")", R"("hidden_act": "gelu")", "\"gelu\"", kUnknown),
      Config(R"("hidden_act": "silu")", R"("hidden_act": 1)", "hidden_act"),
      Config(R"("attention_bias": false)", R"("attention_bias": "false")", "attention_bias"),
      Config(R"("attention_bias": false)", R"("attention_bias": true)", "attention_bias", kUnknown),
      Config(R"("mlp_bias": false)", R"("mlp_bias": true)", "mlp_bias", kUnknown),
      Config(R"("mlp_bias": false)", R"("mlp_bias": 0)", "mlp_bias"),
      Config(R"("tie_word_embeddings": false)", R"("tie_word_embeddings": 1)", "tie_word_embeddings"),
      Extra(R"("partial_rotary_factor": 0.5)", "partial_rotary_factor", kUnknown),
      Extra(R"("quantization_config": {"quant_method": "compressed-tensors", "format": "float-quantized"})",
            "quantization_config.quant_method \"compressed-tensors\"", kUnknown),
      Extra(R"("quantization_config": {"quant_method": "fbgemm_fp8"})", "\"fbgemm_fp8\"", kUnknown),
      Extra(R"("quantization_config": {"quant_method": "gptq", "bits": 4})", "\"gptq\"", kUnknown),
      Extra(R"("compression_config": {"quant_method": "sparseml"})", "compression_config.quant_method",
            kUnknown),
      Extra(R"("quantization_config": {"bits": 4})", "quantization_config.quant_method"),
      Extra(R"("quantization_config": {"quant_method": 8})", "quantization_config.quant_method"),
      Extra(R"("quantization_config": "fp8")", "quantization_config"),
      Extra(R"("quantization_config": [])", "quantization_config"),
      Extra(R"("dtype": "float16")", "dtype"),
      Config(R"("torch_dtype": "bfloat16")", R"("torch_dtype": 16)", "torch_dtype"),
  });
}

TEST_CASE("rotary embedding that is malformed, contradictory or not known is refused by name") {
  CheckAllRefused({
      Config(R"("rope_theta": 10000.0)", R"("rope_theta": "10000")", "rope_theta"),
      Config(R"("rope_theta": 10000.0)", R"("rope_theta": 0.5)", "rope_theta"),
      Config(R"("rope_theta": 10000.0)", R"("rope_theta": 1e300)", "rope_theta"),
      Rope(R"({"rope_type": "yarn", "factor": 4.0})", "\"yarn\"", kUnknown),
      Rope(R"({"type": "dynamic", "factor": 4.0})", "\"dynamic\"", kUnknown),
      Rope(R"({"rope_type": "longrope", "short_factor": [1], "long_factor": [1]})", "\"longrope\"", kUnknown),
      Rope(R"({"rope_type": "LLAMA3", "factor": 8.0})", "\"LLAMA3\"", kUnknown),
      Rope(R"({"rope_type": "linear", "factor": -2.0})", "rope_scaling.factor"),
      Rope(R"({"rope_type": "linear", "factor": 0.5})", "rope_scaling.factor"),
      Rope(R"({"rope_type": "linear", "factor": null})", "rope_scaling.factor"),
      Rope(R"({"rope_type": "linear", "factor": true})", "rope_scaling.factor"),
      Rope(R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
               "original_max_position_embeddings": 64})",
           "rope_scaling.high_freq_factor"),
      Rope(R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 4.0, "high_freq_factor": 1.0,
               "original_max_position_embeddings": 64})",
           "rope_scaling.low_freq_factor"),
      Rope(R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 0, "high_freq_factor": 1.0,
               "original_max_position_embeddings": 64})",
           "rope_scaling.low_freq_factor"),
      Rope(R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": -1, "high_freq_factor": 1.0,
               "original_max_position_embeddings": 64})",
           "rope_scaling.low_freq_factor"),
      Rope(R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0})",
           "rope_scaling.original_max_position_embeddings"),
      Rope(R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 64.5})",
           "64.5"),
      Rope(R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": -64})",
           "-64"),
      Rope(R"({"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 64})",
           "rope_scaling.factor"),
      Rope(R"({"rope_type": "llama3", "type": "linear", "factor": 8.0})", "contradicts"),
      Rope(R"({"rope_type": "linear", "factor": 8.0, "rope_theta": 500000.0})", "rope_theta"),
      Rope(R"({})", "rope_scaling.rope_type"),
      Rope(R"("llama3")", "rope_scaling"),
      Rope(R"(8.0)", "rope_scaling"),
      Extra(R"("rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0})", "rope_parameters.rope_type",
            kUnknown),
      Extra(R"("rope_parameters": {"rope_type": "default", "rope_theta": 500000.0})", "rope_theta"),
      Extra(R"("rope_parameters": {"factor": 8.0, "rope_theta": 10000.0})", "rope_parameters.rope_type"),
      Extra(R"("rope_parameters": {"rope_type": "default", "rope_theta": "10000"})",
            "rope_parameters.rope_theta"),
      Extra(R"("rope_parameters": "default")", "rope_parameters"),
      Config(R"("rope_scaling": null)", R"("rope_scaling": {"rope_type": "linear", "factor": 2},
              "rope_parameters": {"rope_type": "linear", "factor": 4})",
             "contradicts rope_scaling"),
  });
}

TEST_CASE("token ids outside the vocabulary are refused by name") {
  CheckAllRefused({
      Config(R"("eos_token_id": 1)", R"("eos_token_id": [1, 24])", "eos_token_id"),
      Config(R"("eos_token_id": 1)", R"("eos_token_id": [1, "2"])", "eos_token_id"),
      Config(R"("eos_token_id": 1)", R"("eos_token_id": [[1]])", "eos_token_id"),
      Config(R"("eos_token_id": 1)", R"("eos_token_id": [1, null])", "eos_token_id"),
      Config(R"("eos_token_id": 1)", R"("eos_token_id": 1.0)", "eos_token_id"),
      Config(R"("eos_token_id": 1)", R"("eos_token_id": true)", "eos_token_id"),
      Config(R"("eos_token_id": 1)", R"("eos_token_id": -1)", "eos_token_id"),
      Config(R"("eos_token_id": 1)", R"("eos_token_id": 4294967297)", "eos_token_id"),
      Config(R"("bos_token_id": 0)", R"("bos_token_id": 24)", "bos_token_id"),
      Config(R"("bos_token_id": 0)", R"("bos_token_id": [0])", "bos_token_id"),
      Extra(R"("pad_token_id": -2)", "pad_token_id"),
  });
}

TEST_CASE("a config that is no JSON object is refused with the place") {
  const std::string good = GoodFiles().at(kConfig);
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  std::string many_ids = R"("eos_token_id": [0)";
  for (int i = 0; i < 2000; ++i) many_ids += ", 1";
  CheckAllRefused({
      Whole("white space only", " \n\t ", "end of input"),
      Whole("null", "null", "null"),
      Whole("a number", "12", "12"),
      Whole("a string", "\"config\"", "config"),
      Whole("two objects", good + good, "line"),
      Whole("text after the object", good + "x", "line"),
      Whole("cut in the middle", good.substr(0, good.size() / 2), "line"),
      Whole("one brace", "{", "line"),
      Whole("a byte-order mark", "\xEF\xBB\xBF" + good, "byte-order mark"),
      Whole("a NUL after the object", good + std::string(1, '\0'), "NUL"),
      Whole("bytes of a compressed file", "\x1F\x8B\x08" + good, "line"),
      Whole("single quotes", "{'model_type': 'llama'}", "line"),
      Config(R"("hidden_act": "silu")", "\"hidden_act\": \"si\nlu\"", "control character"),
      Config(R"("head_dim": 4)", R"("head_dim": 04)", "line"),
      Config(R"("rms_norm_eps": 1e-05)", R"("rms_norm_eps": NaN)", "line"),
      Config(R"("rope_theta": 10000.0)", R"("rope_theta": 1e400)", "1e400"),
      Config(R"("rope_theta": 10000.0)", R"("rope_theta": Infinity)", "line"),
      Config(R"("torch_dtype": "bfloat16"})", R"("torch_dtype": "bfloat16",})", "line"),
      Extra(Cat(R"("x": )", nested(64)), "deeper than 64"),
      Extra(R"("x": {"k": 1, "\u006b": 2})", "\"k\""),
      Extra(Cat(R"("x": ")", std::string(5 << 20, 'x'), "\""), "4194304"),
      Config(R"("eos_token_id": 1)", many_ids + "]", "eos_token_id"),
      {"more values than any config has",
       [](Files& files) {
         std::string text = "{\"x\": [0";
         for (int i = 0; i < 100000; ++i) text += ",0";
         files[kConfig] = text + "]}";
       },
       kInvalid, kConfig, "values"},
  });
}

TEST_CASE("a generation config that is malformed or out of range is refused by name") {
  CheckAllRefused({
      Generation("", "end of input"),
      Generation("[]", "an array"),
      Generation("{\"eos_token_id\": 1", "line"),
      Generation(R"({"eos_token_id": 1, "eos_token_id": 2})", "\"eos_token_id\""),
      Generation(R"({"eos_token_id": [1, 24]})", "eos_token_id"),
      Generation(R"({"eos_token_id": "1"})", "eos_token_id"),
      Generation(R"({"bos_token_id": 24})", "bos_token_id"),
      Generation(R"({"pad_token_id": -1})", "pad_token_id"),
      Generation(R"({"do_sample": "yes"})", "do_sample"),
      Generation(R"({"do_sample": 1})", "do_sample"),
      Generation(R"({"temperature": -0.1})", "temperature"),
      Generation(R"({"temperature": [0.6]})", "temperature"),
      Generation(R"({"top_p": 1.5})", "top_p"),
      Generation(R"({"top_p": -0.5})", "top_p"),
      Generation(R"({"min_p": 2})", "min_p"),
      Generation(R"({"typical_p": 0})", "typical_p"),
      Generation(R"({"repetition_penalty": 0.0})", "repetition_penalty"),
      Generation(R"({"top_k": -1})", "top_k"),
      Generation(R"({"top_k": 1.5})", "top_k"),
      Generation(R"({"top_k": 4294967296})", "top_k"),
      Generation(R"({"max_new_tokens": 0})", "max_new_tokens"),
      Generation(Cat("{\"x\": ", std::string(100000, '['), "}"), "deeper than 64"),
  });
}

}  // namespace
}  // namespace talaria::test
