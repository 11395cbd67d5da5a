#include "backends/cpu/backend.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "backends/cpu/emit_op.h"
#include "backends/cpu/weight.h"
#include "tests/backends/cpu/made_model.h"

namespace talaria {
namespace {

using test::MadeSource;

std::unique_ptr<Backend> Make(Allocator* allocator, int32_t ranks = 1, ThreadPool* pool = nullptr) {
  BackendOptions options;
  options.allocator = allocator;
  options.ranks = ranks;
  options.pool = pool;
  options.check_recording = true;
  auto backend = cpu::CreateBackend(options);
  REQUIRE_MESSAGE(backend.ok(), backend.status());
  return *std::move(backend);
}

PackRequest Request(const std::vector<RowGroup>& groups, Split split, int64_t column_unit = 1) {
  PackRequest request;
  request.groups = groups;
  request.split = split;
  request.column_unit = column_unit;
  return request;
}

// Every number of a slice, row by row: what a panel holds in its lanes.
std::vector<float> Unpacked(const cpu::Weight& weight, const cpu::Weight::Slice& slice) {
  std::vector<float> out;
  for (const cpu::Weight::Group& group : slice.groups) {
    for (int64_t row = 0; row < group.rows.size(); ++row) {
      std::vector<float> numbers(static_cast<size_t>(slice.columns.size()));
      weight.format().Unpack(weight.Panel(slice, group.first_panel + row / cpu::kPanelColumns),
                             row % cpu::kPanelColumns, slice.columns.size(), numbers.data());
      out.insert(out.end(), numbers.begin(), numbers.end());
    }
  }
  return out;
}

TEST_CASE("packing keeps every number, in any split, on one thread and on three") {
  const auto pool = ThreadPool::Create(3);
  REQUIRE(pool.ok());
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    const MadeSource first("first", 70, 37, 1, 1, dtype), second("second", 35, 37, 1, 2, dtype);
    for (const Split split : {Split::kRows, Split::kColumns}) {
      for (const int32_t ranks : {1, 2, 4}) {
        Allocator allocator;
        const auto backend = Make(&allocator, ranks, ranks == 2 ? pool->get() : nullptr);
        const auto packed = backend->Pack(Request({{&first, 5}, {&second, 5}}, split, 3));
        REQUIRE_MESSAGE(packed.ok(), packed.status());
        const auto& weight = static_cast<const cpu::Weight&>(**packed);
        CHECK(weight.bytes() == allocator.used_bytes());
        CHECK(weight.slices().size() == static_cast<size_t>(ranks));
        size_t numbers = 0;
        for (const cpu::Weight::Slice& slice : weight.slices()) {
          std::vector<float> expected;
          for (size_t g = 0; g < 2; ++g) {
            const MadeSource& source = g == 0 ? first : second;
            for (int64_t row = slice.groups[g].rows.begin; row < slice.groups[g].rows.end; ++row) {
              const auto begin = source.values.begin() + row * 37;
              expected.insert(expected.end(), begin + slice.columns.begin, begin + slice.columns.end);
            }
          }
          CHECK(Unpacked(weight, slice) == expected);
          numbers += expected.size();
        }
        CHECK(numbers == 105 * 37);
      }
    }
  }
}

TEST_CASE("lanes without a row and a column beside an odd last one are zeros") {
  Allocator allocator;
  const auto backend = Make(&allocator);
  const MadeSource source("source", 33, 5, 1, 1, DType::kBF16);
  const auto packed = backend->Pack(Request({{&source, 1}}, Split::kRows));
  REQUIRE(packed.ok());
  const auto& weight = static_cast<const cpu::Weight&>(**packed);
  CHECK(weight.bytes() == 2 * 6 * 32 * 2);
  std::vector<float> lane(6);
  for (int64_t i = 1; i < cpu::kPanelColumns; ++i) {
    weight.format().Unpack(weight.Panel(weight.slices()[0], 1), i, 6, lane.data());
    CHECK(lane == std::vector<float>(6));
  }
  weight.format().Unpack(weight.Panel(weight.slices()[0], 1), 0, 6, lane.data());
  CHECK(lane[4] == source.values[32 * 5 + 4]);
  CHECK(lane[5] == 0);
}

TEST_CASE("the format is the source's where it is one, what was asked for, or float") {
  Allocator allocator;
  const auto backend = Make(&allocator);
  const MadeSource wide("wide", 4, 6, 1, 1, DType::kF32), half("half", 4, 6, 1, 2, DType::kF16),
      brain("brain", 4, 6, 1, 3, DType::kBF16);
  const auto name = [&](std::vector<RowGroup> groups, WeightFormat format) {
    PackRequest request = Request(groups, Split::kRows);
    request.format = format;
    const auto packed = backend->Pack(request);
    REQUIRE(packed.ok());
    return std::string(static_cast<const cpu::Weight&>(**packed).format().name());
  };
  CHECK(name({{&wide, 1}}, WeightFormat::kSource) == "F32");
  CHECK(name({{&half, 1}}, WeightFormat::kSource) == "F16");
  CHECK(name({{&brain, 1}, {&brain, 1}}, WeightFormat::kSource) == "BF16");
  CHECK(name({{&brain, 1}, {&half, 1}}, WeightFormat::kSource) == "F32");
  CHECK(name({{&brain, 1}}, WeightFormat::kF32) == "F32");
  CHECK(name({{&half, 1}}, WeightFormat::kBF16) == "BF16");
}

TEST_CASE("packing reports what is wrong with a source and holds nothing afterwards") {
  const auto pool = ThreadPool::Create(2);
  REQUIRE(pool.ok());
  Allocator allocator;
  const auto backend = Make(&allocator, 4, pool->get());
  MadeSource narrow("narrow", 12, 8, 1, 1, DType::kF32), wide("wide", 12, 9, 1, 1, DType::kF32),
      few("few", 3, 8, 1, 1, DType::kF32);
  const MadeSource strange("strange", 12, 8, 1, 1, DType::kF8E4M3);
  const auto refused = [&](const PackRequest& request, StatusCode code, std::string_view name) {
    for (const Status& status : {backend->Pack(request).status(), backend->Describe(request).status()}) {
      CHECK(status.code() == code);
      CHECK_MESSAGE(Message(status).find(name) != std::string_view::npos, status);
    }
  };
  const std::vector<RowGroup> one = {{&narrow, 1}}, both = {{&narrow, 1}, {&wide, 1}}, three = {{&few, 1}},
                              odd = {{&narrow, 1}, {&strange, 1}};
  refused(Request(both, Split::kRows), StatusCode::kInvalidArgument, "wide");
  refused(Request(three, Split::kRows), StatusCode::kInvalidArgument, "few");
  refused(Request(one, Split::kColumns, 4), StatusCode::kInvalidArgument, "narrow");
  refused(Request(odd, Split::kRows), StatusCode::kUnimplemented, "strange: weights of type F8_E4M3");
  PackRequest leaves = Request(one, Split::kColumns);
  leaves.canonical_leaves = 6;
  refused(leaves, StatusCode::kInvalidArgument, "canonical_leaves");
  narrow.fail = true;
  const Status lost = backend->Pack(Request(one, Split::kRows)).status();
  CHECK(lost.code() == StatusCode::kDataLoss);
  CHECK(Message(lost).find("narrow") != std::string_view::npos);
  narrow.fail = false;
  CHECK(allocator.used_bytes() == 0);
  Allocator small(64);
  CHECK(Make(&small)->Pack(Request(one, Split::kRows)).status().code() == StatusCode::kResourceExhausted);
  CHECK(small.used_bytes() == 0);
  BackendOptions options;
  options.allocator = &allocator;
  options.ranks = 9;
  CHECK(cpu::CreateBackend(options).status().code() == StatusCode::kUnimplemented);
  options.ranks = 1;
  options.isa = "mmx";
  CHECK(cpu::CreateBackend(options).status().code() == StatusCode::kUnimplemented);
}

// Embedding to output head, and nothing between: enough to run a plan.
struct Head {
  Allocator allocator;
  std::unique_ptr<Backend> backend = Make(&allocator);
  MadeSource table{"table", 12, 8, 1, 1, DType::kF32}, ones{"ones", 1, 8, 1, 2, DType::kF32};
  std::unique_ptr<PackedWeight> packed_table, packed_norm;
  std::unique_ptr<KvPool> kv;
  std::unique_ptr<StepArena> arena;
  std::unique_ptr<Program> program;
  std::vector<int32_t> tokens, positions, sequences, adapters, page_offsets = {0, 1}, pages = {1};
  std::vector<OutputSpec> outputs;

