#ifndef TALARIA_BACKENDS_CPU_MATMUL_OPS_H_
#define TALARIA_BACKENDS_CPU_MATMUL_OPS_H_

#include "backends/cpu/tile_op.h"
#include "backends/cpu/weight.h"

namespace talaria::cpu {

// How a product is cut into tiles: blocks of rows, runs of panels, stretches of K. Stretches are phases, for
// each goes on where the one before left the sums; where the sums must not wait in the output, panels are
// taken in bands, all stretches of one band before the next.
struct MatmulCut {
  int64_t rows = 0;
  int64_t row_blocks = 1;
  int64_t tile_panels = 1;
  int64_t panel_tiles = 1;  // of a band
  int64_t band_panels = 1;
  int64_t bands = 1;
  int64_t k_step = 0;
  int64_t k_steps = 1;

  uint32_t phases() const { return static_cast<uint32_t>(bands * k_steps); }
};

// Most rows of a tile: ten blocks of 6, twelve of 5 or five of 12, which is what the kernels have registers
// for.
inline constexpr int64_t kTileRows = 60;

// What the two products have in common. *rounded*, where there is one, is x in BF16.
class MatmulOp : public TileOp {
 public:
  Grid GridOf(const Frame& frame) const final;
  void Run(const Frame& frame, uint32_t phase, uint32_t tile, float* scratch) const final;

 protected:
  // *together*: panels that a tile takes at the same place of K, each of its own group.
  MatmulOp(const Tensor& x, const Tensor* rounded, const Weight& weight, const Tensor& out, int64_t together);

  // A tile within one slice: rows [row, row + rows), panels [panel, panel_end), columns [k, k + count).
  struct Tile {
    size_t slice = 0;
    int64_t row = 0;
    int64_t rows = 0;
    int64_t panel = 0;
    int64_t panel_end = 0;
    int64_t next_panel = -1;  // that a tile after this one begins with, where it is not one of these
    int64_t first_band_panel = 0;
    int64_t k = 0;
    int64_t count = 0;
    bool first = false;
    bool last = false;
  };
  virtual void RunTile(const Frame& frame, const MatmulCut& cut, const Tile& tile, float* scratch) const = 0;
  // Most panels of a band, where sums wait in a scratch of that width.
  virtual int64_t BandPanels() const = 0;

  // c [rows, kPanelColumns] (+)= the tile's rows times *panel* of the slice; *next* is the panel that comes
  // after it, -1 where none does.
  void Multiply(const Frame& frame, const Tile& tile, int64_t panel, int64_t next, float* c,
                int64_t c_stride) const;
  // The panel of the tile's run after *panel*, or what comes after the run.
  static int64_t PanelAfter(const Tile& tile, int64_t panel) {
    return panel + 1 < tile.panel_end ? panel + 1 : tile.next_panel;
  }

  const Weight& weight() const { return weight_; }
  const Tensor& out() const { return out_; }

 private:
  MatmulCut CutFor(const Frame& frame) const;

  const Tensor& x_;
  const Tensor* const rounded_;
  const Weight& weight_;
  const Tensor& out_;
  const int64_t together_;
  int64_t most_panels_ = 0;   // of any slice, those taken together counted once
  int64_t most_columns_ = 0;  // of any slice
};

// x W^T.
class LinearOp final : public MatmulOp {
 public:
  LinearOp(const Tensor& x, const Tensor* rounded, const Weight& weight, const Tensor& out)
      : MatmulOp(x, rounded, weight, out, 1) {}
  static int64_t ScratchFloats() { return kTileRows * kPanelColumns; }

 private:
  void RunTile(const Frame& frame, const MatmulCut& cut, const Tile& tile, float* scratch) const override;
  int64_t BandPanels() const override { return INT64_MAX; }
};

// silu(x G^T) * (x U^T): a tile has the same panel of both groups. Between stretches of K the sums wait in
// *partial*, a band wide.
class GatedLinearOp final : public MatmulOp {
 public:
  GatedLinearOp(const Tensor& x, const Tensor* rounded, const Weight& weight, const Tensor& partial,
                const Tensor& out)
      : MatmulOp(x, rounded, weight, out, 2), partial_(partial) {}
  static int64_t ScratchFloats() { return 2 * kTileRows * kPanelColumns; }
  // Columns of the partial sums for a step of *rows*: 4 MB, which a cache holds, but no less than 8 panels.
  static int64_t PartialColumns(int64_t rows, const Weight& weight);

 private:
  void RunTile(const Frame& frame, const MatmulCut& cut, const Tile& tile, float* scratch) const override;
  int64_t BandPanels() const override { return partial_.columns[0] / (2 * kPanelColumns); }
  const Tensor& partial_;
};

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_MATMUL_OPS_H_
