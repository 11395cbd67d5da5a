#include "lib/base/thread_pool.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "lib/base/floating_point.h"

namespace talaria {
namespace {

// The fields of ThreadPool::job_. Its 52 bits of job number last a century of a million jobs a second.
constexpr uint64_t kInside = 0x7FF;
constexpr uint64_t kOpen = 0x800;
constexpr int kJobShift = 12;
static_assert(ThreadPool::kMaxThreads <= kInside);

uint64_t JobNumber(uint64_t job) { return job >> kJobShift; }

// The status of what a task threw. Where there is no memory left for the message either, the code alone,
// which needs none.
template <typename... Args>
Status StatusOfThrown(StatusCode code, const Args&... args) noexcept {
  try {
    return MakeError(code, args...);
  } catch (...) {
    return Status(code, "");
  }
}

}  // namespace

StatusOr<std::unique_ptr<ThreadPool>> ThreadPool::Create(int threads, const ThreadPoolOptions& options) {
  if (threads < 1 || threads > kMaxThreads) {
    return InvalidArgument("threads: expected 1 to ", kMaxThreads, ", found ", threads);
  }
  if (options.spin_us < 0 || options.spin_us > kMaxSpinUs) {
    return InvalidArgument("spin_us: expected 0 to ", kMaxSpinUs, ", found ", options.spin_us);
  }
  std::unique_ptr<ThreadPool> pool(new ThreadPool(options.spin_us));
  // Before any thread runs: a push_back that throws would lose one that does.
  pool->workers_.reserve(static_cast<size_t>(threads - 1));
  for (int i = 1; i < threads; ++i) {
    auto worker = std::make_unique<Worker>();
    worker->pool = pool.get();
    worker->index = i;
    const StatusOr<platform::ThreadHandle> thread =
        platform::StartThread(WorkerMain, worker.get(), options.stack_bytes);
    if (!thread.ok()) {
      return Annotate(thread.status(), Cat("thread pool: thread ", i + 1, " of ", threads));
    }
    worker->thread = *thread;
    pool->workers_.push_back(std::move(worker));
  }
  return pool;
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard<std::mutex> hold(sleep_mutex_);
    closing_.store(true, std::memory_order_release);
  }
  for (const std::unique_ptr<Worker>& worker : workers_) worker->work.notify_one();
  for (const std::unique_ptr<Worker>& worker : workers_) platform::JoinThread(worker->thread);
}

Status ThreadPool::Run(size_t tasks, Task task) {
  if (InsideTask()) return FailedPrecondition("thread pool: Run was called from a task of the same pool");
  if (tasks == 0) return absl::OkStatus();
  const std::lock_guard<std::mutex> hold(run_mutex_);
  return RunHeld(tasks, task);
}

Status ThreadPool::RunNow(size_t tasks, Task task) {
  if (tasks == 0) return absl::OkStatus();
  // Asked before the lock is tried: who holds it must not try.
  if (!InsideTask()) {
    const std::unique_lock<std::mutex> hold(run_mutex_, std::try_to_lock);
    if (hold.owns_lock()) return RunHeld(tasks, task);
  }
  for (size_t number = 0; number < tasks; ++number) {
    TALARIA_RETURN_IF_ERROR(RunTask(task, number, 0));
  }
  return absl::OkStatus();
}

Status ThreadPool::RunHeld(size_t tasks, const Task& task) {
  runner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  task_ = &task;
  tasks_ = tasks;
  next_.store(0, std::memory_order_relaxed);
  failed_.store(false, std::memory_order_relaxed);
  const bool alone = tasks == 1 || workers_.empty();
  if (!alone) OpenJob(tasks);
  TakeTasks(0);
  if (!alone) CloseJob();
  runner_.store(std::thread::id(), std::memory_order_relaxed);
  return std::exchange(error_, absl::OkStatus());
}

bool ThreadPool::InsideTask() const {
  const std::thread::id self = std::this_thread::get_id();
  if (runner_.load(std::memory_order_relaxed) == self) return true;
  return std::any_of(workers_.begin(), workers_.end(), [self](const std::unique_ptr<Worker>& worker) {
    return worker->id.load(std::memory_order_relaxed) == self;
  });
}

void ThreadPool::OpenJob(size_t tasks) {
  const size_t places = std::min(tasks - 1, workers_.size());
  places_.store(places, std::memory_order_relaxed);
  const uint64_t number = JobNumber(job_.load(std::memory_order_relaxed)) + 1;
  job_.store(number << kJobShift | kOpen, std::memory_order_release);
  // A worker looks at the job once more under this lock before it sleeps: it sees the job, or it is seen
  // here.
  const std::lock_guard<std::mutex> hold(sleep_mutex_);
  for (size_t i = 0; i < places; ++i) {
    if (workers_[i]->sleeps) workers_[i]->work.notify_one();
  }
}

