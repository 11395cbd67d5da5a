#ifndef TALARIA_LIB_ENGINE_COST_MODEL_H_
#define TALARIA_LIB_ENGINE_COST_MODEL_H_

#include <cstdint>

namespace talaria {

// What a step costs on this machine, learnt while it runs: a part that each step has (weights are read once)
// and a part a row, by least squares over past steps whose weight fades. Decides how much of a prompt joins a
// step in which others wait for their next token. Changes no bit of any result. One thread at a time.
class CostModel {
 public:
  // A step of *rows* that took *ns* of work.
  void Note(int64_t rows, int64_t ns);

  // Nanoseconds that a step of *rows* is expected to take; 0 while nothing is known.
  int64_t Expected(int64_t rows) const;
  // The most rows, *least* to *most*, that are expected to take no more than *target_ns*; *most* while
  // nothing is known.
  int64_t RowsWithin(int64_t target_ns, int64_t least, int64_t most) const;

 private:
  struct Line {
    double fixed = 0;
    double per_row = 0;
  };
  Line Fit() const;

  // Sums over past steps: of weights, rows, times, squares and products.
  double weight_ = 0, rows_ = 0, ns_ = 0, rows_rows_ = 0, rows_ns_ = 0;
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_COST_MODEL_H_
