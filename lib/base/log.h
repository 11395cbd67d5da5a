#ifndef TALARIA_LIB_BASE_LOG_H_
#define TALARIA_LIB_BASE_LOG_H_

#include <cstdint>
#include <functional>
#include <string_view>

#include "lib/base/text.h"

namespace talaria {

enum class LogLevel : int32_t { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };

// Where a runtime's messages go; nothing is printed where the host gave no sink. A sink is called from any
// thread, never from two at once by one LogSink, and must not call the library.
class LogSink {
 public:
  using Write = std::function<void(LogLevel level, std::string_view line)>;

  LogSink() = default;
  LogSink(LogLevel minimum, Write write);
  ~LogSink();
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  bool enabled(LogLevel level) const { return write_ != nullptr && level >= minimum_; }

  // One line, without its end of line; the parts are joined as Cat does, and only where the level is wanted.
  template <typename... Args>
  void Log(LogLevel level, const Args&... args) const {
    if (enabled(level)) Emit(level, Cat(args...));
  }

 private:
  void Emit(LogLevel level, std::string_view line) const;

  LogLevel minimum_ = LogLevel::kInfo;
  Write write_;
  struct Lock;
  Lock* lock_ = nullptr;
};

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_LOG_H_