void ThreadPool::CloseJob() {
  job_.fetch_and(~kOpen, std::memory_order_acq_rel);
  const auto all_left = [this] { return (job_.load(std::memory_order_acquire) & kInside) == 0; };
  if (SpinUntil(all_left)) return;
  std::unique_lock<std::mutex> hold(sleep_mutex_);
  runner_sleeps_ = true;
  left_.wait(hold, all_left);
  runner_sleeps_ = false;
}

void ThreadPool::WorkerMain(void* worker) {
  auto* const self = static_cast<Worker*>(worker);
  self->id.store(std::this_thread::get_id(), std::memory_order_relaxed);
  self->pool->Serve(self);
}

void ThreadPool::Serve(Worker* worker) {
  uint64_t seen = 0;
  while ((seen = JoinNextJob(worker, seen)) != 0) {
    TakeTasks(worker->index);
    LeaveJob();
  }
}

uint64_t ThreadPool::JoinNextJob(Worker* worker, uint64_t seen) {
  const auto joined_or_closing = [this, worker, &seen] {
    return TryJoin(worker->index, &seen) || closing_.load(std::memory_order_acquire);
  };
  const uint64_t before = seen;
  if (!SpinUntil(joined_or_closing)) {
    std::unique_lock<std::mutex> hold(sleep_mutex_);
    worker->sleeps = true;
    worker->work.wait(hold, joined_or_closing);
    worker->sleeps = false;
  }
  return seen == before ? 0 : seen;
}

bool ThreadPool::TryJoin(int worker, uint64_t* seen) {
  uint64_t job = job_.load(std::memory_order_acquire);
  while ((job & kOpen) != 0 && JobNumber(job) != *seen) {
    // A later job's number of places is read only after this one has closed, and then the exchange fails.
    if (static_cast<size_t>(worker) > places_.load(std::memory_order_relaxed)) return false;
    if (job_.compare_exchange_weak(job, job + 1, std::memory_order_acq_rel, std::memory_order_acquire)) {
      *seen = JobNumber(job);
      return true;
    }
  }
  return false;
}

void ThreadPool::LeaveJob() {
  const uint64_t job = job_.fetch_sub(1, std::memory_order_acq_rel) - 1;
  if ((job & (kOpen | kInside)) != 0) return;
  const std::lock_guard<std::mutex> hold(sleep_mutex_);
  if (runner_sleeps_) left_.notify_one();
}

void ThreadPool::TakeTasks(int worker) {
  while (!failed_.load(std::memory_order_acquire)) {
    // A number once taken is run even if a higher one fails meanwhile: this makes the lowest failing number,
    // and so the error returned, independent of timing.
    const size_t task = next_.fetch_add(1, std::memory_order_relaxed);
    if (task >= tasks_) return;
    Status status = RunTask(*task_, task, worker);
    if (!status.ok()) NoteError(task, std::move(status));
  }
}

Status ThreadPool::RunTask(const Task& task, size_t number, int worker) {
  const ScopedFloatingPoint scope;
  try {
    return task(number, worker);
  } catch (const std::bad_alloc&) {
    return StatusOfThrown(StatusCode::kResourceExhausted, "task ", number, ": out of memory");
  } catch (const std::exception& thrown) {
    return StatusOfThrown(StatusCode::kInternal, "task ", number, " threw: ", thrown.what());
  } catch (...) {
    return StatusOfThrown(StatusCode::kInternal, "task ", number, " threw");
  }
}

void ThreadPool::NoteError(size_t task, Status error) {
  const std::lock_guard<std::mutex> hold(error_mutex_);
  if (error_.ok() || task < error_task_) {
    error_task_ = task;
    error_ = std::move(error);
  }
  failed_.store(true, std::memory_order_release);
}

template <typename Condition>
bool ThreadPool::SpinUntil(const Condition& condition) const {
  if (condition()) return true;
  if (spin_ns_ == 0) return false;
  const int64_t end = platform::MonotonicNanoseconds() + spin_ns_;
  do {
    // The clock costs some 20 ns and a pause 10 to 40: 32 pauses keep it cheap and the bound within a
    // microsecond or two.
    for (int i = 0; i < 32; ++i) {
      platform::PauseCpu();
      if (condition()) return true;
    }
  } while (platform::MonotonicNanoseconds() < end);
  return false;
}

}  // namespace talaria
