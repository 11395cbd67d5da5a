#ifndef TALARIA_BACKENDS_REFERENCE_WEIGHT_H_
#define TALARIA_BACKENDS_REFERENCE_WEIGHT_H_

#include <memory>
#include <vector>

#include "lib/backend/weight.h"
#include "lib/base/allocator.h"
#include "lib/tensor/partition.h"

namespace talaria::reference {

// A weight as plain float32, row-major, one matrix a slice: one slice a rank for Split::kRows, one a leaf for
// Split::kColumns, a single one for Split::kReplicated.
class Weight : public PackedWeight {
 public:
  struct Slice {
    // Rows of each group that the slice has, and the columns, in the whole weight's numbering.
    std::vector<Range> group_rows;
    Range columns;
    int64_t rows = 0;  // of all groups together
    Buffer data;       // float [rows, columns.size()]; empty where the weight is only described
    const float* row(int64_t index) const { return data.As<float>().data() + index * columns.size(); }
  };

  // Shape and bytes; no data.
  static StatusOr<std::unique_ptr<Weight>> Describe(const PackRequest& request, int32_t ranks);
  // The same with its data read.
  static StatusOr<std::unique_ptr<Weight>> Read(const PackRequest& request, int32_t ranks,
                                                Allocator* allocator);

  const std::vector<Slice>& slices() const { return slices_; }
  bool described_only() const { return described_only_; }

 private:
  Weight(int64_t rows, int64_t columns, Split split, uint64_t bytes, std::vector<Slice> slices)
      : PackedWeight(rows, columns, split, bytes), slices_(std::move(slices)) {}

  std::vector<Slice> slices_;
  bool described_only_ = true;
};

}  // namespace talaria::reference

#endif  // TALARIA_BACKENDS_REFERENCE_WEIGHT_H_
