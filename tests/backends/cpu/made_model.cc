#include "tests/backends/cpu/made_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "backends/cpu/backend.h"
#include "backends/reference/backend.h"
#include "lib/base/floating_point.h"
#include "lib/tensor/convert.h"

namespace talaria::test {

MadeSource::MadeSource(std::string name, int64_t rows, int64_t columns, float scale, uint32_t seed,
                       DType dtype)
    : name_(std::move(name)), rows_(rows), columns_(columns), dtype_(dtype) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, scale);
  for (int64_t i = 0; i < rows * columns; ++i) {
    const float value = normal(random);
    values.push_back(dtype == DType::kF32    ? value
                     : dtype == DType::kBF16 ? BFloat16ToFloat(FloatToBFloat16(value))
                                             : HalfToFloat(FloatToHalf(value)));
  }
}

Status MadeSource::Read(int64_t first_row, int64_t rows, void* destination) const {
  if (fail) return DataLoss(name_, ": the disk is gone");
  auto* out = static_cast<char*>(destination);
  for (int64_t i = 0; i < rows * columns_; ++i) {
    const float value = values[static_cast<size_t>(first_row * columns_ + i)];
    if (dtype_ == DType::kF32) {
      std::memcpy(out + i * 4, &value, 4);
    } else {
      const uint16_t narrow = dtype_ == DType::kBF16 ? FloatToBFloat16(value) : FloatToHalf(value);
      std::memcpy(out + i * 2, &narrow, 2);
    }
  }
  return absl::OkStatus();
}

MadeModel::MadeModel(const ModelShape& of) : shape(of) {
  uint32_t seed = 1;
  const auto make = [&](const char* name, int64_t rows, int64_t columns, float norm_scale = 1) {
    const float scale = rows == 1 ? norm_scale : 1.0f / std::sqrt(static_cast<float>(columns));
    return std::make_unique<MadeSource>(name, rows, columns, scale, ++seed, of.dtype);
  };
  embedding = make("embedding", of.vocabulary, of.hidden);
  final_norm = make("final_norm", 1, of.hidden, of.final_scale);
  for (int64_t i = 0; i < of.layers; ++i) {
    Layer layer;
    layer.input_norm = make("input_norm", 1, of.hidden);
    layer.query = make("query", of.heads * of.head_dim, of.hidden);
    layer.key = make("key", of.kv_heads * of.head_dim, of.hidden);
    layer.value = make("value", of.kv_heads * of.head_dim, of.hidden);
    layer.output = make("output", of.hidden, of.heads * of.head_dim);
    layer.post_norm = make("post_norm", 1, of.hidden);
    layer.gate = make("gate", of.intermediate, of.hidden);
    layer.up = make("up", of.intermediate, of.hidden);
    layer.down = make("down", of.hidden, of.intermediate);
    layers.push_back(std::move(layer));
  }
  attention.heads = of.heads;
  attention.kv_heads = of.kv_heads;
  attention.head_dim = of.head_dim;
  for (int64_t i = 0; i < of.head_dim / 2; ++i) {
    attention.inverse_frequencies.push_back(
        std::pow(10000.0f, -2.0f * static_cast<float>(i) / static_cast<float>(of.head_dim)));
  }
}

