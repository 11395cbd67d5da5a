#ifndef TALARIA_BACKENDS_CPU_PROGRAM_H_
#define TALARIA_BACKENDS_CPU_PROGRAM_H_

#include <vector>

#include "backends/cpu/recorder.h"
#include "lib/backend/backend.h"
#include "lib/base/thread_pool.h"

namespace talaria::cpu {

class Arena : public StepArena {
 public:
  explicit Arena(Buffer buffer) : memory(std::move(buffer)) {}
  Buffer memory;
};

// What runs tiles: a table of kernels, and threads. *pool* may be null: the calling thread alone.
struct Engines {
  Kernels kernels = {};
  ThreadPool* pool = nullptr;
  // Of the pool, that share an op's tiles: no more than there are cores. One thread more on a core only means
  // that a tile waits for a time slice and every other thread for that tile.
  int threads = 1;
};

// A flat list of tile ops. The cursor is an op and, of its phases' tiles counted through, the first that has
// not run.
class CpuProgram : public Program {
 public:
  CpuProgram(const ProgramKey& key, Recording recording, const StageMemory& memory, const Engines& engines);
  StatusOr<RunState> Run(const StepPlan& plan, StepCursor* cursor, const Deadline& deadline) override;

 private:
  // Checks the plan and lays out its rows.
  Status Begin(const StepPlan& plan);
  RowView ViewOf(const StepPlan& plan, RowSet rows, std::vector<RowBlock>* blocks) const;
  // Runs tiles of one phase from *first* on; gives the first that has not run.
  StatusOr<uint32_t> RunTiles(const Frame& frame, const TileOp& op, uint32_t phase, uint32_t first,
                              uint32_t tiles, const Deadline& deadline) const;
  float* Scratch(size_t share) const;

  const ProgramKey key_;
  const Recording recording_;
  Pool* const kv_;
  Arena* const arena_;
  const Engines engines_;
  // Of the plan under way; their memory is taken when the program is made.
  std::vector<int32_t> output_rows_;
  std::vector<RowBlock> all_blocks_, output_blocks_;
  RowView all_, output_;
};

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_PROGRAM_H_
