#ifndef TALARIA_BACKENDS_CPU_TILE_OP_H_
#define TALARIA_BACKENDS_CPU_TILE_OP_H_

#include <cstdint>

#include "backends/cpu/frame.h"

namespace talaria::cpu {

// An op's tile tasks: those of one phase may run in any order and at once, a phase begins when the one before
// it is done.
struct Grid {
  uint32_t phases = 1;
  uint32_t tiles = 0;  // of each phase
};

// An op of a recorded step, cut into tile tasks of some 100 microseconds at most. A tile runs exactly once a
// step and its result depends on no other of its phase, so a step can stop between any two of them, and which
// threads run them changes nothing.
class TileOp {
 public:
  virtual ~TileOp() = default;
  TileOp() = default;
  TileOp(const TileOp&) = delete;
  TileOp& operator=(const TileOp&) = delete;

  // The same for equal plans.
  virtual Grid GridOf(const Frame& frame) const = 0;
  // *scratch*: the running thread's own, of the size that the op asked for when it was recorded.
  virtual void Run(const Frame& frame, uint32_t phase, uint32_t tile, float* scratch) const = 0;
};

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_TILE_OP_H_
