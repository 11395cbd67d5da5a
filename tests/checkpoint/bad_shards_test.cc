// Shards and their index, spoiled in every way that came to mind: each is refused by Checkpoint::Open with
// one line.
#include "tests/checkpoint/damage.h"

namespace talaria::test {
namespace {

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
constexpr StatusCode kUnknown = StatusCode::kUnimplemented;
constexpr StatusCode kTruncated = StatusCode::kDataLoss;
constexpr StatusCode kAbsent = StatusCode::kNotFound;

constexpr const char* kNorm = R"("model.norm.weight":{"dtype":"BF16","shape":[8],"data_offsets":[976,992]})";

Damage Header(std::string from, std::string to, std::string thing, StatusCode code = kInvalid) {
  return {Cat(from, " -> ", to.substr(0, 80)), EditHeader(kShard2, from, to), code, kShard2,
          std::move(thing)};
}

Damage Norm(std::string record, std::string thing, StatusCode code = kInvalid) {
  return Header(kNorm, Cat(R"("model.norm.weight":)", record), std::move(thing), code);
}

Damage Shard(std::string what, std::string bytes, std::string thing, StatusCode code = kInvalid) {
  return {std::move(what), Put(kShard2, std::move(bytes)), code, kShard2, std::move(thing)};
}

Damage Index(std::string from, std::string to, std::string thing, StatusCode code = kInvalid) {
  return {Cat(from, " -> ", to.substr(0, 80)), Edit(kIndex, from, to), code, kIndex, std::move(thing)};
}

Damage WholeIndex(std::string text, std::string thing) {
  return {text.substr(0, 80), Put(kIndex, text), kInvalid, kIndex, std::move(thing)};
}

// The shard that the index names for the last tensor.
Damage ShardName(std::string name, std::string thing, StatusCode code = kInvalid, std::string file = kIndex) {
  return {name.substr(0, 80),
          [name](Files& files) {
            std::string& text = files.at(kIndex);
            const size_t at = text.rfind(kShard2);
            text.replace(at, std::string_view(kShard2).size(), name);
          },
          code, std::move(file), std::move(thing)};
}

TEST_CASE("a shard whose length field or size is wrong is refused with its name") {
  const std::string good = GoodFiles().at(kShard2);
  CheckAllRefused({
      Shard("8 bytes", good.substr(0, 8), "truncated", kTruncated),
      Shard("9 bytes", good.substr(0, 9), "truncated", kTruncated),
      Shard("a length and one brace too few", LengthField(2) + "{", "truncated", kTruncated),
      Shard("a length beyond the format's limit", LengthField(100'000'001) + good.substr(8), "100000001"),
      Shard("a length of all ones", LengthField(~uint64_t{0}) + good.substr(8), "18446744073709551615"),
      Shard("the last byte missing", good.substr(0, good.size() - 1), "lm_head.weight", kTruncated),
      Shard("one byte after the last tensor", good + "x", "1 bytes more"),
      Shard("the file twice", good + good, "bytes more"),
      Shard("zeros", std::string(64, '\0'), "header length"),
      Shard("text", "<!DOCTYPE html><html><body>404 not found</body></html>", "header length"),
      Shard("a pointer to where the bytes are kept",
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4976698672\n", "header length"),
      Shard("a zip archive", "PK\x03\x04" + std::string(200, '\1'), "header length"),
      Shard("a GGUF file", "GGUF" + std::string(200, '\0'), "header length"),
  });
}

TEST_CASE("a shard whose header is not the JSON it must be is refused with its name") {
  const std::string good = GoodFiles().at(kShard2);
  CheckAllRefused({
      Shard("an empty object", ShardOf("{}", ""), "model.layers.1.self_attn.v_proj.weight"),
      Shard("an empty object and data", ShardOf("{}", "data"), "4 bytes more"),
      Shard("an array", ShardOf("[1,2]", ""), "begin with '{'"),
      Shard("white space before the brace", ShardOf(" {}", ""), "begin with '{'"),
      Shard("a byte-order mark", ShardOf("\xEF\xBB\xBF{}", ""), "begin with '{'"),
      Shard("two objects", ShardOf("{}{}", ""), "line"),
      Shard("unclosed", ShardOf("{\"a\":", ""), "line"),
      Shard("a name in single quotes", ShardOf("{'a':{}}", ""), "line"),
      Header("\"model.norm.weight\"", "\"model.norm\\u002eweight\":0,\"model.norm.weight\"",
             "\"model.norm.weight\""),
      Header("\"__metadata__\":{\"format\":\"pt\"}", "\"__metadata__\":{\"format\":null}", "__metadata__"),
      Header("\"__metadata__\":{\"format\":\"pt\"}", "\"__metadata__\":{\"format\":true}", "\"format\""),
      Header("\"__metadata__\":{\"format\":\"pt\"}", "\"__metadata__\":{\"format\":[\"pt\"]}",
             "__metadata__"),
      Header("\"__metadata__\":{\"format\":\"pt\"}", "\"__metadata__\":false", "__metadata__"),
      {"a million values",
       [](Files& files) {
         std::string header = "{\"a\":[0";
         for (int i = 0; i < 1000000; ++i) header += ",0";
         files[kShard2] = ShardOf(header + "]}", "");
       },
       kInvalid, kShard2, "JSON values"},
  });
}

TEST_CASE("a tensor's record that is malformed is refused with the tensor's name") {
  const std::string norm = "\"model.norm.weight\"";
  CheckAllRefused({
      Norm("null", norm),
      Norm("[]", norm),
      Norm("\"BF16\"", norm),
      Norm("{}", "dtype"),
      Norm(R"({"shape":[8],"data_offsets":[976,992]})", "dtype"),
      Norm(R"({"dtype":null,"shape":[8],"data_offsets":[976,992]})", "dtype"),
      Norm(R"({"dtype":"BF17","shape":[8],"data_offsets":[976,992]})", "\"BF17\""),
      Norm(R"({"dtype":"","shape":[8],"data_offsets":[976,992]})", "dtype"),
      Norm(R"({"dtype":["BF16"],"shape":[8],"data_offsets":[976,992]})", "dtype"),
      Norm(R"({"dtype":"BF16","shape":null,"data_offsets":[976,992]})", "shape"),
      Norm(R"({"dtype":"BF16","shape":{"0":8},"data_offsets":[976,992]})", "shape"),
      Norm(R"({"dtype":"BF16","shape":[null],"data_offsets":[976,992]})", "shape"),
      Norm(R"({"dtype":"BF16","shape":[[8]],"data_offsets":[976,992]})", "shape"),
      Norm(R"({"dtype":"BF16","shape":[-8],"data_offsets":[976,992]})", "-8"),
      Norm(R"({"dtype":"BF16","shape":[8.0],"data_offsets":[976,992]})", "8.0"),
      Norm(R"({"dtype":"BF16","shape":[18446744073709551616],"data_offsets":[976,992]})",
           "18446744073709551616"),
      Norm(R"({"dtype":"BF16","shape":[9223372036854775807,2],"data_offsets":[976,992]})",
           "9223372036854775807"),
      Norm(R"({"dtype":"BF16","shape":[4294967296,4294967296,4294967296],"data_offsets":[976,992]})",
           "4294967296"),
      Norm(R"({"dtype":"BF16","shape":[],"data_offsets":[976,992]})", "2 bytes"),
      Norm(R"({"dtype":"BF16","shape":[0],"data_offsets":[976,992]})", "0 bytes"),
      Norm(R"({"dtype":"F32","shape":[8],"data_offsets":[976,992]})", "32 bytes"),
      Norm(R"({"dtype":"F4","shape":[31],"data_offsets":[976,992]})", "whole number of bytes"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":null})", "data_offsets"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[]})", "data_offsets"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[976,992,1008]})", "3 values"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[976.0,992.0]})", "976.0"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":"976,992"})", "data_offsets"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[976,null]})", "data_offsets"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[-16,0]})", "-16"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[992,976]})", "begin <= end"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[18446744073709551600,18446744073709551616]})",
           "18446744073709551616"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[18446744073709551599,18446744073709551615]})",
           "beyond any file"),
  });
}

