#ifndef TALARIA_CAPI_DESCRIBE_H_
#define TALARIA_CAPI_DESCRIBE_H_

#include <vector>

#include "lib/base/json.h"
#include "lib/checkpoint/checkpoint.h"

namespace talaria::capi {

// What talaria_model_describe gives.
json::Value Describe(const Checkpoint& checkpoint);

// The tokens that end an answer: generation_config's list, else the config's.
std::vector<int32_t> StopTokensOf(const Checkpoint& checkpoint);

}  // namespace talaria::capi

#endif  // TALARIA_CAPI_DESCRIBE_H_
