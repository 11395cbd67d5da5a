#include "lib/backend/weight.h"

namespace talaria {

Status CheckPackRequest(const PackRequest& request, int32_t ranks) {
  if (request.groups.empty()) return Internal("a weight of no sources");
  if (request.canonical_leaves < 1) return Internal("canonical_leaves ", request.canonical_leaves);
  if (request.canonical_leaves > ranks && request.canonical_leaves % ranks != 0) {
    return InvalidArgument("canonical_leaves: expected a multiple of the ", ranks, " ranks, found ",
                           request.canonical_leaves);
  }
  const int64_t columns = request.groups[0].source->columns();
  for (const RowGroup& group : request.groups) {
    const WeightSource& source = *group.source;
    if (source.columns() != columns || source.rows() < 1 || columns < 1) {
      return InvalidArgument(source.name(), ": expected ", columns, " columns, found [", source.rows(), ", ",
                             source.columns(), "]");
    }
    if (group.unit < 1) return Internal(source.name(), ": unit ", group.unit);
    const int64_t units = (source.rows() + group.unit - 1) / group.unit;
    if (request.split == Split::kRows && units < ranks) {
      return InvalidArgument(source.name(), ": ", units, " units of ", group.unit,
                             " rows cannot be split over ", ranks, " ranks");
    }
  }
  if (request.column_unit < 1) return Internal("column_unit ", request.column_unit);
  const int64_t column_units = (columns + request.column_unit - 1) / request.column_unit;
  if (request.split == Split::kColumns && column_units < ranks) {
    return InvalidArgument(request.groups[0].source->name(), ": ", column_units, " units of ",
                           request.column_unit, " columns cannot be split over ", ranks, " ranks");
  }
  return absl::OkStatus();
}

}  // namespace talaria
