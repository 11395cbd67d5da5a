#ifndef TALARIA_CAPI_ERROR_H_
#define TALARIA_CAPI_ERROR_H_

#include <string>

#include "lib/base/caught_exception.h"
#include "lib/base/floating_point.h"
#include "lib/base/status.h"
#include "talaria/base.h"

struct talaria_text {
  std::string text;
};

namespace talaria::capi {

// The code a host sees, and, where *error is wanted, an object with the message. Where there is no memory
// even for that, a static object stands in.
int32_t Report(const Status& status, talaria_error** error) noexcept;

// *text* as UTF-8 on one line: control characters become spaces, invalid sequences U+FFFD. Messages quote
// paths and files, which may hold anything.
std::string OneLine(std::string_view text);

// Runs *body* (a callable that gives a Status) as the inside of a C entry: under the library's floating-point
// control word, everything caught.
template <typename Body>
int32_t Enter(talaria_error** error, Body body) noexcept {
  if (error != nullptr) *error = nullptr;
  const ScopedFloatingPoint floating_point;
  return Report(Catching(body), error);
}

// INVALID_ARGUMENT naming the argument where it is NULL.
template <typename T>
Status NotNull(const T* argument, std::string_view name) {
  return argument != nullptr ? absl::OkStatus() : InvalidArgument(name, ": expected a pointer, found NULL");
}

// INVALID_ARGUMENT naming the field unless it is 0 or 1.
Status CheckFlag(int32_t flag, std::string_view name);

// A name or another short text, UTF-8 given as pointer and length; invalid sequences become U+FFFD.
// INVALID_ARGUMENT for NULL with a length and for more than 64 KiB.
StatusOr<std::string> TextArgument(const char* text, uint64_t bytes, std::string_view name);
// A text of up to 2^31 - 1 bytes as it was given, for whoever reads UTF-8 itself; valid while the caller's
// is. INVALID_ARGUMENT for NULL with a length.
StatusOr<std::string_view> TextView(const char* text, uint64_t bytes, std::string_view name);
// The same for a path: not empty, without a zero byte, passed on byte for byte.
StatusOr<std::string> PathArgument(const char* path, uint64_t bytes);

}  // namespace talaria::capi

#endif  // TALARIA_CAPI_ERROR_H_
