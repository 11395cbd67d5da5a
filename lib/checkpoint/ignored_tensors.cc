#include "lib/checkpoint/ignored_tensors.h"

#include <algorithm>

namespace talaria {

void LogIgnoredTensors(const LogSink& log, std::string_view reason,
                       const std::vector<std::string_view>& names) {
  constexpr size_t kNamed = 16;
  for (size_t i = 0; i < std::min(names.size(), kNamed); ++i) {
    log.Log(LogLevel::kWarning, reason, ": tensor ", Quoted(names[i]));
  }
  if (names.size() > kNamed)
    log.Log(LogLevel::kWarning, reason, ": ", names.size() - kNamed, " tensors more");
}

}  // namespace talaria
