#ifndef TALARIA_LIB_BASE_DEADLINE_H_
#define TALARIA_LIB_BASE_DEADLINE_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>

#include "lib/base/platform.h"

namespace talaria {

// When work should stop: at a time, or as soon as somebody raises a flag. Cheap enough to ask between tile
// tasks.
class Deadline {
 public:
  // Never by time.
  explicit Deadline(const std::atomic<bool>* cancelled = nullptr) : cancelled_(cancelled) {}
  // The same time with another flag.
  Deadline(const Deadline& other, const std::atomic<bool>* cancelled)
      : end_ns_(other.end_ns_), cancelled_(cancelled) {}
  // *budget_us* microseconds from now; 0 is over at once.
  static Deadline After(uint64_t budget_us, const std::atomic<bool>* cancelled = nullptr) {
    Deadline deadline(cancelled);
    const int64_t now = platform::MonotonicNanoseconds();
    const uint64_t most = static_cast<uint64_t>(kNever - now) / 1000;
    if (budget_us < most) deadline.end_ns_ = now + static_cast<int64_t>(budget_us * 1000);
    return deadline;
  }

  bool cancelled() const { return cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed); }
  bool Expired() const {
    if (cancelled()) return true;
    return end_ns_ != kNever && platform::MonotonicNanoseconds() >= end_ns_;
  }
  // What is left, in nanoseconds: 0 where it is over, and the largest number where it never is by time.
  int64_t RemainingNanoseconds() const {
    return end_ns_ == kNever ? kNever : std::max<int64_t>(end_ns_ - platform::MonotonicNanoseconds(), 0);
  }

  // Waits on *signal* until it is raised or the deadline is over; false where it is over. A wake-up without
  // cause is possible, as ever.
  bool WaitOn(std::condition_variable* signal, std::unique_lock<std::mutex>* hold) const {
    if (Expired()) return false;
    const int64_t left = RemainingNanoseconds();
    // An hour at a time: sums of clocks do not overflow.
    signal->wait_for(*hold, std::chrono::nanoseconds(std::min<int64_t>(left, int64_t{3600} * 1000000000)));
    return true;
  }

 private:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  int64_t end_ns_ = kNever;
  const std::atomic<bool>* cancelled_ = nullptr;
};

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_DEADLINE_H_
