#include "backends/cpu/row_ops.h"

#include <algorithm>
#include <cmath>

namespace talaria::cpu {
namespace {

// Sums of 16 interleaved lanes, which are then added in pairs: an order that only *count* fixes, and one that
// the compiler can vectorise.
constexpr int64_t kLanes = 16;

float SumLanes(float* lanes) {
  for (int64_t width = kLanes / 2; width > 0; width /= 2) {
    for (int64_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

float SumOfSquares(const float* x, int64_t count) {
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t j = 0; j < kLanes; ++j) lanes[j] += x[i + j] * x[i + j];
  }
  for (int64_t j = 0; i + j < count; ++j) lanes[j] += x[i + j] * x[i + j];
  return SumLanes(lanes);
}

void Rotate(const float* head, const float* table, int64_t half, float* out) {
  const float* cosines = table;
  const float* sines = table + half;
  for (int64_t i = 0; i < half; ++i) {
    const float low = head[i];
    const float high = head[i + half];
    out[i] = low * cosines[i] - high * sines[i];
    out[i + half] = high * cosines[i] + low * sines[i];
  }
}

}  // namespace

void EmbedOp::RunRow(const Frame& frame, int64_t row, float* /*scratch*/) const {
  const int64_t token = frame.plan.tokens[static_cast<size_t>(row)];
  for (const Weight::Slice& slice : table_.slices()) {
    const Range owned = slice.groups[0].rows;
    if (token < owned.begin || token >= owned.end) continue;
    const int64_t index = token - owned.begin;
    table_.format().Unpack(table_.Panel(slice, index / kPanelColumns), index % kPanelColumns,
                           table_.columns(), out_.At(frame, 0, row));
  }
}

void ImportOp::RunRow(const Frame& frame, int64_t row, float* /*scratch*/) const {
  const int64_t width = out_.columns[0];
  std::copy_n(frame.plan.residual.data() + row * width, width, out_.At(frame, 0, row));
}

void ExportOp::RunRow(const Frame& frame, int64_t row, float* /*scratch*/) const {
  const int64_t width = residual_.columns[0];
  const float* stream = residual_.At(frame, 0, row);
  const float* delta = delta_.At(frame, 0, row);
  float* out = frame.plan.residual.data() + row * width;
  for (int64_t i = 0; i < width; ++i) out[i] = stream[i] + delta[i];
}

void NormOp::RunRow(const Frame& frame, int64_t row, float* /*scratch*/) const {
  const int64_t width = out_.columns[0];
  float* stream = residual_.At(frame, 0, row);
  if (delta_ != nullptr) {
    const float* delta = delta_->At(frame, 0, row);
    for (int64_t i = 0; i < width; ++i) stream[i] += delta[i];
  }
  const float mean = SumOfSquares(stream, width) / static_cast<float>(width);
  const float scale = 1.0f / std::sqrt(mean + epsilon_);
  const float* weight = weight_.Dense();
  float* out = out_.At(frame, 0, row);
  for (int64_t i = 0; i < width; ++i) out[i] = stream[i] * scale * weight[i];
}

void RopeTableOp::RunRow(const Frame& frame, int64_t row, float* /*scratch*/) const {
  const int64_t half = spec_.head_dim / 2;
  float* cosines = out_.At(frame, 0, row);
  const auto position = static_cast<float>(frame.plan.positions[static_cast<size_t>(row)]);
  for (int64_t i = 0; i < half; ++i) {
    // Angles in float32, as Hugging Face computes them.
    const auto angle = static_cast<double>(position * spec_.inverse_frequencies[static_cast<size_t>(i)]);
    cosines[i] = static_cast<float>(std::cos(angle));
    cosines[half + i] = static_cast<float>(std::sin(angle));
  }
}

void RopeStoreOp::RunRow(const Frame& frame, int64_t row, float* scratch) const {
  const auto plan_row = static_cast<size_t>(row);
  const auto ranks = static_cast<int64_t>(query_.columns.size());
  const int64_t dim = spec_.head_dim;
  const int64_t heads = spec_.heads / ranks;  // of one rank
  const int64_t kv_heads = spec_.kv_heads / ranks;
  const int64_t page_size = frame.kv->spec().page_size;
  const int64_t position = frame.Position(plan_row);
  const int32_t page = frame.Pages(plan_row)[static_cast<size_t>(position / page_size)];
  const float* table = table_.At(frame, 0, row);
  const auto narrow = frame.kernels.narrow[frame.kv->element()];
  float* const rotated = scratch;
  float* const key = scratch + dim;
  float* const value = scratch + 2 * dim;
  for (int64_t rank = 0; rank < ranks; ++rank) {
    const float* source = qkv_.At(frame, static_cast<size_t>(rank), row);
    float* query = query_.At(frame, static_cast<size_t>(rank), row);
    for (int64_t head = 0; head < heads; ++head) {
      Rotate(source + head * dim, table, dim / 2, query + head * dim);
    }
    for (int64_t head = 0; head < kv_heads; ++head) {
      Rotate(source + (heads + head) * dim, table, dim / 2, rotated);
      narrow(rotated, dim, key);
      narrow(source + (heads + kv_heads + head) * dim, dim, value);
      frame.kv->Store(page, layer_, rank * kv_heads + head, position % page_size, key, value);
    }
  }
}

void AllReduceOp::RunRow(const Frame& frame, int64_t row, float* /*scratch*/) const {
  const int64_t width = out_.columns[0];
  float* out = out_.At(frame, 0, row);
  std::copy_n(partial_.At(frame, 0, row), width, out);
  for (size_t leaf = 1; leaf < partial_.columns.size(); ++leaf) {
    const float* share = partial_.At(frame, leaf, row);
    for (int64_t i = 0; i < width; ++i) out[i] += share[i];
  }
}

void GatherOp::RunRow(const Frame& frame, int64_t row, float* /*scratch*/) const {
  const int64_t from = frame.output_rows[static_cast<size_t>(row)];
  for (size_t part = 0; part < out_.columns.size(); ++part) {
    std::copy_n(x_.At(frame, part, from), out_.columns[part], out_.At(frame, part, row));
  }
}

void RoundOp::RunRow(const Frame& frame, int64_t row, float* /*scratch*/) const {
  for (size_t part = 0; part < x_.columns.size(); ++part) {
    frame.kernels.narrow[kElementBF16](x_.At(frame, part, row), x_.columns[part], out_.At(frame, part, row));
  }
}

}  // namespace talaria::cpu
