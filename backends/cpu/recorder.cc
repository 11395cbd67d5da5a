#include "backends/cpu/recorder.h"

#include <algorithm>
#include <utility>

#include "backends/cpu/attention_op.h"
#include "backends/cpu/emit_op.h"
#include "backends/cpu/matmul_ops.h"
#include "backends/cpu/row_ops.h"

namespace talaria::cpu {

Tensor* Recorder::Make(RowSet rows, std::vector<int64_t> columns) {
  auto tensor = std::make_unique<Tensor>();
  tensor->rows = rows;
  tensor->capacity = rows == RowSet::kAll ? key().rows : key().output_rows;
  tensor->columns = std::move(columns);
  recording_.tensors.push_back(std::move(tensor));
  lives_.push_back({current(), current()});
  return recording_.tensors.back().get();
}

const Tensor& Recorder::Place(Activation activation, std::vector<int64_t> columns) {
  const Tensor* tensor = Make(activation.rows, std::move(columns));
  tensor_of_.push_back(recording_.tensors.size() - 1);
  return *tensor;
}

const Weight& Recorder::Use(const PackedWeight& weight) {
  const auto& own = static_cast<const Weight&>(weight);
  recording_.uses_described |= own.described_only();
  return own;
}

const Tensor* Recorder::Rounded(Activation x, const Weight& weight) {
  if (!kernels_.bf16_activations || weight.format().element() != kElementBF16) return nullptr;
  const Tensor& from = At(x);
  const Tensor* to = Make(from.rows, from.columns);
  Add<RoundOp>(from, *to);
  return to;
}

const Tensor& Recorder::RopeTable(const AttentionSpec& spec) {
  if (rope_spec_ != &spec) {
    rope_spec_ = &spec;
    rope_table_ = recording_.tensors.size();
    const Tensor* table = Make(RowSet::kAll, {spec.head_dim});
    Add<RopeTableOp>(spec, *table);
  }
  lives_[rope_table_].last = current();
  return *recording_.tensors[rope_table_];
}

void Recorder::NeedScratch(int64_t floats) {
  recording_.scratch_floats = std::max(recording_.scratch_floats, (floats + 15) / 16 * 16);
}

void Recorder::LayOut() {
  for (size_t id = 0; id < tensor_of_.size(); ++id) {
    Life& life = lives_[tensor_of_[id]];
    life.last = std::max(life.last, lives()[id].last_op);
  }
  ArenaLayout layout;
  layout.Take(static_cast<uint64_t>(recording_.scratch_floats) * sizeof(float) *
              static_cast<uint64_t>(threads_));
  for (uint32_t op = 0; op < op_count(); ++op) {
    for (size_t i = 0; i < lives_.size(); ++i) {
      if (lives_[i].first == op) {
        recording_.tensors[i]->offset = layout.Take(recording_.tensors[i]->Bytes());
      }
    }
    for (size_t i = 0; i < lives_.size(); ++i) {
      if (lives_[i].last == op) layout.Release(recording_.tensors[i]->offset);
    }
  }
  recording_.arena_bytes = layout.peak();
}

StatusOr<Recording> Recorder::Finish() {
  TALARIA_RETURN_IF_ERROR(status());
  TALARIA_RETURN_IF_ERROR(failure_);
  LayOut();
  return std::move(recording_);
}

void Recorder::DoEmbed(Activation out, const PackedWeight& table) {
  const Weight& weight = Use(table);
  recording_.vocabulary = weight.rows();
  const Tensor& to = Place(out, {out.columns});
  Add<EmbedOp>(weight, to);
}

void Recorder::DoImportResidual(Activation out) {
  recording_.residual_columns = std::max(recording_.residual_columns, out.columns);
  const Tensor& to = Place(out, {out.columns});
  Add<ImportOp>(to);
}

void Recorder::DoExportResidual(Activation residual, Activation delta) {
  recording_.residual_columns = std::max(recording_.residual_columns, residual.columns);
  Add<ExportOp>(At(residual), At(delta));
}

void Recorder::DoAddRmsNorm(Activation out, Activation residual, Activation delta, const PackedWeight& weight,
                            float epsilon) {
  const Weight& scale = Use(weight);
  const Tensor& to = Place(out, {out.columns});
  Add<NormOp>(At(residual), delta.id >= 0 ? &At(delta) : nullptr, scale, epsilon, to);
}

void Recorder::DoLinear(Activation out, Activation x, const PackedWeight& weight) {
  const Weight& matrix = Use(weight);
  std::vector<int64_t> columns;
  for (const Weight::Slice& slice : matrix.slices()) columns.push_back(slice.rows);
  const Tensor* rounded = Rounded(x, matrix);
  const Tensor& to = Place(out, std::move(columns));
  Add<LinearOp>(At(x), rounded, matrix, to);
  NeedScratch(LinearOp::ScratchFloats());
}

void Recorder::DoGatedLinear(Activation out, Activation x, const PackedWeight& gate_up) {
  const Weight& matrix = Use(gate_up);
  std::vector<int64_t> columns, partial_columns;
  const int64_t partial_width = GatedLinearOp::PartialColumns(key().rows, matrix);
  for (const Weight::Slice& slice : matrix.slices()) {
    columns.push_back(slice.rows / 2);
    partial_columns.push_back(partial_width);
    if (slice.groups.size() != 2 || slice.groups[0].rows.size() != slice.groups[1].rows.size()) {
      if (failure_.ok())
        failure_ = Internal("op ", current(), ", GatedLinear: expected two groups of one size");
    }
  }
  const Tensor* rounded = Rounded(x, matrix);
  const Tensor* partial = Make(out.rows, std::move(partial_columns));
  const Tensor& to = Place(out, std::move(columns));
  Add<GatedLinearOp>(At(x), rounded, matrix, *partial, to);
  NeedScratch(GatedLinearOp::ScratchFloats());
}

void Recorder::DoRopeStoreKv(Activation query, Activation qkv, int64_t layer, const AttentionSpec& spec) {
  const Tensor& table = RopeTable(spec);
  const Tensor& to =
      Place(query, std::vector<int64_t>(static_cast<size_t>(ranks()), spec.heads / ranks() * spec.head_dim));
  Add<RopeStoreOp>(At(qkv), table, layer, spec, to);
  NeedScratch(RopeStoreOp::ScratchFloats(spec));
}

void Recorder::DoAttention(Activation out, Activation query, int64_t layer, const AttentionSpec& spec) {
  const Tensor* state =
      Make(out.rows, std::vector<int64_t>(static_cast<size_t>(ranks()), spec.heads / ranks() * 2));
  const Tensor& to = Place(out, At(query).columns);
  Add<AttentionOp>(At(query), layer, spec, *state, to);
  NeedScratch(AttentionOp::ScratchFloats(spec));
  const int64_t rows = AttentionOp::TileRows(spec);
  recording_.attention_rows =
      recording_.attention_rows == 1 ? rows : std::min(recording_.attention_rows, rows);
}

void Recorder::DoAllReduce(Activation out, Activation partial) {
  const Tensor& from = At(partial);
  if (from.columns.size() == 1) {
    // One leaf is its own sum.
    tensor_of_.push_back(tensor_of_[static_cast<size_t>(partial.id)]);
    return;
  }
  const Tensor& to = Place(out, {out.columns});
  Add<AllReduceOp>(from, to);
}

void Recorder::DoGatherRows(Activation out, Activation x) {
  const Tensor& to = Place(out, At(x).columns);
  Add<GatherOp>(At(x), to);
}

void Recorder::DoEmit(Activation hidden, Activation logits) { Add<EmitOp>(At(hidden), At(logits)); }

}  // namespace talaria::cpu