TEST_CASE("tensors that do not cover the data exactly are refused") {
  CheckAllRefused({
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[960,976]})", "model.norm.weight"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[977,993]})", "a hole"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[992,1008]})", "model.norm.weight"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[1376,1392]})", "a hole"),
      Norm(R"({"dtype":"BF16","shape":[8],"data_offsets":[1000000,1000016]})", "a hole"),
      Header(kNorm, Cat(kNorm, R"(,"x":{"dtype":"U8","shape":[16],"data_offsets":[976,992]})"), "an overlap"),
      Header(kNorm, Cat(kNorm, R"(,"x":{"dtype":"U8","shape":[0],"data_offsets":[980,980]})"), "\"x\""),
      Header(kNorm, Cat(kNorm, R"(,"x":{"dtype":"U8","shape":[4],"data_offsets":[1376,1380]})"), "\"x\"",
             kTruncated),
      Header(Cat(",", kNorm), "", "a hole"),
  });
}

TEST_CASE("a weight that is absent, of another shape or type, or of another layer is refused with its name") {
  const auto gate = [](std::string shape) {
    return EditHeader(kShard2, R"("model.layers.1.mlp.gate_proj.weight":{"dtype":"BF16","shape":[12, 8])",
                      Cat(R"("model.layers.1.mlp.gate_proj.weight":{"dtype":"BF16","shape":)", shape));
  };
  const std::string gate_name = "model.layers.1.mlp.gate_proj.weight";
  const auto renamed = [](std::string from, std::string to) {
    return [=](Files& files) {
      EditHeader(kShard2, from, to)(files);
      Edit(kIndex, from, to)(files);
    };
  };
  CheckAllRefused({
      {"transposed", gate("[8, 12]"), kInvalid, kShard2, gate_name},
      {"flat", gate("[96]"), kInvalid, kShard2, "[96]"},
      {"a dimension more", gate("[1, 12, 8]"), kInvalid, kShard2, "[1, 12, 8]"},
      {"a dimension of 1 at the end", gate("[12, 8, 1]"), kInvalid, kShard2, "[12, 8, 1]"},
      {"a norm with two dimensions",
       EditHeader(kShard2, R"("shape":[8],"data_offsets":[976,992])",
                  R"("shape":[1,8],"data_offsets":[976,992])"),
       kInvalid, kShard2, "model.norm.weight"},
      {"a weight of 8-bit floats",
       EditHeader(kShard2, R"("model.norm.weight":{"dtype":"BF16","shape":[8])",
                  R"("model.norm.weight":{"dtype":"F8_E4M3","shape":[16])"),
       kUnknown, kShard2, "F8_E4M3"},
      {"a weight of integers",
       EditHeader(kShard2, R"("model.norm.weight":{"dtype":"BF16","shape":[8])",
                  R"("model.norm.weight":{"dtype":"I16","shape":[8])"),
       kUnknown, kShard2, "I16"},
      {"a weight of doubles",
       EditHeader(kShard2, R"("model.norm.weight":{"dtype":"BF16","shape":[8])",
                  R"("model.norm.weight":{"dtype":"F64","shape":[2])"),
       kUnknown, kShard2, "F64"},
      {"no final norm", renamed("model.norm.weight", "model.norm.weigh"), kInvalid, kIndex,
       "model.norm.weight"},
      {"no output", renamed("lm_head.weight", "lm_head.bias"), kInvalid, kIndex, "lm_head.weight"},
      {"names without the model's prefix", renamed("model.norm.weight", "norm.weight"), kInvalid, kIndex,
       "model.norm.weight"},
      {"no down projection", renamed("layers.1.mlp.down_proj.weight", "layers.1.mlp.down_proj.qweight"),
       kInvalid, kIndex, "model.layers.1.mlp.down_proj.weight"},
      {"a layer with a leading zero",
       renamed("layers.1.mlp.down_proj.weight", "layers.01.mlp.down_proj.weight"), kInvalid, kIndex,
       "model.layers.1.mlp.down_proj.weight"},
      {"a layer beyond the config's",
       renamed("layers.1.mlp.down_proj.weight", "layers.2.mlp.down_proj.weight"), kInvalid, kShard2,
       "model.layers.2.mlp.down_proj.weight"},
      {"a layer of 18 digits", renamed("layers.1.mlp.down_proj", "layers.999999999999999999.mlp.down_proj"),
       kInvalid, kShard2, "999999999999999999"},
      {"a tensor in both shards", EditHeader(kShard2, kNorm, R"("model.embed_tokens.weight":
           {"dtype":"BF16","shape":[8],"data_offsets":[976,992]})"),
       kInvalid, kShard2, "model.embed_tokens.weight"},
  });
}

