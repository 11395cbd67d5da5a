#ifndef TALARIA_LIB_BASE_FLOATING_POINT_H_
#define TALARIA_LIB_BASE_FLOATING_POINT_H_

#include "lib/base/platform.h"

namespace talaria {

// Runs its scope under the default floating-point control word and gives the thread its own back at the end.
// Games set flush-to-zero; without this the same request would give other bits in them.
class ScopedFloatingPoint {
 public:
  ScopedFloatingPoint() : saved_(platform::FloatingPointControl()) {
    platform::SetFloatingPointControl(platform::DefaultFloatingPointControl());
  }
  ~ScopedFloatingPoint() { platform::SetFloatingPointControl(saved_); }
  ScopedFloatingPoint(const ScopedFloatingPoint&) = delete;
  ScopedFloatingPoint& operator=(const ScopedFloatingPoint&) = delete;

 private:
  const uint64_t saved_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_FLOATING_POINT_H_
