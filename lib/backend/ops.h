#ifndef TALARIA_LIB_BACKEND_OPS_H_
#define TALARIA_LIB_BACKEND_OPS_H_

#include <cstdint>
#include <vector>

#include "lib/backend/weight.h"

namespace talaria {

// Which rows of the plan a tensor has.
enum class RowSet : uint8_t {
  kAll,
  kOutput,  // those whose output is not kNone, in order
};

// How a tensor lies on the ranks.
enum class Placement : uint8_t {
  kReplicated,  // all columns on each rank, equal
  kSharded,     // each rank has its own columns
  kPartial,     // each rank has a share of a sum over all columns
};

// A tensor [rows of the set, columns] that exists while a step runs. A handle: copied freely.
struct Activation {
  int32_t id = -1;
  int64_t columns = 0;  // of the whole tensor, all ranks together
  RowSet rows = RowSet::kAll;
  Placement placement = Placement::kReplicated;
};

// Heads and rotary embedding of the attention layers: a constant of the model.
struct AttentionSpec {
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  // [head_dim / 2], radians a position. The rotation pairs element i of a head with i + head_dim / 2, as
  // Hugging Face checkpoints are laid out: x[i] cos - x[i + d/2] sin, x[i + d/2] cos + x[i] sin.
  std::vector<float> inverse_frequencies;
};

// What a model's forward pass is written in. A body calls these while a backend records it; nothing runs
// then. Each op is the largest unit that every backend can do in one call. What varies between steps is in
// the StepPlan; arguments here are constants of the model. A wrong shape makes the recording fail with
// INTERNAL, naming the op; the calls after it then do nothing, so a body need not check.
class Ops {
 public:
  virtual ~Ops() = default;

  // The ops up to the next EnterLayer belong to layer *layer* of the model; a backend that streams weights
  // waits for them here and fetches the next layer's.
  virtual void EnterLayer(int64_t layer) = 0;

  // The rows' tokens looked up in *table* [vocabulary, hidden] (Split::kRows): the residual, replicated.
  virtual Activation Embed(const PackedWeight& table) = 0;

  // The residual that the stage before this one exported, replicated.
  virtual Activation ImportResidual(int64_t columns) = 0;
  // *residual* + *delta* for the next stage; nothing follows it.
  virtual void ExportResidual(Activation residual, Activation delta) = 0;

  // residual += delta, then x / sqrt(mean(x^2) + epsilon) * weight over each row of the residual, in FP32.
  // The residual is changed in place; *delta* with id -1: nothing is added.
  virtual Activation AddRmsNorm(Activation residual, Activation delta, const PackedWeight& weight,
                                float epsilon) = 0;

  // x W^T. Split::kRows takes x replicated and gives it sharded; Split::kColumns takes it sharded, gives it
  // partial.
  virtual Activation Linear(Activation x, const PackedWeight& weight) = 0;

  // silu(x G^T) * (x U^T), silu(v) = v / (1 + exp(-v)), where *gate_up* (Split::kRows) has the groups G and
  // U.
  virtual Activation GatedLinear(Activation x, const PackedWeight& gate_up) = 0;

  // *qkv* is Linear's result for a weight of the groups query, key, value. Rotates queries and keys by their
  // rows' positions, stores keys and values of *layer* (counted from the stage's first) in the cache, gives
  // the queries.
  virtual Activation RopeStoreKv(Activation qkv, int64_t layer, const AttentionSpec& spec) = 0;

  // softmax(q k^T / sqrt(head_dim)) v over positions 0 to the row's own; query head h reads key/value head
  // h / (heads / kv_heads).
  virtual Activation Attention(Activation query, int64_t layer, const AttentionSpec& spec) = 0;

  // The sum of the ranks' shares, replicated; leaves are added in order (PackRequest::canonical_leaves).
  virtual Activation AllReduce(Activation partial) = 0;

  // The output rows of *x*.
  virtual Activation GatherRows(Activation x) = 0;

  // Gives each output row what its OutputSpec asks for. *hidden* is replicated, *logits* sharded or
  // replicated, both of the output rows. Nothing follows it.
  virtual void Emit(Activation hidden, Activation logits) = 0;
};

}  // namespace talaria

#endif  // TALARIA_LIB_BACKEND_OPS_H_
