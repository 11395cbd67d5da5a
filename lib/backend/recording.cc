#include "lib/backend/recording.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace talaria {
namespace {

int64_t AddressOf(const void* object) { return static_cast<int64_t>(reinterpret_cast<intptr_t>(object)); }

int64_t BitsOfFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

}  // namespace

bool RecordingOps::Begin(std::string_view op, std::vector<int64_t> arguments) {
  if (!status_.ok()) return false;
  if (finished_) {
    Fail(op, "follows the end of the program");
    return false;
  }
  calls_.push_back({op, std::move(arguments)});
  return true;
}

void RecordingOps::Fail(std::string_view op, std::string_view why) {
  if (status_.ok()) status_ = Internal("op ", op_count_, ", ", op, ": ", why);
}

bool RecordingOps::Known(Activation activation) const {
  if (activation.id < 0 || static_cast<size_t>(activation.id) >= activations_.size()) return false;
  const Activation& made = activations_[static_cast<size_t>(activation.id)];
  return made.columns == activation.columns && made.rows == activation.rows &&
         made.placement == activation.placement;
}

Activation RecordingOps::End(std::initializer_list<Activation> inputs, int64_t columns, RowSet rows,
                             Placement placement) {
  for (const Activation& input : inputs) {
    if (input.id >= 0) lives_[static_cast<size_t>(input.id)].last_op = op_count_;
  }
  Activation out;
  if (columns > 0) {
    out = {static_cast<int32_t>(activations_.size()), columns, rows, placement};
    activations_.push_back(out);
    lives_.push_back({op_count_, op_count_});
  }
  ++op_count_;
  return out;
}

void RecordingOps::EnterLayer(int64_t layer) {
  if (!Begin("EnterLayer", {layer})) return;
  DoEnterLayer(layer);
}

Activation RecordingOps::Embed(const PackedWeight& table) {
  if (!Begin("Embed", {AddressOf(&table)})) return {};
  if (table.split() != Split::kRows) {
    Fail("Embed", "the table is not split by rows");
    return {};
  }
  const Activation out = End({}, table.columns(), RowSet::kAll, Placement::kReplicated);
  DoEmbed(out, table);
  return out;
}

Activation RecordingOps::ImportResidual(int64_t columns) {
  if (!Begin("ImportResidual", {columns})) return {};
  const Activation out = End({}, columns, RowSet::kAll, Placement::kReplicated);
  DoImportResidual(out);
  return out;
}

void RecordingOps::ExportResidual(Activation residual, Activation delta) {
  if (!Begin("ExportResidual", {residual.id, delta.id})) return;
  const auto whole = [this](Activation a) {
    return Known(a) && a.placement == Placement::kReplicated && a.rows == RowSet::kAll;
  };
  if (!whole(residual) || !whole(delta) || residual.columns != delta.columns) {
    return Fail("ExportResidual", "expected two replicated tensors of all rows and one width");
  }
  End({residual, delta}, 0, RowSet::kAll, Placement::kReplicated);
  finished_ = true;
  DoExportResidual(residual, delta);
}

Activation RecordingOps::AddRmsNorm(Activation residual, Activation delta, const PackedWeight& weight,
                                    float epsilon) {
  if (!Begin("AddRmsNorm", {residual.id, delta.id, AddressOf(&weight), BitsOfFloat(epsilon)})) return {};
  const bool has_delta = delta.id >= 0;
  const bool right = Known(residual) && residual.placement == Placement::kReplicated &&
                     (!has_delta || (Known(delta) && delta.placement == Placement::kReplicated &&
                                     delta.rows == residual.rows && delta.columns == residual.columns));
  if (!right || weight.split() != Split::kReplicated || weight.rows() != 1 ||
      weight.columns() != residual.columns) {
    Fail("AddRmsNorm", "residual, delta and weight do not fit");
    return {};
  }
  const Activation out = End({residual, delta}, residual.columns, residual.rows, Placement::kReplicated);
  DoAddRmsNorm(out, residual, delta, weight, epsilon);
  return out;
}

Activation RecordingOps::Linear(Activation x, const PackedWeight& weight) {
  if (!Begin("Linear", {x.id, AddressOf(&weight)})) return {};
  const bool by_rows = weight.split() == Split::kRows;
  const Placement wanted = by_rows ? Placement::kReplicated : Placement::kSharded;
  if (!Known(x) || weight.split() == Split::kReplicated || x.placement != wanted ||
      x.columns != weight.columns()) {
    Fail("Linear", Cat("input of ", x.columns, " columns does not fit a weight [", weight.rows(), ", ",
                       weight.columns(), "] or its split"));
    return {};
  }
  const Activation out = End({x}, weight.rows(), x.rows, by_rows ? Placement::kSharded : Placement::kPartial);
  DoLinear(out, x, weight);
  return out;
}

Activation RecordingOps::GatedLinear(Activation x, const PackedWeight& gate_up) {
  if (!Begin("GatedLinear", {x.id, AddressOf(&gate_up)})) return {};
  if (!Known(x) || x.placement != Placement::kReplicated || gate_up.split() != Split::kRows ||
      x.columns != gate_up.columns() || gate_up.rows() % 2 != 0) {
    Fail("GatedLinear", Cat("input of ", x.columns, " columns does not fit a weight [", gate_up.rows(), ", ",
                            gate_up.columns(), "] of two groups"));
    return {};
  }
  const Activation out = End({x}, gate_up.rows() / 2, x.rows, Placement::kSharded);
  DoGatedLinear(out, x, gate_up);
  return out;
}

