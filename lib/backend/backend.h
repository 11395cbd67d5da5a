#ifndef TALARIA_LIB_BACKEND_BACKEND_H_
#define TALARIA_LIB_BACKEND_BACKEND_H_

#include <cstdint>
#include <memory>
#include <string>

#include "lib/backend/kv_pool.h"
#include "lib/backend/program.h"
#include "lib/backend/weight.h"
#include "lib/base/allocator.h"
#include "lib/base/status.h"

namespace talaria {

struct BackendInfo {
  std::string name;
  int32_t ranks = 1;
  // A page must hold a multiple of this many positions.
  int32_t page_multiple = 64;
  // What weights are kept as under WeightFormat::kSource, for a source of that type.
  std::string weight_layout;
};

// Residual and scratch of one engine's stage. Opaque: a backend makes and reads its own.
class StepArena {
 public:
  virtual ~StepArena() = default;
};

// What a program works on beside weights. Without both, a recorded program only says what arena it would
// need.
struct StageMemory {
  KvPool* kv = nullptr;
  StepArena* arena = nullptr;
};

// A group of devices that runs forward passes: the seam between a model and the hardware. Whatever it makes
// must not outlive it. All calls may be made from
// several threads at once; what they make is for one thread at a time, weights aside, which never change.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual const BackendInfo& info() const = 0;

  // A weight as Pack would make it, without reading its source: shape and bytes only. A program recorded over
  // it can say its arena_bytes() but answers FAILED_PRECONDITION when run.
  virtual StatusOr<std::unique_ptr<PackedWeight>> Describe(const PackRequest& request) const = 0;

  // Reads the sources into the backend's layout. Holds no more than a few rows of a source beside the result.
  // Errors name the source.
  virtual StatusOr<std::unique_ptr<PackedWeight>> Pack(const PackRequest& request) = 0;

  virtual uint64_t KvBytes(const KvSpec& spec) const = 0;
  virtual StatusOr<std::unique_ptr<KvPool>> CreateKvPool(const KvSpec& spec) = 0;

  // *bytes*: the largest arena_bytes() among the programs that will run in it.
  virtual StatusOr<std::unique_ptr<StepArena>> CreateArena(uint64_t bytes) = 0;

  // Records *body* for *key*. The weights that the body names must outlive the program.
  virtual StatusOr<std::unique_ptr<Program>> Record(const ProgramKey& key, const StageMemory& memory,
                                                    const ProgramBody& body) = 0;
};

}  // namespace talaria

#endif  // TALARIA_LIB_BACKEND_BACKEND_H_
