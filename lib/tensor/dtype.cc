#include "lib/tensor/dtype.h"

#include <array>
#include <cstddef>

namespace talaria {
namespace {

struct DTypeFacts {
  std::string_view name;
  int bits;
};

// In the order of the enumeration.
constexpr std::array<DTypeFacts, 22> kFacts = {
    {{"BOOL", 8},    {"U8", 8},      {"I8", 8},   {"U16", 16},    {"I16", 16},        {"U32", 32},
     {"I32", 32},    {"U64", 64},    {"I64", 64}, {"F8_E4M3", 8}, {"F8_E5M2", 8},     {"F16", 16},
     {"BF16", 16},   {"F32", 32},    {"F64", 64}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
     {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},   {"C64", 64}}};

}  // namespace

int BitsOf(DType dtype) { return kFacts[static_cast<size_t>(dtype)].bits; }
std::string_view NameOf(DType dtype) { return kFacts[static_cast<size_t>(dtype)].name; }
std::optional<DType> DTypeByName(std::string_view name) {
  for (size_t i = 0; i < kFacts.size(); ++i) {
    if (kFacts[i].name == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}
bool IsWeightType(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

}  // namespace talaria
