#include "lib/checkpoint/checkpoint.h"

#include <utility>

#include "lib/checkpoint/ignored_tensors.h"

namespace talaria {
namespace {

constexpr std::string_view kConfigName = "config.json";
constexpr std::string_view kGenerationConfigName = "generation_config.json";
// A thousand times what real ones have.
constexpr uint64_t kMaxConfigBytes = 4u << 20;

bool IsCheckpointFile(std::string_view name) {
  return name == kConfigName || name == "model.safetensors" || name == "model.safetensors.index.json";
}

Status RefuseGguf(const std::string& path) {
  Status refused = Unimplemented(path, ": GGUF files are not known here (folders of safetensors are)");
  constexpr std::string_view kMagic = "GGUF";
  if (path.size() > 5 && path.compare(path.size() - 5, 5, ".gguf") == 0) return refused;
  const StatusOr<File> file = File::Open(path);
  if (!file.ok() || file->size() < kMagic.size()) return file.status();
  std::string start(kMagic.size(), '\0');
  TALARIA_RETURN_IF_ERROR(file->ReadAt(0, start.data(), start.size()));
  return start == kMagic ? refused : absl::OkStatus();
}

// The folder that *path* is or whose file it names.
StatusOr<std::string> FolderOf(const std::string& path) {
  if (path.empty()) return InvalidArgument("checkpoint path: expected a folder, found an empty path");
  if (path.find('\0') != std::string::npos) {
    return InvalidArgument("checkpoint path ", Quoted(path), ": a path cannot hold a NUL byte");
  }
  TALARIA_ASSIGN_OR_RETURN(const platform::FileInfo info, platform::InfoOf(path));
  if (info.is_folder) return path;
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (IsCheckpointFile(name)) {
    if (slash == std::string::npos) return std::string(".");
    return path.substr(0, slash == 0 ? 1 : slash);
  }
  TALARIA_RETURN_IF_ERROR(RefuseGguf(path));
  return InvalidArgument(path, ": expected a checkpoint's folder, or in it ", kConfigName,
                         ", model.safetensors or model.safetensors.index.json, found another file");
}

StatusOr<ModelConfig> ReadModelConfig(const std::string& path) {
  TALARIA_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(path, kMaxConfigBytes));
  StatusOr<ModelConfig> config = ParseModelConfig(text);
  if (!config.ok()) return Annotate(config.status(), path);
  return config;
}

StatusOr<GenerationConfig> ReadGenerationConfig(const std::string& path, int64_t vocab_size) {
  const StatusOr<std::string> text = ReadWholeFile(path, kMaxConfigBytes);
  if (text.status().code() == StatusCode::kNotFound) return GenerationConfig();
  if (!text.ok()) return text.status();
  StatusOr<GenerationConfig> config = ParseGenerationConfig(*text, vocab_size);
  if (!config.ok()) return Annotate(config.status(), path);
  return config;
}

void LogUnknown(const ModelConfig& config, const ShardSet& shards, const WeightTable& weights,
                const LogSink& log) {
  std::vector<bool> known(shards.tensors().size(), false);
  for (const Role role : kModelRoles) known[static_cast<size_t>(weights.Find(role, 0))] = true;
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    for (const Role role : kLayerRoles) known[static_cast<size_t>(weights.Find(role, layer))] = true;
  }
  std::vector<std::string_view> ignored;
  for (size_t i = 0; i < known.size(); ++i) {
    if (!known[i]) ignored.push_back(shards.tensors()[i].name);
  }
  LogIgnoredTensors(log, Cat(shards.listing(), ": not needed, ignored"), ignored);
}

}  // namespace

Checkpoint::Checkpoint(std::string path, ModelConfig config, GenerationConfig generation_config,
                       ShardSet shards, WeightTable weights)
    : path_(std::move(path)),
      config_(std::move(config)),
      generation_config_(std::move(generation_config)),
      shards_(std::move(shards)),
      weights_(std::move(weights)) {}

StatusOr<Checkpoint> Checkpoint::Open(const std::string& path, const LogSink& log) {
  TALARIA_ASSIGN_OR_RETURN(std::string folder, FolderOf(path));
  TALARIA_ASSIGN_OR_RETURN(ModelConfig config, ReadModelConfig(JoinPath(folder, kConfigName)));
  TALARIA_ASSIGN_OR_RETURN(GenerationConfig generation_config,
                           ReadGenerationConfig(JoinPath(folder, kGenerationConfigName), config.vocab_size));
  TALARIA_ASSIGN_OR_RETURN(ShardSet shards, ShardSet::Open(folder, log));
  TALARIA_ASSIGN_OR_RETURN(WeightTable weights, WeightTable::Match(config, shards));
  LogUnknown(config, shards, weights, log);
  return Checkpoint(std::move(folder), std::move(config), std::move(generation_config), std::move(shards),
                    std::move(weights));
}

const TensorInfo* Checkpoint::Weight(Role role, int64_t layer) const {
  const int32_t index = weights_.Find(role, layer);
  return index < 0 ? nullptr : &shards_.tensors()[static_cast<size_t>(index)];
}

Status Checkpoint::Read(const TensorInfo& tensor, uint64_t begin, void* destination, size_t bytes) const {
  // Named only where it fails: a layer may be read while a step runs, where nothing should allocate.
  const auto named = [&](const Status& status) {
    return Annotate(status, Cat("tensor ", Quoted(tensor.name), " bytes ", begin, " to ", begin + bytes));
  };
  if (tensor.shard < 0 || static_cast<size_t>(tensor.shard) >= shards().size()) {
    return named(InvalidArgument("expected a tensor of ", path_, ", found one of shard ", tensor.shard));
  }
  if (begin > tensor.bytes || bytes > tensor.bytes - begin) {
    return named(InvalidArgument("expected a range within its ", tensor.bytes, " bytes"));
  }
  const File& file = shards_.file(tensor.shard);
  const Status there = file.CheckStillThere();
  if (!there.ok()) return named(there);
  const Status read = file.ReadAt(tensor.offset + begin, destination, bytes);
  return read.ok() ? read : named(read);
}

}  // namespace talaria
