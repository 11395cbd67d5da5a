#ifndef TALARIA_LIB_BACKEND_PROGRAM_H_
#define TALARIA_LIB_BACKEND_PROGRAM_H_

#include <cstdint>
#include <functional>

#include "lib/backend/ops.h"
#include "lib/backend/step_plan.h"
#include "lib/base/deadline.h"
#include "lib/base/status.h"

namespace talaria {

// What tells programs of one engine apart. One body gives the same calls for the same key, always.
struct ProgramKey {
  int32_t stage = 0;
  int64_t rows = 0;         // the most a plan may have
  int64_t output_rows = 0;  // the most that may ask for an output
  int64_t context = 0;      // positions of the longest sequence
};

// Writes a stage's forward pass into *ops*. Called once or twice while recording, never after.
using ProgramBody = std::function<void(const ProgramKey& key, Ops& ops)>;

// How far a step has come. Made by default it stands at the start; what the numbers mean is the backend's
// business.
struct StepCursor {
  uint32_t op = 0;
  uint32_t tile = 0;
};

enum class RunState : uint8_t { kDone, kSuspended };

// A recorded stage. It keeps the residual and scratch of a suspended step in the arena it was recorded for,
// so one step runs at a time.
class Program {
 public:
  virtual ~Program() = default;

  // Bytes of residual and scratch that a step takes, on all ranks.
  uint64_t arena_bytes() const { return arena_bytes_; }

  // Runs *plan* on from *cursor* until it is done or the deadline is over, and moves the cursor. Unless it is
  // cancelled at once, each call does at least one unit of work (an op, a tile), so calls with no time left
  // still come to an end. Stopping and going on changes no bit of the result. After an error or a step that
  // is dropped the program starts afresh with a new cursor; the cache holds what earlier steps put there, and
  // at the positions of this plan anything. Allocates nothing.
  virtual StatusOr<RunState> Run(const StepPlan& plan, StepCursor* cursor, const Deadline& deadline) = 0;

 protected:
  explicit Program(uint64_t arena_bytes) : arena_bytes_(arena_bytes) {}

 private:
  const uint64_t arena_bytes_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_BACKEND_PROGRAM_H_
