#ifndef TALARIA_LIB_ENGINE_ENGINE_H_
#define TALARIA_LIB_ENGINE_ENGINE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "lib/base/deadline.h"
#include "lib/base/log.h"
#include "lib/base/single_entry.h"
#include "lib/engine/cost_model.h"
#include "lib/engine/engine_thread.h"
#include "lib/engine/event_signal.h"
#include "lib/engine/step_builder.h"
#include "lib/model/llama.h"

namespace talaria {

struct EngineConfig {
  int32_t max_sessions = 8;
  int64_t context = 4096;          // positions a session may have; at most the model's
  int64_t cache_positions = 4096;  // positions of all sessions together that the cache holds
  int32_t page_size = 64;
  int32_t step_rows = 256;   // the most rows a step may have: what a prompt is cut into
  int32_t output_rows = 16;  // the most of them with an output: sessions decoding, or logits asked for
  DType cache_dtype = DType::kF32;
  // 1: the engine steps itself, on a thread of its own.
  bool own_thread = false;
  // How long a step should take where sessions wait for their next token and a prompt is there too: a prompt
  // joins by as many rows as fit.
  int64_t step_target_us = 50000;
};

// What an engine works with; outlives it.
struct EngineHost {
  Allocator* allocator = nullptr;
  const LogSink* log = nullptr;  // may be null
};

// Bytes an engine takes, all stages together.
struct EngineMemory {
  uint64_t cache = 0;
  uint64_t scratch = 0;
};

struct StepReport {
  int64_t rows = 0;        // rows of the steps that were finished
  int32_t steps = 0;       // how many were finished
  bool suspended = false;  // a step is under way
  bool idle = false;  // there is nothing to do until a session is given something or events are taken out
};

// Runs a model for many sessions: a cache, and steps that each take some rows of several sessions. Driven:
// whoever calls Step does the work, within its deadline; or a thread of its own does. One thread steps at a
// time; sessions may be used by others meanwhile.
class Engine : private EngineThread::Work {
 public:
  // What an engine of this shape would take, over a model that may be only described. The errors are
  // Create's.
  static StatusOr<EngineMemory> Plan(const Llama& model, const EngineConfig& config);

  // INVALID_ARGUMENT naming the field of *config* that is out of range; RESOURCE_EXHAUSTED where memory is.
  static StatusOr<std::unique_ptr<Engine>> Create(std::shared_ptr<const Llama> model,
                                                  const EngineConfig& config, const EngineHost& host);
  ~Engine() override;

  const EngineConfig& config() const { return config_; }
  const Llama& model() const { return *model_; }

  // Works until *deadline* or until there is nothing to do. A step that is not done stays and is gone on with
  // by the next call. After an error the step is dropped and every sequence is as before it.
  // FAILED_PRECONDITION where another thread is inside, the engine's own above all. Allocates nothing.
  StatusOr<StepReport> Step(const Deadline& deadline);

  // RESOURCE_EXHAUSTED where max_sessions are open.
  StatusOr<std::shared_ptr<Sequence>> Open(const SequenceConfig& config);
  void Close(const std::shared_ptr<Sequence>& sequence);

  // Sequence's calls under the engine's lock; any thread.
  Status Append(Sequence& sequence, absl::Span<const int32_t> tokens, absl::Span<const uint8_t> wants_logits);
  Status Replace(Sequence& sequence, absl::Span<const int32_t> tokens,
                 absl::Span<const uint8_t> wants_logits);
  Status Rewind(Sequence& sequence, int64_t count);
  Status Generate(Sequence& sequence, GenerateOptions options);
  // Stops within one unit of work where no other session is in the running step.
  void Cancel(Sequence& sequence);

  // The oldest event; false where there is none by *deadline*. An engine that its host drives does not wait:
  // nothing could come meanwhile.
  bool NextEvent(Sequence& sequence, const Deadline& deadline, Event* event);
  // A sequence that has an event, in turn; null where there is none by *deadline*. Waits as NextEvent does.
  std::shared_ptr<Sequence> WaitAny(const Deadline& deadline);
  void SetWake(WakeFunction wake, void* user) { signal_.SetWake(wake, user); }

  struct SequenceState {
    int64_t count = 0;
    int64_t cached = 0;
    bool generating = false;
    Usage usage;
    Status failure;
  };
  SequenceState StateOf(const Sequence& sequence) const;
  // Copies up to *capacity* tokens from *first* on into *out*; the number copied.
  int64_t CopyTokens(const Sequence& sequence, int64_t first, int64_t capacity, int32_t* out) const;

  int32_t free_pages() const;

 private:
  struct StageState {
    std::unique_ptr<KvPool> kv;
    std::unique_ptr<StepArena> arena;
    std::unique_ptr<Program> program;
  };

  Engine(std::shared_ptr<const Llama> model, const EngineConfig& config, const EngineHost& host,
         TokenChooser chooser, int32_t pages);

  bool Run(const std::atomic<bool>* closing) override;
  StatusOr<StepReport> StepOn(const Deadline& deadline);
  // Plans a step where none is under way; false where there is nothing to do.
  bool Begin(const Deadline& deadline);
  int64_t PromptRows(const Deadline& deadline) const;
  // Runs the planned step on; true when all stages are done.
  StatusOr<bool> RunStages(const Deadline& deadline);
  // Chooses tokens on the host; true when all are chosen.
  bool ChooseTokens(const Deadline& deadline);
  Status CheckTokens(const Sequence& sequence, absl::Span<const int32_t> tokens,
                     absl::Span<const uint8_t> wants_logits) const;
  void GiveWork() {
    if (thread_ != nullptr) thread_->Nudge();
  }
  // The step failed and no host's call can be told: its sequences are.
  void FailShares(const Status& why);
  void ForgetClosed();
  // Raises step_unwanted_ where nobody waits for the step under way any more.
  void NoteUnwanted();

  const std::shared_ptr<const Llama> model_;
  const EngineConfig config_;
  const EngineHost host_;
  std::vector<StageState> stages_;
  TokenChooser chooser_;
  EventSignal signal_;

  SingleEntry stepping_;
  bool running_ = false;  // a stage runs now; guarded by mutex_
  size_t stage_ = 0;      // of the step under way
  StepCursor cursor_;
  bool computed_ = false;  // all stages of it are done
  int64_t work_ns_ = 0;    // spent on it
  CostModel cost_;
  // Every session of the step under way was cancelled or closed.
  std::atomic<bool> step_unwanted_{false};

  // Guards all below, and every Sequence; never held while a stage runs.
  mutable std::mutex mutex_;
  PagePool pages_;
  std::vector<std::shared_ptr<Sequence>> sequences_;
  StepBuilder builder_;
  size_t served_ = 0;  // the sequence that WaitAny gave last

  std::unique_ptr<EngineThread> thread_;  // last: it ends before anything else goes
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_ENGINE_H_
