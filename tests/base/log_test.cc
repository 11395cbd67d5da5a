#include "lib/base/log.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace talaria {
namespace {

TEST_CASE("lines of the wanted levels reach the sink, joined") {
  std::vector<std::pair<LogLevel, std::string>> lines;
  const LogSink sink(LogLevel::kWarning,
                     [&lines](LogLevel level, std::string_view line) { lines.emplace_back(level, line); });
  CHECK_FALSE(sink.enabled(LogLevel::kInfo));
  CHECK(sink.enabled(LogLevel::kError));
  sink.Log(LogLevel::kInfo, "not wanted");
  sink.Log(LogLevel::kWarning, "shard ", 3, " of ", 5);
  sink.Log(LogLevel::kError, "gone");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == std::pair(LogLevel::kWarning, std::string("shard 3 of 5")));
  CHECK(lines[1] == std::pair(LogLevel::kError, std::string("gone")));
}

TEST_CASE("without a sink nothing is wanted and nothing happens") {
  const LogSink none;
  CHECK_FALSE(none.enabled(LogLevel::kError));
  none.Log(LogLevel::kError, "unheard");
  const LogSink empty(LogLevel::kDebug, nullptr);
  CHECK_FALSE(empty.enabled(LogLevel::kError));
  empty.Log(LogLevel::kError, "unheard");
}

TEST_CASE("a sink is never called by two threads at once") {
  int inside = 0;  // plain: under ThreadSanitizer a missing lock is a reported race
  int lines = 0;
  bool overlapped = false;
  const LogSink sink(LogLevel::kDebug, [&](LogLevel, std::string_view) {
    overlapped = overlapped || ++inside != 1;
    std::this_thread::yield();
    --inside;
    ++lines;
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&sink] {
      for (int line = 0; line < 500; ++line) sink.Log(LogLevel::kInfo, "line ", line);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(overlapped);
  CHECK(lines == 2000);
}

}  // namespace
}  // namespace talaria
