// What the CPU backend reaches on this machine: layers of a model of random weights through the seam, beside
// the FMA peak and the read bandwidth, which are measured between the runs.
//
//   cpu_bench [threads [shape [isa [format [cache]]]]]    shape: 1b, 8b or 70b; format: bf16, f32; cache:
//   f32,
//                                                         f16, bf16
//
// Rates are given by the wall clock (median and best of the runs) and by the processor time that the process
// got, as if it had had the cores to itself: on a machine that others use only the latter can be compared.
#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "backends/cpu/backend.h"
#include "lib/base/thread_pool.h"
#include "lib/tensor/convert.h"

namespace talaria {
namespace {

struct Shape {
  const char* name;
  int64_t hidden, intermediate, heads, kv_heads, head_dim, vocabulary;
  int64_t layers;  // enough that their weights fit no cache
};

constexpr Shape kShapes[] = {{"1b", 2048, 8192, 32, 8, 64, 32064, 4},
                             {"8b", 4096, 14336, 32, 8, 128, 32064, 2},
                             {"70b", 8192, 28672, 64, 8, 128, 8016, 1}};

int64_t LayerWeights(const Shape& s) {
  return s.hidden * s.head_dim * (2 * s.heads + 2 * s.kv_heads) + 3 * s.hidden * s.intermediate;
}

// Cheap numbers of the size that weights have.
class Source : public WeightSource {
 public:
  Source(int64_t rows, int64_t columns, bool norm) : rows_(rows), columns_(columns), norm_(norm) {}
  const std::string& name() const override { return name_; }
  int64_t rows() const override { return rows_; }
  int64_t columns() const override { return columns_; }
  DType dtype() const override { return DType::kBF16; }
  Status Read(int64_t first_row, int64_t rows, void* destination) const override {
    auto* out = static_cast<uint16_t*>(destination);
    auto state = static_cast<uint32_t>(first_row * 2654435761 + 1);
    for (int64_t i = 0; i < rows * columns_; ++i) {
      state = state * 1664525u + 1013904223u;
      // 0.5 to 2 in either sign, over 64: or near 1 for a norm.
      out[i] = norm_ ? 0x3F80 : static_cast<uint16_t>(0x3C80 + (state >> 24) + ((state >> 8) << 15));
    }
    return absl::OkStatus();
  }

 private:
  const std::string name_ = "random";
  const int64_t rows_, columns_;
  const bool norm_;
};

struct Model {
  std::unique_ptr<PackedWeight> embedding, final_norm;
  struct Layer {
    std::unique_ptr<PackedWeight> input_norm, qkv, output, post_norm, gate_up, down;
  };
  std::vector<Layer> layers;
  AttentionSpec attention;
};

template <typename T>
T OrExit(StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s\n", std::string(value.status().message()).c_str());
    std::exit(1);
  }
  return *std::move(value);
}

Model MakeModel(const Shape& s, Backend* backend, WeightFormat format) {
  const auto pack = [&](std::vector<std::pair<int64_t, int64_t>> groups, Split split) {
    std::vector<Source> sources;
    std::vector<RowGroup> rows;
    sources.reserve(groups.size());
    for (const auto& [count, columns] : groups) {
      sources.emplace_back(count, columns, split == Split::kReplicated);
      rows.push_back({&sources.back(), 1});
    }
    PackRequest request;
    request.groups = rows;
    request.split = split;
    request.format = format;
    return OrExit(backend->Pack(request));
  };
  Model model;
  model.embedding = pack({{s.vocabulary, s.hidden}}, Split::kRows);
  model.final_norm = pack({{1, s.hidden}}, Split::kReplicated);
  for (int64_t i = 0; i < s.layers; ++i) {
    Model::Layer layer;
    layer.input_norm = pack({{1, s.hidden}}, Split::kReplicated);
    layer.qkv = pack({{s.heads * s.head_dim, s.hidden},
                      {s.kv_heads * s.head_dim, s.hidden},
                      {s.kv_heads * s.head_dim, s.hidden}},
                     Split::kRows);
    layer.output = pack({{s.hidden, s.heads * s.head_dim}}, Split::kColumns);
    layer.post_norm = pack({{1, s.hidden}}, Split::kReplicated);
    layer.gate_up = pack({{s.intermediate, s.hidden}, {s.intermediate, s.hidden}}, Split::kRows);
    layer.down = pack({{s.hidden, s.intermediate}}, Split::kColumns);
    model.layers.push_back(std::move(layer));
  }
  model.attention.heads = s.heads;
  model.attention.kv_heads = s.kv_heads;
  model.attention.head_dim = s.head_dim;
  for (int64_t i = 0; i < s.head_dim / 2; ++i)
    model.attention.inverse_frequencies.push_back(1.0f / static_cast<float>(1 + i));
  return model;
}

// All layers for all rows, so that a step's work is its rows times the layers' weights.
void Body(const Model& model, Ops& ops) {
  Activation residual = ops.Embed(*model.embedding), delta;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Model::Layer& layer = model.layers[i];
    const Activation normed = ops.AddRmsNorm(residual, delta, *layer.input_norm, 1e-5f);
    const auto index = static_cast<int64_t>(i);
    const Activation query = ops.RopeStoreKv(ops.Linear(normed, *layer.qkv), index, model.attention);
    delta = ops.AllReduce(ops.Linear(ops.Attention(query, index, model.attention), *layer.output));
    const Activation inner = ops.AddRmsNorm(residual, delta, *layer.post_norm, 1e-5f);
    delta = ops.AllReduce(ops.Linear(ops.GatedLinear(inner, *layer.gate_up), *layer.down));
  }
  const Activation hidden =
      ops.AddRmsNorm(ops.GatherRows(residual), ops.GatherRows(delta), *model.final_norm, 1e-5f);
  ops.Emit(hidden, ops.Linear(hidden, *model.embedding));
}

