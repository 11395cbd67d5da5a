#include "backends/reference/backend.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "backends/reference/emit.h"
#include "backends/reference/kernels.h"
#include "lib/tensor/convert.h"

namespace talaria {
namespace {

// A matrix in memory, BF16 or F32.
class MemorySource : public WeightSource {
 public:
  MemorySource(int64_t rows, int64_t columns, uint32_t seed, DType dtype = DType::kF32)
      : rows_(rows), columns_(columns), dtype_(dtype) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (int64_t i = 0; i < rows * columns; ++i) {
      const float value = normal(random);
      values.push_back(dtype == DType::kF32 ? value : BFloat16ToFloat(FloatToBFloat16(value)));
    }
  }
  const std::string& name() const override { return name_; }
  int64_t rows() const override { return rows_; }
  int64_t columns() const override { return columns_; }
  DType dtype() const override { return dtype_; }
  Status Read(int64_t first_row, int64_t rows, void* destination) const override {
    if (fail) return DataLoss(name_, ": the disk is gone");
    for (int64_t i = 0; i < rows * columns_; ++i) {
      const float value = values[static_cast<size_t>(first_row * columns_ + i)];
      const uint16_t narrow = FloatToBFloat16(value);
      if (dtype_ == DType::kF32) std::memcpy(static_cast<char*>(destination) + i * 4, &value, 4);
      if (dtype_ == DType::kBF16) std::memcpy(static_cast<char*>(destination) + i * 2, &narrow, 2);
    }
    return absl::OkStatus();
  }
  std::vector<float> values;
  bool fail = false;

 private:
  const std::string name_ = "weight";
  const int64_t rows_, columns_;
  const DType dtype_;
};

std::unique_ptr<Backend> Make(Allocator* allocator, int32_t ranks, bool check = true) {
  BackendOptions options;
  options.allocator = allocator;
  options.ranks = ranks;
  options.check_recording = check;
  auto backend = reference::CreateBackend(options);
  REQUIRE(backend.ok());
  return *std::move(backend);
}

PackRequest Request(const std::vector<RowGroup>& groups, Split split, int64_t column_unit = 1) {
  PackRequest request;
  request.groups = groups;
  request.split = split;
  request.column_unit = column_unit;
  return request;
}

// Embedding -> norm -> linear by rows -> linear by columns -> sum -> norm -> head, over one backend.
struct Chain {
  Allocator allocator;
  std::unique_ptr<Backend> backend;
  MemorySource table{12, 8, 1}, ones{1, 8, 2}, up{20, 8, 3, DType::kBF16}, down{8, 20, 4};
  std::unique_ptr<PackedWeight> packed_table, packed_norm, packed_up, packed_down;
  std::unique_ptr<KvPool> kv;
  std::unique_ptr<StepArena> arena;
  std::unique_ptr<Program> program;

  explicit Chain(int32_t ranks) : backend(Make(&allocator, ranks)) {
    const auto pack = [&](const MemorySource& source, Split split, int64_t unit) {
      auto weight = backend->Pack(Request({{&source, 1}}, split, unit));
      REQUIRE_MESSAGE(weight.ok(), weight.status());
      return *std::move(weight);
    };
    packed_table = pack(table, Split::kRows, 1);
    packed_norm = pack(ones, Split::kReplicated, 1);
    packed_up = pack(up, Split::kRows, 1);
    packed_down = pack(down, Split::kColumns, 5);
    kv = *backend->CreateKvPool({1, 2, 4, 4, 5, DType::kF32});
    const ProgramKey key{0, 4, 4, 16};
    const auto body = [this](const ProgramKey&, Ops& ops) {
      const Activation residual = ops.Embed(*packed_table);
      const Activation x = ops.AddRmsNorm(residual, {}, *packed_norm, 1e-5f);
      const Activation y = ops.AllReduce(ops.Linear(ops.Linear(x, *packed_up), *packed_down));
      const Activation picked = ops.GatherRows(residual);
      const Activation hidden = ops.AddRmsNorm(picked, ops.GatherRows(y), *packed_norm, 1e-5f);
      ops.Emit(hidden, ops.Linear(hidden, *packed_table));
    };
    const auto sized = backend->Record(key, {}, body);
    REQUIRE_MESSAGE(sized.ok(), sized.status());
    arena = *backend->CreateArena((*sized)->arena_bytes());
    auto recorded = backend->Record(key, {kv.get(), arena.get()}, body);
    REQUIRE_MESSAGE(recorded.ok(), recorded.status());
    program = *std::move(recorded);
  }

