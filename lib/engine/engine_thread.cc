#include "lib/engine/engine_thread.h"

#include <utility>

namespace talaria {
namespace {

// It runs tiles beside the pool's workers, whose stacks are as large.
constexpr size_t kStackBytes = 256 << 10;

}  // namespace

StatusOr<std::unique_ptr<EngineThread>> EngineThread::Start(Work* work) {
  std::unique_ptr<EngineThread> made(new EngineThread(work));
  TALARIA_ASSIGN_OR_RETURN(made->thread_, platform::StartThread(Main, made.get(), kStackBytes));
  made->started_ = true;
  return made;
}

EngineThread::~EngineThread() {
  if (!started_) return;
  closing_.store(true);
  Nudge();
  platform::JoinThread(thread_);
}

void EngineThread::Nudge() {
  const std::lock_guard<std::mutex> hold(mutex_);
  pending_ = true;
  nudged_.notify_one();
}

void EngineThread::Main(void* self) { static_cast<EngineThread*>(self)->Loop(); }

void EngineThread::Loop() {
  while (!closing_.load()) {
    {
      const std::lock_guard<std::mutex> hold(mutex_);
      pending_ = false;
    }
    // Whatever is given to the engine from here on nudges again.
    if (work_->Run(&closing_)) continue;
    std::unique_lock<std::mutex> hold(mutex_);
    while (!pending_) nudged_.wait(hold);
  }
}

}  // namespace talaria
