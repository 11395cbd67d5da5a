#include "lib/engine/engine_thread.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "lib/engine/event_signal.h"

namespace talaria {
namespace {

struct CountedWork : EngineThread::Work {
  std::atomic<int> left{0};
  std::atomic<int> runs{0};
  bool Run(const std::atomic<bool>* /*closing*/) override {
    ++runs;
    if (left == 0) return false;
    return --left > 0;
  }
};

template <typename Condition>
bool Becomes(Condition condition) {
  for (int i = 0; i < 20000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

TEST_CASE("it works until there is no more, and again when nudged; no nudge is lost") {
  CountedWork work;
  auto thread = EngineThread::Start(&work);
  REQUIRE(thread.ok());
  for (int round = 0; round < 2000; ++round) {
    work.left += 1 + round % 3;
    (*thread)->Nudge();
    REQUIRE(Becomes([&] { return work.left == 0; }));
  }
}

TEST_CASE("without work it sleeps") {
  CountedWork work;
  auto thread = EngineThread::Start(&work);
  REQUIRE(thread.ok());
  REQUIRE(Becomes([&] { return work.runs >= 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const int runs = work.runs;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(work.runs == runs);
}

struct EndlessWork : EngineThread::Work {
  std::atomic<bool> began{false};
  bool Run(const std::atomic<bool>* closing) override {
    began = true;
    while (!closing->load()) std::this_thread::yield();
    return true;
  }
};

TEST_CASE("its end stops work under way") {
  EndlessWork work;
  auto thread = EngineThread::Start(&work);
  REQUIRE(thread.ok());
  REQUIRE(Becomes([&] { return work.began.load(); }));
  thread->reset();
}

TEST_CASE("a signal is seen by who waits and by who asks later") {
  EventSignal signal;
  const uint64_t seen = signal.raised();
  CHECK_FALSE(signal.WaitBeyond(seen, Deadline::After(0)));
  CHECK_FALSE(signal.WaitBeyond(seen, Deadline::After(2000)));
  std::thread raiser([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    signal.Raise();
  });
  CHECK(signal.WaitBeyond(seen, Deadline::After(60000000)));
  raiser.join();
  CHECK(signal.WaitBeyond(seen, Deadline::After(0)));
  CHECK_FALSE(signal.WaitBeyond(signal.raised(), Deadline::After(0)));
}

TEST_CASE("a wake function is called once a signal, with what it was given") {
  EventSignal signal;
  int calls = 0;
  signal.Raise();
  signal.SetWake([](void* user) { ++*static_cast<int*>(user); }, &calls);
  CHECK(calls == 0);
  signal.Raise();
  signal.Raise();
  CHECK(calls == 2);
  signal.SetWake(nullptr, nullptr);
  signal.Raise();
  CHECK(calls == 2);
}

}  // namespace
}  // namespace talaria