  Head() {
    packed_table = *backend->Pack(Request({{&table, 1}}, Split::kRows));
    packed_norm = *backend->Pack(Request({{&ones, 1}}, Split::kReplicated));
    kv = *backend->CreateKvPool({1, 2, 4, 64, 3, DType::kF32});
    program = Record(*packed_table);
  }
  std::unique_ptr<Program> Record(const PackedWeight& weight) {
    const ProgramKey key{0, 4, 4, 16};
    const auto body = [&](const ProgramKey&, Ops& ops) {
      const Activation x = ops.GatherRows(ops.Embed(weight));
      const Activation hidden = ops.AddRmsNorm(x, {}, *packed_norm, 1e-5f);
      ops.Emit(hidden, ops.Linear(hidden, weight));
    };
    const auto sized = backend->Record(key, {}, body);
    REQUIRE_MESSAGE(sized.ok(), sized.status());
    arena = *backend->CreateArena((*sized)->arena_bytes());
    auto recorded = backend->Record(key, {kv.get(), arena.get()}, body);
    REQUIRE_MESSAGE(recorded.ok(), recorded.status());
    return *std::move(recorded);
  }
  StepPlan Plan(std::vector<int32_t> t, std::vector<OutputSpec> o) {
    tokens = std::move(t);
    outputs = std::move(o);
    positions.clear();
    for (size_t i = 0; i < tokens.size(); ++i) positions.push_back(static_cast<int32_t>(i));
    sequences.assign(tokens.size(), 0);
    adapters.assign(tokens.size(), kNoAdapter);
    StepPlan plan;
    plan.tokens = tokens;
    plan.positions = positions;
    plan.sequences = sequences;
    plan.adapters = adapters;
    plan.outputs = outputs;
    plan.page_offsets = page_offsets;
    plan.pages = pages;
    return plan;
  }
};

TEST_CASE("every kind of output gives its row what it asks for") {
  Head head;
  std::vector<float> logits(12), hidden(8), best(12), chosen(1);
  std::vector<int32_t> best_tokens(12), chosen_token(1);
  const uint32_t mask = 0b010101010101;
  const StepPlan plan =
      head.Plan({3, 7, 3, 3}, {{OutputKind::kLogits, 0, {}, logits.data(), nullptr},
                               {OutputKind::kHidden, 0, {}, hidden.data(), nullptr},
                               {OutputKind::kTopK, 12, {}, best.data(), best_tokens.data()},
                               {OutputKind::kSampled, 0, {0, &mask}, chosen.data(), chosen_token.data()}});
  StepCursor cursor;
  const auto state = head.program->Run(plan, &cursor, Deadline());
  REQUIRE_MESSAGE(state.ok(), state.status());
  CHECK(*state == RunState::kDone);
  const auto norm = [&](size_t token) {
    double squares = 0;
    std::vector<double> out;
    for (size_t i = 0; i < 8; ++i)
      squares += std::pow(static_cast<double>(head.table.values[token * 8 + i]), 2);
    for (size_t i = 0; i < 8; ++i) {
      out.push_back(static_cast<double>(head.table.values[token * 8 + i]) / std::sqrt(squares / 8 + 1e-5) *
                    static_cast<double>(head.ones.values[i]));
    }
    return out;
  };
  for (size_t i = 0; i < 8; ++i) CHECK(std::fabs(static_cast<double>(hidden[i]) - norm(7)[i]) < 1e-6);
  for (size_t r = 0; r < 12; ++r) {
    double expected = 0;
    for (size_t i = 0; i < 8; ++i) expected += static_cast<double>(head.table.values[r * 8 + i]) * norm(3)[i];
    CHECK(std::fabs(static_cast<double>(logits[r]) - expected) < 1e-5);
  }
  std::vector<int32_t> order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)];
  });
  CHECK(best_tokens == order);
  for (size_t i = 0; i < 12; ++i) CHECK(best[i] == logits[static_cast<size_t>(order[i])]);
  const int32_t first_allowed =
      *std::find_if(order.begin(), order.end(), [](int32_t t) { return t % 2 == 0; });
  CHECK(chosen_token[0] == first_allowed);
}

