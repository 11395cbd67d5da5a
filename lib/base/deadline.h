#ifndef TALARIA_LIB_BASE_DEADLINE_H_
#define TALARIA_LIB_BASE_DEADLINE_H_

#include <atomic>
#include <cstdint>
#include <limits>

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
    const uint64_t most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max() - now) / 1000;
    if (budget_us < most) deadline.end_ns_ = now + static_cast<int64_t>(budget_us * 1000);
    return deadline;
  }

  bool cancelled() const { return cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed); }
  bool Expired() const {
    if (cancelled()) return true;
    return end_ns_ != std::numeric_limits<int64_t>::max() && platform::MonotonicNanoseconds() >= end_ns_;
  }

 private:
  int64_t end_ns_ = std::numeric_limits<int64_t>::max();
  const std::atomic<bool>* cancelled_ = nullptr;
};

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_DEADLINE_H_