double Seconds() { return static_cast<double>(platform::MonotonicNanoseconds()) * 1e-9; }
double CpuSeconds() { return static_cast<double>(platform::ProcessCpuNanoseconds()) * 1e-9; }

struct Timing {
  std::vector<double> wall, cpu;
  void Add(const std::function<void()>& work) {
    const double wall_begin = Seconds(), cpu_begin = CpuSeconds();
    work();
    wall.push_back(Seconds() - wall_begin);
    cpu.push_back(CpuSeconds() - cpu_begin);
  }
  static double Median(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  }
  static double Least(const std::vector<double>& times) {
    return *std::min_element(times.begin(), times.end());
  }
};

// Independent multiply-adds in registers.
__attribute__((target("avx2,fma"))) float FmaLoop(int64_t rounds) {
  __m256 sums[10];
  for (__m256& sum : sums) sum = _mm256_set1_ps(1.0f);
  const __m256 factor = _mm256_set1_ps(0.999f), term = _mm256_set1_ps(0.001f);
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 10
    for (int j = 0; j < 10; ++j) sums[j] = _mm256_fmadd_ps(sums[j], factor, term);
  }
  __m256 all = sums[0];
  for (int j = 1; j < 10; ++j) all = _mm256_add_ps(all, sums[j]);
  float out[8];
  _mm256_storeu_ps(out, all);
  return std::accumulate(out, out + 8, 0.0f);
}

volatile float keep;

// GFLOP/s of AVX2's multiply-adds on one thread, by processor time.
double FmaPeak() {
  constexpr int64_t kRounds = 20000000;
  double best = 0;
  for (int i = 0; i < 3; ++i) {
    const double begin = CpuSeconds();
    keep = FmaLoop(kRounds);
    best = std::max(best, static_cast<double>(kRounds) * 160 / (CpuSeconds() - begin) * 1e-9);
  }
  return best;
}

// GB/s that all threads read together, by the wall clock.
double ReadBandwidth(ThreadPool* pool, const std::vector<uint64_t>& memory) {
  double best = 0;
  for (int i = 0; i < 3; ++i) {
    const double begin = Seconds();
    constexpr size_t kPart = 1 << 17;
    pool->Run(memory.size() / kPart,
              [&](size_t part, int) -> Status {
                uint64_t sums[8] = {};
                for (size_t j = part * kPart; j < (part + 1) * kPart; j += 8) {
                  for (size_t lane = 0; lane < 8; ++lane) sums[lane] += memory[j + lane];
                }
                keep = static_cast<float>(std::accumulate(sums, sums + 8, uint64_t{0}) & 1);
                return absl::OkStatus();
              })
        .IgnoreError();
    best = std::max(best, static_cast<double>(memory.size()) * 8 / (Seconds() - begin) * 1e-9);
  }
  return best;
}