TEST_CASE("a plan beyond the program's limits is refused, one without outputs runs, cancelled ones do not") {
  Head head;
  StepCursor cursor;
  CHECK(*head.program->Run(head.Plan({1, 2}, {{}, {}}), &cursor, Deadline()) == RunState::kDone);
  cursor = StepCursor();
  CHECK(head.program->Run(head.Plan({1, 2, 3, 4, 5}, std::vector<OutputSpec>(5)), &cursor, Deadline())
            .status()
            .code() == StatusCode::kInternal);
  cursor = StepCursor();
  CHECK_FALSE(head.program->Run(head.Plan({12}, {{}}), &cursor, Deadline()).ok());
  std::atomic<bool> cancelled{true};
  cursor = StepCursor();
  CHECK(*head.program->Run(head.Plan({1}, {{}}), &cursor, Deadline(&cancelled)) == RunState::kSuspended);
  CHECK(cursor.op == 0);
  CHECK(cursor.tile == 0);
  // With no time each call does one tile: rows of the embedding first.
  for (uint32_t tile = 1; tile <= 3; ++tile) {
    CHECK(*head.program->Run(head.Plan({1, 2, 3, 4}, std::vector<OutputSpec>(4)), &cursor,
                             Deadline::After(0)) == RunState::kSuspended);
    CHECK(cursor.op == 0);
    CHECK(cursor.tile == tile);
  }
}

