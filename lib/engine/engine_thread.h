#ifndef TALARIA_LIB_ENGINE_ENGINE_THREAD_H_
#define TALARIA_LIB_ENGINE_ENGINE_THREAD_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "lib/base/platform.h"
#include "lib/base/status.h"

namespace talaria {

// A thread that works as long as there is work and sleeps otherwise: no CPU is used while it does.
class EngineThread {
 public:
  // What it runs, again and again: does some work (milliseconds), and says whether there is more. *closing*
  // is raised when the thread is to end: work under way should stop.
  class Work {
   public:
    virtual ~Work() = default;
    virtual bool Run(const std::atomic<bool>* closing) = 0;
  };

  // RESOURCE_EXHAUSTED where the system gives no thread. *work* outlives it.
  static StatusOr<std::unique_ptr<EngineThread>> Start(Work* work);
  // Ends and joins it.
  ~EngineThread();
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;

  // There may be work. Any thread; cheap.
  void Nudge();

 private:
  explicit EngineThread(Work* work) : work_(work) {}
  static void Main(void* self);
  void Loop();

  Work* const work_;
  platform::ThreadHandle thread_ = 0;
  bool started_ = false;
  std::atomic<bool> closing_{false};
  std::mutex mutex_;
  std::condition_variable nudged_;
  bool pending_ = false;
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_ENGINE_THREAD_H_
