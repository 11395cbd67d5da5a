#include "backends/cpu/backend.h"

#include <algorithm>
#include <utility>

#include "backends/cpu/emit_op.h"
#include "backends/cpu/isa/select.h"
#include "backends/cpu/kv_pool.h"
#include "backends/cpu/program.h"
#include "backends/cpu/weight.h"

namespace talaria::cpu {
namespace {

constexpr auto kMostRanks = static_cast<int32_t>(LogitParts::kMost);

class CpuBackend : public Backend {
 public:
  CpuBackend(const BackendOptions& options, const Engines& engines)
      : allocator_(options.allocator), engines_(engines), check_recording_(options.check_recording) {
    info_.name = "cpu";
    info_.ranks = options.ranks;
    info_.page_multiple = static_cast<int32_t>(kBlockPositions);
    info_.weight_layout = Cat("panels of ", kPanelColumns, ", ", engines.kernels.name);
  }

  const BackendInfo& info() const override { return info_; }

  StatusOr<std::unique_ptr<PackedWeight>> Describe(const PackRequest& request) const override {
    return Weight::Describe(request, info_.ranks);
  }
  StatusOr<std::unique_ptr<PackedWeight>> Pack(const PackRequest& request) override {
    return Weight::Read(request, info_.ranks, allocator_, engines_.pool);
  }

  uint64_t KvBytes(const KvSpec& spec) const override { return Pool::Bytes(spec); }
  StatusOr<std::unique_ptr<KvPool>> CreateKvPool(const KvSpec& spec) override {
    return Pool::Create(spec, allocator_);
  }

  StatusOr<std::unique_ptr<StepArena>> CreateArena(uint64_t bytes) override {
    TALARIA_ASSIGN_OR_RETURN(Buffer memory, allocator_->Allocate(bytes, "step arena"));
    return std::make_unique<Arena>(std::move(memory));
  }

  StatusOr<std::unique_ptr<Program>> Record(const ProgramKey& key, const StageMemory& memory,
                                            const ProgramBody& body) override {
    Recorder recorder(key, info_.ranks, memory.kv, engines_.kernels, engines_.threads);
    body(key, recorder);
    TALARIA_ASSIGN_OR_RETURN(Recording recording, recorder.Finish());
    if (check_recording_) {
      Recorder again(key, info_.ranks, memory.kv, engines_.kernels, engines_.threads);
      body(key, again);
      TALARIA_RETURN_IF_ERROR(CompareRecordings(recorder.calls(), again.calls()));
    }
    if (memory.arena != nullptr && static_cast<Arena*>(memory.arena)->memory.size() < recording.arena_bytes) {
      return Internal("an arena of ", static_cast<Arena*>(memory.arena)->memory.size(),
                      " bytes for a program of ", recording.arena_bytes);
    }
    return std::make_unique<CpuProgram>(key, std::move(recording), memory, engines_);
  }

 private:
  BackendInfo info_;
  Allocator* const allocator_;
  const Engines engines_;
  const bool check_recording_;
};

}  // namespace

StatusOr<std::unique_ptr<Backend>> CreateBackend(const BackendOptions& options) {
  if (options.ranks < 1 || options.ranks > kMostRanks) {
    return Unimplemented("cpu backend: expected 1 to ", kMostRanks, " ranks, found ", options.ranks);
  }
  Engines engines;
  TALARIA_ASSIGN_OR_RETURN(engines.kernels, SelectKernels(options.isa));
  engines.pool = options.pool;
  if (options.pool != nullptr) engines.threads = std::min(options.pool->threads(), platform::LogicalCores());
  return std::make_unique<CpuBackend>(options, engines);
}

}  // namespace talaria::cpu