TEST_CASE("a described weight takes no memory, says what it would take, and does not run") {
  Head head;
  const uint64_t used = head.allocator.used_bytes();
  const auto described = head.backend->Describe(Request({{&head.table, 1}}, Split::kRows));
  REQUIRE(described.ok());
  CHECK((*described)->bytes() == head.packed_table->bytes());
  CHECK(head.allocator.used_bytes() == used);
  const std::unique_ptr<Program> program = head.Record(**described);
  CHECK(program->arena_bytes() == head.program->arena_bytes());
  StepCursor cursor;
  CHECK(program->Run(head.Plan({1}, {{}}), &cursor, Deadline()).status().code() ==
        StatusCode::kFailedPrecondition);
}

TEST_CASE("a gated product over one group, or groups that differ, is refused when it is recorded") {
  Head head;
  const MadeSource uneven("uneven", 14, 8, 1, 1, DType::kF32);
  for (const std::vector<RowGroup>& groups :
       {std::vector<RowGroup>{{&head.table, 1}}, std::vector<RowGroup>{{&head.table, 1}, {&uneven, 1}}}) {
    const auto weight = head.backend->Pack(Request(groups, Split::kRows));
    REQUIRE(weight.ok());
    const auto body = [&](const ProgramKey&, Ops& ops) {
      const Activation x = ops.GatherRows(ops.Embed(*head.packed_table));
      ops.Emit(x, ops.GatedLinear(x, **weight));
    };
    const Status status = head.backend->Record({0, 4, 4, 16}, {}, body).status();
    CHECK(status.code() == StatusCode::kInternal);
    CHECK(Message(status).find("GatedLinear") != std::string_view::npos);
  }
}

