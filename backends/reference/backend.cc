#include "backends/reference/backend.h"

#include <utility>

#include "backends/reference/emit.h"
#include "backends/reference/kv_pool.h"
#include "backends/reference/program.h"
#include "backends/reference/weight.h"

namespace talaria::reference {
namespace {

class ReferenceBackend : public Backend {
 public:
  explicit ReferenceBackend(const BackendOptions& options)
      : allocator_(options.allocator), check_recording_(options.check_recording) {
    info_.name = "reference";
    info_.ranks = options.ranks;
    info_.page_multiple = 1;
    info_.weight_layout = "F32";
  }

  const BackendInfo& info() const override { return info_; }

  StatusOr<std::unique_ptr<PackedWeight>> Describe(const PackRequest& request) const override {
    return Weight::Describe(request, info_.ranks);
  }
  StatusOr<std::unique_ptr<PackedWeight>> Pack(const PackRequest& request) override {
    return Weight::Read(request, info_.ranks, allocator_);
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
    Recorder recorder(key, info_.ranks, memory.kv);
    body(key, recorder);
    TALARIA_ASSIGN_OR_RETURN(Recorder::Result recorded, recorder.Finish());
    if (check_recording_) {
      Recorder again(key, info_.ranks, memory.kv);
      body(key, again);
      TALARIA_RETURN_IF_ERROR(CompareRecordings(recorder.calls(), again.calls()));
    }
    if (memory.arena != nullptr && static_cast<Arena*>(memory.arena)->memory.size() < recorded.arena_bytes) {
      return Internal("an arena of ", static_cast<Arena*>(memory.arena)->memory.size(),
                      " bytes for a program of ", recorded.arena_bytes);
    }
    return std::make_unique<ReferenceProgram>(key, std::move(recorded), memory);
  }

 private:
  BackendInfo info_;
  Allocator* const allocator_;
  const bool check_recording_;
};

}  // namespace

StatusOr<std::unique_ptr<Backend>> CreateBackend(const BackendOptions& options) {
  if (options.ranks < 1 || options.ranks > static_cast<int32_t>(kMaxRanks)) {
    return Unimplemented("reference backend: expected 1 to ", kMaxRanks, " ranks, found ", options.ranks);
  }
  return std::make_unique<ReferenceBackend>(options);
}

}  // namespace talaria::reference
