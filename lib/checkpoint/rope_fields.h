#ifndef TALARIA_LIB_CHECKPOINT_ROPE_FIELDS_H_
#define TALARIA_LIB_CHECKPOINT_ROPE_FIELDS_H_

#include "lib/checkpoint/json_fields.h"
#include "lib/checkpoint/model_config.h"

namespace talaria {

struct RopeConfig {
  double theta = 0;
  RopeScaling scaling;
};

// Reads rope_theta and rope_scaling, or rope_parameters which replaced both, from the top level of a
// config.json. Where a file gives both spellings they must agree. UNIMPLEMENTED, by name, for a rope type
// that is not known here.
StatusOr<RopeConfig> ReadRopeConfig(const JsonFields& config);

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_ROPE_FIELDS_H_