namespace {

struct PackedLayer {
  std::unique_ptr<PackedWeight> input_norm, qkv, output, post_norm, gate_up, down;
};

// A model packed by one backend.
struct Packed {
  std::unique_ptr<PackedWeight> embedding, final_norm;
  std::vector<PackedLayer> layers;
};

StatusOr<Packed> PackAll(const MadeModel& model, Backend* backend, const Way& way) {
  const auto pack = [&](std::vector<RowGroup> groups, Split split, int64_t column_unit,
                        std::unique_ptr<PackedWeight>* out) -> Status {
    PackRequest request;
    request.groups = groups;
    request.split = split;
    request.column_unit = column_unit;
    request.format = way.format;
    request.canonical_leaves = way.leaves;
    TALARIA_ASSIGN_OR_RETURN(*out, backend->Pack(request));
    return absl::OkStatus();
  };
  const ModelShape& shape = model.shape;
  const int64_t group = shape.heads / shape.kv_heads * shape.head_dim;
  Packed packed;
  TALARIA_RETURN_IF_ERROR(pack({{model.embedding.get(), 1}}, Split::kRows, 1, &packed.embedding));
  TALARIA_RETURN_IF_ERROR(pack({{model.final_norm.get(), 1}}, Split::kReplicated, 1, &packed.final_norm));
  for (const MadeModel::Layer& from : model.layers) {
    PackedLayer to;
    TALARIA_RETURN_IF_ERROR(pack({{from.input_norm.get(), 1}}, Split::kReplicated, 1, &to.input_norm));
    TALARIA_RETURN_IF_ERROR(pack(
        {{from.query.get(), group}, {from.key.get(), shape.head_dim}, {from.value.get(), shape.head_dim}},
        Split::kRows, 1, &to.qkv));
    TALARIA_RETURN_IF_ERROR(pack({{from.output.get(), 1}}, Split::kColumns, shape.head_dim, &to.output));
    TALARIA_RETURN_IF_ERROR(pack({{from.post_norm.get(), 1}}, Split::kReplicated, 1, &to.post_norm));
    TALARIA_RETURN_IF_ERROR(pack({{from.gate.get(), 5}, {from.up.get(), 5}}, Split::kRows, 1, &to.gate_up));
    TALARIA_RETURN_IF_ERROR(pack({{from.down.get(), 1}}, Split::kColumns, 5, &to.down));
    packed.layers.push_back(std::move(to));
  }
  return packed;
}

// As a Llama: the residual goes to the output rows in the last layer.
void Body(const MadeModel& model, const Packed& packed, Ops& ops) {
  Activation residual = ops.Embed(*packed.embedding);
  Activation delta;
  for (size_t i = 0; i < packed.layers.size(); ++i) {
    const PackedLayer& layer = packed.layers[i];
    ops.EnterLayer(static_cast<int64_t>(i));
    const Activation normed = ops.AddRmsNorm(residual, delta, *layer.input_norm, 1e-5f);
    Activation query =
        ops.RopeStoreKv(ops.Linear(normed, *layer.qkv), static_cast<int64_t>(i), model.attention);
    if (i + 1 == packed.layers.size()) {
      query = ops.GatherRows(query);
      residual = ops.GatherRows(residual);
    }
    const Activation attended = ops.Attention(query, static_cast<int64_t>(i), model.attention);
    delta = ops.AllReduce(ops.Linear(attended, *layer.output));
    const Activation inner = ops.AddRmsNorm(residual, delta, *layer.post_norm, 1e-5f);
    delta = ops.AllReduce(ops.Linear(ops.GatedLinear(inner, *layer.gate_up), *layer.down));
  }
  const Activation hidden = ops.AddRmsNorm(residual, delta, *packed.final_norm, 1e-5f);
  ops.Emit(hidden, ops.Linear(hidden, *packed.embedding));
}

// The rows of one step.
struct Step {
  std::vector<int32_t> tokens, positions, sequences, adapters;
  std::vector<OutputSpec> outputs;
  void Add(int32_t token, int64_t position, int32_t sequence, float* logits) {
    tokens.push_back(token);
    positions.push_back(static_cast<int32_t>(position));
    sequences.push_back(sequence);
    adapters.push_back(kNoAdapter);
    outputs.emplace_back();
    if (logits == nullptr) return;
    outputs.back().kind = OutputKind::kLogits;
    outputs.back().values = logits;
  }
};

// Sets flush-to-zero and denormals-are-zero as games do, and puts back what was there.
class HostFlushesToZero {
 public:
  explicit HostFlushesToZero(bool on) : saved_(platform::FloatingPointControl()) {
    if (on) platform::SetFloatingPointControl(saved_ | 0x8040);
  }
  ~HostFlushesToZero() { platform::SetFloatingPointControl(saved_); }

 private:
  const uint64_t saved_;
};

}  // namespace

