#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "command.h"

namespace talaria::cli {
namespace {

using nlohmann::ordered_json;

std::string Line(const std::string& name, const std::string& value) {
  return "  " + name + std::string(name.size() < 26 ? 26 - name.size() : 1, ' ') + value + "\n";
}

// "[4096, 14336] BF16": tensors of one shape are told once, with how many there are of them.
std::string TensorTable(const ordered_json& tensors) {
  struct Kind {
    uint64_t count = 0;
    uint64_t bytes = 0;
    std::string example;
  };
  std::map<std::string, Kind> kinds;
  for (const ordered_json& tensor : tensors) {
    Kind& kind = kinds[tensor["shape"].dump() + " " + tensor["dtype"].get<std::string>()];
    if (kind.count++ == 0) kind.example = tensor["name"].get<std::string>();
    kind.bytes += tensor["bytes"].get<uint64_t>();
  }
  std::string out = "tensors\n";
  for (const auto& [shape, kind] : kinds) {
    out += Line(shape, std::to_string(kind.count) + " x, " + std::to_string(kind.bytes) + " bytes, as " +
                           kind.example);
  }
  return out;
}

}  // namespace

std::string DescriptionText(const std::string& json) {
  const ordered_json all = ordered_json::parse(json, nullptr, false);
  if (all.is_discarded()) return json + "\n";
  std::string out = all["path"].get<std::string>() + ": " + all["architecture"].get<std::string>() + ", " +
                    all["parameters"].dump() + " parameters, " + all["weight_bytes"].dump() + " bytes in " +
                    std::to_string(all["shards"].size()) + " file(s)\n";
  out += "config\n";
  for (const auto& [name, value] : all["config"].items()) out += Line(name, value.dump());
  if (!all["generation_config"].empty()) out += Line("generation_config", all["generation_config"].dump());
  out += Line("stop_tokens", all["stop_tokens"].dump());
  return out + TensorTable(all["tensors"]);
}

}  // namespace talaria::cli
