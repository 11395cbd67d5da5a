#include "lib/base/file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/temporary_folder.h"

namespace talaria {
namespace {

using test::TemporaryFolder;

bool Says(const Status& status, std::string_view part) {
  return Message(status).find(part) != std::string_view::npos;
}

TEST_CASE("bytes are read from any position, by several threads at once") {
  const TemporaryFolder folder;
  std::string content;
  for (int i = 0; i < 100000; ++i) content += static_cast<char>(i * 31 >> 3);
  const StatusOr<File> file = File::Open(folder.Write("data", content));
  REQUIRE(file.ok());
  CHECK(file->size() == content.size());
  std::vector<int> equal(4);
  std::vector<std::thread> readers;
  for (size_t reader = 0; reader < equal.size(); ++reader) {
    readers.emplace_back([&, reader] {
      std::string part(1000, '\0');
      for (size_t offset = reader; offset + part.size() <= content.size(); offset += 977) {
        if (!file->ReadAt(offset, part.data(), part.size()).ok()) return;
        if (content.compare(offset, part.size(), part) != 0) return;
      }
      equal[reader] = 1;
    });
  }
  for (std::thread& reader : readers) reader.join();
  for (const int is_equal : equal) CHECK(is_equal == 1);
  CHECK(file->ReadAt(content.size(), nullptr, 0).ok());
}

TEST_CASE("a file that is not there is NOT_FOUND by name") {
  const TemporaryFolder folder;
  const Status absent = File::Open(folder.Path("absent.json")).status();
  CHECK(absent.code() == StatusCode::kNotFound);
  CHECK(Says(absent, "absent.json"));
  CHECK(File::Open(JoinPath(folder.Write("file", "x"), "below")).status().code() == StatusCode::kNotFound);
  CHECK(File::Open("").status().code() == StatusCode::kNotFound);
}

TEST_CASE("a folder, a pipe and a path with a NUL are refused, and none of them hangs") {
  const TemporaryFolder folder;
  const Status open_folder = File::Open(folder.Path("")).status();
  CHECK(open_folder.code() == StatusCode::kInvalidArgument);
  CHECK(Says(open_folder, "folder"));
  const std::string pipe = folder.Path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const Status open_pipe = File::Open(pipe).status();
  CHECK(open_pipe.code() == StatusCode::kInvalidArgument);
  CHECK(Says(open_pipe, "pipe"));
  CHECK(ReadWholeFile(pipe, 100).status().code() == StatusCode::kInvalidArgument);
  const std::string file = folder.Write("file", "x");
  const Status with_nul = File::Open(file + std::string("\0.json", 6)).status();
  CHECK(with_nul.code() == StatusCode::kInvalidArgument);
  CHECK(Says(with_nul, "NUL"));
}

TEST_CASE("a read past the end says what was expected and found") {
  const TemporaryFolder folder;
  const StatusOr<File> file = File::Open(folder.Write("short.bin", "0123456789"));
  REQUIRE(file.ok());
  std::string out(8, '\0');
  const Status status = file->ReadAt(5, out.data(), 8);
  CHECK(status.code() == StatusCode::kDataLoss);
  CHECK(Says(status, "short.bin: expected 8 bytes at offset 5, found 5"));
  CHECK(file->ReadAt(uint64_t{1} << 40, out.data(), 1).code() == StatusCode::kDataLoss);
  CHECK(file->ReadAt(~uint64_t{0}, out.data(), 1).code() == StatusCode::kDataLoss);
}

TEST_CASE("a file that shrinks after it was opened is an error, one that vanishes is still read") {
  const TemporaryFolder folder;
  const std::string path = folder.Write("shard", std::string(100000, 'x'));
  const StatusOr<File> file = File::Open(path);
  REQUIRE(file.ok());
  std::string out(100000, '\0');
  CHECK(file->ReadAt(0, out.data(), out.size()).ok());
  std::filesystem::resize_file(path, 4096);
  const Status shrunk = file->ReadAt(0, out.data(), out.size());
  CHECK(shrunk.code() == StatusCode::kDataLoss);
  CHECK(Says(shrunk, "the file had 100000 bytes when it was opened"));
  std::filesystem::remove(path);
  CHECK(file->ReadAt(0, out.data(), 4096).ok());
  CHECK(File::Open(path).status().code() == StatusCode::kNotFound);
}

TEST_CASE("a whole file is read up to its limit") {
  const TemporaryFolder folder;
  const std::string path = folder.Write("config.json", "0123456789");
  REQUIRE(ReadWholeFile(path, 10).ok());
  CHECK(*ReadWholeFile(path, 10) == "0123456789");
  const Status over = ReadWholeFile(path, 9).status();
  CHECK(over.code() == StatusCode::kInvalidArgument);
  CHECK(Says(over, "config.json: expected at most 9 bytes, found 10"));
  CHECK(ReadWholeFile(folder.Write("empty", ""), 0)->empty());
}

TEST_CASE("a folder is listed in order, up to its limit") {
  const TemporaryFolder folder;
  folder.Write("b", "");
  folder.Write("a", "");
  folder.Write("c", "");
  const std::string path = std::filesystem::path(folder.Path("a")).parent_path();
  const StatusOr<std::vector<std::string>> names = ListFolder(path, 3);
  REQUIRE(names.ok());
  CHECK(*names == std::vector<std::string>{"a", "b", "c"});
  CHECK(ListFolder(path, 2).status().code() == StatusCode::kResourceExhausted);
  CHECK(ListFolder(folder.Path("nothing"), 3).status().code() == StatusCode::kNotFound);
  CHECK_FALSE(ListFolder(folder.Path("a"), 3).ok());
}

TEST_CASE("an open file can be moved, and the handle goes with it") {
  const TemporaryFolder folder;
  StatusOr<File> first = File::Open(folder.Write("first", "1"));
  StatusOr<File> second = File::Open(folder.Write("second", "22"));
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  char byte = 0;
  *first = *std::move(second);
  CHECK(first->path() == folder.Path("second"));
  CHECK(first->size() == 2);
  CHECK(first->ReadAt(1, &byte, 1).ok());
  CHECK(byte == '2');
  const File last(*std::move(first));
  CHECK(last.ReadAt(0, &byte, 1).ok());
}

TEST_CASE("paths are told apart and joined") {
  const TemporaryFolder folder;
  const std::string file = folder.Write("file", "x");
  CHECK(*IsRegularFile(file));
  CHECK_FALSE(*IsFolder(file));
  CHECK(*IsFolder(folder.Path("")));
  CHECK_FALSE(*IsRegularFile(folder.Path("")));
  CHECK_FALSE(*IsFolder(folder.Path("absent")));
  CHECK_FALSE(*IsRegularFile(folder.Path("absent")));
  // Where the system cannot say.
  const std::string endless = folder.Path(std::string(5000, 'x'));
  CHECK(IsRegularFile(endless).status().code() == StatusCode::kDataLoss);
  CHECK(IsFolder(endless).status().code() == StatusCode::kDataLoss);
  CHECK(JoinPath("a", "b") == "a/b");
  CHECK(JoinPath("a/", "b") == "a/b");
  CHECK(JoinPath("", "b") == "b");
}

}  // namespace
}  // namespace talaria