TEST_CASE("an index that is malformed is refused") {
  const std::string good = GoodFiles().at(kIndex);
  std::string shards = "{\"weight_map\": {\"t0\": \"s0.safetensors\"";
  for (int i = 1; i <= 1000; ++i) shards += Cat(", \"t", i, "\": \"s", i, ".safetensors\"");
  CheckAllRefused({
      WholeIndex("", "end of input"),
      WholeIndex("[]", "an array"),
      WholeIndex("{}", "weight_map"),
      WholeIndex("{\"weight_map\": null}", "weight_map"),
      WholeIndex("{\"weight_map\": \"model.safetensors\"}", "weight_map"),
      WholeIndex("{\"metadata\": {}}", "weight_map"),
      WholeIndex(good + "}", "line"),
      WholeIndex("\xEF\xBB\xBF" + good, "byte-order mark"),
      WholeIndex(Cat("{\"x\": ", std::string(100000, '{'), good), "line"),
      WholeIndex(shards + "}}", "1001"),
      Index("\"model.embed_tokens.weight\": \"model-00001-of-00002.safetensors\"",
            "\"model.embed_tokens.weight\": 1", "model.embed_tokens.weight"),
      Index("\"model.embed_tokens.weight\": \"model-00001-of-00002.safetensors\"",
            "\"model.embed_tokens.weight\": null", "model.embed_tokens.weight"),
      Index("\"model.embed_tokens.weight\": \"model-00001-of-00002.safetensors\"",
            "\"model.embed_tokens.weight\": [\"model-00001-of-00002.safetensors\"]",
            "model.embed_tokens.weight"),
      Index("\"weight_map\"", "\"weight_map\": {\"a\": \"b.safetensors\"}, \"weight_map\"", "\"weight_map\""),
      Index("\"lm_head.weight\": \"model-00002-of-00002.safetensors\"",
            "\"lm_head.weight\": \"model-00001-of-00002.safetensors\"", "lm_head.weight"),
      Index(", \"lm_head.weight\": \"model-00002-of-00002.safetensors\"", "", "lm_head.weight"),
      Index("\"lm_head.weight\"",
            "\"lm_head.bias\": \"model-00002-of-00002.safetensors\", \"lm_head.weight\"", "lm_head.bias"),
  });
}

