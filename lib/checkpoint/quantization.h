#ifndef TALARIA_LIB_CHECKPOINT_QUANTIZATION_H_
#define TALARIA_LIB_CHECKPOINT_QUANTIZATION_H_

#include "lib/checkpoint/json_fields.h"

namespace talaria {

// How the weights of a checkpoint are quantised, as the top level of its config.json says. None is known yet:
// OK where they are not, UNIMPLEMENTED naming the method otherwise, INVALID_ARGUMENT where the entry is
// malformed.
Status CheckQuantization(const JsonFields& config);

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_QUANTIZATION_H_
