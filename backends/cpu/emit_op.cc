#include "backends/cpu/emit_op.h"

#include <algorithm>
#include <limits>

namespace talaria::cpu {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// A heap of the best so far with the worst on top, in the caller's arrays.
class Best {
 public:
  Best(int32_t capacity, float* values, int32_t* tokens)
      : capacity_(capacity), values_(values), tokens_(tokens) {}

  // Whether (value, a token above all held) would enter.
  bool Takes(float value) const { return held_ < capacity_ || value > values_[0]; }
  void Add(float value, int32_t token) {
    if (held_ < capacity_) {
      int32_t at = held_++;
      for (; at > 0 && Better((at - 1) / 2, value, token); at = (at - 1) / 2) Move((at - 1) / 2, at);
      Put(at, value, token);
      return;
    }
    SiftDown(value, token);
  }
  // Descending; the rest of the arrays is filled.
  void Finish() {
    std::fill(values_ + held_, values_ + capacity_, kNothing);
    std::fill(tokens_ + held_, tokens_ + capacity_, -1);
    while (held_ > 1) {
      const float value = values_[held_ - 1];
      const int32_t token = tokens_[held_ - 1];
      Move(0, --held_);
      SiftDown(value, token);
    }
  }

 private:
  // The entry at *at* is better than (value, token).
  bool Better(int32_t at, float value, int32_t token) const {
    return values_[at] > value || (values_[at] == value && tokens_[at] < token);
  }
  void Put(int32_t at, float value, int32_t token) {
    values_[at] = value;
    tokens_[at] = token;
  }
  void Move(int32_t from, int32_t to) { Put(to, values_[from], tokens_[from]); }
  // Puts (value, token) in the place of the worst.
  void SiftDown(float value, int32_t token) {
    int32_t at = 0;
    for (;;) {
      int32_t child = 2 * at + 1;
      if (child >= held_) break;
      if (child + 1 < held_ && Better(child, values_[child + 1], tokens_[child + 1])) ++child;
      if (Better(child, value, token)) break;
      Move(child, at);
      at = child;
    }
    Put(at, value, token);
  }

  const int32_t capacity_;
  float* const values_;
  int32_t* const tokens_;
  int32_t held_ = 0;
};

bool Allowed(const SamplingSpec& sampling, int32_t token) {
  if (sampling.mask == nullptr) return true;
  return (sampling.mask[static_cast<size_t>(token) / 32] >> (token % 32) & 1u) != 0;
}

// The largest of *count* numbers, NaN aside. In lanes, which the compiler vectorises.
float LargestOf(const float* x, size_t count) {
  constexpr size_t kLanes = 16;
  float lanes[kLanes];
  std::fill(lanes, lanes + kLanes, kNothing);
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t j = 0; j < kLanes; ++j) lanes[j] = x[i + j] > lanes[j] ? x[i + j] : lanes[j];
  }
  for (size_t j = 0; i + j < count; ++j) lanes[j] = x[i + j] > lanes[j] ? x[i + j] : lanes[j];
  return *std::max_element(lanes, lanes + kLanes);
}

}  // namespace

void TopK(const LogitParts& logits, const SamplingSpec& sampling, int32_t count, float* values,
          int32_t* tokens) {
  // Most stretches hold nothing that is large enough.
  constexpr size_t kStretch = 256;
  Best best(count, values, tokens);
  int32_t token = 0;
  for (const absl::Span<const float> part : logits.parts()) {
    for (size_t at = 0; at < part.size(); at += kStretch) {
      const size_t size = std::min(kStretch, part.size() - at);
      if (!best.Takes(LargestOf(part.data() + at, size))) {
        token += static_cast<int32_t>(size);
        continue;
      }
      for (size_t i = 0; i < size; ++i, ++token) {
        const float logit = part[at + i];
        const float value = logit == logit ? logit : kNothing;
        if (best.Takes(value) && Allowed(sampling, token)) best.Add(value, token);
      }
    }
  }
  best.Finish();
}

void EmitOp::RunRow(const Frame& frame, int64_t row, float* /*scratch*/) const {
  const OutputSpec& output =
      frame.plan.outputs[static_cast<size_t>(frame.output_rows[static_cast<size_t>(row)])];
  LogitParts logits;
  for (size_t part = 0; part < logits_.columns.size(); ++part) {
    logits.Add({logits_.At(frame, part, row), static_cast<size_t>(logits_.columns[part])});
  }
  float* values = output.values;
  switch (output.kind) {
    case OutputKind::kNone:
      break;
    case OutputKind::kHidden:
      std::copy_n(hidden_.At(frame, 0, row), hidden_.columns[0], values);
      break;
    case OutputKind::kLogits:
      for (const absl::Span<const float> part : logits.parts())
        values = std::copy(part.begin(), part.end(), values);
      break;
    case OutputKind::kTopK:
      TopK(logits, output.sampling, output.top_k, values, output.tokens);
      break;
    case OutputKind::kSampled:
      TopK(logits, output.sampling, 1, values, output.tokens);
      break;
  }
}

}  // namespace talaria::cpu
