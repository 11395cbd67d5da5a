#ifndef TALARIA_BACKENDS_REFERENCE_BACKEND_H_
#define TALARIA_BACKENDS_REFERENCE_BACKEND_H_

#include <memory>

#include "lib/backend/registry.h"

namespace talaria::reference {

// The slow, plain backend that every other is held against: scalar float32 with sums in double, one thread,
// one to eight pretended ranks, pages of any size. It suspends between ops. UNIMPLEMENTED for other ranks.
StatusOr<std::unique_ptr<Backend>> CreateBackend(const BackendOptions& options);

}  // namespace talaria::reference

#endif  // TALARIA_BACKENDS_REFERENCE_BACKEND_H_
