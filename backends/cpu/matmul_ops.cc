#include "backends/cpu/matmul_ops.h"

#include <algorithm>
#include <cstring>

namespace talaria::cpu {
namespace {

// A tile is to take some 80 us. What one column of a panel costs: its bytes at 10 GB/s, which is what a
// thread gets of a shared bus, or its multiply-adds.
constexpr int64_t kTileNs = 80000;
// Activations of a tile: with as much of the weights again they stay in a level-2 cache of 512 KB while the
// tile's panels pass, and while its panels serve the next block of rows.
constexpr int64_t kActivationBytes = 128 << 10;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

MatmulOp::MatmulOp(const Tensor& x, const Tensor* rounded, const Weight& weight, const Tensor& out,
                   int64_t together)
    : x_(x), rounded_(rounded), weight_(weight), out_(out), together_(together) {
  for (const Weight::Slice& slice : weight.slices()) {
    most_panels_ = std::max(most_panels_, slice.panels / together);
    most_columns_ = std::max(most_columns_, slice.columns.size());
  }
}

MatmulCut MatmulOp::CutFor(const Frame& frame) const {
  MatmulCut cut;
  cut.rows = frame.RowCount(out_.rows);
  cut.row_blocks = CeilDiv(std::max<int64_t>(cut.rows, 1), kTileRows);
  const int64_t tile_rows = CeilDiv(cut.rows, cut.row_blocks);
  const int64_t bytes =
      together_ * static_cast<int64_t>(weight_.format().OffsetOf(kColumnStep)) / kColumnStep;
  const int64_t products = together_ * tile_rows * kPanelColumns;
  const int64_t column_ps =
      std::max<int64_t>({bytes * 100, products * 1000000 / frame.kernels.multiply_adds_per_us, 1});

  const int64_t fits = kActivationBytes / (std::max<int64_t>(tile_rows, 1) * int64_t{sizeof(float)});
  const int64_t most = std::min(fits, 2 * kTileNs * 1000 / column_ps);
  cut.k_step = most_columns_;
  if (most_columns_ > most) {
    // Steps of nearly equal size, none larger than that by more than it takes to end on whole blocks.
    const int64_t steps = CeilDiv(most_columns_, std::max(most / kColumnStep * kColumnStep, kColumnStep));
    cut.k_step = CeilDiv(CeilDiv(most_columns_, steps), kColumnStep) * kColumnStep;
    cut.k_steps = CeilDiv(most_columns_, cut.k_step);
  }
  // Few enough panels a tile that each thread gets several tiles.
  const int64_t fair = most_panels_ * cut.row_blocks / (4 * frame.threads);
  cut.tile_panels = std::clamp<int64_t>(kTileNs * 1000 / (column_ps * cut.k_step), 1,
                                        std::max<int64_t>(std::min(fair, most_panels_), 1));
  cut.band_panels = cut.k_steps == 1 ? most_panels_ : std::min(most_panels_, BandPanels());
  cut.bands = CeilDiv(most_panels_, cut.band_panels);
  cut.panel_tiles = CeilDiv(cut.band_panels, cut.tile_panels);
  return cut;
}

Grid MatmulOp::GridOf(const Frame& frame) const {
  const MatmulCut cut = CutFor(frame);
  if (cut.rows == 0) return {1, 0};
  const auto slices = static_cast<int64_t>(weight_.slices().size());
  return {cut.phases(), static_cast<uint32_t>(slices * cut.panel_tiles * cut.row_blocks)};
}

// Row blocks follow one another over the same panels, so that a panel comes from memory once.
void MatmulOp::Run(const Frame& frame, uint32_t phase, uint32_t index, float* scratch) const {
  const MatmulCut cut = CutFor(frame);
  const int64_t band = phase / cut.k_steps;
  const int64_t step = phase % cut.k_steps;
  const int64_t block = index % cut.row_blocks;
  const int64_t run = index / cut.row_blocks % cut.panel_tiles;
  Tile tile;
  tile.slice = static_cast<size_t>(index / cut.row_blocks / cut.panel_tiles);
  const Weight::Slice& slice = weight_.slices()[tile.slice];
  tile.row = cut.rows * block / cut.row_blocks;
  tile.rows = cut.rows * (block + 1) / cut.row_blocks - tile.row;
  tile.first_band_panel = band * cut.band_panels;
  tile.panel = tile.first_band_panel + run * cut.tile_panels;
  const int64_t band_end = std::min(tile.first_band_panel + cut.band_panels, slice.panels / together_);
  tile.panel_end = std::min(tile.panel + cut.tile_panels, band_end);
  if (block + 1 == cut.row_blocks && tile.panel_end < band_end) tile.next_panel = tile.panel_end;
  // A slice may have fewer columns than the widest, even none: its last stretches are then empty.
  tile.k = std::min(step * cut.k_step, slice.columns.size());
  tile.count = std::min(cut.k_step, slice.columns.size() - tile.k);
  tile.first = step == 0;
  tile.last = step + 1 == cut.k_steps;
  if (tile.panel < tile.panel_end) RunTile(frame, cut, tile, scratch);
}

void MatmulOp::Multiply(const Frame& frame, const Tile& tile, int64_t panel, int64_t next, float* c,
                        int64_t c_stride) const {
  const Weight::Slice& slice = weight_.slices()[tile.slice];
  MatmulArgs args;
  args.rows = tile.rows;
  args.k = tile.count;
  args.c = c;
  args.c_stride = c_stride;
  args.first = tile.first;
  const uint64_t offset = weight_.format().OffsetOf(tile.k);
  args.panel = weight_.Panel(slice, panel) + offset;
  args.next = next < 0 ? nullptr : weight_.Panel(slice, next) + offset;
  // A rank's part of x, and in it the columns before the leaf's.
  const size_t parts = x_.columns.size();
  const size_t slices_a_part = weight_.split() == Split::kColumns ? weight_.slices().size() / parts : 1;
  const size_t part = weight_.split() == Split::kColumns ? tile.slice / slices_a_part : 0;
  const int64_t skip = slice.columns.begin - weight_.slices()[part * slices_a_part].columns.begin + tile.k;
  args.a_stride = x_.Stride(part);
  if (rounded_ != nullptr) {
    args.a_stride *= 2;
    args.a = reinterpret_cast<const uint16_t*>(rounded_->At(frame, part, tile.row)) + skip;
  } else {
    args.a = x_.At(frame, part, tile.row) + skip;
  }
  frame.kernels.matmul[weight_.format().element()](args);
}

void LinearOp::RunTile(const Frame& frame, const MatmulCut& /*cut*/, const Tile& tile, float* scratch) const {
  const Weight::Slice& slice = weight().slices()[tile.slice];
  const int64_t stride = out().Stride(tile.slice);
  for (int64_t panel = tile.panel; panel < tile.panel_end; ++panel) {
    const Weight::Outputs outputs = Weight::OutputsOf(slice, panel);
    const int64_t next = PanelAfter(tile, panel);
    float* c = out().At(frame, tile.slice, tile.row) + outputs.first;
    if (outputs.count == kPanelColumns) {
      Multiply(frame, tile, panel, next, c, stride);
      continue;
    }
    const size_t bytes = static_cast<size_t>(outputs.count) * sizeof(float);
    for (int64_t row = 0; row < tile.rows && !tile.first; ++row) {
      std::memcpy(scratch + row * kPanelColumns, c + row * stride, bytes);
    }
    Multiply(frame, tile, panel, next, scratch, kPanelColumns);
    for (int64_t row = 0; row < tile.rows; ++row) {
      std::memcpy(c + row * stride, scratch + row * kPanelColumns, bytes);
    }
  }
}

int64_t GatedLinearOp::PartialColumns(int64_t rows, const Weight& weight) {
  constexpr int64_t kPartialBytes = int64_t{4} << 20;
  constexpr int64_t kPanelBytes = 2 * kPanelColumns * int64_t{sizeof(float)};
  int64_t panels = 0;
  for (const Weight::Slice& slice : weight.slices()) panels = std::max(panels, slice.panels / 2);
  return std::min(std::max<int64_t>(kPartialBytes / (rows * kPanelBytes), 8), panels) * 2 * kPanelColumns;
}

void GatedLinearOp::RunTile(const Frame& frame, const MatmulCut& cut, const Tile& tile,
                            float* scratch) const {
  const Weight::Slice& slice = weight().slices()[tile.slice];
  const int64_t up_panel = slice.groups[1].first_panel;
  for (int64_t panel = tile.panel; panel < tile.panel_end; ++panel) {
    float* gate = scratch;
    int64_t stride = 2 * kPanelColumns;
    if (cut.k_steps > 1) {
      gate = partial_.At(frame, tile.slice, tile.row) + (panel - tile.first_band_panel) * 2 * kPanelColumns;
      stride = partial_.Stride(tile.slice);
    }
    float* const up = gate + kPanelColumns;
    Multiply(frame, tile, panel, up_panel + panel, gate, stride);
    Multiply(frame, tile, up_panel + panel, PanelAfter(tile, panel), up, stride);
    if (!tile.last) continue;
    const Weight::Outputs outputs = Weight::OutputsOf(slice, panel);
    for (int64_t row = 0; row < tile.rows; ++row) {
      frame.kernels.gated_silu(gate + row * stride, up + row * stride, outputs.count,
                               out().At(frame, tile.slice, tile.row + row) + outputs.first);
    }
  }
}

}  // namespace talaria::cpu
