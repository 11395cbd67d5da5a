// What lies at a path is not the file that should: each is refused with one line, and nothing hangs.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/checkpoint/damage.h"

namespace talaria::test {
namespace {

namespace fs = std::filesystem;

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
constexpr StatusCode kUnreadable = StatusCode::kDataLoss;
constexpr StatusCode kAbsent = StatusCode::kNotFound;

Status OpenStatus(const std::string& path) { return Checkpoint::Open(path, LogSink()).status(); }

// The good checkpoint in a folder, for *damage* to change as a folder.
struct Case {
  std::string what;
  std::function<void(const std::string& folder)> apply;
  StatusCode code;
  std::string file;
  std::string thing;
};

void CheckFolders(const std::vector<Case>& cases) {
  for (const Case& damage : cases) {
    CAPTURE(damage.what);
    const TemporaryFolder folder;
    WriteFiles(GoodFiles(), folder.path());
    damage.apply(folder.path());
    CheckRefused(OpenStatus(folder.path()), damage.code, damage.file, damage.thing);
  }
}

std::function<void(const std::string&)> Remove(std::string name) {
  return [=](const std::string& folder) { REQUIRE(fs::remove(folder + "/" + name)); };
}

std::function<void(const std::string&)> FolderInPlaceOf(std::string name) {
  return [=](const std::string& folder) {
    fs::remove(folder + "/" + name);
    fs::create_directory(folder + "/" + name);
  };
}

std::function<void(const std::string&)> PipeInPlaceOf(std::string name) {
  return [=](const std::string& folder) {
    fs::remove(folder + "/" + name);
    REQUIRE(mkfifo((folder + "/" + name).c_str(), 0600) == 0);
  };
}

std::function<void(const std::string&)> LinkInPlaceOf(std::string name, std::string target) {
  return [=](const std::string& folder) {
    fs::remove(folder + "/" + name);
    fs::create_symlink(target, folder + "/" + name);
  };
}

TEST_CASE("a file that is not there is named") {
  CheckFolders({
      {"no config", Remove(kConfig), kAbsent, kConfig, "no such file"},
      {"no shard", Remove(kShard2), kAbsent, kShard2, "no such file"},
      {"no index and two shards", Remove(kIndex), kAbsent, kIndex, "model.safetensors"},
      {"a config that leads nowhere", LinkInPlaceOf(kConfig, "gone.json"), kAbsent, kConfig, "no such file"},
      {"a shard that leads nowhere", LinkInPlaceOf(kShard1, "../blobs/gone"), kAbsent, kShard1,
       "no such file"},
      {"nothing at all",
       [](const std::string& folder) {
         for (const auto& [name, bytes] : GoodFiles()) fs::remove(folder + "/" + name);
       },
       kAbsent, kConfig, "no such file"},
  });
}

TEST_CASE("a folder, a pipe or a device in place of a file is refused at once") {
  CheckFolders({
      {"config", FolderInPlaceOf(kConfig), kInvalid, kConfig, "a folder"},
      {"generation config", FolderInPlaceOf(kGeneration), kInvalid, kGeneration, "a folder"},
      {"index", FolderInPlaceOf(kIndex), kInvalid, kIndex, "a folder"},
      {"shard", FolderInPlaceOf(kShard1), kInvalid, kShard1, "a folder"},
      {"config", PipeInPlaceOf(kConfig), kInvalid, kConfig, "a pipe"},
      {"generation config", PipeInPlaceOf(kGeneration), kInvalid, kGeneration, "a pipe"},
      {"index", PipeInPlaceOf(kIndex), kInvalid, kIndex, "a pipe"},
      {"shard", PipeInPlaceOf(kShard2), kInvalid, kShard2, "a pipe"},
      {"a config without end", LinkInPlaceOf(kConfig, "/dev/zero"), kInvalid, kConfig, "device"},
      {"an empty device", LinkInPlaceOf(kShard1, "/dev/null"), kInvalid, kShard1, "device"},
  });
}

TEST_CASE("links that go in a circle are refused at once") {
  CheckFolders({
      {"config", LinkInPlaceOf(kConfig, kConfig), kUnreadable, kConfig, "symbolic links"},
      {"generation config", LinkInPlaceOf(kGeneration, kGeneration), kUnreadable, kGeneration,
       "symbolic links"},
      {"index", LinkInPlaceOf(kIndex, kIndex), kUnreadable, kIndex, "symbolic links"},
      {"shard", LinkInPlaceOf(kShard1, kShard1), kUnreadable, kShard1, "symbolic links"},
  });
}

TEST_CASE("a file or folder without permission is refused with the system's reason") {
  const TemporaryFolder folder;
  WriteFiles(GoodFiles(), folder.path());
  fs::permissions(folder.path(), fs::perms(0755));
  // Permissions do not bind root: become somebody else for a while.
  const bool root = geteuid() == 0;
  if (root) REQUIRE(seteuid(65534) == 0);
  const auto as_root = [&](auto&& change) {
    if (root) REQUIRE(seteuid(0) == 0);
    change();
    if (root) REQUIRE(seteuid(65534) == 0);
  };
  CHECK(OpenStatus(folder.path()).ok());
  for (const char* name : {kConfig, kGeneration, kIndex, kShard1}) {
    CAPTURE(name);
    as_root([&] { fs::permissions(folder.Path(name), fs::perms(0)); });
    CheckRefused(OpenStatus(folder.path()), kUnreadable, name, "Permission denied");
    as_root([&] { fs::permissions(folder.Path(name), fs::perms(0644)); });
  }
  as_root([&] { fs::permissions(folder.path(), fs::perms(0)); });
  CheckRefused(OpenStatus(folder.path()), kUnreadable, kConfig, "Permission denied");
  if (root) REQUIRE(seteuid(0) == 0);
  fs::permissions(folder.path(), fs::perms(0755));
}

TEST_CASE("a path that is no checkpoint is refused") {
  const TemporaryFolder folder;
  WriteFiles(
      {{"model.gguf", "GGUF\3"}, {"weights", "GGUF\3\0\0"}, {"notes.txt", "x"}, {"pytorch_model.bin", "PK"}},
      folder.path());
  REQUIRE(mkfifo(folder.Path("pipe").c_str(), 0600) == 0);
  CheckRefused(OpenStatus(""), kInvalid, "path", "empty");
  CheckRefused(OpenStatus(folder.path() + std::string("\0x", 2)), kInvalid, "\\x00", "NUL");
  CheckRefused(OpenStatus(folder.Path("gone")), kAbsent, "gone", "no such file");
  CheckRefused(OpenStatus(folder.Path("notes.txt/x")), kAbsent, "notes.txt/x", "no such file");
  CheckRefused(OpenStatus(folder.Path("notes.txt")), kInvalid, "notes.txt", "folder");
  CheckRefused(OpenStatus(folder.Path("pytorch_model.bin")), kInvalid, "pytorch_model.bin", "folder");
  CheckRefused(OpenStatus(folder.Path("pipe")), kInvalid, "pipe", "a pipe");
  CheckRefused(OpenStatus(folder.Path("model.gguf")), StatusCode::kUnimplemented, "model.gguf", "GGUF");
  CheckRefused(OpenStatus(folder.Path("weights")), StatusCode::kUnimplemented, "weights", "GGUF");
  CheckRefused(OpenStatus(folder.Path("gone.gguf")), kAbsent, "gone.gguf", "no such file");
  CheckRefused(OpenStatus(folder.Path(std::string(300, 'x'))), kUnreadable, "xxxx", "name too long");
}

}  // namespace
}  // namespace talaria::test
