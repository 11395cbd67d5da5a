#include "lib/base/platform.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/temporary_folder.h"

namespace talaria::platform {
namespace {

TEST_CASE("clocks go forward, and sleeping takes no CPU time") {
  const int64_t wall = MonotonicNanoseconds();
  const int64_t cpu = ProcessCpuNanoseconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  CHECK(MonotonicNanoseconds() - wall >= 29'000'000);
  CHECK(ProcessCpuNanoseconds() >= cpu);
  const int64_t working_from = ProcessCpuNanoseconds();
  volatile double sink = 1;
  while (ProcessCpuNanoseconds() == working_from) sink = sink * 1.5;
  CHECK(ProcessCpuNanoseconds() > working_from);
}

TEST_CASE("what the machine has is told in sane amounts") {
  CHECK(LogicalCores() >= 1);
  CHECK(LogicalCores() <= 65536);
  REQUIRE(AvailableMemory().has_value());
  CHECK(*AvailableMemory() > uint64_t{1} << 20);
  CHECK(*AvailableMemory() < uint64_t{1} << 50);
}

void WriteGroup(const test::TemporaryFolder& folder, const std::string& group, const std::string& limit,
                const std::string& used, const std::string& inactive_file) {
  if (!group.empty()) std::filesystem::create_directories(folder.Path(group));
  const std::string prefix = group.empty() ? "" : group + "/";
  folder.Write(prefix + "memory.max", limit + "\n");
  folder.Write(prefix + "memory.current", used + "\n");
  folder.Write(prefix + "memory.stat",
               "anon 7\nactive_file 9\ninactive_file " + inactive_file + "\nslab 1\n");
}

TEST_CASE("control groups leave the least of any of them, and old pages of files count as free") {
  const test::TemporaryFolder folder;
  CHECK_FALSE(MemoryLeftInGroup(folder.Path("."), "/a/b").has_value());
  WriteGroup(folder, "", "max", "900", "0");
  CHECK_FALSE(MemoryLeftInGroup(folder.Path("."), "/").has_value());
  WriteGroup(folder, "a", "1000", "900", "300");
  WriteGroup(folder, "a/b", "2000", "500", "0");
  WriteGroup(folder, "full", "1000", "1004", "3");
  WriteGroup(folder, "cache", "1000", "10", "20");
  CHECK(MemoryLeftInGroup(folder.Path("."), "/a") == uint64_t{400});
  CHECK(MemoryLeftInGroup(folder.Path("."), "/a/b") == uint64_t{400});
  CHECK(MemoryLeftInGroup(folder.Path("."), "/a/gone") == uint64_t{400});
  CHECK(MemoryLeftInGroup(folder.Path("."), "/full") == uint64_t{0});
  CHECK(MemoryLeftInGroup(folder.Path("."), "/cache") == uint64_t{1000});
  CHECK_FALSE(MemoryLeftInGroup(folder.Path("."), "/../a").has_value());
  CHECK_FALSE(MemoryLeftInGroup(folder.Path("."), "").has_value());
  WriteGroup(folder, "a/b", "600", "500", "0");
  CHECK(MemoryLeftInGroup(folder.Path("."), "/a/b") == uint64_t{100});
  WriteGroup(folder, "", "50", "0", "0");
  CHECK(MemoryLeftInGroup(folder.Path("."), "/a/b") == uint64_t{50});
}

TEST_CASE("the peak of resident memory follows what is touched") {
  const uint64_t before = PeakResidentBytes();
  CHECK(before > 0);
  const size_t bytes = size_t{64} << 20;
  const std::unique_ptr<volatile char[]> memory(new volatile char[bytes]);
  for (size_t i = 0; i < bytes; i += 4096) memory[i] = 1;
  CHECK(PeakResidentBytes() > bytes);
  CHECK(PeakResidentBytes() >= before);
}

TEST_CASE("a read stops at the end of the file and nowhere before") {
  const test::TemporaryFolder folder;
  const StatusOr<FileHandle> file = OpenForReading(folder.Write("ten", "0123456789"));
  REQUIRE(file.ok());
  CHECK(InfoOf(*file)->bytes == 10);
  CHECK(InfoOf(*file)->is_regular);
  char out[16] = {};
  CHECK(*ReadAt(*file, 4, out, sizeof(out)) == 6);
  CHECK(std::string(out, 6) == "456789");
  CHECK(*ReadAt(*file, 0, out, 4) == 4);
  CHECK(*ReadAt(*file, 10, out, 4) == 0);
  Close(*file);
  Close(-1);
}

TEST_CASE("a thread runs what it was given, on a small stack too, and is joined") {
  std::atomic<int> runs{0};
  std::vector<ThreadHandle> threads;
  for (const size_t stack_bytes : {size_t{0}, size_t{1}, size_t{100000}, size_t{256} << 10}) {
    const StatusOr<ThreadHandle> thread =
        StartThread([](void* count) { ++*static_cast<std::atomic<int>*>(count); }, &runs, stack_bytes);
    REQUIRE(thread.ok());
    threads.push_back(*thread);
  }
  for (const ThreadHandle thread : threads) JoinThread(thread);
  CHECK(runs == 4);
}

TEST_CASE("a thread that cannot be had is RESOURCE_EXHAUSTED") {
  const Status status = StartThread([](void*) {}, nullptr, size_t{1} << 50).status();
  CHECK(status.code() == StatusCode::kResourceExhausted);
  CHECK(Message(status).find("1 PiB") != std::string_view::npos);
  CHECK_FALSE(StartThread([](void*) {}, nullptr, ~size_t{0}).ok());
}

}  // namespace
}  // namespace talaria::platform
