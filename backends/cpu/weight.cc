#include "backends/cpu/weight.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/floating_point.h"

namespace talaria::cpu {
namespace {

// What numbers are kept as. Under kSource sources of one type keep it; those of several meet in float, which
// holds them all.
StatusOr<const PanelFormat*> FormatOf(const PackRequest& request) {
  const DType first = request.groups[0].source->dtype();
  bool same = true;
  for (const RowGroup& group : request.groups) {
    const DType dtype = group.source->dtype();
    if (!IsWeightType(dtype)) {
      return Unimplemented(group.source->name(), ": weights of type ", NameOf(dtype));
    }
    same = same && dtype == first;
  }
  switch (request.format) {
    case WeightFormat::kF32:
      return &F32Format();
    case WeightFormat::kBF16:
      return &BF16Format();
    case WeightFormat::kSource:
      break;
  }
  if (same && first == DType::kBF16) return &BF16Format();
  if (same && first == DType::kF16) return &F16Format();
  return &F32Format();
}

}  // namespace

uint64_t Weight::BytesOf(const Slice& slice) const {
  if (split() == Split::kReplicated) {
    return static_cast<uint64_t>(slice.rows) * static_cast<uint64_t>(slice.columns.size()) * sizeof(float);
  }
  return static_cast<uint64_t>(slice.panels) * format_->PanelBytes(slice.columns.size());
}

Weight::Outputs Weight::OutputsOf(const Slice& slice, int64_t panel) {
  const Group* group = &slice.groups[0];
  for (const Group& candidate : slice.groups) {
    if (panel >= candidate.first_panel) group = &candidate;
  }
  const int64_t row = (panel - group->first_panel) * kPanelColumns;
  return {group->first_output + row, std::min(kPanelColumns, group->rows.size() - row)};
}

StatusOr<std::unique_ptr<Weight>> Weight::Describe(const PackRequest& request, int32_t ranks) {
  TALARIA_RETURN_IF_ERROR(CheckPackRequest(request, ranks));
  TALARIA_ASSIGN_OR_RETURN(const PanelFormat* const format, FormatOf(request));
  const int64_t columns = request.groups[0].source->columns();
  const int64_t leaves = std::max(request.canonical_leaves, ranks);
  const int64_t count = request.split == Split::kReplicated ? 1
                        : request.split == Split::kRows     ? ranks
                                                            : leaves;
  int64_t all_rows = 0;
  for (const RowGroup& group : request.groups) all_rows += group.source->rows();
  std::vector<Slice> slices(static_cast<size_t>(count));
  uint64_t bytes = 0;
  for (int64_t i = 0; i < count; ++i) {
    Slice& slice = slices[static_cast<size_t>(i)];
    slice.columns =
        request.split == Split::kColumns ? PartOf(columns, request.column_unit, count, i) : Range{0, columns};
    for (const RowGroup& source : request.groups) {
      Group group;
      const int64_t rows = source.source->rows();
      group.rows = request.split == Split::kRows ? PartOf(rows, source.unit, count, i) : Range{0, rows};
      group.first_panel = slice.panels;
      group.first_output = slice.rows;
      slice.panels += group.panels();
      slice.rows += group.rows.size();
      slice.groups.push_back(group);
    }
    const uint64_t row_bytes = request.split == Split::kReplicated
                                   ? static_cast<uint64_t>(slice.columns.size()) * sizeof(float)
                                   : format->PanelBytes(slice.columns.size());
    bytes +=
        row_bytes * static_cast<uint64_t>(request.split == Split::kReplicated ? slice.rows : slice.panels);
  }
  return std::unique_ptr<Weight>(
      new Weight(all_rows, columns, request.split, bytes, format, std::move(slices)));
}

Status Weight::ReadPanel(const RowGroup& source, size_t group, size_t first_slice, size_t last_slice,
                         int64_t panel, std::vector<unsigned char>* buffer) {
  constexpr int64_t kReadBytes = int64_t{1} << 20;
  const WeightSource& from = *source.source;
  const int64_t element = BitsOf(from.dtype()) / 8;
  const int64_t row_bytes = from.columns() * element;
  const bool dense = split() == Split::kReplicated;
  const Group& place = slices_[first_slice].groups[group];
  const int64_t first = place.rows.begin + panel * kPanelColumns;
  const int64_t end = std::min(place.rows.end, first + kPanelColumns);
  const int64_t batch = std::clamp<int64_t>(kReadBytes / row_bytes, 1, kPanelColumns);
  buffer->resize(static_cast<size_t>(batch * row_bytes));
  for (int64_t row = first; row < end; row += batch) {
    const int64_t rows = std::min(batch, end - row);
    TALARIA_RETURN_IF_ERROR(from.Read(row, rows, buffer->data()));
    for (size_t i = first_slice; i <= last_slice; ++i) {
      const Slice& slice = slices_[i];
      const unsigned char* data = buffer->data() + slice.columns.begin * element;
      if (dense) {
        Widen(from.dtype(), data, rows * from.columns(),
              slice.data.As<float>().data() +
                  (place.first_output + row - place.rows.begin) * slice.columns.size());
        continue;
      }
      auto* out = static_cast<std::byte*>(slice.data.data()) +
                  static_cast<uint64_t>(slice.groups[group].first_panel + panel) *
                      format_->PanelBytes(slice.columns.size());
      if (end - first < kPanelColumns && row == first)
        std::memset(out, 0, format_->PanelBytes(slice.columns.size()));
      format_->Pack({from.dtype(), data, row_bytes, rows}, row - first, slice.columns.size(), out);
    }
  }
  return absl::OkStatus();
}

StatusOr<std::unique_ptr<Weight>> Weight::Read(const PackRequest& request, int32_t ranks,
                                               Allocator* allocator, ThreadPool* pool) {
  TALARIA_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight, Describe(request, ranks));
  for (Slice& slice : weight->slices_) {
    TALARIA_ASSIGN_OR_RETURN(slice.data,
                             allocator->Allocate(weight->BytesOf(slice), request.groups[0].source->name()));
  }
  // A task is a panel's rows, read once and packed for every slice that has them: all leaves, or one rank.
  struct Task {
    size_t group, first_slice, last_slice;
    int64_t panel;
  };
  std::vector<Task> tasks;
  const bool by_rows = request.split == Split::kRows;
  for (size_t slice = 0; slice < (by_rows ? weight->slices_.size() : 1); ++slice) {
    const size_t last = by_rows ? slice : weight->slices_.size() - 1;
    for (size_t group = 0; group < request.groups.size(); ++group) {
      for (int64_t panel = 0; panel < weight->slices_[slice].groups[group].panels(); ++panel) {
        tasks.push_back({group, slice, last, panel});
      }
    }
  }
  std::vector<std::vector<unsigned char>> buffers(static_cast<size_t>(pool == nullptr ? 1 : pool->threads()));
  const auto run = [&](size_t number, int worker) -> Status {
    const Task& task = tasks[number];
    return weight->ReadPanel(request.groups[task.group], task.group, task.first_slice, task.last_slice,
                             task.panel, &buffers[static_cast<size_t>(worker)]);
  };
  if (pool != nullptr) {
    TALARIA_RETURN_IF_ERROR(pool->RunNow(tasks.size(), run));
  } else {
    const ScopedFloatingPoint floating_point;
    for (size_t number = 0; number < tasks.size(); ++number) TALARIA_RETURN_IF_ERROR(run(number, 0));
  }
  weight->described_only_ = false;
  return weight;
}

}  // namespace talaria::cpu
