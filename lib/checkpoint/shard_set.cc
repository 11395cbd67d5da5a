#include "lib/checkpoint/shard_set.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lib/checkpoint/ignored_tensors.h"

namespace talaria {
namespace {

constexpr std::string_view kIndexName = "model.safetensors.index.json";
constexpr std::string_view kSingleName = "model.safetensors";
// Several times what the largest models need.
constexpr uint64_t kMaxIndexBytes = 32u << 20;
constexpr size_t kMaxTensors = 1u << 20;

StatusOr<bool> Exists(const std::string& path) {
  const StatusOr<platform::FileInfo> info = platform::InfoOf(path);
  if (info.ok()) return true;
  if (info.status().code() == StatusCode::kNotFound) return false;
  return info.status();
}

}  // namespace

StatusOr<ShardSet> ShardSet::Open(const std::string& folder, const LogSink& log) {
  ShardSet set;
  set.listing_ = JoinPath(folder, kIndexName);
  TALARIA_ASSIGN_OR_RETURN(const bool has_index, Exists(set.listing_));
  if (!has_index) {
    set.listing_ = JoinPath(folder, kSingleName);
    TALARIA_ASSIGN_OR_RETURN(const bool has_single, Exists(set.listing_));
    if (!has_single)
      return NotFound(folder, ": expected ", kIndexName, " or ", kSingleName, ", found neither");
    TALARIA_RETURN_IF_ERROR(set.AddShard(folder, std::string(kSingleName)));
    TALARIA_RETURN_IF_ERROR(set.SortByName());
    return set;
  }
  TALARIA_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(set.listing_, kMaxIndexBytes));
  const StatusOr<ShardIndex> index = ParseShardIndex(text);
  if (!index.ok()) return Annotate(index.status(), set.listing_);
  for (const std::string& name : index->shards) TALARIA_RETURN_IF_ERROR(set.AddShard(folder, name));
  TALARIA_RETURN_IF_ERROR(set.SortByName());
  TALARIA_RETURN_IF_ERROR(set.CheckAgainst(*index));
  set.LeaveOutUnlisted(*index, log);
  TALARIA_RETURN_IF_ERROR(set.SortByName());
  return set;
}

Status ShardSet::AddShard(const std::string& folder, const std::string& name) {
  const std::string path = JoinPath(folder, name);
  StatusOr<SafetensorsFile> shard = SafetensorsFile::Open(path);
  if (!shard.ok()) return shard.status();
  const auto number = static_cast<int32_t>(names_.size());
  std::vector<TensorInfo> tensors = shard->TakeTensors();
  if (tensors.size() > kMaxTensors - tensors_.size()) {
    return InvalidArgument(path, ": expected at most ", kMaxTensors, " tensors in all shards, found more");
  }
  for (TensorInfo& tensor : tensors) {
    tensor.shard = number;
    tensors_.push_back(std::move(tensor));
  }
  names_.push_back(name);
  files_.push_back(shard->TakeFile());
  return absl::OkStatus();
}

Status ShardSet::SortByName() {
  by_name_.resize(tensors_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0);
  const auto name_of = [this](int32_t i) -> const std::string& {
    return tensors_[static_cast<size_t>(i)].name;
  };
  std::sort(by_name_.begin(), by_name_.end(), [&](int32_t a, int32_t b) { return name_of(a) < name_of(b); });
  const auto twice = std::adjacent_find(by_name_.begin(), by_name_.end(),
                                        [&](int32_t a, int32_t b) { return name_of(a) == name_of(b); });
  if (twice == by_name_.end()) return absl::OkStatus();
  // Within one file names are unique, so these are two shards.
  const TensorInfo& first = tensors_[static_cast<size_t>(std::min(twice[0], twice[1]))];
  const TensorInfo& second = tensors_[static_cast<size_t>(std::max(twice[0], twice[1]))];
  return InvalidArgument(file(second.shard).path(), ": tensor ", Quoted(first.name), " is also in shard ",
                         Quoted(names_[static_cast<size_t>(first.shard)]));
}

const TensorInfo* ShardSet::Find(std::string_view tensor_name) const {
  const auto place = std::lower_bound(
      by_name_.begin(), by_name_.end(), tensor_name,
      [this](int32_t i, std::string_view name) { return tensors_[static_cast<size_t>(i)].name < name; });
  if (place == by_name_.end()) return nullptr;
  const TensorInfo& found = tensors_[static_cast<size_t>(*place)];
  return found.name == tensor_name ? &found : nullptr;
}

Status ShardSet::CheckAgainst(const ShardIndex& index) const {
  for (const auto& [name, shard] : index.tensors) {
    const TensorInfo* tensor = Find(name);
    if (tensor != nullptr && tensor->shard == shard) continue;
    const std::string elsewhere =
        tensor == nullptr ? "which no shard holds"
                          : Cat("which is in ", Quoted(names_[static_cast<size_t>(tensor->shard)]));
    return InvalidArgument(listing_, ": weight_map puts tensor ", Quoted(name), " in ",
                           Quoted(names_[static_cast<size_t>(shard)]), ", ", elsewhere);
  }
  return absl::OkStatus();
}

void ShardSet::LeaveOutUnlisted(const ShardIndex& index, const LogSink& log) {
  if (index.tensors.size() == tensors_.size()) return;
  std::vector<bool> listed(tensors_.size(), false);
  for (const auto& entry : index.tensors) {
    listed[static_cast<size_t>(Find(entry.first) - tensors_.data())] = true;
  }
  std::vector<std::string_view> ignored;
  std::vector<TensorInfo> kept;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (listed[i]) {
      kept.push_back(std::move(tensors_[i]));
    } else {
      ignored.push_back(tensors_[i].name);
    }
  }
  LogIgnoredTensors(log, Cat(listing_, ": not in weight_map, ignored"), ignored);
  tensors_ = std::move(kept);
}

}  // namespace talaria
