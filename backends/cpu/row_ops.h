#ifndef TALARIA_BACKENDS_CPU_ROW_OPS_H_
#define TALARIA_BACKENDS_CPU_ROW_OPS_H_

#include "backends/cpu/tile_op.h"
#include "backends/cpu/weight.h"

// The ops that work row by row: a tile is a row. The tensors and weights they name outlive them.
namespace talaria::cpu {

class RowOp : public TileOp {
 public:
  explicit RowOp(RowSet rows) : rows_(rows) {}
  Grid GridOf(const Frame& frame) const final { return {1, static_cast<uint32_t>(frame.RowCount(rows_))}; }
  void Run(const Frame& frame, uint32_t /*phase*/, uint32_t tile, float* scratch) const final {
    RunRow(frame, static_cast<int64_t>(tile), scratch);
  }

 private:
  virtual void RunRow(const Frame& frame, int64_t row, float* scratch) const = 0;
  const RowSet rows_;
};

class EmbedOp final : public RowOp {
 public:
  EmbedOp(const Weight& table, const Tensor& out) : RowOp(out.rows), table_(table), out_(out) {}

 private:
  void RunRow(const Frame& frame, int64_t row, float* scratch) const override;
  const Weight& table_;
  const Tensor& out_;
};

class ImportOp final : public RowOp {
 public:
  explicit ImportOp(const Tensor& out) : RowOp(out.rows), out_(out) {}

 private:
  void RunRow(const Frame& frame, int64_t row, float* scratch) const override;
  const Tensor& out_;
};

class ExportOp final : public RowOp {
 public:
  ExportOp(const Tensor& residual, const Tensor& delta)
      : RowOp(residual.rows), residual_(residual), delta_(delta) {}

 private:
  void RunRow(const Frame& frame, int64_t row, float* scratch) const override;
  const Tensor& residual_;
  const Tensor& delta_;
};

class NormOp final : public RowOp {
 public:
  // *delta* may be null.
  NormOp(const Tensor& residual, const Tensor* delta, const Weight& weight, float epsilon, const Tensor& out)
      : RowOp(out.rows), residual_(residual), delta_(delta), weight_(weight), epsilon_(epsilon), out_(out) {}

 private:
  void RunRow(const Frame& frame, int64_t row, float* scratch) const override;
  const Tensor& residual_;
  const Tensor* const delta_;
  const Weight& weight_;
  const float epsilon_;
  const Tensor& out_;
};

// Cosines and then sines of each row's angles, once a step for all layers.
class RopeTableOp final : public RowOp {
 public:
  RopeTableOp(const AttentionSpec& spec, const Tensor& out) : RowOp(out.rows), spec_(spec), out_(out) {}

 private:
  void RunRow(const Frame& frame, int64_t row, float* scratch) const override;
  const AttentionSpec& spec_;
  const Tensor& out_;
};

class RopeStoreOp final : public RowOp {
 public:
  RopeStoreOp(const Tensor& qkv, const Tensor& table, int64_t layer, const AttentionSpec& spec,
              const Tensor& query)
      : RowOp(qkv.rows), qkv_(qkv), table_(table), layer_(layer), spec_(spec), query_(query) {}
  static int64_t ScratchFloats(const AttentionSpec& spec) { return 3 * spec.head_dim; }

 private:
  void RunRow(const Frame& frame, int64_t row, float* scratch) const override;
  const Tensor& qkv_;
  const Tensor& table_;
  const int64_t layer_;
  const AttentionSpec& spec_;
  const Tensor& query_;
};

class AllReduceOp final : public RowOp {
 public:
  AllReduceOp(const Tensor& partial, const Tensor& out) : RowOp(out.rows), partial_(partial), out_(out) {}

 private:
  void RunRow(const Frame& frame, int64_t row, float* scratch) const override;
  const Tensor& partial_;
  const Tensor& out_;
};

class GatherOp final : public RowOp {
 public:
  GatherOp(const Tensor& x, const Tensor& out) : RowOp(out.rows), x_(x), out_(out) {}

 private:
  void RunRow(const Frame& frame, int64_t row, float* scratch) const override;
  const Tensor& x_;
  const Tensor& out_;
};

// Rounds a product's input to BF16 where its kernel takes it so. BF16 lies at the front of each row of *out*,
// two numbers in the place of a float.
class RoundOp final : public RowOp {
 public:
  RoundOp(const Tensor& x, const Tensor& out) : RowOp(x.rows), x_(x), out_(out) {}

 private:
  void RunRow(const Frame& frame, int64_t row, float* scratch) const override;
  const Tensor& x_;
  const Tensor& out_;
};

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_ROW_OPS_H_
