#ifndef TALARIA_LIB_TENSOR_DTYPE_H_
#define TALARIA_LIB_TENSOR_DTYPE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace talaria {

// Element types that a weight file may name. Only some can be computed with; each is known so that a file
// that holds one in a tensor nobody needs still opens.
enum class DType : uint8_t {
  kBool,
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kU64,
  kI64,
  kF8E4M3,  // E4M3FN: no infinities, largest 448
  kF8E5M2,
  kF16,
  kBF16,
  kF32,
  kF64,
  kF8E8M0,
  kF8E4M3FNUZ,
  kF8E5M2FNUZ,
  kF6E2M3,
  kF6E3M2,
  kF4,
  kC64,  // two F32
};

// Bits of one element; not always a multiple of 8.
int BitsOf(DType dtype);
// The name as safetensors spells it: "BF16".
std::string_view NameOf(DType dtype);
// The type that safetensors spells so (case matters), if there is one.
std::optional<DType> DTypeByName(std::string_view name);
// True for the types that weights may have now: F32, F16, BF16.
bool IsWeightType(DType dtype);

}  // namespace talaria

#endif  // TALARIA_LIB_TENSOR_DTYPE_H_
