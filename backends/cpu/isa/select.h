#ifndef TALARIA_BACKENDS_CPU_ISA_SELECT_H_
#define TALARIA_BACKENDS_CPU_ISA_SELECT_H_

#include <string>
#include <string_view>
#include <vector>

#include "backends/cpu/isa/kernels.h"
#include "lib/base/status.h"

namespace talaria::cpu {

// The instruction sets with kernels that this processor and its system allow, the best last.
std::vector<std::string> AvailableIsas();

// The kernels of *isa*; an empty name: of the best. UNIMPLEMENTED, naming those there are, for one that this
// machine has not or that has no kernels.
StatusOr<Kernels> SelectKernels(std::string_view isa);

}  // namespace talaria::cpu

#endif  // TALARIA_BACKENDS_CPU_ISA_SELECT_H_
