#include "lib/checkpoint/checkpoint.h"

#include <doctest/doctest.h>

#include <set>
#include <thread>

#include "lib/base/json.h"
#include "lib/tensor/convert.h"
#include "tests/checkpoint/damage.h"
#include "tests/fixtures.h"
#include "tests/skip.h"

namespace talaria::test {
namespace {

namespace fs = std::filesystem;

// A log whose lines a test can look at.
struct Lines {
  std::vector<std::string> lines;
  LogSink log{LogLevel::kDebug, [this](LogLevel, std::string_view line) { lines.emplace_back(line); }};
};

StatusOr<Checkpoint> OpenFiles(const Files& files, const TemporaryFolder& folder, const LogSink& log) {
  WriteFiles(files, folder.path());
  return Checkpoint::Open(folder.path(), log);
}

TEST_CASE("a checkpoint says its config, its tensors and where each weight lies") {
  const TemporaryFolder folder;
  Lines lines;
  const StatusOr<Checkpoint> opened = OpenFiles(GoodFiles(), folder, lines.log);
  REQUIRE_MESSAGE(opened.ok(), Message(opened.status()));
  CHECK(lines.lines.empty());
  CHECK(opened->path() == folder.path());
  CHECK(opened->config().num_layers == 2);
  CHECK(opened->eos_token_ids() == std::vector<int32_t>{1, 2});
  CHECK(opened->shards() == std::vector<std::string>{kShard1, kShard2});
  CHECK(opened->tensors().size() == 21);
  const std::vector<MadeTensor> made = TensorsOf(GoodConfig(), "BF16", 2);
  uint64_t bytes = 0;
  for (size_t i = 0; i < made.size(); ++i) {
    const TensorInfo& tensor = opened->tensors()[i];
    CHECK(tensor.name == made[i].name);
    CHECK(tensor.shape == made[i].shape);
    CHECK(tensor.bytes == made[i].bytes);
    CHECK(tensor.dtype == DType::kBF16);
    CHECK(tensor.shard == (i < 13 ? 0 : 1));
    CHECK(opened->Find(made[i].name) == &tensor);
    bytes += tensor.bytes;
  }
  CHECK(opened->weight_bytes() == bytes);
  CHECK(opened->parameter_count() == bytes / 2);
  CHECK(opened->Find("model.layers.2.mlp.up_proj.weight") == nullptr);
  CHECK(opened->Weight(Role::kEmbedding, 7) == opened->Find("model.embed_tokens.weight"));
  CHECK(opened->Weight(Role::kFinalNorm, -1) == opened->Find("model.norm.weight"));
  CHECK(opened->Weight(Role::kOutput, 0) == opened->Find("lm_head.weight"));
  CHECK(opened->Weight(Role::kDown, 1) == opened->Find("model.layers.1.mlp.down_proj.weight"));
  CHECK(opened->Weight(Role::kDown, 2) == nullptr);
  CHECK(opened->Weight(Role::kInputNorm, -1) == nullptr);
}

TEST_CASE("a checkpoint opens by its folder and by its files' paths alike") {
  const TemporaryFolder folder;
  WriteFiles(GoodFiles(), folder.path());
  for (const std::string& path :
       {folder.path(), folder.path() + "/", folder.Path(kConfig), folder.Path(kIndex)}) {
    CAPTURE(path);
    const StatusOr<Checkpoint> opened = Checkpoint::Open(path, LogSink());
    REQUIRE_MESSAGE(opened.ok(), Message(opened.status()));
    CHECK(fs::equivalent(opened->path(), folder.path()));
  }
}

TEST_CASE("one model.safetensors needs no index, and an index may name it") {
  const std::vector<MadeTensor> all = TensorsOf(GoodConfig(), "F32", 4);
  Files files = GoodFiles();
  files.erase(kIndex);
  files.erase(kShard1);
  files.erase(kShard2);
  files["model.safetensors"] = ShardOf(HeaderOf(all), DataOf(all));
  const TemporaryFolder folder;
  const StatusOr<Checkpoint> alone = OpenFiles(files, folder, LogSink());
  REQUIRE_MESSAGE(alone.ok(), Message(alone.status()));
  CHECK(alone->shards() == std::vector<std::string>{"model.safetensors"});
  CHECK(alone->weight_bytes() == alone->parameter_count() * 4);
  CHECK(Checkpoint::Open(folder.Path("model.safetensors"), LogSink()).ok());
  std::vector<std::pair<std::string, std::string>> entries;
  for (const MadeTensor& tensor : all) entries.emplace_back(tensor.name, "model.safetensors");
  files[kIndex] = IndexOf(entries);
  CHECK(OpenFiles(files, folder, LogSink()).ok());
}

TEST_CASE("a tied model's output is its embedding, counted once, and a stored one is ignored") {
  Files files = GoodFiles();
  Edit(kConfig, "\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true")(files);
  Lines lines;
  const TemporaryFolder folder;
  const StatusOr<Checkpoint> opened = OpenFiles(files, folder, lines.log);
  REQUIRE_MESSAGE(opened.ok(), Message(opened.status()));
  CHECK(opened->Weight(Role::kOutput, 0) == opened->Find("model.embed_tokens.weight"));
  const uint64_t all = DataOf(TensorsOf(GoodConfig(), "BF16", 2)).size();
  CHECK(opened->weight_bytes() == all - opened->Find("lm_head.weight")->bytes);
  REQUIRE(lines.lines.size() == 1);
  CHECK(lines.lines[0].find("lm_head.weight") != std::string::npos);
}

TEST_CASE("tensors that the model does not need are ignored and named in the log, not without end") {
  Files files = GoodFiles();
  std::string records, entries;
  for (int i = 0; i < 40; ++i) {
    records += Cat(",\"extra.", i, "\":{\"dtype\":\"C64\",\"shape\":[0],\"data_offsets\":[1376,1376]}");
    if (i != 3) entries += Cat("\"extra.", i, "\": \"", kShard2, "\", ");
  }
  EditHeader(kShard2, "[992,1376]}", "[992,1376]}" + records)(files);
  Edit(kIndex, "\"lm_head.weight\"", entries + "\"lm_head.weight\"")(files);
  Lines lines;
  const TemporaryFolder folder;
  const StatusOr<Checkpoint> opened = OpenFiles(files, folder, lines.log);
  REQUIRE_MESSAGE(opened.ok(), Message(opened.status()));
  CHECK(opened->Find("extra.0")->dtype == DType::kC64);
  CHECK(opened->Find("extra.3") == nullptr);  // not in the index
  REQUIRE(lines.lines.size() == 18);
  CHECK(lines.lines[0].find("\"extra.3\"") != std::string::npos);
  CHECK(lines.lines[1].find("\"extra.0\"") != std::string::npos);
  CHECK(lines.lines[17].find("23 tensors more") != std::string::npos);
}

TEST_CASE("config.json's end tokens hold where generation_config.json has none or is absent") {
  Files files = GoodFiles();
  const TemporaryFolder folder;
  files[kGeneration] = R"({"temperature": 0.5})";
  const StatusOr<Checkpoint> without_list = OpenFiles(files, folder, LogSink());
  REQUIRE(without_list.ok());
  CHECK(without_list->eos_token_ids() == std::vector<int32_t>{1});
  CHECK(*without_list->generation_config().temperature == 0.5);
  fs::remove(folder.Path(kGeneration));
  const StatusOr<Checkpoint> without_file = Checkpoint::Open(folder.path(), LogSink());
  REQUIRE(without_file.ok());
  CHECK(without_file->eos_token_ids() == std::vector<int32_t>{1});
  CHECK_FALSE(without_file->generation_config().temperature.has_value());
}

TEST_CASE("any part of a tensor is read, by several threads at once, and after a move") {
  const TemporaryFolder folder;
  StatusOr<Checkpoint> opened = OpenFiles(GoodFiles(), folder, LogSink());
  REQUIRE(opened.ok());
  const TensorInfo* down = opened->Weight(Role::kDown, 1);
  const Checkpoint checkpoint = *std::move(opened);
  CHECK(checkpoint.Weight(Role::kDown, 1) == down);
  const std::string shard = GoodFiles().at(kShard2);
  const std::string whole = shard.substr(down->offset, down->bytes);
  std::vector<std::string> got(4, std::string(down->bytes, '\0'));
  std::vector<int> failed(got.size(), 0);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < got.size(); ++i) {
    threads.emplace_back([&, i] {
      for (uint64_t at = 0; at < down->bytes; at += i + 1) {
        const size_t bytes = std::min<uint64_t>(i + 1, down->bytes - at);
        if (!checkpoint.Read(*down, at, &got[i][at], bytes).ok()) failed[i] = 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < got.size(); ++i) {
    CHECK(failed[i] == 0);
    CHECK(got[i] == whole);
  }
  CHECK(checkpoint.Read(*down, down->bytes, nullptr, 0).ok());
}

TEST_CASE("a range that is not the tensor's is refused") {
  const TemporaryFolder folder;
  const StatusOr<Checkpoint> opened = OpenFiles(GoodFiles(), folder, LogSink());
  REQUIRE(opened.ok());
  const TensorInfo& norm = *opened->Weight(Role::kFinalNorm, 0);
  char bytes[64];
  CheckRefused(opened->Read(norm, 0, bytes, 17), StatusCode::kInvalidArgument, "model.norm.weight",
               "16 bytes");
  CheckRefused(opened->Read(norm, 16, bytes, 1), StatusCode::kInvalidArgument, "model.norm.weight",
               "16 to 17");
  CheckRefused(opened->Read(norm, ~uint64_t{0}, bytes, 8), StatusCode::kInvalidArgument, "model.norm.weight",
               "range");
  TensorInfo stranger = norm;
  stranger.shard = 2;
  CheckRefused(opened->Read(stranger, 0, bytes, 1), StatusCode::kInvalidArgument, "model.norm.weight",
               "shard 2");
}

TEST_CASE("a shard that shrinks, vanishes or is replaced after it was opened is an error, never old bytes") {
  const TemporaryFolder folder;
  const StatusOr<Checkpoint> opened = OpenFiles(GoodFiles(), folder, LogSink());
  REQUIRE(opened.ok());
  const TensorInfo& output = *opened->Weight(Role::kOutput, 0);
  const TensorInfo& value = *opened->Weight(Role::kValue, 1);
  std::string bytes(output.bytes, '\0');
  fs::resize_file(folder.Path(kShard2), output.offset + 100);
  CHECK(opened->Read(output, 0, bytes.data(), 100).ok());
  const Status cut = opened->Read(output, 64, bytes.data(), 128);
  CheckRefused(cut, StatusCode::kDataLoss, kShard2, "\"lm_head.weight\" bytes 64 to 192");
  fs::resize_file(folder.Path(kShard2), 0);
  CheckRefused(opened->Read(value, 0, bytes.data(), 1), StatusCode::kDataLoss, kShard2,
               "self_attn.v_proj.weight");
  fs::remove(folder.Path(kShard1));
  const TensorInfo& embedding = *opened->Weight(Role::kEmbedding, 0);
  CheckRefused(opened->Read(embedding, 0, bytes.data(), 4), StatusCode::kDataLoss, kShard1, "removed");
  // A good file of that name again: not the one whose header was read.
  WriteFiles({{kShard1, GoodFiles().at(kShard1)}}, folder.path());
  CheckRefused(opened->Read(embedding, 0, bytes.data(), 4), StatusCode::kDataLoss, kShard1, "replaced");
}

// The 405B's shapes in 191 sparse files: one matrix or so a shard, as the published ones have it.
TEST_CASE("the 405B's 191 shards of 811 GB open within a second, without their bytes being read") {
  const TemporaryFolder folder;
  ModelConfig config;
  config.vocab_size = 128256;
  config.hidden_size = 16384;
  config.intermediate_size = 53248;
  config.num_layers = 126;
  config.num_heads = 128;
  config.num_kv_heads = 8;
  config.head_dim = 128;
  const std::vector<MadeTensor> all = TensorsOf(config, "BF16", 2);
  REQUIRE(all.size() == 1137);
  std::vector<std::pair<std::string, std::string>> entries;
  constexpr size_t kShards = 191;
  for (size_t shard = 0; shard < kShards; ++shard) {
    const auto at = [&](size_t i) {
      return all.begin() + static_cast<std::ptrdiff_t>(all.size() * i / kShards);
    };
    const std::vector<MadeTensor> part(at(shard), at(shard + 1));
    const std::string number = std::to_string(shard + 1);
    const std::string name =
        Cat("model-", std::string(5 - number.size(), '0'), number, "-of-00191.safetensors");
    uint64_t bytes = 0;
    for (const MadeTensor& tensor : part) {
      bytes += tensor.bytes;
      entries.emplace_back(tensor.name, name);
    }
    const std::string header = HeaderOf(part);
    WriteFiles({{name, ShardOf(header, "")}}, folder.path());
    std::error_code error;
    fs::resize_file(folder.Path(name), 8 + header.size() + bytes, error);
    if (error) return Skip("the temporary folder's file system has no sparse files");
  }
  WriteFiles(
      {{kIndex, IndexOf(entries)},
       {kConfig, R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 128256,
 "hidden_size": 16384, "intermediate_size": 53248, "num_hidden_layers": 126, "num_attention_heads": 128,
 "num_key_value_heads": 8, "max_position_embeddings": 131072, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
 "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
  "original_max_position_embeddings": 8192, "rope_type": "llama3"}, "hidden_act": "silu",
 "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false, "bos_token_id": 128000,
 "eos_token_id": [128001, 128008, 128009, 128040], "torch_dtype": "bfloat16"})"}},
      folder.path());
  const int64_t start = platform::MonotonicNanoseconds();
  const StatusOr<Checkpoint> opened = Checkpoint::Open(folder.path(), LogSink());
  const int64_t nanoseconds = platform::MonotonicNanoseconds() - start;
  REQUIRE_MESSAGE(opened.ok(), Message(opened.status()));
  MESSAGE("opened in " << nanoseconds / 1000 << " us");
  CHECK(nanoseconds < 1'000'000'000);
  CHECK(opened->shards().size() == 191);
  CHECK(opened->parameter_count() == 405'853'388'800);
  CHECK(opened->weight_bytes() == 811'706'777'600);
  CHECK(opened->config().head_dim == 128);
  // The bytes past 2^32 of a file are reached like any others.
  const TensorInfo& embedding = *opened->Weight(Role::kEmbedding, 0);
  char byte = 1;
  CHECK(opened->Read(embedding, embedding.bytes - 1, &byte, 1).ok());
  CHECK(byte == 0);
}

void CheckGolden(const std::string& path, RopeScalingKind rope) {
  CAPTURE(path);
  const StatusOr<Checkpoint> opened = Checkpoint::Open(path, LogSink());
  REQUIRE_MESSAGE(opened.ok(), Message(opened.status()));
  CHECK(opened->config().rope_scaling.kind == rope);
  std::set<const TensorInfo*> weights;
  for (const Role role : kModelRoles) weights.insert(opened->Weight(role, 0));
  for (int64_t layer = 0; layer < opened->config().num_layers; ++layer) {
    for (const Role role : kLayerRoles) weights.insert(opened->Weight(role, layer));
  }
  CHECK(weights.size() == opened->tensors().size());
  // Norms of real weights are near 1, which random bytes or a wrong offset are not.
  const TensorInfo& norm = *opened->Weight(Role::kFinalNorm, 0);
  std::string bytes(norm.bytes, '\0');
  REQUIRE(opened->Read(norm, 0, bytes.data(), bytes.size()).ok());
  std::vector<float> values(static_cast<size_t>(norm.shape[0]));
  REQUIRE(ToFloat(norm.dtype, bytes.data(), values.size(), values.data()).ok());
  for (const float value : values) {
    CHECK(value > 0.2f);
    CHECK(value < 1.8f);
  }
}

TEST_CASE("the golden checkpoint opens and its weights are where the header says") {
  CheckGolden(GoldenFile("tiny_kv4"), RopeScalingKind::kLlama3);
}

TEST_CASE("checkpoints that transformers wrote open") {
  const std::string tiny = SharedFixture("tiny");
  if (tiny.empty()) return Skip("the fixtures beside the project are absent");
  CheckGolden(tiny + "/v1_gqa8_llama3rope_bf16", RopeScalingKind::kLlama3);
  CheckGolden(tiny + "/v2_mha_tied_norope_scaling_fp32", RopeScalingKind::kNone);
  CheckGolden(tiny + "/v3_headdim32_gqa2_llama3rope_fp32", RopeScalingKind::kLlama3);
  CheckGolden(tiny + "/v4_gqa8_tied_llama3rope32_oddvocab_fp16", RopeScalingKind::kLlama3);
  CheckRefused(Checkpoint::Open(tiny + "/v5_fp8_compressed_tensors_of_v1", LogSink()).status(),
               StatusCode::kUnimplemented, "config.json", "compressed-tensors");
}

}  // namespace
}  // namespace talaria::test
