#include "lib/checkpoint/shard_index.h"

#include <doctest/doctest.h>

namespace talaria {
namespace {

TEST_CASE("an index gives each tensor its shard, and the shards sorted, each once") {
  const StatusOr<ShardIndex> index = ParseShardIndex(
      R"({"metadata": {"total_size": 1.5}, "weight_map": {"c": "b.safetensors", "a": "a.safetensors", "b": "b.safetensors"},
          "more": [1]})");
  REQUIRE_MESSAGE(index.ok(), Message(index.status()));
  CHECK(index->shards == std::vector<std::string>{"a.safetensors", "b.safetensors"});
  const std::vector<std::pair<std::string, int32_t>> expected = {{"c", 1}, {"a", 0}, {"b", 1}};
  CHECK(index->tensors == expected);
}

TEST_CASE("a shard's plain name may be odd") {
  for (const std::string name : {"a b.safetensors", "\xC3\xA9\xF0\x9F\x98\x80.safetensors", "..x.safetensors",
                                 "a..safetensors", "...safetensors", "%2e%2e.safetensors", "~.safetensors"}) {
    CAPTURE(name);
    CHECK(ParseShardIndex(Cat(R"({"weight_map": {"t": ")", name, "\"}}")).ok());
  }
}

TEST_CASE("an index cut at any byte is refused") {
  const std::string text = R"({"metadata": {}, "weight_map": {"a": "a.safetensors", "b": "b.safetensors"}})";
  for (size_t bytes = 0; bytes < text.size(); ++bytes) {
    CHECK(ParseShardIndex(text.substr(0, bytes)).status().code() == StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace talaria
