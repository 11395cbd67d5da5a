#ifndef TALARIA_LIB_BASE_CAUGHT_EXCEPTION_H_
#define TALARIA_LIB_BASE_CAUGHT_EXCEPTION_H_

#include "lib/base/status.h"

namespace talaria {

// The Status of the exception being handled: RESOURCE_EXHAUSTED where memory ran out, else INTERNAL. For the
// few places that exceptions of the standard library must not pass: the C ABI, our own threads, caches that
// other sessions share.
Status CaughtException() noexcept;

// What *body* (a callable that gives a Status or StatusOr) returns, or the Status of what it throws.
template <typename Body>
auto Catching(const Body& body) noexcept -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    return CaughtException();
  }
}

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_CAUGHT_EXCEPTION_H_
