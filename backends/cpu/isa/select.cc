#include "backends/cpu/isa/select.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace talaria::cpu {
namespace {

#if defined(__x86_64__)

struct Leaf {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Leaf Cpuid(uint32_t leaf, uint32_t part) {
  Leaf out;
  // Zeros for a leaf that the processor does not know.
  if (__get_cpuid_count(leaf, part, &out.eax, &out.ebx, &out.ecx, &out.edx) == 0) return {};
  return out;
}

// Register state that the system saves for each thread (XCR0). Without it the wider registers would be lost
// at a switch, whatever CPUID says.
uint64_t SavedState() {
  if ((Cpuid(1, 0).ecx & bit_OSXSAVE) == 0) return 0;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

bool HasAvx2() {
  constexpr uint32_t kBase = bit_AVX | bit_FMA | bit_F16C;
  constexpr uint64_t kYmm = 0x6;
  return (Cpuid(1, 0).ecx & kBase) == kBase && (Cpuid(7, 0).ebx & bit_AVX2) != 0 &&
         (SavedState() & kYmm) == kYmm;
}

bool HasAvx512() {
  constexpr uint32_t kWanted = bit_AVX512F | bit_AVX512BW | bit_AVX512VL | bit_AVX512DQ;
  constexpr uint64_t kZmm = 0xE6;  // with the mask registers
  return HasAvx2() && (Cpuid(7, 0).ebx & kWanted) == kWanted && (SavedState() & kZmm) == kZmm;
}

bool HasAvx512Bf16() {
  constexpr uint32_t kBf16 = 1u << 5;
  return HasAvx512() && (Cpuid(7, 1).eax & kBf16) != 0;
}

#endif

bool Always() { return true; }

// Later ones build on those before them where those are there.
struct Isa {
  const char* name;
  bool (*present)();
  void (*set)(Kernels* kernels);
};

constexpr Isa kIsas[] = {
    {"generic", Always, SetGeneric},
#if defined(__x86_64__)
    {"avx2", HasAvx2, SetAvx2},
    {"avx512", HasAvx512, SetAvx512},
    {"avx512_bf16", HasAvx512Bf16, SetAvx512Bf16},
#endif
};

}  // namespace

std::vector<std::string> AvailableIsas() {
  std::vector<std::string> names;
  for (const Isa& isa : kIsas) {
    if (isa.present()) names.emplace_back(isa.name);
  }
  return names;
}

StatusOr<Kernels> SelectKernels(std::string_view isa) {
  Kernels kernels = {};
  bool found = isa.empty();
  std::string known;
  for (const Isa& candidate : kIsas) {
    if (!candidate.present()) continue;
    candidate.set(&kernels);
    known += (known.empty() ? "" : ", ") + std::string(candidate.name);
    if (isa == candidate.name) {
      found = true;
      break;
    }
  }
  if (!found) return Unimplemented("instruction set ", Quoted(isa), ": expected one of: ", known);
  return kernels;
}

}  // namespace talaria::cpu