// The tokens of some sequences, each *rows* of them from position *begin* on; the last row of all gives its
// logits.
struct Step {
  std::vector<int32_t> tokens, positions, sequences, adapters, page_offsets = {0}, pages;
  std::vector<OutputSpec> outputs;
  std::vector<float> logits;
  StepPlan plan;
  Step(int64_t count, int64_t rows, int64_t begin, int64_t page_size, int64_t vocabulary)
      : logits(static_cast<size_t>(vocabulary)) {
    const int64_t a_sequence = (begin + rows + page_size - 1) / page_size;
    for (int64_t s = 0; s < count; ++s) {
      for (int64_t i = 0; i < rows; ++i) {
        tokens.push_back(static_cast<int32_t>((i * 7919 + s) % vocabulary));
        positions.push_back(static_cast<int32_t>(begin + i));
        sequences.push_back(static_cast<int32_t>(s));
        adapters.push_back(kNoAdapter);
        outputs.emplace_back();
      }
      for (int64_t i = 0; i < a_sequence; ++i) pages.push_back(static_cast<int32_t>(1 + s * a_sequence + i));
      page_offsets.push_back(static_cast<int32_t>(pages.size()));
    }
    outputs.back().kind = OutputKind::kLogits;
    outputs.back().values = logits.data();
    plan.tokens = tokens;
    plan.positions = positions;
    plan.sequences = sequences;
    plan.adapters = adapters;
    plan.outputs = outputs;
    plan.page_offsets = page_offsets;
    plan.pages = pages;
  }
};

struct Setting {
  int threads;
  Shape shape;
  std::string isa;
  WeightFormat format;
  DType cache;
};

// Runs a step tile by tile on the calling thread: how long tiles take, and what share of the time each op of
// the list has.
void MeasureTiles(Program* program, const StepPlan& plan) {
  struct OpTime {
    double seconds = 0;
    int tiles = 0;
  };
  std::vector<OpTime> ops;
  std::vector<double> times;
  StepCursor cursor;
  for (bool done = false; !done;) {
    const uint32_t op = cursor.op;
    const double begin = CpuSeconds();
    done = OrExit(program->Run(plan, &cursor, Deadline::After(0))) == RunState::kDone;
    times.push_back(CpuSeconds() - begin);
    // A call that finds an op finished goes on to the next: the tile is the last op's that it ran.
    const size_t at = cursor.tile == 0 ? op : cursor.op;
    ops.resize(std::max(ops.size(), at + 1));
    ops[at].seconds += times.back();
    ++ops[at].tiles;
  }
  const double total = std::accumulate(times.begin(), times.end(), 0.0);
  std::sort(times.begin(), times.end());
  std::printf("  %zu tiles, us: median %.0f, 99th of 100 %.0f, longest %.0f; ops:", times.size(),
              times[times.size() / 2] * 1e6, times[times.size() * 99 / 100] * 1e6, times.back() * 1e6);
  for (size_t i = 0; i < ops.size(); ++i) {
    if (i < 12 || i + 4 >= ops.size())
      std::printf(" %zu:%d:%.1f%%", i, ops[i].tiles, 100 * ops[i].seconds / total);
  }
  std::printf("\n");
}

