#ifndef TALARIA_LIB_BASE_THREAD_POOL_H_
#define TALARIA_LIB_BASE_THREAD_POOL_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "lib/base/platform.h"
#include "lib/base/status.h"

namespace talaria {

struct ThreadPoolOptions {
  // How long a thread that has nothing to do looks for work before it sleeps; at most kMaxSpinUs. 50 outlasts
  // the gap between two ops of a step, and costs an idle engine nothing that can be measured.
  int64_t spin_us = 50;
  // Of each worker's stack.
  size_t stack_bytes = 256 << 10;
};

// A fixed number of threads that work through numbered tasks together with the thread that calls. Nothing of
// it runs between calls; sleeping workers use no CPU. Any thread may call Run.
class ThreadPool {
 public:
  static constexpr int kMaxThreads = 1024;
  static constexpr int64_t kMaxSpinUs = 10000;

  // One task: its number, and the worker it runs on (0 the calling thread, then 1 up to threads() - 1). Two
  // tasks of one Run never hold the same worker at once, so scratch may be kept by worker.
  using Task = absl::FunctionRef<Status(size_t task, int worker)>;

  // A pool of *threads* (1 to kMaxThreads), the calling thread counted: 1 starts none. INVALID_ARGUMENT for a
  // number out of range; RESOURCE_EXHAUSTED where the system gives no more threads, and then none is left
  // running.
  static StatusOr<std::unique_ptr<ThreadPool>> Create(int threads, const ThreadPoolOptions& options = {});

  // Joins the workers. No Run may be under way.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls *task* once for each number below *tasks* and returns when all are done. Numbers are handed out in
  // order, one at a time, to whichever thread is free; every task runs under the default floating-point
  // control word. Allocates nothing unless a task fails.
  //
  // After an error no further task is started; those already running end, and the error of the lowest number
  // among them is returned: the same one on every run and with any number of threads, where tasks fail by
  // their number alone. A task that throws counts as RESOURCE_EXHAUSTED (std::bad_alloc) or INTERNAL.
  //
  // Calls from several threads take turns. A call from inside a task of the same pool is FAILED_PRECONDITION:
  // its worker's scratch is in use.
  Status Run(size_t tasks, Task task);

  // As Run, but never waits for a turn: where another caller has the workers, or the calling thread is inside
  // one of the pool's tasks, it works through all of its tasks itself, in order, as worker 0. Scratch kept by
  // worker must then belong to the caller's own work, not to the pool.
  Status RunNow(size_t tasks, Task task);

 private:
  struct Worker {
    ThreadPool* pool = nullptr;
    int index = 0;
    platform::ThreadHandle thread = 0;
    std::atomic<std::thread::id> id{};
    std::condition_variable work;
    bool sleeps = false;  // in work.wait; under sleep_mutex_
  };

  explicit ThreadPool(int64_t spin_us) : spin_ns_(spin_us * 1000) {}

  static void WorkerMain(void* worker);
  void Serve(Worker* worker);
  // Waits until a job later than *seen* is open that has a place for the worker, and joins it, giving its
  // number; 0 where the pool is closing.
  uint64_t JoinNextJob(Worker* worker, uint64_t seen);
  bool TryJoin(int worker, uint64_t* seen);
  void LeaveJob();
  void OpenJob(size_t tasks);
  void CloseJob();
  // Runs a job with the workers; run_mutex_ is held.
  Status RunHeld(size_t tasks, const Task& task);
  void TakeTasks(int worker);
  static Status RunTask(const Task& task, size_t number, int worker);
  void NoteError(size_t task, Status error);
  bool InsideTask() const;
  template <typename Condition>
  bool SpinUntil(const Condition& condition) const;

  const int64_t spin_ns_;
  std::vector<std::unique_ptr<Worker>> workers_;

  std::mutex run_mutex_;  // held through Run: one job at a time
  std::atomic<std::thread::id> runner_{};

  // Written while no worker is inside the job, read by those inside.
  const Task* task_ = nullptr;
  size_t tasks_ = 0;

  // Job number, whether it is open, workers inside. A worker that wakes late finds the job closed and cannot
  // enter, so nobody waits for it.
  alignas(64) std::atomic<uint64_t> job_{0};
  // Workers that the open job has tasks for: those up to this index. The others sleep on; where all of them
  // came, eight threads of a pool on two cores would spend the time of short jobs in getting in one another's
  // way. Set before the job is open.
  std::atomic<size_t> places_{0};
  alignas(64) std::atomic<size_t> next_{0};
  alignas(64) std::atomic<bool> failed_{false};
  std::atomic<bool> closing_{false};

  std::mutex sleep_mutex_;
  std::condition_variable left_;
  bool runner_sleeps_ = false;  // the runner is in left_.wait

  std::mutex error_mutex_;
  size_t error_task_ = 0;
  Status error_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_THREAD_POOL_H_