StatusOr<Outcome> Run(const MadeModel& model, const std::vector<int32_t>& tokens, const Way& way) {
  const HostFlushesToZero host(way.flush_to_zero);
  Allocator allocator;
  std::unique_ptr<ThreadPool> pool;
  if (way.threads > 0) {
    TALARIA_ASSIGN_OR_RETURN(pool, ThreadPool::Create(way.threads));
  }
  BackendOptions options;
  options.allocator = &allocator;
  options.pool = pool.get();
  options.ranks = way.ranks;
  options.isa = way.isa;
  options.check_recording = true;
  TALARIA_ASSIGN_OR_RETURN(const std::unique_ptr<Backend> backend,
                           way.reference ? reference::CreateBackend(options) : cpu::CreateBackend(options));
  TALARIA_ASSIGN_OR_RETURN(const Packed packed, PackAll(model, backend.get(), way));

  // Sequence s has pages[s * a_sequence ...]; the pages of several are interleaved and in no order.
  const auto length = static_cast<int64_t>(tokens.size());
  const int32_t sequences = 1 + way.company;
  const auto a_sequence = static_cast<int32_t>((length + way.page_size - 1) / way.page_size);
  std::vector<int32_t> page_offsets = {0}, pages;
  for (int32_t s = 0; s < sequences; ++s) {
    for (int32_t i = 0; i < a_sequence; ++i) pages.push_back(1 + (a_sequence - 1 - i) * sequences + s);
    page_offsets.push_back(static_cast<int32_t>(pages.size()));
  }
  KvSpec spec;
  spec.layers = model.shape.layers;
  spec.kv_heads = model.shape.kv_heads;
  spec.head_dim = model.shape.head_dim;
  spec.page_size = way.page_size;
  spec.pages = 1 + sequences * a_sequence;
  spec.dtype = way.cache;
  TALARIA_ASSIGN_OR_RETURN(const std::unique_ptr<KvPool> kv, backend->CreateKvPool(spec));
  const int64_t chunk = std::min(way.chunk, length);
  const ProgramKey key{0, chunk * sequences, chunk * sequences, length};
  const auto body = [&](const ProgramKey&, Ops& ops) { Body(model, packed, ops); };
  TALARIA_ASSIGN_OR_RETURN(const std::unique_ptr<Program> sized, backend->Record(key, {}, body));
  TALARIA_ASSIGN_OR_RETURN(const std::unique_ptr<StepArena> arena,
                           backend->CreateArena(sized->arena_bytes()));
  TALARIA_ASSIGN_OR_RETURN(const std::unique_ptr<Program> program,
                           backend->Record(key, {kv.get(), arena.get()}, body));

  Outcome outcome;
  outcome.logits.resize(static_cast<size_t>(length * model.shape.vocabulary));
  // Of each row of the company its own: rows are written by several threads.
  std::vector<float> ignored(static_cast<size_t>(chunk * sequences * model.shape.vocabulary));
  for (int64_t at = 0; at < length; at += chunk) {
    Step step;
    const int64_t end = std::min(length, at + chunk);
    // The first sequence stands in the middle of its company, whose members advance by what they like.
    for (int32_t i = 0; i < sequences; ++i) {
      const int32_t s = (i + 1 + sequences / 2) % sequences;
      for (int64_t p = at; p < end; ++p) {
        if (s == 0) {
          step.Add(tokens[static_cast<size_t>(p)], p, 0, outcome.logits.data() + p * model.shape.vocabulary);
        } else if (p == at || p % (s + 1) != 0) {
          const int64_t other = (tokens[static_cast<size_t>(p)] + s * 7) % model.shape.vocabulary;
          float* const own =
              ignored.data() + static_cast<int64_t>(step.tokens.size()) * model.shape.vocabulary;
          step.Add(static_cast<int32_t>(other), p, s, p % 3 == 0 ? own : nullptr);
        } else {
          break;
        }
      }
    }
    StepPlan plan;
    plan.tokens = step.tokens;
    plan.positions = step.positions;
    plan.sequences = step.sequences;
    plan.adapters = step.adapters;
    plan.outputs = step.outputs;
    plan.page_offsets = page_offsets;
    plan.pages = pages;
    StepCursor cursor;
    RunState state = RunState::kSuspended;
    while (state == RunState::kSuspended) {
      const Deadline deadline = way.suspended ? Deadline::After(0) : Deadline();
      TALARIA_ASSIGN_OR_RETURN(state, program->Run(plan, &cursor, deadline));
      ++outcome.runs;
    }
  }
  return outcome;
}

std::vector<int32_t> MadeTokens(int64_t count, int64_t vocabulary) {
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < count; ++i) tokens.push_back(static_cast<int32_t>(i * i * 31 % vocabulary));
  return tokens;
}

double RelativeDifference(const std::vector<float>& found, const std::vector<float>& expected) {
  double difference = found.size() == expected.size() ? 0 : HUGE_VAL;
  double magnitude = 0;
  for (size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
    const double apart = std::fabs(static_cast<double>(found[i]) - static_cast<double>(expected[i]));
    difference = std::isnan(apart) ? HUGE_VAL : std::max(difference, apart);
    magnitude = std::max(magnitude, std::fabs(static_cast<double>(expected[i])));
  }
  return difference / magnitude;
}

}  // namespace talaria::test
