#ifndef TALARIA_LIB_ENGINE_ENGINE_H_
#define TALARIA_LIB_ENGINE_ENGINE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "lib/base/deadline.h"
#include "lib/base/single_entry.h"
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
// whoever calls Step does the work, within its deadline. One thread steps at a time; sessions may be used by
// others meanwhile.
class Engine {
 public:
  // What an engine of this shape would take, over a model that may be only described. The errors are
  // Create's.
  static StatusOr<EngineMemory> Plan(const Llama& model, const EngineConfig& config);

  // INVALID_ARGUMENT naming the field of *config* that is out of range; RESOURCE_EXHAUSTED where memory is.
  static StatusOr<std::unique_ptr<Engine>> Create(std::shared_ptr<const Llama> model,
                                                  const EngineConfig& config);

  const EngineConfig& config() const { return config_; }
  const Llama& model() const { return *model_; }

  // Works until *deadline* or until there is nothing to do. A step that is not done stays and is gone on with
  // by the next call. After an error the step is dropped and every sequence is as before it.
  // FAILED_PRECONDITION where another thread is inside. Allocates nothing.
  StatusOr<StepReport> Step(const Deadline& deadline);

  // RESOURCE_EXHAUSTED where max_sessions are open.
  StatusOr<std::shared_ptr<Sequence>> Open(int32_t event_capacity, int32_t logits_capacity,
                                           Allocator* allocator);
  void Close(const std::shared_ptr<Sequence>& sequence);

  // Sequence's calls under the engine's lock; any thread.
  Status Append(Sequence& sequence, absl::Span<const int32_t> tokens, absl::Span<const uint8_t> wants_logits);
  Status Generate(Sequence& sequence, const GenerateOptions& options);
  // Stops within one unit of work where no other session is in the running step.
  void Cancel(Sequence& sequence);

  struct SequenceState {
    int64_t count = 0;
    int64_t cached = 0;
    bool generating = false;
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

  Engine(std::shared_ptr<const Llama> model, const EngineConfig& config, int32_t pages);

  // Runs the planned step on; true when all stages are done.
  StatusOr<bool> RunStages(const Deadline& deadline);
  void ForgetClosed();
  // Raises step_unwanted_ where nobody waits for the step under way any more.
  void NoteUnwanted();

  const std::shared_ptr<const Llama> model_;
  const EngineConfig config_;
  std::vector<StageState> stages_;

  SingleEntry stepping_;
  bool running_ = false;  // a stage runs now; guarded by mutex_
  size_t stage_ = 0;      // of the step under way
  StepCursor cursor_;
  // Every session of the step under way was cancelled or closed.
  std::atomic<bool> step_unwanted_{false};

  // Guards all below, and every Sequence; never held while a stage runs.
  mutable std::mutex mutex_;
  PagePool pages_;
  std::vector<std::shared_ptr<Sequence>> sequences_;
  StepBuilder builder_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_ENGINE_H_
