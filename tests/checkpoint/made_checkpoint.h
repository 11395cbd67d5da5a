#ifndef TALARIA_TESTS_CHECKPOINT_MADE_CHECKPOINT_H_
#define TALARIA_TESTS_CHECKPOINT_MADE_CHECKPOINT_H_

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/checkpoint/roles.h"
#include "lib/checkpoint/safetensors.h"
#include "tests/temporary_folder.h"

namespace talaria::test {

// File names and their bytes.
using Files = std::map<std::string, std::string>;

inline void WriteFiles(const Files& files, const std::string& folder) {
  for (const auto& [name, bytes] : files) {
    std::ofstream file(folder + "/" + name, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
}

struct MadeTensor {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  uint64_t bytes = 0;
};

inline std::string LengthField(uint64_t length) {
  std::string field;
  for (int i = 0; i < 8; ++i) field += static_cast<char>(length >> (8 * i));
  return field;
}

inline std::string ShardOf(std::string_view header, std::string_view data) {
  return Cat(LengthField(header.size()), header, data);
}

inline std::string RecordText(const MadeTensor& tensor, uint64_t begin) {
  return Cat(Quoted(tensor.name), ":{\"dtype\":", Quoted(tensor.dtype),
             ",\"shape\":", ShapeText(tensor.shape), ",\"data_offsets\":[", begin, ",", begin + tensor.bytes,
             "]}");
}

// The header of a shard that holds *tensors* one after the other.
inline std::string HeaderOf(const std::vector<MadeTensor>& tensors) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  uint64_t begin = 0;
  for (const MadeTensor& tensor : tensors) {
    header += "," + RecordText(tensor, begin);
    begin += tensor.bytes;
  }
  header += "}";
  header.append((8 - header.size() % 8) % 8, ' ');
  return header;
}

// Bytes that are not all alike, the same each time.
inline std::string DataOf(const std::vector<MadeTensor>& tensors) {
  uint64_t bytes = 0;
  for (const MadeTensor& tensor : tensors) bytes += tensor.bytes;
  std::string data(bytes, '\0');
  uint32_t state = 1;
  for (char& byte : data) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return data;
}

// The tensors that *config* demands, in the order of roles, all of one type.
inline std::vector<MadeTensor> TensorsOf(const ModelConfig& config, std::string_view dtype,
                                         uint64_t element_bytes) {
  std::vector<MadeTensor> tensors;
  const auto add = [&](Role role, int64_t layer) {
    MadeTensor tensor = {TensorName(role, layer), std::string(dtype), ShapeOf(role, config), element_bytes};
    for (const int64_t size : tensor.shape) tensor.bytes *= static_cast<uint64_t>(size);
    tensors.push_back(std::move(tensor));
  };
  add(Role::kEmbedding, 0);
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    for (const Role role : kLayerRoles) add(role, layer);
  }
  add(Role::kFinalNorm, 0);
  if (!config.tie_word_embeddings) add(Role::kOutput, 0);
  return tensors;
}

inline constexpr const char* kConfig = "config.json";
inline constexpr const char* kGeneration = "generation_config.json";
inline constexpr const char* kIndex = "model.safetensors.index.json";
inline constexpr const char* kShard1 = "model-00001-of-00002.safetensors";
inline constexpr const char* kShard2 = "model-00002-of-00002.safetensors";

// The shapes of GoodFiles: none equals another, so that a mix-up shows.
inline ModelConfig GoodConfig() {
  ModelConfig config;
  config.model_type = "llama";
  config.vocab_size = 24;
  config.hidden_size = 8;
  config.intermediate_size = 12;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_dim = 4;
  config.max_position_embeddings = 128;
  return config;
}

inline std::string IndexOf(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string text = "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {";
  for (size_t i = 0; i < entries.size(); ++i) {
    text += Cat(i == 0 ? "" : ", ", Quoted(entries[i].first), ": ", Quoted(entries[i].second));
  }
  return text + "}}";
}

// A good checkpoint of two shards; layer 1 begins in the first and ends in the second.
inline Files GoodFiles() {
  Files files;
  files[kConfig] =
      R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 24, "hidden_size": 8,
 "intermediate_size": 12, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4,
 "max_position_embeddings": 128, "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "rope_scaling": null,
 "hidden_act": "silu", "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false,
 "bos_token_id": 0, "eos_token_id": 1, "torch_dtype": "bfloat16"})";
  files[kGeneration] = R"({"bos_token_id": 0, "eos_token_id": [1, 2], "temperature": 0.6})";
  const std::vector<MadeTensor> all = TensorsOf(GoodConfig(), "BF16", 2);
  const auto cut = all.begin() + 13;
  const std::vector<MadeTensor> first(all.begin(), cut), second(cut, all.end());
  files[kShard1] = ShardOf(HeaderOf(first), DataOf(first));
  files[kShard2] = ShardOf(HeaderOf(second), DataOf(second));
  std::vector<std::pair<std::string, std::string>> entries;
  for (const MadeTensor& tensor : first) entries.emplace_back(tensor.name, kShard1);
  for (const MadeTensor& tensor : second) entries.emplace_back(tensor.name, kShard2);
  files[kIndex] = IndexOf(entries);
  return files;
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_CHECKPOINT_MADE_CHECKPOINT_H_
