#ifndef TALARIA_LIB_BASE_STATUS_H_
#define TALARIA_LIB_BASE_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/text.h"

namespace talaria {

using absl::Status;
using absl::StatusCode;
using absl::StatusOr;

// One line that names the thing, what was expected and what was found; the parts are joined as Cat does.
template <typename... Args>
Status MakeError(StatusCode code, const Args&... args) {
  return Status(code, Cat(args...));
}

// A host's bad input, or a file that is well formed and inconsistent.
template <typename... Args>
Status InvalidArgument(const Args&... args) {
  return MakeError(StatusCode::kInvalidArgument, args...);
}
// A file or a name that is not there.
template <typename... Args>
Status NotFound(const Args&... args) {
  return MakeError(StatusCode::kNotFound, args...);
}
// Truncated, a wrong checksum, an I/O error.
template <typename... Args>
Status DataLoss(const Args&... args) {
  return MakeError(StatusCode::kDataLoss, args...);
}
// A scheme that is not known here, by name.
template <typename... Args>
Status Unimplemented(const Args&... args) {
  return MakeError(StatusCode::kUnimplemented, args...);
}
// Memory, pages, a ceiling.
template <typename... Args>
Status ResourceExhausted(const Args&... args) {
  return MakeError(StatusCode::kResourceExhausted, args...);
}
// A wrong state, or a second thread inside one object.
template <typename... Args>
Status FailedPrecondition(const Args&... args) {
  return MakeError(StatusCode::kFailedPrecondition, args...);
}
template <typename... Args>
Status Cancelled(const Args&... args) {
  return MakeError(StatusCode::kCancelled, args...);
}
// A broken invariant of ours.
template <typename... Args>
Status Internal(const Args&... args) {
  return MakeError(StatusCode::kInternal, args...);
}

// *status* with *prefix* (a file, a tensor) and ": " before its message; OK stays OK.
Status Annotate(const Status& status, std::string_view prefix);

// The message as std::string_view.
inline std::string_view Message(const Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace talaria

#define TALARIA_CONCAT_INNER_(a, b) a##b
#define TALARIA_CONCAT_(a, b) TALARIA_CONCAT_INNER_(a, b)

// Returns from the function with the status of *expression* unless it is OK.
#define TALARIA_RETURN_IF_ERROR(expression)            \
  do {                                                 \
    ::absl::Status talaria_status_ = (expression);     \
    if (!talaria_status_.ok()) return talaria_status_; \
  } while (false)

// Declares or assigns *target* with the value of a StatusOr expression, or returns its error.
#define TALARIA_ASSIGN_OR_RETURN(target, expression) \
  TALARIA_ASSIGN_OR_RETURN_(TALARIA_CONCAT_(talaria_statusor_, __LINE__), target, expression)
#define TALARIA_ASSIGN_OR_RETURN_(holder, target, expression) \
  auto holder = (expression);                                 \
  if (!holder.ok()) return std::move(holder).status();        \
  target = *std::move(holder)

#endif  // TALARIA_LIB_BASE_STATUS_H_
