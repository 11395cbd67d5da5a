#include "lib/engine/event_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace talaria {
namespace {

Event Token(int32_t token) {
  Event event;
  event.token = token;
  return event;
}

Event Kind(EventKind kind) {
  Event event;
  event.kind = kind;
  return event;
}

TEST_CASE("events come out in order and a place is kept back for the end") {
  Allocator allocator;
  auto queue = EventQueue::Create({3, 0, 0, 4}, &allocator);
  REQUIRE(queue.ok());
  CHECK((*queue)->room() == 3);
  for (int32_t i = 0; i < 3; ++i) (*queue)->Push(Token(i));
  CHECK((*queue)->room() == 0);
  (*queue)->Push(Kind(EventKind::kFinished));
  CHECK((*queue)->room() == -1);
  Event event;
  for (int32_t i = 0; i < 3; ++i) {
    REQUIRE((*queue)->Pop(&event));
    CHECK(event.token == i);
  }
  REQUIRE((*queue)->Pop(&event));
  CHECK(event.kind == EventKind::kFinished);
  CHECK_FALSE((*queue)->Pop(&event));
  CHECK((*queue)->room() == 3);
}

TEST_CASE("logits stay until the next event is taken, and a row in the making is never moved") {
  Allocator allocator;
  auto made = EventQueue::Create({8, 2, 0, 3}, &allocator);
  REQUIRE(made.ok());
  EventQueue& queue = **made;
  for (int round = 0; round < 7; ++round) {
    const auto value = static_cast<float>(round);
    float* first = queue.LogitsRow(0);
    float* second = queue.LogitsRow(1);
    CHECK(first != second);
    first[0] = value;
    second[0] = value + 0.5f;
    queue.Push(Kind(EventKind::kLogits));
    queue.Push(Kind(EventKind::kLogits));
    CHECK(queue.logits_room() == 0);
    Event event;
    REQUIRE(queue.Pop(&event));
    CHECK(event.logits[0] == value);
    CHECK(queue.logits_room() == 0);  // borrowed
    REQUIRE(queue.Pop(&event));
    CHECK(event.logits[0] == value + 0.5f);
    CHECK(queue.logits_room() == 1);
    // What will be written next does not depend on when the host takes the rest.
    const float* next = queue.LogitsRow(0);
    CHECK_FALSE(queue.Pop(&event));
    CHECK(queue.LogitsRow(0) == next);
    CHECK(queue.logits_room() == 2);
  }
}

TEST_CASE("the likeliest tokens stay until the next event is taken, whatever is pushed meanwhile") {
  Allocator allocator;
  auto made = EventQueue::Create({3, 0, 2, 4}, &allocator);
  REQUIRE(made.ok());
  EventQueue& queue = **made;
  Event taken;
  for (int32_t round = 0; round < 20; ++round) {
    // Memory of whoever pushes, written over afterwards.
    sampling::TokenLogProbability top[3] = {{round, -1}, {round + 1, -2}, {round + 2, -3}};
    Event event = Token(round);
    event.top = absl::MakeConstSpan(top, round % 4 == 3 ? 3 : 2);
    queue.Push(event);
    // Of the event taken a round ago.
    if (round >= 2) CHECK(taken.top[0].token == round - 2);
    std::fill(std::begin(top), std::end(top), sampling::TokenLogProbability{-5, 0});
    if (round == 0) continue;
    REQUIRE(queue.Pop(&taken));
    CHECK(taken.token == round - 1);
    REQUIRE(taken.top.size() == 2);
    CHECK(taken.top[0].token == round - 1);
    CHECK(taken.top[1].token == round);
  }
}

TEST_CASE("a wait ends with an event, at its time, or when it is cancelled") {
  Allocator allocator;
  auto made = EventQueue::Create({4, 1, 0, 2}, &allocator);
  REQUIRE(made.ok());
  EventQueue& queue = **made;
  Event event;
  CHECK_FALSE(queue.WaitAndPop(Deadline::After(0), &event));
  CHECK_FALSE(queue.WaitAndPop(Deadline::After(2000), &event));
  std::thread pusher([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    queue.Push(Token(7));
  });
  REQUIRE(queue.WaitAndPop(Deadline::After(60000000), &event));
  CHECK(event.token == 7);
  pusher.join();
  std::atomic<bool> cancelled{false};
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    cancelled = true;
    queue.Interrupt();
  });
  CHECK_FALSE(queue.WaitAndPop(Deadline::After(60000000, &cancelled), &event));
  canceller.join();
}

TEST_CASE("logits can be given back without taking the next event") {
  Allocator allocator;
  auto made = EventQueue::Create({4, 1, 0, 2}, &allocator);
  REQUIRE(made.ok());
  EventQueue& queue = **made;
  Event event;
  CHECK_FALSE(queue.GiveBack());
  queue.Push(Kind(EventKind::kLogits));
  REQUIRE(queue.Pop(&event));
  CHECK(queue.logits_room() == 0);
  CHECK(queue.GiveBack());
  CHECK(queue.logits_room() == 1);
  CHECK_FALSE(queue.GiveBack());
}

TEST_CASE("capacities out of range are refused") {
  Allocator allocator;
  CHECK_FALSE(EventQueue::Create({1, 0, 0, 4}, &allocator).ok());
  CHECK_FALSE(EventQueue::Create({4, -1, 0, 4}, &allocator).ok());
  CHECK_FALSE(EventQueue::Create({4, 0, -1, 4}, &allocator).ok());
  CHECK_FALSE(EventQueue::Create({4, 0, 129, 4}, &allocator).ok());
  Allocator small(100);
  CHECK(EventQueue::Create({4, 100, 0, 4}, &small).status().code() == StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace talaria
