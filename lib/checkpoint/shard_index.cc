#include "lib/checkpoint/shard_index.h"

#include <algorithm>

#include "lib/checkpoint/json_fields.h"

namespace talaria {
namespace {

// Two values a tensor: half a million of them, several times what the largest models have.
constexpr json::ParseLimits kLimits = {/*max_depth=*/64, /*max_values=*/1u << 20};

// Each stays open; a host's usual limit is 1,024 open files. The 405B has 191.
constexpr size_t kMaxShards = 1000;

constexpr std::string_view kShardEnding = ".safetensors";

bool IsPlainFileName(std::string_view name) {
  // The colon is a drive or a stream to some systems; a control character would break the lines of messages.
  const auto forbidden = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '/' || c == '\\' || c == ':' || byte < 0x20 || byte == 0x7F;
  };
  return !name.empty() && name != "." && name != ".." && std::none_of(name.begin(), name.end(), forbidden);
}

bool EndsWith(std::string_view text, std::string_view ending) {
  return text.size() > ending.size() && text.substr(text.size() - ending.size()) == ending;
}

Status CheckShardName(std::string_view name) {
  if (!IsPlainFileName(name)) {
    return InvalidArgument("expected the name of a file in the same folder, found ", Quoted(name));
  }
  if (!EndsWith(name, kShardEnding)) {
    return Unimplemented("shard ", Quoted(name), " is in no format known here (.safetensors is)");
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<ShardIndex> ParseShardIndex(std::string_view json_text) {
  TALARIA_ASSIGN_OR_RETURN(json::Value root, json::Parse(json_text, kLimits));
  TALARIA_ASSIGN_OR_RETURN(const JsonFields fields, JsonFields::Of(root, ""));
  const json::Value* map = fields.Find("weight_map");
  if (map == nullptr) return InvalidArgument("weight_map: expected an object, found nothing");
  if (!map->is_object()) return InvalidArgument("weight_map: expected an object, found ", Shown(*map));
  if (map->object()->empty()) return InvalidArgument("weight_map: expected tensors, found none");

  ShardIndex index;
  for (const json::Member& member : *map->object()) {
    const std::string* shard = member.value.string();
    if (shard == nullptr) {
      return InvalidArgument("weight_map: tensor ", Quoted(member.key), ": expected a file name, found ",
                             Shown(member.value));
    }
    index.shards.push_back(*shard);
  }
  std::sort(index.shards.begin(), index.shards.end());
  index.shards.erase(std::unique(index.shards.begin(), index.shards.end()), index.shards.end());
  if (index.shards.size() > kMaxShards) {
    return InvalidArgument("weight_map: expected at most ", kMaxShards, " shards, found ",
                           index.shards.size());
  }
  for (const json::Member& member : *map->object()) {
    const std::string& shard = *member.value.string();
    const Status named = CheckShardName(shard);
    if (!named.ok()) return Annotate(named, Cat("weight_map: tensor ", Quoted(member.key)));
    const auto place = std::lower_bound(index.shards.begin(), index.shards.end(), shard);
    index.tensors.emplace_back(member.key, static_cast<int32_t>(place - index.shards.begin()));
  }
  return index;
}

}  // namespace talaria