  // The same by formula, in double.
  std::vector<double> Expect(int32_t token, std::vector<double>* hidden) const {
    std::vector<double> residual(8), x(8), u(20), y(8);
    for (size_t i = 0; i < 8; ++i) residual[i] = table.values[static_cast<size_t>(token) * 8 + i];
    const auto norm = [&](const std::vector<double>& in) {
      double squares = 0;
      for (const double v : in) squares += v * v;
      std::vector<double> out(8);
      for (size_t i = 0; i < 8; ++i)
        out[i] = in[i] / std::sqrt(squares / 8 + 1e-5) * static_cast<double>(ones.values[i]);
      return out;
    };
    x = norm(residual);
    for (size_t r = 0; r < 20; ++r) {
      for (size_t c = 0; c < 8; ++c) u[r] += static_cast<double>(up.values[r * 8 + c]) * x[c];
    }
    for (size_t r = 0; r < 8; ++r) {
      for (size_t c = 0; c < 20; ++c) y[r] += static_cast<double>(down.values[r * 20 + c]) * u[c];
      residual[r] += y[r];
    }
    *hidden = norm(residual);
    std::vector<double> logits(12);
    for (size_t r = 0; r < 12; ++r) {
      for (size_t c = 0; c < 8; ++c) logits[r] += static_cast<double>(table.values[r * 8 + c]) * (*hidden)[c];
    }
    return logits;
  }
};

// A plan of rows of one sequence with these outputs.
struct Rows {
  std::vector<int32_t> tokens, positions, sequences, adapters, page_offsets = {0, 2}, pages = {1, 2};
  std::vector<OutputSpec> outputs;
  StepPlan plan;
  Rows(std::vector<int32_t> t, std::vector<OutputSpec> o) : tokens(std::move(t)), outputs(std::move(o)) {
    for (size_t i = 0; i < tokens.size(); ++i) {
      positions.push_back(static_cast<int32_t>(i));
      sequences.push_back(0);
      adapters.push_back(kNoAdapter);
    }
    plan.tokens = tokens;
    plan.positions = positions;
    plan.sequences = sequences;
    plan.adapters = adapters;
    plan.outputs = outputs;
    plan.page_offsets = page_offsets;
    plan.pages = pages;
  }
};

TEST_CASE("a chain of ops gives the formula's values on 1, 2 and 4 ranks, for every kind of output") {
  for (const int32_t ranks : {1, 2, 4}) {
    CAPTURE(ranks);
    Chain chain(ranks);
    std::vector<float> logits(12), hidden(8), best(3), chosen(1);
    std::vector<int32_t> best_tokens(3), chosen_token(1);
    const uint32_t mask = 0b010101010101;
    Rows rows({3, 7, 3, 11}, {{OutputKind::kLogits, 0, {}, logits.data(), nullptr},
                              {OutputKind::kHidden, 0, {}, hidden.data(), nullptr},
                              {OutputKind::kTopK, 3, {}, best.data(), best_tokens.data()},
                              {OutputKind::kSampled, 0, {0, &mask}, chosen.data(), chosen_token.data()}});
    StepCursor cursor;
    const auto state = chain.program->Run(rows.plan, &cursor, Deadline());
    REQUIRE_MESSAGE(state.ok(), state.status());
    CHECK(*state == RunState::kDone);
    std::vector<double> expected_hidden;
    const std::vector<double> expected = chain.Expect(3, &expected_hidden);
    for (size_t i = 0; i < 12; ++i) CHECK(std::fabs(static_cast<double>(logits[i]) - expected[i]) < 1e-4);
    std::vector<double> other_hidden;
    chain.Expect(7, &other_hidden);
    for (size_t i = 0; i < 8; ++i) CHECK(std::fabs(static_cast<double>(hidden[i]) - other_hidden[i]) < 1e-5);
    // The row of top-k has the same token as the first.
    std::vector<int32_t> order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)];
    });
    CHECK(best_tokens == std::vector<int32_t>(order.begin(), order.begin() + 3));
    CHECK(best[0] == logits[static_cast<size_t>(order[0])]);
    CHECK(chosen_token[0] % 2 == 0);
  }
}

TEST_CASE(
    "rows without an output are not given to anybody and a plan beyond the program's limits is refused") {
  Chain chain(1);
  Rows none({1, 2}, {{}, {}});
  StepCursor cursor;
  CHECK(*chain.program->Run(none.plan, &cursor, Deadline()) == RunState::kDone);
  Rows many({1, 2, 3, 4, 5}, std::vector<OutputSpec>(5));
  cursor = StepCursor();
  CHECK(chain.program->Run(many.plan, &cursor, Deadline()).status().code() == StatusCode::kInternal);
  Rows unknown({12}, {{}});
  cursor = StepCursor();
  CHECK_FALSE(chain.program->Run(unknown.plan, &cursor, Deadline()).ok());
}

