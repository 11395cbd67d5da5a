#ifndef TALARIA_LIB_BACKEND_WEIGHT_H_
#define TALARIA_LIB_BACKEND_WEIGHT_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "lib/base/status.h"
#include "lib/tensor/dtype.h"

namespace talaria {

// A matrix [rows, columns] that can be read, whole rows at a time, from wherever it lies. A vector is one
// row.
class WeightSource {
 public:
  virtual ~WeightSource() = default;

  // As the file calls it: for messages.
  virtual const std::string& name() const = 0;
  virtual int64_t rows() const = 0;
  virtual int64_t columns() const = 0;
  virtual DType dtype() const = 0;

  // Rows [first_row, first_row + rows) in row-major order and the source's own type into *destination*. Any
  // thread.
  virtual Status Read(int64_t first_row, int64_t rows, void* destination) const = 0;
};

// How a weight is divided over the ranks of a backend.
enum class Split : uint8_t {
  kReplicated,  // each rank has all of it: norms
  kRows,        // each rank has some output rows; results are sharded by column
  kColumns,     // each rank has some input columns; results are partial sums
};

// Sources stacked into one matrix; a backend keeps each group's slices together on a rank. The query, key and
// value projections are three groups of one weight, gate and up are two.
struct RowGroup {
  const WeightSource* source = nullptr;
  // Rows that stay together on one rank under Split::kRows: the query rows of one key/value head, say.
  int64_t unit = 1;
};

// What the numbers are kept as. kSource: the type of the file where the backend computes with it.
enum class WeightFormat : uint8_t { kSource, kF32, kBF16 };

struct PackRequest {
  absl::Span<const RowGroup> groups;  // all of one column count
  Split split = Split::kReplicated;
  int64_t column_unit = 1;  // columns that stay together under Split::kColumns
  WeightFormat format = WeightFormat::kSource;
  // Parts into which a sum over split columns is cut before it is added up in order; the larger of this and
  // the number of ranks is what a backend uses (DESIGN.md, Same bits).
  int32_t canonical_leaves = 1;
};

// A weight in a backend's own layout, on its devices. The rest of the library sees its outer shape only.
// Immutable; must not outlive its backend.
class PackedWeight {
 public:
  virtual ~PackedWeight() = default;

  int64_t rows() const { return rows_; }        // output features, all groups and ranks together
  int64_t columns() const { return columns_; }  // input features
  Split split() const { return split_; }
  // Memory it takes, or would take where it is only described, on all ranks.
  uint64_t bytes() const { return bytes_; }

 protected:
  PackedWeight(int64_t rows, int64_t columns, Split split, uint64_t bytes)
      : rows_(rows), columns_(columns), split_(split), bytes_(bytes) {}

 private:
  const int64_t rows_;
  const int64_t columns_;
  const Split split_;
  const uint64_t bytes_;
};

// INVALID_ARGUMENT unless the groups are there, non-empty, of one column count, with units that divide their
// rows into at least *ranks* whole units where they are split.
Status CheckPackRequest(const PackRequest& request, int32_t ranks);

}  // namespace talaria

#endif  // TALARIA_LIB_BACKEND_WEIGHT_H_