TEST_CASE("a shard's name that is no plain name of a weight file is refused") {
  CheckAllRefused({
      ShardName("/etc/model.safetensors", "/etc/model.safetensors"),
      ShardName("shards/model.safetensors", "shards/model.safetensors"),
      ShardName("./model-00002-of-00002.safetensors", "same folder"),
      ShardName("..\\\\model.safetensors", "same folder"),
      ShardName("C:\\\\model.safetensors", "same folder"),
      ShardName("C:model.safetensors", "same folder"),
      ShardName("file:model.safetensors", "same folder"),
      ShardName("model\\u0000.safetensors", "same folder"),
      ShardName("..", "same folder"),
      ShardName(".safetensors", "no format known", kUnknown),
      ShardName("model.safetensors.index.json", "no format known", kUnknown),
      ShardName("model-00002-of-00002.safetensors ", "no format known", kUnknown),
      ShardName("model.gguf", "no format known", kUnknown),
      ShardName("model.SAFETENSORS", "no format known", kUnknown),
      ShardName("consolidated.00.pth", "no format known", kUnknown),
      ShardName(Cat(std::string(300, 'm'), ".safetensors"), ".safetensors", kTruncated, "mmmm"),
      ShardName("model-00003-of-00002.safetensors", "no such file", kAbsent,
                "model-00003-of-00002.safetensors"),
      ShardName("new\\nline.safetensors", "same folder"),
  });
}

}  // namespace
}  // namespace talaria::test
