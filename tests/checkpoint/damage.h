#ifndef TALARIA_TESTS_CHECKPOINT_DAMAGE_H_
#define TALARIA_TESTS_CHECKPOINT_DAMAGE_H_

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/platform.h"
#include "lib/checkpoint/checkpoint.h"
#include "tests/checkpoint/made_checkpoint.h"

namespace talaria::test {

// One way to spoil the good checkpoint, and what opening it must then say.
struct Damage {
  std::string what;
  std::function<void(Files&)> apply;
  StatusCode code = StatusCode::kInvalidArgument;
  std::string file;   // named in the message
  std::string thing;  // named in the message
};

// Replaces the first *from*; a case that no longer fits the good files fails.
inline void ReplaceIn(std::string* text, std::string_view from, std::string_view to) {
  const size_t at = text->find(from);
  REQUIRE_MESSAGE(at != std::string::npos, std::string(from));
  text->replace(at, from.size(), to);
}

inline std::function<void(Files&)> Edit(std::string file, std::string from, std::string to) {
  return [=](Files& files) { ReplaceIn(&files.at(file), from, to); };
}

inline std::function<void(Files&)> Put(std::string file, std::string bytes) {
  return [=](Files& files) { files[file] = bytes; };
}

// Edits the header of a shard and sets its length field; the data stay.
inline std::function<void(Files&)> EditHeader(std::string shard, std::string from, std::string to) {
  return [=](Files& files) {
    std::string& bytes = files.at(shard);
    size_t header_bytes = 0;
    for (size_t i = 8; i-- > 0;) header_bytes = header_bytes << 8 | static_cast<unsigned char>(bytes.at(i));
    std::string header = bytes.substr(8, header_bytes);
    ReplaceIn(&header, from, to);
    bytes = ShardOf(header, bytes.substr(8 + header_bytes));
  };
}

// *status* is one line that names file and thing, with the code.
inline void CheckRefused(const Status& status, StatusCode code, std::string_view file,
                         std::string_view thing) {
  const std::string message(Message(status));
  CAPTURE(message);
  CHECK(absl::StatusCodeToString(status.code()) == absl::StatusCodeToString(code));
  CHECK(message.find(file) != std::string::npos);
  CHECK(message.find(thing) != std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
  CHECK(message.size() < 700);
}

// Applies each damage to the good checkpoint, opens it, and checks what it says and how soon.
inline void CheckAllRefused(const std::vector<Damage>& cases) {
  for (const Damage& damage : cases) {
    CAPTURE(damage.what);
    Files files = GoodFiles();
    damage.apply(files);
    const TemporaryFolder folder;
    WriteFiles(files, folder.path());
    const int64_t start = platform::MonotonicNanoseconds();
    const StatusOr<Checkpoint> opened = Checkpoint::Open(folder.path(), LogSink());
    CHECK(platform::MonotonicNanoseconds() - start < 2'000'000'000);
    CHECK_FALSE(opened.ok());
    CheckRefused(opened.status(), damage.code, damage.file, damage.thing);
  }
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_CHECKPOINT_DAMAGE_H_
