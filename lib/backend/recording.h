#ifndef TALARIA_LIB_BACKEND_RECORDING_H_
#define TALARIA_LIB_BACKEND_RECORDING_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/backend/kv_pool.h"
#include "lib/backend/ops.h"
#include "lib/backend/program.h"
#include "lib/base/status.h"

namespace talaria {

// One call a body made, as plain numbers: equal calls compare equal.
struct RecordedCall {
  std::string_view op;
  std::vector<int64_t> arguments;  // ids, dimensions, bits of constants, addresses of weights
  bool operator==(const RecordedCall& other) const { return op == other.op && arguments == other.arguments; }
};

// The part of recording that is the same for every backend: shapes and placements are checked, ids given,
// lives of activations tracked and the calls noted. A backend derives from it and implements a Do-function
// for each op, which sees only calls that are right. Ops are counted from 0 in the order of the Do-calls.
class RecordingOps : public Ops {
 public:
  // *kv*, where there is one: the cache that attention layers must fit.
  RecordingOps(const ProgramKey& key, int32_t ranks, const KvPool* kv)
      : key_(key), ranks_(ranks), has_kv_(kv != nullptr), kv_(kv == nullptr ? KvSpec() : kv->spec()) {}

  void EnterLayer(int64_t layer) final;
  Activation Embed(const PackedWeight& table) final;
  Activation ImportResidual(int64_t columns) final;
  void ExportResidual(Activation residual, Activation delta) final;
  Activation AddRmsNorm(Activation residual, Activation delta, const PackedWeight& weight,
                        float epsilon) final;
  Activation Linear(Activation x, const PackedWeight& weight) final;
  Activation GatedLinear(Activation x, const PackedWeight& gate_up) final;
  Activation RopeStoreKv(Activation qkv, int64_t layer, const AttentionSpec& spec) final;
  Activation Attention(Activation query, int64_t layer, const AttentionSpec& spec) final;
  Activation AllReduce(Activation partial) final;
  Activation GatherRows(Activation x) final;
  void Emit(Activation hidden, Activation logits) final;

  // The first thing that was wrong, or OK. INTERNAL also where the body never came to Emit or ExportResidual.
  Status status() const;
  const std::vector<RecordedCall>& calls() const { return calls_; }

 protected:
  // The op that makes an activation and the last that uses it.
  struct Life {
    uint32_t first_op = 0;
    uint32_t last_op = 0;
  };

  virtual void DoEnterLayer(int64_t /*layer*/) {}
  virtual void DoEmbed(Activation out, const PackedWeight& table) = 0;
  virtual void DoImportResidual(Activation out) = 0;
  virtual void DoExportResidual(Activation residual, Activation delta) = 0;
  virtual void DoAddRmsNorm(Activation out, Activation residual, Activation delta, const PackedWeight& weight,
                            float epsilon) = 0;
  virtual void DoLinear(Activation out, Activation x, const PackedWeight& weight) = 0;
  virtual void DoGatedLinear(Activation out, Activation x, const PackedWeight& gate_up) = 0;
  virtual void DoRopeStoreKv(Activation query, Activation qkv, int64_t layer, const AttentionSpec& spec) = 0;
  virtual void DoAttention(Activation out, Activation query, int64_t layer, const AttentionSpec& spec) = 0;
  virtual void DoAllReduce(Activation out, Activation partial) = 0;
  virtual void DoGatherRows(Activation out, Activation x) = 0;
  virtual void DoEmit(Activation hidden, Activation logits) = 0;

  const ProgramKey& key() const { return key_; }
  int32_t ranks() const { return ranks_; }
  uint32_t op_count() const { return op_count_; }
  // By activation id.
  const std::vector<Activation>& activations() const { return activations_; }
  const std::vector<Life>& lives() const { return lives_; }

 private:
  // Notes the call; true where recording goes on.
  bool Begin(std::string_view op, std::vector<int64_t> arguments);
  void Fail(std::string_view op, std::string_view why);
  // Records what the op reads and makes its result; ends the op.
  Activation End(std::initializer_list<Activation> inputs, int64_t columns, RowSet rows, Placement placement);
  bool Known(Activation activation) const;
  // Heads and rotary pairs are those of an attention, and the layer is one of the cache.
  bool FitsCache(int64_t layer, const AttentionSpec& spec) const;

  const ProgramKey key_;
  const int32_t ranks_;
  const bool has_kv_;
  const KvSpec kv_;
  std::vector<RecordedCall> calls_;
  std::vector<Activation> activations_;
  std::vector<Life> lives_;
  uint32_t op_count_ = 0;
  bool finished_ = false;
  Status status_;
};

// Lays activations out in one run of memory so that those that live at the same time do not overlap.
class ArenaLayout {
 public:
  static constexpr uint64_t kAlignment = 64;

  // Offset of *bytes* free at this point: the first gap that is large enough.
  uint64_t Take(uint64_t bytes);
  void Release(uint64_t offset);
  // The most that was taken at once, gaps included.
  uint64_t peak() const { return peak_; }

 private:
  struct Taken {
    uint64_t offset;
    uint64_t end;
  };
  std::vector<Taken> taken_;  // by offset
  uint64_t peak_ = 0;
};

// INTERNAL, naming the first call that differs, unless both bodies made the same calls.
Status CompareRecordings(const std::vector<RecordedCall>& first, const std::vector<RecordedCall>& second);

}  // namespace talaria

#endif  // TALARIA_LIB_BACKEND_RECORDING_H_
