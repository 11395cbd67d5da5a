#ifndef TALARIA_LIB_TENSOR_CONVERT_H_
#define TALARIA_LIB_TENSOR_CONVERT_H_

#include <cstddef>
#include <cstdint>

#include "lib/base/status.h"
#include "lib/tensor/dtype.h"

namespace talaria {

// IEEE 754 binary16 and bfloat16, as bit patterns. Widening is exact. Narrowing rounds to nearest, ties to
// even; overflow gives infinity, NaN stays NaN (quiet).
float HalfToFloat(uint16_t bits);
uint16_t FloatToHalf(float value);
float BFloat16ToFloat(uint16_t bits);
uint16_t FloatToBFloat16(float value);

// *count* elements of F32, F16 or BF16 at *source* (any alignment) widened into *destination*. UNIMPLEMENTED,
// naming the type, for any other.
Status ToFloat(DType dtype, const void* source, size_t count, float* destination);

}  // namespace talaria

#endif  // TALARIA_LIB_TENSOR_CONVERT_H_