bool RecordingOps::FitsCache(int64_t layer, const AttentionSpec& spec) const {
  const bool heads_right = spec.heads > 0 && spec.kv_heads > 0 && spec.head_dim > 0 &&
                           spec.head_dim % 2 == 0 && spec.heads % spec.kv_heads == 0 &&
                           spec.kv_heads % ranks_ == 0 &&
                           static_cast<int64_t>(spec.inverse_frequencies.size()) == spec.head_dim / 2;
  if (!heads_right || layer < 0) return false;
  return !has_kv_ || (layer < kv_.layers && spec.kv_heads == kv_.kv_heads && spec.head_dim == kv_.head_dim);
}

Activation RecordingOps::RopeStoreKv(Activation qkv, int64_t layer, const AttentionSpec& spec) {
  if (!Begin("RopeStoreKv", {qkv.id, layer, AddressOf(&spec)})) return {};
  if (!FitsCache(layer, spec) || !Known(qkv) || qkv.placement != Placement::kSharded ||
      qkv.rows != RowSet::kAll || qkv.columns != (spec.heads + 2 * spec.kv_heads) * spec.head_dim) {
    Fail("RopeStoreKv", Cat(qkv.columns, " columns do not fit ", spec.heads, " + 2 x ", spec.kv_heads,
                            " heads of ", spec.head_dim, " on ", ranks_, " ranks"));
    return {};
  }
  const Activation out = End({qkv}, spec.heads * spec.head_dim, RowSet::kAll, Placement::kSharded);
  DoRopeStoreKv(out, qkv, layer, spec);
  return out;
}

Activation RecordingOps::Attention(Activation query, int64_t layer, const AttentionSpec& spec) {
  if (!Begin("Attention", {query.id, layer, AddressOf(&spec)})) return {};
  if (!FitsCache(layer, spec) || !Known(query) || query.placement != Placement::kSharded ||
      query.columns != spec.heads * spec.head_dim) {
    Fail("Attention", Cat(query.columns, " columns do not fit ", spec.heads, " heads of ", spec.head_dim));
    return {};
  }
  const Activation out = End({query}, query.columns, query.rows, Placement::kSharded);
  DoAttention(out, query, layer, spec);
  return out;
}

Activation RecordingOps::AllReduce(Activation partial) {
  if (!Begin("AllReduce", {partial.id})) return {};
  if (!Known(partial) || partial.placement != Placement::kPartial) {
    Fail("AllReduce", "expected a partial sum");
    return {};
  }
  const Activation out = End({partial}, partial.columns, partial.rows, Placement::kReplicated);
  DoAllReduce(out, partial);
  return out;
}

Activation RecordingOps::GatherRows(Activation x) {
  if (!Begin("GatherRows", {x.id})) return {};
  if (!Known(x) || x.rows != RowSet::kAll || x.placement == Placement::kPartial) {
    Fail("GatherRows", "expected all rows of a tensor that is no partial sum");
    return {};
  }
  const Activation out = End({x}, x.columns, RowSet::kOutput, x.placement);
  DoGatherRows(out, x);
  return out;
}

void RecordingOps::Emit(Activation hidden, Activation logits) {
  if (!Begin("Emit", {hidden.id, logits.id})) return;
  if (!Known(hidden) || !Known(logits) || hidden.placement != Placement::kReplicated ||
      logits.placement == Placement::kPartial || hidden.rows != RowSet::kOutput ||
      logits.rows != RowSet::kOutput) {
    return Fail("Emit", "expected the output rows of hidden (replicated) and logits");
  }
  End({hidden, logits}, 0, RowSet::kOutput, Placement::kReplicated);
  finished_ = true;
  DoEmit(hidden, logits);
}

Status RecordingOps::status() const {
  if (status_.ok() && !finished_) return Internal("the body ends without Emit or ExportResidual");
  return status_;
}

uint64_t ArenaLayout::Take(uint64_t bytes) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  uint64_t offset = 0;
  auto at = taken_.begin();
  for (; at != taken_.end() && at->offset - offset < bytes; ++at) offset = at->end;
  taken_.insert(at, {offset, offset + bytes});
  peak_ = std::max(peak_, offset + bytes);
  return offset;
}

void ArenaLayout::Release(uint64_t offset) {
  const auto at =
      std::find_if(taken_.begin(), taken_.end(), [&](const Taken& t) { return t.offset == offset; });
  if (at != taken_.end()) taken_.erase(at);
}

Status CompareRecordings(const std::vector<RecordedCall>& first, const std::vector<RecordedCall>& second) {
  const size_t common = std::min(first.size(), second.size());
  for (size_t i = 0; i < common; ++i) {
    if (!(first[i] == second[i])) {
      return Internal("a body recorded twice for one key differs at call ", i, ": ", first[i].op, ", then ",
                      second[i].op, first[i].op == second[i].op ? " with other arguments" : "");
    }
  }
  if (first.size() != second.size()) {
    return Internal("a body recorded twice for one key made ", first.size(), " calls, then ", second.size());
  }
  return absl::OkStatus();
}

}  // namespace talaria
