#ifndef TALARIA_TESTS_ENGINE_TROUBLED_BACKEND_H_
#define TALARIA_TESTS_ENGINE_TROUBLED_BACKEND_H_

#include <atomic>
#include <memory>
#include <new>
#include <utility>

#include "lib/backend/backend.h"

namespace talaria::test {

// What befalls programs of a TroubledBackend; may be changed while they run.
struct Trouble {
  std::atomic<int64_t> runs{0};     // of any program so far
  std::atomic<int64_t> fail_at{0};  // the run that fails, counted from 1; 0: none
  std::atomic<bool> throws{false};  // it throws std::bad_alloc instead
};

// Another backend whose programs fail on demand.
class TroubledBackend : public Backend {
 public:
  TroubledBackend(std::unique_ptr<Backend> inner, Trouble* trouble)
      : inner_(std::move(inner)), trouble_(trouble) {}

  const BackendInfo& info() const override { return inner_->info(); }
  StatusOr<std::unique_ptr<PackedWeight>> Describe(const PackRequest& request) const override {
    return inner_->Describe(request);
  }
  StatusOr<std::unique_ptr<PackedWeight>> Pack(const PackRequest& request) override {
    return inner_->Pack(request);
  }
  uint64_t KvBytes(const KvSpec& spec) const override { return inner_->KvBytes(spec); }
  StatusOr<std::unique_ptr<KvPool>> CreateKvPool(const KvSpec& spec) override {
    return inner_->CreateKvPool(spec);
  }
  StatusOr<std::unique_ptr<StepArena>> CreateArena(uint64_t bytes) override {
    return inner_->CreateArena(bytes);
  }
  StatusOr<std::unique_ptr<Program>> Record(const ProgramKey& key, const StageMemory& memory,
                                            const ProgramBody& body) override {
    TALARIA_ASSIGN_OR_RETURN(std::unique_ptr<Program> program, inner_->Record(key, memory, body));
    return std::unique_ptr<Program>(new TroubledProgram(std::move(program), trouble_));
  }

 private:
  class TroubledProgram : public Program {
   public:
    TroubledProgram(std::unique_ptr<Program> inner, Trouble* trouble)
        : Program(inner->arena_bytes()), inner_(std::move(inner)), trouble_(trouble) {}
    StatusOr<RunState> Run(const StepPlan& plan, StepCursor* cursor, const Deadline& deadline) override {
      if (++trouble_->runs == trouble_->fail_at) {
        if (trouble_->throws) throw std::bad_alloc();
        return DataLoss("the device is gone");
      }
      return inner_->Run(plan, cursor, deadline);
    }

   private:
    const std::unique_ptr<Program> inner_;
    Trouble* const trouble_;
  };

  const std::unique_ptr<Backend> inner_;
  Trouble* const trouble_;
};

}  // namespace talaria::test

#endif  // TALARIA_TESTS_ENGINE_TROUBLED_BACKEND_H_
