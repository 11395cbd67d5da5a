#include "lib/base/caught_exception.h"

#include <exception>
#include <new>

namespace talaria {

Status CaughtException() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    // A message of fewer bytes than a short string's own buffer: absl keeps it in one allocation, which may
    // fail too.
    try {
      return ResourceExhausted("out of memory");
    } catch (...) {
      return Status(StatusCode::kResourceExhausted, "");
    }
  } catch (const std::exception& exception) {
    try {
      return Internal("an exception: ", exception.what());
    } catch (...) {
      return Status(StatusCode::kInternal, "");
    }
  } catch (...) {
    return Status(StatusCode::kInternal, "");
  }
}

}  // namespace talaria
