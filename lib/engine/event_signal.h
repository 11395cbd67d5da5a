#ifndef TALARIA_LIB_ENGINE_EVENT_SIGNAL_H_
#define TALARIA_LIB_ENGINE_EVENT_SIGNAL_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "lib/base/deadline.h"

namespace talaria {

// Called when a session gets an event. May do nothing but signal: it runs on the engine's thread, inside a
// step.
using WakeFunction = void (*)(void* user);

// Tells whoever waits that some session of an engine has an event. Any thread.
class EventSignal {
 public:
  void SetWake(WakeFunction wake, void* user) {
    const std::lock_guard<std::mutex> hold(mutex_);
    wake_ = wake;
    user_ = user;
  }

  void Raise() {
    const std::lock_guard<std::mutex> hold(mutex_);
    ++raised_;
    changed_.notify_all();
    // Under the lock, so that no call comes after a SetWake that took it away.
    if (wake_ != nullptr) wake_(user_);
  }

  uint64_t raised() const {
    const std::lock_guard<std::mutex> hold(mutex_);
    return raised_;
  }

  // Waits until Raise was called more often than *seen*; false where the deadline is over first.
  bool WaitBeyond(uint64_t seen, const Deadline& deadline) {
    std::unique_lock<std::mutex> hold(mutex_);
    while (raised_ == seen) {
      if (!deadline.WaitOn(&changed_, &hold)) return raised_ != seen;
    }
    return true;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t raised_ = 0;
  WakeFunction wake_ = nullptr;
  void* user_ = nullptr;
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_EVENT_SIGNAL_H_
