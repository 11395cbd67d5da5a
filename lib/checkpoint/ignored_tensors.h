#ifndef TALARIA_LIB_CHECKPOINT_IGNORED_TENSORS_H_
#define TALARIA_LIB_CHECKPOINT_IGNORED_TENSORS_H_

#include <string_view>
#include <vector>

#include "lib/base/log.h"

namespace talaria {

// Warns of the tensors that a checkpoint holds and nobody reads, as "REASON: tensor \"NAME\"": the first 16
// by name, the rest as a number, so that a file cannot flood the host's log. No line where there are none.
void LogIgnoredTensors(const LogSink& log, std::string_view reason,
                       const std::vector<std::string_view>& names);

}  // namespace talaria

#endif  // TALARIA_LIB_CHECKPOINT_IGNORED_TENSORS_H_
