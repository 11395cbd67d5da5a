#include "lib/engine/event_queue.h"

#include <doctest/doctest.h>

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

TEST_CASE("capacities out of range are refused") {
  Allocator allocator;
  CHECK_FALSE(EventQueue::Create({1, 0, 0, 4}, &allocator).ok());
  CHECK_FALSE(EventQueue::Create({4, -1, 0, 4}, &allocator).ok());
  Allocator small(100);
  CHECK(EventQueue::Create({4, 100, 0, 4}, &small).status().code() == StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace talaria
