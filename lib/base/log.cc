#include "lib/base/log.h"

#include <mutex>
#include <utility>

namespace talaria {

struct LogSink::Lock {
  std::mutex mutex;
};

LogSink::LogSink(LogLevel minimum, Write write)
    : minimum_(minimum), write_(std::move(write)), lock_(new Lock) {}

LogSink::~LogSink() { delete lock_; }

void LogSink::Emit(LogLevel level, std::string_view line) const {
  const std::lock_guard<std::mutex> hold(lock_->mutex);
  write_(level, line);
}

}  // namespace talaria