TEST_CASE("pages are read and written in the order of the seam, whatever the cache's own") {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    Allocator allocator;
    const auto backend = Make(&allocator, 2);
    const KvSpec spec{3, 2, 20, 128, 5, dtype};
    auto pool = backend->CreateKvPool(spec);
    REQUIRE(pool.ok());
    CHECK(allocator.used_bytes() == backend->KvBytes(spec));
    std::vector<std::byte> page((*pool)->page_bytes()), back(page.size());
    std::mt19937 random(7);
    for (std::byte& byte : page) byte = static_cast<std::byte>(random());
    REQUIRE((*pool)->WritePage(3, page).ok());
    REQUIRE((*pool)->CopyPage(3, 1).ok());
    REQUIRE((*pool)->ReadPage(1, absl::MakeSpan(back)).ok());
    CHECK(back == page);
    REQUIRE((*pool)->ReadPage(2, absl::MakeSpan(back)).ok());
    CHECK(back == std::vector<std::byte>(back.size()));
    CHECK_FALSE((*pool)->ReadPage(5, absl::MakeSpan(back)).ok());
    CHECK_FALSE((*pool)->WritePage(-1, page).ok());
    CHECK_FALSE((*pool)->CopyPage(1, 5).ok());
    back.pop_back();
    CHECK_FALSE((*pool)->ReadPage(1, absl::MakeSpan(back)).ok());
    CHECK_FALSE((*pool)->WritePage(1, back).ok());
  }
  Allocator allocator;
  const auto backend = Make(&allocator);
  CHECK(backend->CreateKvPool({1, 1, 4, 64, 2, DType::kF8E4M3}).status().code() ==
        StatusCode::kUnimplemented);
  CHECK(backend->CreateKvPool({1, 1, 4, 32, 2, DType::kF32}).status().code() == StatusCode::kInvalidArgument);
  // Padding to 16 numbers a row would pass 64 bits where the seam's own count does not.
  const KvSpec vast{int64_t{1} << 30, int64_t{1} << 18, 1, 64, 1 << 5, DType::kF32};
  CHECK(backend->CreateKvPool(vast).status().code() == StatusCode::kResourceExhausted);
  CHECK(allocator.used_bytes() == 0);
}

TEST_CASE("top-k is the head of a sort with ties to the lower id, under any mask and split") {
  std::mt19937 random(3);
  std::vector<float> logits(1000);
  for (float& logit : logits) logit = static_cast<float>(random() % 300) - 150;
  logits[17] = std::numeric_limits<float>::quiet_NaN();
  std::vector<uint32_t> mask(32);
  for (uint32_t& word : mask) word = static_cast<uint32_t>(random());
  for (const bool masked : {false, true}) {
    std::vector<int32_t> order;
    const auto key = [&](int32_t t) { return t == 17 ? -HUGE_VALF : logits[static_cast<size_t>(t)]; };
    for (int32_t t = 0; t < 1000; ++t) {
      if (!masked || (mask[static_cast<size_t>(t) / 32] >> (t % 32) & 1) != 0) order.push_back(t);
    }
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return key(a) > key(b); });
    for (const size_t split : {size_t{0}, size_t{300}, size_t{1000}}) {
      for (const int32_t count : {1, 2, 3, 40, 999, 1000}) {
        cpu::LogitParts parts;
        parts.Add(absl::MakeConstSpan(logits).subspan(0, split));
        parts.Add(absl::MakeConstSpan(logits).subspan(split));
        std::vector<float> values(static_cast<size_t>(count));
        std::vector<int32_t> tokens(values.size());
        cpu::TopK(parts, {0, masked ? mask.data() : nullptr}, count, values.data(), tokens.data());
        size_t wrong = 0;
        for (size_t i = 0; i < values.size(); ++i) {
          const int32_t token = i < order.size() ? order[i] : -1;
          const float value = token < 0 ? -HUGE_VALF : key(token);
          wrong += tokens[i] == token && values[i] == value ? 0 : 1;
        }
        CHECK(wrong == 0);
      }
    }
  }
}

}  // namespace
}  // namespace talaria
