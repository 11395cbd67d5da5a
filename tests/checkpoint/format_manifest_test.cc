// The format corpus beside the project: every case behaves as its manifest says.
#include <map>

#include "lib/base/json.h"
#include "tests/checkpoint/damage.h"
#include "tests/fixtures.h"
#include "tests/skip.h"

namespace talaria::test {
namespace {

TEST_CASE("each case of the format corpus opens or is refused as its manifest says") {
  const std::string corpus = SharedFixture("format");
  if (corpus.empty()) return Skip("the fixtures beside the project are absent");
  const StatusOr<std::string> manifest = ReadWholeFile(corpus + "/manifest.jsonl", 1 << 20);
  REQUIRE(manifest.ok());
  std::map<std::string, int> seen;
  // Earlier cases of this process may have taken more; the corpus must not.
  for (size_t begin = 0; begin < manifest->size();) {
    const size_t end = std::min(manifest->find('\n', begin), manifest->size());
    const StatusOr<json::Value> entry = json::Parse(std::string_view(*manifest).substr(begin, end - begin));
    begin = end + 1;
    REQUIRE(entry.ok());
    const std::string kind = *entry->Find("entry")->string();
    const std::string path = *entry->Find("path")->string();
    CAPTURE(path);
    ++seen[kind];
    const int64_t start = platform::MonotonicNanoseconds();
    const Status status = Checkpoint::Open(corpus + "/" + path, LogSink()).status();
    CHECK(platform::MonotonicNanoseconds() - start < 2'000'000'000);
    const std::string message(Message(status));
    CAPTURE(message);
    if (kind == "gguf") {
      CHECK(status.code() == StatusCode::kUnimplemented);
      CHECK(message.find("GGUF") != std::string::npos);
      continue;
    }
    // What a tokenizer case spoils is none of this room's files.
    const bool good = kind == "tokenizer" || *entry->Find("expect")->string() == "ok";
    CHECK(status.ok() == good);
    CHECK(message.find('\n') == std::string::npos);
    if (!status.ok()) CHECK(message.find(path) != std::string::npos);
  }
  CHECK(seen["safetensors"] > 50);
  CHECK(seen["index"] > 20);
  CHECK(seen["config"] > 50);
}

}  // namespace
}  // namespace talaria::test
