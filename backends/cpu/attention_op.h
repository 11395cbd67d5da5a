#ifndef TALARIA_BACKENDS_CPU_ATTENTION_OP_H_
#define TALARIA_BACKENDS_CPU_ATTENTION_OP_H_

#include <algorithm>

#include "backends/cpu/tile_op.h"

namespace talaria::cpu {

// softmax(q k^T / sqrt(head_dim)) v over the paged cache. A tile is a block of rows of one sequence, with all
// query heads of one key/value head, so that keys and values are read once for them; a phase is a stretch of
// positions. The state of a row's softmax goes from one block of 64 positions to the next, in order; what
// rows share a tile and where stretches end changes no bit of it.
class AttentionOp final : public TileOp {
 public:
  // *state*: two floats a head, in the layout of the heads.
  AttentionOp(const Tensor& query, int64_t layer, const AttentionSpec& spec, const Tensor& state,
              const Tensor& out)
      : query_(query), layer_(layer), spec_(spec), state_(state), out_(out) {}

  // Rows of a tile: 32 queries fill the register tiles and their scores stay in the level-1 cache.
  static int64_t TileRows(const AttentionSpec& spec) {
    return std::max<int64_t>(1, kTileQueries / (spec.heads / spec.kv_heads));
  }
  static int64_t ScratchFloats(const AttentionSpec& spec);

  Grid GridOf(const Frame& frame) const override;
  void Run(const Frame& frame, uint32_t phase, uint32_t tile, float* scratch) const override;

 private:
  static constexpr int64_t kTileQueries = 32;

  // Positions of a phase.
  int64_t Stretch(const Frame& frame) const;

  const Tensor& query_;
  const int64_t layer_;
  const AttentionSpec& spec_;
  const Tensor& state_;
  const Tensor& out_;
};

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_ATTENTION_OP_H_
