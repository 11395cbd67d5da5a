#ifndef TALARIA_LIB_BACKEND_REGISTRY_H_
#define TALARIA_LIB_BACKEND_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/backend/backend.h"
#include "lib/base/log.h"

namespace talaria {

class ThreadPool;

// What every backend is made from. The pointers outlive the backend.
struct BackendOptions {
  Allocator* allocator = nullptr;
  ThreadPool* pool = nullptr;
  const LogSink* log = nullptr;
  // Ranks in this process: devices, or the reference backend's pretended ones.
  int32_t ranks = 1;
  // Instruction set to compute with; empty: the best that the machine has. For backends that have several.
  std::string isa;
  // Record each body twice and refuse one whose calls differ.
  bool check_recording = false;
};

using BackendFactory = std::function<StatusOr<std::unique_ptr<Backend>>(const BackendOptions& options)>;

// The backends by name. Whoever composes the library fills one; nothing registers itself.
class BackendRegistry {
 public:
  // The first one added is the default.
  void Add(std::string name, BackendFactory factory);
  // An empty name: the default. NOT_FOUND, naming those there are.
  StatusOr<std::unique_ptr<Backend>> Create(std::string_view name, const BackendOptions& options) const;
  std::vector<std::string> names() const;

 private:
  struct Entry {
    std::string name;
    BackendFactory factory;
  };
  std::vector<Entry> entries_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_BACKEND_REGISTRY_H_