void Measure(const Setting& setting) {
  const Shape& s = setting.shape;
  Allocator allocator;
  const std::unique_ptr<ThreadPool> pool = OrExit(ThreadPool::Create(setting.threads));
  BackendOptions options;
  options.allocator = &allocator;
  options.pool = pool.get();
  options.isa = setting.isa;
  const std::unique_ptr<Backend> backend = OrExit(cpu::CreateBackend(options));
  const double pack_begin = Seconds();
  const Model model = MakeModel(s, backend.get(), setting.format);
  const double pack_seconds = Seconds() - pack_begin;
  const int64_t weights = LayerWeights(s) * s.layers + s.hidden * s.vocabulary;
  const int64_t weight_bytes = weights * (setting.format == WeightFormat::kF32 ? 4 : 2);
  const std::vector<uint64_t> memory(64 << 20, 1);
  std::printf("%s x %lld layers, %s, %d threads, %.2f GB of weights (packed at %.2f GB/s)\n", s.name,
              static_cast<long long>(s.layers), backend->info().weight_layout.c_str(), setting.threads,
              static_cast<double>(weight_bytes) * 1e-9,
              static_cast<double>(weight_bytes) * 1e-9 / pack_seconds);
  std::printf("AVX2 FMA peak of a thread %.1f GFLOP/s\n", FmaPeak());
  std::printf("%-28s %8s %8s | %8s %8s %8s | %8s %8s | %s\n", "step", "ms", "best", "GFLOP/s", "best",
              "by cpu", "GB/s", "best", "read GB/s then");

  struct Case {
    int64_t sequences, rows, begin;
    int runs;
  };
  for (const Case c :
       {Case{1, 512, 0, 3}, Case{1, 64, 0, 7}, Case{1, 16, 0, 9}, Case{16, 1, 64, 9}, Case{8, 1, 64, 15},
        Case{2, 1, 64, 15}, Case{1, 1, 64, 25}, Case{1, 1, 4096, 25}, Case{1, 64, 4096, 7}}) {
    const Step step(c.sequences, c.rows, c.begin, 64, s.vocabulary);
    const int64_t rows = c.sequences * c.rows;
    const ProgramKey key{0, rows, 1, c.begin + c.rows};
    const KvSpec spec{s.layers,     s.kv_heads, s.head_dim, 64, static_cast<int32_t>(step.pages.size() + 1),
                      setting.cache};
    const std::unique_ptr<KvPool> kv = OrExit(backend->CreateKvPool(spec));
    const auto body = [&](const ProgramKey&, Ops& ops) { Body(model, ops); };
    const uint64_t arena_bytes = OrExit(backend->Record(key, {}, body))->arena_bytes();
    const std::unique_ptr<StepArena> arena = OrExit(backend->CreateArena(arena_bytes));
    const std::unique_ptr<Program> program = OrExit(backend->Record(key, {kv.get(), arena.get()}, body));
    Timing timing;
    double bandwidth = 0;
    for (int run = 0; run <= c.runs; ++run) {
      StepCursor cursor;
      const auto work = [&] { OrExit(program->Run(step.plan, &cursor, Deadline())); };
      if (run == 0) {
        work();
        continue;
      }
      timing.Add(work);
      if (run == c.runs / 2) bandwidth = ReadBandwidth(pool.get(), memory);
    }
    const double flop = 2 * (static_cast<double>(LayerWeights(s) * s.layers * rows) +
                             static_cast<double>(s.hidden * s.vocabulary)) +
                        4 * static_cast<double>(s.layers * s.heads * s.head_dim * rows) *
                            (static_cast<double>(c.begin) + static_cast<double>(c.rows) / 2);
    const double kv_bytes = static_cast<double>(s.layers * 2 * s.kv_heads * s.head_dim * c.sequences) *
                            static_cast<double>((c.begin + c.rows) * (setting.cache == DType::kF32 ? 4 : 2));
    const double bytes = static_cast<double>(weight_bytes) + kv_bytes;
    const double median = Timing::Median(timing.wall), best = Timing::Least(timing.wall);
    const double by_cpu = flop / Timing::Median(timing.cpu) * 1e-9 * setting.threads;
    char name[64];
    std::snprintf(name, sizeof(name), "%lld x %lld rows at %lld", static_cast<long long>(c.sequences),
                  static_cast<long long>(c.rows), static_cast<long long>(c.begin));
    std::printf("%-28s %8.2f %8.2f | %8.1f %8.1f %8.1f | %8.1f %8.1f | %.1f\n", name, median * 1e3,
                best * 1e3, flop / median * 1e-9, flop / best * 1e-9, by_cpu, bytes / median * 1e-9,
                bytes / best * 1e-9, bandwidth);
    MeasureTiles(program.get(), step.plan);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace talaria

int main(int count, char** arguments) {
  const auto argument = [&](int index, const char* otherwise) {
    return std::string(count > index ? arguments[index] : otherwise);
  };
  talaria::Setting setting = {std::atoi(argument(1, "2").c_str()), talaria::kShapes[0], argument(3, ""),
                              talaria::WeightFormat::kSource, talaria::DType::kF32};
  for (const talaria::Shape& shape : talaria::kShapes) {
    if (argument(2, "1b") == shape.name) setting.shape = shape;
  }
  if (argument(4, "bf16") == "f32") setting.format = talaria::WeightFormat::kF32;
  if (argument(5, "f32") == "f16") setting.cache = talaria::DType::kF16;
  if (argument(5, "f32") == "bf16") setting.cache = talaria::DType::kBF16;
  talaria::Measure(setting);
  return 0;
}
