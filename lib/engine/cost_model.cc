#include "lib/engine/cost_model.h"

#include <algorithm>

namespace talaria {
namespace {

// A step's weight halves every 14 steps: long enough to average noise out, short enough to follow a machine
// whose clock falls or a conversation whose context grows.
constexpr double kFade = 0.95;

}  // namespace

void CostModel::Note(int64_t rows, int64_t ns) {
  const auto x = static_cast<double>(rows);
  const auto y = static_cast<double>(ns);
  weight_ = weight_ * kFade + 1;
  rows_ = rows_ * kFade + x;
  ns_ = ns_ * kFade + y;
  rows_rows_ = rows_rows_ * kFade + x * x;
  rows_ns_ = rows_ns_ * kFade + x * y;
}

CostModel::Line CostModel::Fit() const {
  if (weight_ == 0) return {};
  const double spread = weight_ * rows_rows_ - rows_ * rows_;
  // Steps of one size say nothing of the slope: then a row is taken to cost its share of a step, which errs
  // on the side of short steps. The bound is a standard deviation of half a row.
  if (spread < 0.25 * weight_ * weight_) return {0, ns_ / rows_};
  const double slope = std::max((weight_ * rows_ns_ - rows_ * ns_) / spread, 0.0);
  const double fixed = (ns_ - slope * rows_) / weight_;
  // A line that would begin below zero is one through the origin.
  return fixed < 0 ? Line{0, ns_ / rows_} : Line{fixed, slope};
}

int64_t CostModel::Expected(int64_t rows) const {
  const Line line = Fit();
  return static_cast<int64_t>(line.fixed + line.per_row * static_cast<double>(rows));
}

int64_t CostModel::RowsWithin(int64_t target_ns, int64_t least, int64_t most) const {
  const Line line = Fit();
  const double left = static_cast<double>(target_ns) - line.fixed;
  if (left < 0) return least;
  if (left >= line.per_row * static_cast<double>(most)) return most;
  return std::clamp(static_cast<int64_t>(left / line.per_row), least, most);
}

}  // namespace talaria
