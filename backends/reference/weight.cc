#include "backends/reference/weight.h"

#include <algorithm>
#include <utility>

#include "lib/tensor/convert.h"

namespace talaria::reference {
namespace {

// Copies the slice's part of one group's rows, read a few at a time, into *destination* [rows of the group,
// columns].
Status ReadGroup(const WeightSource& source, Range rows, Range columns, float* destination) {
  constexpr int64_t kReadBytes = int64_t{1} << 20;
  const int64_t width = source.columns();
  const int64_t element = BitsOf(source.dtype()) / 8;
  const int64_t batch =
      std::clamp<int64_t>(kReadBytes / (width * element), 1, std::max<int64_t>(rows.size(), 1));
  std::vector<unsigned char> raw(static_cast<size_t>(batch * width * element));
  std::vector<float> wide(static_cast<size_t>(width));
  for (int64_t first = rows.begin; first < rows.end; first += batch) {
    const int64_t count = std::min(batch, rows.end - first);
    TALARIA_RETURN_IF_ERROR(source.Read(first, count, raw.data()));
    for (int64_t i = 0; i < count; ++i) {
      const unsigned char* row = raw.data() + i * width * element;
      TALARIA_RETURN_IF_ERROR(
          Annotate(ToFloat(source.dtype(), row, wide.size(), wide.data()), source.name()));
      destination = std::copy(wide.begin() + columns.begin, wide.begin() + columns.end, destination);
    }
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<Weight>> Weight::Describe(const PackRequest& request, int32_t ranks) {
  TALARIA_RETURN_IF_ERROR(CheckPackRequest(request, ranks));
  if (request.format == WeightFormat::kBF16) return Unimplemented("weights kept as BF16 (reference backend)");
  const int64_t columns = request.groups[0].source->columns();
  int64_t all_rows = 0;
  uint64_t bytes = 0;
  for (const RowGroup& group : request.groups) all_rows += group.source->rows();

  const int64_t leaves = std::max(request.canonical_leaves, ranks);
  const int64_t count = request.split == Split::kReplicated ? 1
                        : request.split == Split::kRows     ? ranks
                                                            : leaves;
  std::vector<Slice> slices(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    Slice& slice = slices[static_cast<size_t>(i)];
    slice.columns =
        request.split == Split::kColumns ? PartOf(columns, request.column_unit, count, i) : Range{0, columns};
    for (const RowGroup& group : request.groups) {
      const int64_t rows = group.source->rows();
      slice.group_rows.push_back(request.split == Split::kRows ? PartOf(rows, group.unit, count, i)
                                                               : Range{0, rows});
      slice.rows += slice.group_rows.back().size();
    }
    bytes += static_cast<uint64_t>(slice.rows) * static_cast<uint64_t>(slice.columns.size()) * sizeof(float);
  }
  return std::unique_ptr<Weight>(new Weight(all_rows, columns, request.split, bytes, std::move(slices)));
}

StatusOr<std::unique_ptr<Weight>> Weight::Read(const PackRequest& request, int32_t ranks,
                                               Allocator* allocator) {
  TALARIA_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight, Describe(request, ranks));
  for (Slice& slice : weight->slices_) {
    const auto elements = static_cast<uint64_t>(slice.rows) * static_cast<uint64_t>(slice.columns.size());
    TALARIA_ASSIGN_OR_RETURN(slice.data,
                             allocator->Allocate(elements * sizeof(float), request.groups[0].source->name()));
    float* destination = slice.data.As<float>().data();
    for (size_t g = 0; g < request.groups.size(); ++g) {
      TALARIA_RETURN_IF_ERROR(
          ReadGroup(*request.groups[g].source, slice.group_rows[g], slice.columns, destination));
      destination += slice.group_rows[g].size() * slice.columns.size();
    }
  }
  weight->described_only_ = false;
  return weight;
}

}  // namespace talaria::reference