TEST_CASE("with no time each call does one op; once cancelled it does none") {
  Chain chain(1);
  Rows rows({1}, {{}});
  StepCursor cursor;
  int calls = 0;
  while (*chain.program->Run(rows.plan, &cursor, Deadline::After(0)) == RunState::kSuspended) {
    CHECK(cursor.op == static_cast<uint32_t>(++calls));
  }
  CHECK(calls == 9);
  std::atomic<bool> cancelled{true};
  cursor = StepCursor();
  CHECK(*chain.program->Run(rows.plan, &cursor, Deadline(&cancelled)) == RunState::kSuspended);
  CHECK(cursor.op == 0);
}

TEST_CASE("a body that records differently for one key is refused, naming the call") {
  Allocator allocator;
  const auto backend = Make(&allocator, 1);
  MemorySource table(12, 8, 1), norm(1, 8, 2);
  const auto packed = backend->Pack(Request({{&table, 1}}, Split::kRows));
  const auto scale = backend->Pack(Request({{&norm, 1}}, Split::kReplicated));
  REQUIRE(packed.ok());
  REQUIRE(scale.ok());
  int recorded = 0;
  const auto body = [&](const ProgramKey&, Ops& ops) {
    const Activation x = ops.GatherRows(ops.Embed(**packed));
    const Activation hidden = ops.AddRmsNorm(x, {}, **scale, ++recorded == 2 ? 1e-6f : 1e-5f);
    ops.Emit(hidden, ops.Linear(hidden, **packed));
  };
  const Status status = backend->Record({0, 4, 4, 16}, {}, body).status();
  CHECK(status.code() == StatusCode::kInternal);
  CHECK(Message(status).find("AddRmsNorm") != std::string_view::npos);
  recorded = 5;
  CHECK(backend->Record({0, 4, 4, 16}, {}, body).ok());
}

TEST_CASE("a described weight takes no memory, says what it would take, and does not run") {
  Chain chain(2);
  const uint64_t used = chain.allocator.used_bytes();
  const auto described = chain.backend->Describe(Request({{&chain.table, 1}}, Split::kRows));
  REQUIRE(described.ok());
  CHECK((*described)->bytes() == chain.packed_table->bytes());
  CHECK(chain.allocator.used_bytes() == used);
  const auto body = [&](const ProgramKey&, Ops& ops) {
    const Activation x = ops.GatherRows(ops.Embed(**described));
    const Activation hidden = ops.AddRmsNorm(x, {}, *chain.packed_norm, 1e-5f);
    ops.Emit(hidden, ops.Linear(hidden, **described));
  };
  const auto program = chain.backend->Record({0, 4, 4, 16}, {chain.kv.get(), chain.arena.get()}, body);
  REQUIRE_MESSAGE(program.ok(), program.status());
  Rows rows({1}, {{}});
  StepCursor cursor;
  CHECK((*program)->Run(rows.plan, &cursor, Deadline()).status().code() == StatusCode::kFailedPrecondition);
}

TEST_CASE("packing reports what is wrong with a source and holds nothing afterwards") {
  Allocator allocator;
  const auto backend = Make(&allocator, 4);
  MemorySource narrow(12, 8, 1), wide(12, 9, 1), few(3, 8, 1);
  CHECK(backend->Pack(Request({{&narrow, 1}, {&wide, 1}}, Split::kRows)).status().code() ==
        StatusCode::kInvalidArgument);
  CHECK(backend->Pack(Request({{&few, 1}}, Split::kRows)).status().code() == StatusCode::kInvalidArgument);
  CHECK(backend->Pack(Request({{&narrow, 1}}, Split::kColumns, 4)).status().code() ==
        StatusCode::kInvalidArgument);
  CHECK_FALSE(backend->Pack(Request({}, Split::kRows)).ok());
  const std::vector<RowGroup> one = {{&narrow, 1}};
  PackRequest leaves = Request(one, Split::kColumns);
  leaves.canonical_leaves = 6;
  CHECK(backend->Pack(leaves).status().code() == StatusCode::kInvalidArgument);
  PackRequest narrower = Request(one, Split::kRows);
  narrower.format = WeightFormat::kBF16;
  CHECK(backend->Pack(narrower).status().code() == StatusCode::kUnimplemented);
  narrow.fail = true;
  CHECK(backend->Pack(Request({{&narrow, 1}}, Split::kRows)).status().code() == StatusCode::kDataLoss);
  CHECK(allocator.used_bytes() == 0);
  Allocator small(64);
  const auto poor = Make(&small, 1);
  narrow.fail = false;
  CHECK(poor->Pack(Request({{&narrow, 1}}, Split::kRows)).status().code() == StatusCode::kResourceExhausted);
  CHECK(small.used_bytes() == 0);
  BackendOptions options;
  options.allocator = &allocator;
  options.ranks = 9;
  CHECK(reference::CreateBackend(options).status().code() == StatusCode::kUnimplemented);
}

