#include <algorithm>
#include <cstring>

#include "backends/reference/emit.h"
#include "backends/reference/kernels.h"
#include "backends/reference/program.h"
#include "backends/reference/weight.h"

namespace talaria::reference {
namespace {

const Weight& AsReference(const PackedWeight& weight) { return static_cast<const Weight&>(weight); }

int64_t RowCount(const Frame& frame, RowSet rows) {
  return rows == RowSet::kAll ? frame.plan.rows() : static_cast<int64_t>(frame.output_rows.size());
}

// The plan's row behind row *index* of a tensor.
size_t PlanRow(const Frame& frame, RowSet rows, int64_t index) {
  return rows == RowSet::kAll ? static_cast<size_t>(index)
                              : static_cast<size_t>(frame.output_rows[static_cast<size_t>(index)]);
}

absl::Span<const int32_t> PagesOf(const StepPlan& plan, size_t row) {
  const auto sequence = static_cast<size_t>(plan.sequences[row]);
  const int32_t begin = plan.page_offsets[sequence];
  return plan.pages.subspan(static_cast<size_t>(begin),
                            static_cast<size_t>(plan.page_offsets[sequence + 1] - begin));
}

}  // namespace

float* Parts::At(const Frame& frame, size_t part) const {
  int64_t before = 0;
  for (size_t i = 0; i < part; ++i) before += columns[i];
  return reinterpret_cast<float*>(frame.arena + offset) + before * capacity;
}

std::vector<int64_t> Recorder::Replicated(int64_t columns) const {
  return std::vector<int64_t>(static_cast<size_t>(ranks()), columns);
}

Recorder::PartsRef Recorder::Place(Activation activation, std::vector<int64_t> columns) {
  auto parts = std::make_shared<Parts>();
  parts->capacity = activation.rows == RowSet::kAll ? key().rows : key().output_rows;
  parts->rows = activation.rows;
  parts->columns = std::move(columns);
  parts_.push_back(parts);
  return parts;
}

StatusOr<Recorder::Result> Recorder::Finish() {
  TALARIA_RETURN_IF_ERROR(status());
  // The scratch of Attend stays at the front of the arena.
  ArenaLayout layout;
  int64_t head_dim = 0;
  for (const PartsRef& parts : parts_) {
    for (const int64_t columns : parts->columns) head_dim = std::max(head_dim, columns);
  }
  layout.Take(static_cast<uint64_t>(key().context + head_dim) * sizeof(double));
  for (uint32_t op = 0; op < op_count(); ++op) {
    for (size_t id = 0; id < parts_.size(); ++id) {
      if (lives()[id].first_op != op) continue;
      uint64_t columns = 0;
      for (const int64_t part : parts_[id]->columns) columns += static_cast<uint64_t>(part);
      parts_[id]->offset = layout.Take(columns * static_cast<uint64_t>(parts_[id]->capacity) * sizeof(float));
    }
    for (size_t id = 0; id < parts_.size(); ++id) {
      if (lives()[id].last_op == op) layout.Release(parts_[id]->offset);
    }
  }
  return Result{std::move(ops_), layout.peak(), vocabulary_, uses_described_};
}

void Recorder::DoEmbed(Activation out, const PackedWeight& table) {
  const Weight& weight = AsReference(table);
  uses_described_ |= weight.described_only();
  vocabulary_ = weight.rows();
  const PartsRef to = Place(out, Replicated(out.columns));
  ops_.emplace_back([to, &weight](Frame& frame) {
    for (size_t row = 0; row < frame.plan.tokens.size(); ++row) {
      const int32_t token = frame.plan.tokens[row];
      for (const Weight::Slice& slice : weight.slices()) {
        const Range owned = slice.group_rows[0];
        if (token < owned.begin || token >= owned.end) continue;
        for (size_t rank = 0; rank < to->columns.size(); ++rank) {
          std::memcpy(to->At(frame, rank) + static_cast<int64_t>(row) * weight.columns(),
                      slice.row(token - owned.begin), static_cast<size_t>(weight.columns()) * sizeof(float));
        }
      }
    }
    return absl::OkStatus();
  });
}

void Recorder::DoImportResidual(Activation out) {
  const PartsRef to = Place(out, Replicated(out.columns));
  ops_.emplace_back([to](Frame& frame) -> Status {
    const auto wanted = static_cast<size_t>(frame.plan.rows() * to->columns[0]);
    if (frame.plan.residual.size() < wanted)
      return Internal("a stage's residual of ", frame.plan.residual.size());
    for (size_t rank = 0; rank < to->columns.size(); ++rank) {
      std::copy_n(frame.plan.residual.begin(), wanted, to->At(frame, rank));
    }
    return absl::OkStatus();
  });
}

void Recorder::DoExportResidual(Activation residual, Activation delta) {
  const PartsRef from = PartsOf(residual);
  const PartsRef add = PartsOf(delta);
  ops_.emplace_back([from, add](Frame& frame) -> Status {
    const auto count = static_cast<size_t>(frame.plan.rows() * from->columns[0]);
    if (frame.plan.residual.size() < count)
      return Internal("a stage's residual of ", frame.plan.residual.size());
    for (size_t i = 0; i < count; ++i) frame.plan.residual[i] = from->At(frame, 0)[i] + add->At(frame, 0)[i];
    return absl::OkStatus();
  });
}

void Recorder::DoAddRmsNorm(Activation out, Activation residual, Activation delta, const PackedWeight& weight,
                            float epsilon) {
  const Weight& scale = AsReference(weight);
  uses_described_ |= scale.described_only();
  const PartsRef stream = PartsOf(residual);
  const PartsRef add = delta.id >= 0 ? PartsOf(delta) : nullptr;
  const PartsRef to = Place(out, Replicated(out.columns));
  ops_.emplace_back([=, &scale](Frame& frame) {
    const int64_t width = to->columns[0];
    for (size_t rank = 0; rank < to->columns.size(); ++rank) {
      for (int64_t row = 0; row < RowCount(frame, to->rows); ++row) {
        const float* added = add == nullptr ? nullptr : add->At(frame, rank) + row * width;
        reference::AddRmsNorm(stream->At(frame, rank) + row * width, added, scale.slices()[0].row(0), epsilon,
                              width, to->At(frame, rank) + row * width);
      }
    }
    return absl::OkStatus();
  });
}

void Recorder::DoLinear(Activation out, Activation x, const PackedWeight& weight) {
  const Weight& matrix = AsReference(weight);
  uses_described_ |= matrix.described_only();
  const PartsRef from = PartsOf(x);
  std::vector<int64_t> columns;
  for (const Weight::Slice& slice : matrix.slices()) columns.push_back(slice.rows);
  const PartsRef to = Place(out, std::move(columns));
  ops_.emplace_back([=, &matrix](Frame& frame) {
    const bool by_rows = matrix.split() == Split::kRows;
    const size_t leaves_a_rank = matrix.slices().size() / from->columns.size();
    for (size_t part = 0; part < matrix.slices().size(); ++part) {
      const Weight::Slice& slice = matrix.slices()[part];
      const size_t rank = by_rows ? part : part / leaves_a_rank;
      // Columns of x before this leaf that the same rank holds.
      const int64_t skip =
          by_rows ? 0 : slice.columns.begin - matrix.slices()[rank * leaves_a_rank].columns.begin;
      for (int64_t row = 0; row < RowCount(frame, to->rows); ++row) {
        const float* input = from->At(frame, rank) + row * from->columns[rank] + skip;
        float* output = to->At(frame, part) + row * slice.rows;
        for (int64_t i = 0; i < slice.rows; ++i) {
          output[i] = static_cast<float>(Dot(input, slice.row(i), slice.columns.size()));
        }
      }
    }
    return absl::OkStatus();
  });
}

void Recorder::DoGatedLinear(Activation out, Activation x, const PackedWeight& gate_up) {
  const Weight& matrix = AsReference(gate_up);
  uses_described_ |= matrix.described_only();
  const PartsRef from = PartsOf(x);
  std::vector<int64_t> columns;
  for (const Weight::Slice& slice : matrix.slices()) columns.push_back(slice.rows / 2);
  const PartsRef to = Place(out, std::move(columns));
  ops_.emplace_back([=, &matrix](Frame& frame) {
    for (size_t rank = 0; rank < matrix.slices().size(); ++rank) {
      const Weight::Slice& slice = matrix.slices()[rank];
      const int64_t half = slice.rows / 2;
      for (int64_t row = 0; row < RowCount(frame, to->rows); ++row) {
        const float* input = from->At(frame, rank) + row * from->columns[rank];
        float* output = to->At(frame, rank) + row * half;
        for (int64_t i = 0; i < half; ++i) {
          output[i] = GatedSilu(static_cast<float>(Dot(input, slice.row(i), slice.columns.size())),
                                static_cast<float>(Dot(input, slice.row(half + i), slice.columns.size())));
        }
      }
    }
    return absl::OkStatus();
  });
}

void Recorder::DoRopeStoreKv(Activation query, Activation qkv, int64_t layer, const AttentionSpec& spec) {
  const PartsRef from = PartsOf(qkv);
  const int64_t kv_heads = spec.kv_heads / ranks();  // of one rank
  const int64_t heads = spec.heads / ranks();
  const PartsRef to = Place(query, std::vector<int64_t>(static_cast<size_t>(ranks()), heads * spec.head_dim));
  ops_.emplace_back([=, &spec](Frame& frame) {
    const int64_t page_size = frame.kv->spec().page_size;
    const int64_t width = (heads + 2 * kv_heads) * spec.head_dim;
    for (size_t rank = 0; rank < to->columns.size(); ++rank) {
      for (int64_t row = 0; row < frame.plan.rows(); ++row) {
        const int64_t position = frame.plan.positions[static_cast<size_t>(row)];
        const int32_t page =
            PagesOf(frame.plan, static_cast<size_t>(row))[static_cast<size_t>(position / page_size)];
        const float* source = from->At(frame, rank) + row * width;
        float* rotated = to->At(frame, rank) + row * heads * spec.head_dim;
        for (int64_t head = 0; head < heads; ++head) {
          Rotate(source + head * spec.head_dim, spec, position, rotated + head * spec.head_dim);
        }
        for (int64_t head = 0; head < kv_heads; ++head) {
          const int64_t global = static_cast<int64_t>(rank) * kv_heads + head;
          const float* key = source + (heads + head) * spec.head_dim;
          const float* value = source + (heads + kv_heads + head) * spec.head_dim;
          Rotate(key, spec, position, frame.kv->At(page, layer, Pool::kKeys, global, position % page_size));
          std::copy_n(value, spec.head_dim,
                      frame.kv->At(page, layer, Pool::kValues, global, position % page_size));
        }
      }
    }
    return absl::OkStatus();
  });
}

void Recorder::DoAttention(Activation out, Activation query, int64_t layer, const AttentionSpec& spec) {
  const PartsRef from = PartsOf(query);
  const PartsRef to = Place(out, from->columns);
  const int64_t group = spec.heads / spec.kv_heads;
  const int64_t heads = spec.heads / ranks();
  ops_.emplace_back([=, &spec](Frame& frame) {
    auto* scratch = reinterpret_cast<double*>(frame.arena);
    for (size_t rank = 0; rank < to->columns.size(); ++rank) {
      for (int64_t row = 0; row < RowCount(frame, to->rows); ++row) {
        const size_t plan_row = PlanRow(frame, to->rows, row);
        for (int64_t head = 0; head < heads; ++head) {
          const int64_t kv_head = (static_cast<int64_t>(rank) * heads + head) / group;
          const CacheView cache{frame.kv, layer, kv_head, PagesOf(frame.plan, plan_row)};
          const int64_t at = (row * heads + head) * spec.head_dim;
          Attend(from->At(frame, rank) + at, cache, frame.plan.positions[plan_row], spec.head_dim, scratch,
                 to->At(frame, rank) + at);
        }
      }
    }
    return absl::OkStatus();
  });
}

void Recorder::DoAllReduce(Activation out, Activation partial) {
  const PartsRef from = PartsOf(partial);
  const PartsRef to = Place(out, Replicated(out.columns));
  ops_.emplace_back([from, to](Frame& frame) {
    const int64_t count = RowCount(frame, to->rows) * to->columns[0];
    for (int64_t i = 0; i < count; ++i) {
      float sum = from->At(frame, 0)[i];
      for (size_t leaf = 1; leaf < from->columns.size(); ++leaf) sum += from->At(frame, leaf)[i];
      for (size_t rank = 0; rank < to->columns.size(); ++rank) to->At(frame, rank)[i] = sum;
    }
    return absl::OkStatus();
  });
}

void Recorder::DoGatherRows(Activation out, Activation x) {
  const PartsRef from = PartsOf(x);
  const PartsRef to = Place(out, from->columns);
  ops_.emplace_back([from, to](Frame& frame) {
    for (size_t rank = 0; rank < to->columns.size(); ++rank) {
      const int64_t width = to->columns[rank];
      for (size_t row = 0; row < frame.output_rows.size(); ++row) {
        std::copy_n(from->At(frame, rank) + frame.output_rows[row] * width, width,
                    to->At(frame, rank) + static_cast<int64_t>(row) * width);
      }
    }
    return absl::OkStatus();
  });
}

void Recorder::DoEmit(Activation hidden, Activation logits) {
  const PartsRef states = PartsOf(hidden);
  const PartsRef scores = PartsOf(logits);
  const bool replicated = logits.placement == Placement::kReplicated;
  ops_.emplace_back([=](Frame& frame) {
    for (size_t row = 0; row < frame.output_rows.size(); ++row) {
      RowResult result;
      result.hidden =
          absl::MakeConstSpan(states->At(frame, 0) + static_cast<int64_t>(row) * states->columns[0],
                              static_cast<size_t>(states->columns[0]));
      const size_t parts = replicated ? 1 : scores->columns.size();
      for (size_t part = 0; part < parts; ++part) {
        const int64_t width = scores->columns[part];
        result.logits[part] = absl::MakeConstSpan(scores->At(frame, part) + static_cast<int64_t>(row) * width,
                                                  static_cast<size_t>(width));
      }
      result.parts = parts;
      EmitRow(result, frame.plan.outputs[static_cast<size_t>(frame.output_rows[row])]);
    }
    return absl::OkStatus();
  });
}

}  // namespace talaria::reference
