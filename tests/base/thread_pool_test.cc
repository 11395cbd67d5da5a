#include "lib/base/thread_pool.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/floating_point.h"
#include "tests/sanitized.h"

// Sanitizers bring an operator new of their own.
#if !TALARIA_SANITIZED
namespace {
std::atomic<uint64_t> allocations{0};
}  // namespace

// Counts what the whole binary allocates, for the promise that Run takes nothing.
void* operator new(size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t /*bytes*/) noexcept { std::free(memory); }
#endif

namespace talaria {
namespace {

std::unique_ptr<ThreadPool> PoolOf(int threads, const ThreadPoolOptions& options = {}) {
  StatusOr<std::unique_ptr<ThreadPool>> pool = ThreadPool::Create(threads, options);
  REQUIRE(pool.ok());
  return *std::move(pool);
}

ThreadPoolOptions Spinning(int64_t microseconds) {
  ThreadPoolOptions options;
  options.spin_us = microseconds;
  return options;
}

// Returns once *count* callers have come, so that each holds a thread of its own.
void Meet(std::atomic<int>* arrived, int count) {
  arrived->fetch_add(1);
  while (arrived->load() < count) std::this_thread::yield();
}

TEST_CASE("every task runs exactly once, and a worker holds one task at a time") {
  for (const int threads : {1, 2, 3, 8}) {
    const std::unique_ptr<ThreadPool> pool = PoolOf(threads);
    CHECK(pool->threads() == threads);
    std::array<std::atomic<bool>, 8> busy{};
    for (const size_t tasks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> runs(tasks);
      std::atomic<int> wrong{0};
      const Status status = pool->Run(tasks, [&](size_t task, int worker) -> Status {
        if (worker < 0 || worker >= threads || busy[static_cast<size_t>(worker)].exchange(true)) ++wrong;
        ++runs[task];
        busy[static_cast<size_t>(worker)] = false;
        return absl::OkStatus();
      });
      CHECK(status.ok());
      CHECK(wrong == 0);
      for (const std::atomic<int>& count : runs) CHECK(count == 1);
    }
  }
}

TEST_CASE("all threads work at once") {
  const std::unique_ptr<ThreadPool> pool = PoolOf(4);
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> arrived{0};
    std::array<std::atomic<int>, 4> used{};
    const Status status = pool->Run(4, [&](size_t, int worker) -> Status {
      ++used[static_cast<size_t>(worker)];
      Meet(&arrived, 4);
      return absl::OkStatus();
    });
    CHECK(status.ok());
    for (const std::atomic<int>& count : used) CHECK(count == 1);
  }
}

TEST_CASE("a job takes no more workers than it has tasks for, the first of them") {
  const std::unique_ptr<ThreadPool> pool = PoolOf(8, Spinning(1000));
  std::atomic<int> highest{0};
  for (int run = 0; run < 2000; ++run) {
    CHECK(pool->Run(3,
                    [&](size_t, int worker) {
                      int seen = highest.load();
                      while (worker > seen && !highest.compare_exchange_weak(seen, worker)) {
                      }
                      return absl::OkStatus();
                    })
              .ok());
  }
  CHECK(highest.load() <= 2);
}

TEST_CASE("ten thousand runs lose and repeat nothing, with and without spinning") {
  for (const int64_t spin_us : {0, 50}) {
    const std::unique_ptr<ThreadPool> pool = PoolOf(8, Spinning(spin_us));
    uint64_t expected = 0;
    std::atomic<uint64_t> sum{0};
    uint64_t plain = 0;  // written by task 0 only: Run orders the writes of one call before those of the next
    for (size_t run = 0; run < 10000; ++run) {
      const size_t tasks = run % 13;
      for (size_t task = 0; task < tasks; ++task) expected += run ^ task;
      const Status status = pool->Run(tasks, [&, run](size_t task, int) -> Status {
        sum.fetch_add(run ^ task, std::memory_order_relaxed);
        if (task == 0) plain += run;
        return absl::OkStatus();
      });
      if (!status.ok() || sum.load(std::memory_order_relaxed) != expected) FAIL("run " << run);
    }
    CHECK(plain > 0);
  }
}

TEST_CASE("a pool that never ran, or only just did, is destroyed") {
  for (int round = 0; round < 100; ++round) {
    const std::unique_ptr<ThreadPool> pool = PoolOf(3);
    if (round % 2 == 0) CHECK(pool->Run(3, [](size_t, int) { return absl::OkStatus(); }).ok());
  }
}

TEST_CASE(
    "the error of the lowest task comes back whatever the number of threads, and no further task starts") {
  for (const int threads : {1, 2, 8}) {
    const std::unique_ptr<ThreadPool> pool = PoolOf(threads);
    for (int round = 0; round < 200; ++round) {
      std::atomic<size_t> started{0};
      const Status status = pool->Run(100000, [&](size_t task, int) -> Status {
        ++started;
        if (task >= 13) return DataLoss("task ", task);
        return absl::OkStatus();
      });
      REQUIRE(status.code() == StatusCode::kDataLoss);
      REQUIRE(Message(status) == "task 13");
      // Each thread can hold one task past the first failure.
      REQUIRE(started >= 14);
      REQUIRE(started < 14 + static_cast<size_t>(threads));
    }
    CHECK(pool->Run(9, [](size_t, int) { return absl::OkStatus(); }).ok());
  }
}

TEST_CASE("what a task throws becomes a status on any thread") {
  const std::unique_ptr<ThreadPool> pool = PoolOf(2);
  // Both threads throw, each in a task of its own.
  const auto throwing = [&pool](auto thrown) {
    std::atomic<int> arrived{0};
    return pool->Run(2, [&arrived, thrown](size_t, int) -> Status {
      Meet(&arrived, 2);
      throw thrown;
    });
  };
  const Status memory = throwing(std::bad_alloc());
  CHECK(memory.code() == StatusCode::kResourceExhausted);
  CHECK(Message(memory) == "task 0: out of memory");
  const Status error = throwing(std::runtime_error("no such weight"));
  CHECK(error.code() == StatusCode::kInternal);
  CHECK(Message(error) == "task 0 threw: no such weight");
  CHECK(throwing(7).code() == StatusCode::kInternal);
  CHECK(pool->Run(2, [](size_t, int) { return absl::OkStatus(); }).ok());
}

TEST_CASE("Run from inside a task is refused on the caller's thread and on a worker's") {
  const std::unique_ptr<ThreadPool> pool = PoolOf(2);
  std::array<StatusCode, 2> codes{};
  std::atomic<int> arrived{0};
  const Status status = pool->Run(2, [&](size_t task, int) -> Status {
    Meet(&arrived, 2);
    codes[task] = pool->Run(1, [](size_t, int) { return absl::OkStatus(); }).code();
    return absl::OkStatus();
  });
  CHECK(status.ok());
  for (const StatusCode code : codes) CHECK(code == StatusCode::kFailedPrecondition);
  // Another pool may be used from inside.
  const std::unique_ptr<ThreadPool> other = PoolOf(2);
  CHECK(pool->Run(4, [&](size_t, int) { return other->Run(3, [](size_t, int) { return absl::OkStatus(); }); })
            .ok());
}

TEST_CASE("calls from several threads take turns") {
  const std::unique_ptr<ThreadPool> pool = PoolOf(3);
  std::atomic<int> inside{0};
  std::atomic<int> overlaps{0};
  std::atomic<int> done{0};
  std::vector<std::thread> callers;
  for (int caller = 1; caller <= 4; ++caller) {
    callers.emplace_back([&, caller] {
      for (int run = 0; run < 300; ++run) {
        const Status status = pool->Run(5, [&](size_t task, int) -> Status {
          const int before = inside.exchange(caller);
          if (before != 0 && before != caller) ++overlaps;
          ++done;
          return task == 4 && caller == 4 ? Cancelled("by caller 4") : absl::OkStatus();
        });
        if (status.ok() != (caller != 4)) ++overlaps;
        if (run % 16 == 0) std::this_thread::yield();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(done == 4 * 300 * 5);
}

TEST_CASE("RunNow uses the workers while they are free") {
  const std::unique_ptr<ThreadPool> pool = PoolOf(3);
  std::atomic<int> arrived{0};
  std::array<std::atomic<int>, 3> by_worker{};
  // Each task waits for the others: one thread alone would never come to an end.
  const Status status = pool->RunNow(3, [&](size_t, int worker) -> Status {
    Meet(&arrived, 3);
    ++by_worker[static_cast<size_t>(worker)];
    return absl::OkStatus();
  });
  CHECK(status.ok());
  for (const std::atomic<int>& count : by_worker) CHECK(count == 1);
  CHECK(pool->RunNow(4, [](size_t task, int) -> Status {
    return task >= 2 ? Cancelled("task ", task) : absl::OkStatus();
  }) == Cancelled("task 2"));
}

TEST_CASE(
    "RunNow from another thread or from inside a task does not wait: the caller does all tasks in order") {
  const std::unique_ptr<ThreadPool> pool = PoolOf(2);
  const auto alone = [&](std::thread::id self) {
    size_t done = 0;  // in order, on this thread
    const Status status = pool->RunNow(5, [&](size_t task, int worker) -> Status {
      if (worker == 0 && std::this_thread::get_id() == self && task == done) ++done;
      return task == 3 ? Cancelled("at 3") : absl::OkStatus();
    });
    return status == Cancelled("at 3") && done == 4;
  };
  std::atomic<int> arrived{0};
  std::atomic<bool> other_done{false}, from_other{false};
  std::thread other([&] {
    Meet(&arrived, 3);  // both tasks are under way and hold the workers
    from_other = alone(std::this_thread::get_id());
    other_done = true;
  });
  std::atomic<int> from_inside{0};
  CHECK(pool->Run(2,
                  [&](size_t, int) -> Status {
                    Meet(&arrived, 3);
                    if (alone(std::this_thread::get_id())) ++from_inside;
                    while (!other_done.load()) std::this_thread::yield();
                    return absl::OkStatus();
                  })
            .ok());
  other.join();
  CHECK(from_other.load());
  CHECK(from_inside == 2);
}

TEST_CASE("tasks run under the default floating-point control word and the caller keeps its own") {
  const uint64_t before = platform::FloatingPointControl();
  const uint64_t flush_to_zero = before | 0x8040;
  platform::SetFloatingPointControl(flush_to_zero);
  {
    const std::unique_ptr<ThreadPool> pool = PoolOf(2);
    std::atomic<int> arrived{0};
    std::array<uint64_t, 2> words{};
    CHECK(pool->Run(2,
                    [&](size_t task, int) -> Status {
                      Meet(&arrived, 2);
                      words[task] = platform::FloatingPointControl();
                      platform::SetFloatingPointControl(flush_to_zero);  // a task that forgets to set it back
                      return absl::OkStatus();
                    })
              .ok());
    for (const uint64_t word : words) CHECK(word == platform::DefaultFloatingPointControl());
    CHECK(pool->Run(100,
                    [](size_t, int) -> Status {
                      if (platform::FloatingPointControl() == platform::DefaultFloatingPointControl()) {
                        return absl::OkStatus();
                      }
                      return Internal("another control word");
                    })
              .ok());
  }
  CHECK(platform::FloatingPointControl() == flush_to_zero);
  platform::SetFloatingPointControl(before);
}

TEST_CASE("workers leave signals to the host's threads") {
  const std::unique_ptr<ThreadPool> pool = PoolOf(2);
  std::atomic<int> arrived{0};
  std::array<int, 2> blocked{};
  CHECK(pool->Run(2,
                  [&](size_t, int worker) -> Status {
                    Meet(&arrived, 2);
                    sigset_t mask;
                    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
                    blocked[static_cast<size_t>(worker)] = sigismember(&mask, SIGINT);
                    return absl::OkStatus();
                  })
            .ok());
  CHECK(blocked[0] == 0);
  CHECK(blocked[1] == 1);
}

#if !TALARIA_SANITIZED
TEST_CASE("a run allocates nothing") {
  const std::unique_ptr<ThreadPool> pool = PoolOf(4, Spinning(0));
  std::atomic<size_t> done{0};
  const uint64_t before = allocations;
  bool ok = true;
  for (int run = 0; run < 100; ++run) {
    ok = ok && pool->Run(50,
                         [&done, bytes = size_t{100}](size_t, int) -> Status {
                           done += bytes;
                           return absl::OkStatus();
                         })
                   .ok();
  }
  const uint64_t taken = allocations - before;
  CHECK(ok);
  CHECK(done == 100 * 50 * 100);
  CHECK(taken == 0);
}
#endif

TEST_CASE("an idle pool uses no CPU") {
  const std::unique_ptr<ThreadPool> pool = PoolOf(8, Spinning(1000));
  CHECK(pool->Run(100, [](size_t, int) { return absl::OkStatus(); }).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const int64_t before = platform::ProcessCpuNanoseconds();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  CHECK(platform::ProcessCpuNanoseconds() - before < 20'000'000);
}

TEST_CASE("what cannot be made is refused") {
  CHECK(ThreadPool::Create(0).status().code() == StatusCode::kInvalidArgument);
  CHECK(ThreadPool::Create(ThreadPool::kMaxThreads + 1).status().code() == StatusCode::kInvalidArgument);
  CHECK(ThreadPool::Create(2, Spinning(-1)).status().code() == StatusCode::kInvalidArgument);
  CHECK(ThreadPool::Create(2, Spinning(ThreadPool::kMaxSpinUs + 1)).status().code() ==
        StatusCode::kInvalidArgument);
  ThreadPoolOptions larger_than_the_address_space;
  larger_than_the_address_space.stack_bytes = size_t{1} << 50;
  const Status status = ThreadPool::Create(3, larger_than_the_address_space).status();
  CHECK(status.code() == StatusCode::kResourceExhausted);
  CHECK(Message(status).find("thread 2 of 3") != std::string_view::npos);
}

}  // namespace
}  // namespace talaria
