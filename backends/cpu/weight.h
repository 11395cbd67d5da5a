#ifndef TALARIA_BACKENDS_CPU_WEIGHT_H_
#define TALARIA_BACKENDS_CPU_WEIGHT_H_

#include <memory>
#include <vector>

#include "backends/cpu/panel_format.h"
#include "lib/backend/weight.h"
#include "lib/base/allocator.h"
#include "lib/base/thread_pool.h"
#include "lib/tensor/partition.h"

namespace talaria::cpu {

// A weight in panels: one slice a rank for Split::kRows, one a leaf for Split::kColumns. Each group of a
// slice begins a panel of its own, so that gate and up of one column stand at equal places. A replicated
// weight (a norm) is one slice of plain float rows instead, whatever format was asked for: it is small, and
// every number of it meets every row.
class Weight : public PackedWeight {
 public:
  // A group's part of a slice.
  struct Group {
    Range rows;                // of the source
    int64_t first_panel = 0;   // in the slice
    int64_t first_output = 0;  // among the slice's output columns
    int64_t panels() const { return (rows.size() + kPanelColumns - 1) / kPanelColumns; }
  };
  struct Slice {
    std::vector<Group> groups;
    Range columns;
    int64_t rows = 0;  // of all groups together
    int64_t panels = 0;
    Buffer data;  // empty where the weight is only described
  };
  // The output columns of a slice that a panel computes.
  struct Outputs {
    int64_t first = 0;
    int64_t count = 0;
  };

  // Shape and bytes; no data.
  static StatusOr<std::unique_ptr<Weight>> Describe(const PackRequest& request, int32_t ranks);
  // The same with its data read, on the threads of *pool* (may be null) as far as they are free. Holds a
  // megabyte of rows a thread beside the result.
  static StatusOr<std::unique_ptr<Weight>> Read(const PackRequest& request, int32_t ranks,
                                                Allocator* allocator, ThreadPool* pool);

  const PanelFormat& format() const { return *format_; }
  const std::vector<Slice>& slices() const { return slices_; }
  bool described_only() const { return described_only_; }

  const std::byte* Panel(const Slice& slice, int64_t panel) const {
    return static_cast<const std::byte*>(slice.data.data()) +
           static_cast<uint64_t>(panel) * format_->PanelBytes(slice.columns.size());
  }
  static Outputs OutputsOf(const Slice& slice, int64_t panel);
  // float [rows, columns] of a replicated weight.
  const float* Dense() const { return slices_[0].data.As<float>().data(); }

 private:
  Weight(int64_t rows, int64_t columns, Split split, uint64_t bytes, const PanelFormat* format,
         std::vector<Slice> slices)
      : PackedWeight(rows, columns, split, bytes), format_(format), slices_(std::move(slices)) {}

  uint64_t BytesOf(const Slice& slice) const;
  // Packs lanes [begin, end) of panel *panel* of group *group* in all slices from *first_slice* to
  // *last_slice*, which have the same rows.
  Status ReadPanel(const RowGroup& source, size_t group, size_t first_slice, size_t last_slice, int64_t panel,
                   std::vector<unsigned char>* rows);

  const PanelFormat* const format_;
  std::vector<Slice> slices_;
  bool described_only_ = true;
};

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_WEIGHT_H_