TEST_CASE("pages can be read, written and copied whole") {
  Allocator allocator;
  const auto backend = Make(&allocator, 2);
  const KvSpec spec{3, 2, 4, 8, 5, DType::kF32};
  auto pool = backend->CreateKvPool(spec);
  REQUIRE(pool.ok());
  CHECK(allocator.used_bytes() == backend->KvBytes(spec));
  std::vector<std::byte> page((*pool)->page_bytes()), back(page.size());
  CHECK(page.size() == 3 * 2 * 2 * 8 * 4 * sizeof(float));
  for (size_t i = 0; i < page.size(); ++i) page[i] = static_cast<std::byte>(i * 7);
  REQUIRE((*pool)->WritePage(3, page).ok());
  REQUIRE((*pool)->CopyPage(3, 1).ok());
  REQUIRE((*pool)->ReadPage(1, absl::MakeSpan(back)).ok());
  CHECK(back == page);
  REQUIRE((*pool)->ReadPage(2, absl::MakeSpan(back)).ok());
  CHECK(back == std::vector<std::byte>(back.size()));
  CHECK_FALSE((*pool)->ReadPage(5, absl::MakeSpan(back)).ok());
  CHECK_FALSE((*pool)->WritePage(-1, page).ok());
  back.pop_back();
  CHECK_FALSE((*pool)->ReadPage(1, absl::MakeSpan(back)).ok());
  KvSpec half = spec;
  half.dtype = DType::kF16;
  CHECK(backend->CreateKvPool(half).status().code() == StatusCode::kUnimplemented);
}

TEST_CASE("ties go to the lower id, and a mask without a set bit gives no token") {
  const std::vector<float> logits = {1, 5, 5, -2, 5, 0};
  reference::RowResult row;
  row.logits[0] = absl::MakeConstSpan(logits).subspan(0, 2);
  row.logits[1] = absl::MakeConstSpan(logits).subspan(2);
  row.parts = 2;
  std::vector<float> values(4);
  std::vector<int32_t> tokens(4);
  reference::EmitRow(row, {OutputKind::kTopK, 4, {}, values.data(), tokens.data()});
  CHECK(tokens == std::vector<int32_t>{1, 2, 4, 0});
  const uint32_t mask = 0b001101;
  reference::EmitRow(row, {OutputKind::kSampled, 0, {0, &mask}, values.data(), tokens.data()});
  CHECK(tokens[0] == 2);
  const uint32_t nothing = 0;
  reference::EmitRow(row, {OutputKind::kSampled, 0, {0, &nothing}, values.data(), tokens.data()});
  CHECK(tokens[0] == -1);
}

TEST_CASE("attention over one position gives its value, and rotation keeps lengths and relative angles") {
  Allocator allocator;
  auto pool = reference::Pool::Create({1, 1, 4, 4, 2, DType::kF32}, &allocator);
  REQUIRE(pool.ok());
  const std::vector<int32_t> pages = {1};
  const float value[4] = {1, -2, 3, 0.5f};
  std::memcpy((*pool)->At(1, 0, reference::Pool::kValues, 0, 0), value, sizeof(value));
  const float query[4] = {9, 9, 9, 9};
  float out[4];
  double scratch[16];
  reference::Attend(query, {pool->get(), 0, 0, pages}, 0, 4, scratch, out);
  CHECK(std::memcmp(out, value, sizeof(out)) == 0);

  const AttentionSpec spec{1, 1, 4, {1.0f, 0.01f}};
  const float a[4] = {0.3f, -1, 2, 0.7f}, b[4] = {1, 0.2f, -0.5f, 1.5f};
  const auto product = [&](int64_t p, int64_t q) {
    float x[4], y[4];
    reference::Rotate(a, spec, p, x);
    reference::Rotate(b, spec, q, y);
    return reference::Dot(x, y, 4);
  };
  CHECK(std::fabs(product(5, 2) - product(105, 102)) < 1e-5);
  CHECK(std::fabs(product(5, 2) - product(5, 3)) > 1e-2);
}

}  // namespace
}  // namespace talaria
