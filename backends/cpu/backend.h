#ifndef TALARIA_BACKENDS_CPU_BACKEND_H_
#define TALARIA_BACKENDS_CPU_BACKEND_H_

#include <memory>

#include "lib/backend/registry.h"

namespace talaria::cpu {

// The fast backend on the host's processor: kernels per instruction set (BackendOptions::isa, else the best
// that the machine has), weights as F32, F16 or BF16, a cache of any of the three, one to eight ranks in this
// process. A step stops between any two tile tasks. UNIMPLEMENTED for other ranks and for an instruction set
// that is not there.
StatusOr<std::unique_ptr<Backend>> CreateBackend(const BackendOptions& options);

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_BACKEND_H_
