#include "lib/backend/recording.h"

#include <doctest/doctest.h>

#include <random>

namespace talaria {
namespace {

class ShapeOnly : public PackedWeight {
 public:
  ShapeOnly(int64_t rows, int64_t columns, Split split) : PackedWeight(rows, columns, split, 0) {}
};

// Accepts every op; what is recorded is all that matters.
class Recorder : public RecordingOps {
 public:
  explicit Recorder(int32_t ranks = 1) : RecordingOps({0, 8, 4, 64}, ranks, nullptr) {}
  using RecordingOps::lives;

 protected:
  void DoEmbed(Activation, const PackedWeight&) override {}
  void DoImportResidual(Activation) override {}
  void DoExportResidual(Activation, Activation) override {}
  void DoAddRmsNorm(Activation, Activation, Activation, const PackedWeight&, float) override {}
  void DoLinear(Activation, Activation, const PackedWeight&) override {}
  void DoGatedLinear(Activation, Activation, const PackedWeight&) override {}
  void DoRopeStoreKv(Activation, Activation, int64_t, const AttentionSpec&) override {}
  void DoAttention(Activation, Activation, int64_t, const AttentionSpec&) override {}
  void DoAllReduce(Activation, Activation) override {}
  void DoGatherRows(Activation, Activation) override {}
  void DoEmit(Activation, Activation) override {}
};

AttentionSpec Heads(int64_t heads, int64_t kv_heads) { return {heads, kv_heads, 4, {1.0f, 0.5f}}; }

// A model of one layer: 16 wide, 4 heads of 4, 2 key/value heads, vocabulary 10.
struct OneLayer {
  ShapeOnly table{10, 16, Split::kRows};
  ShapeOnly norm{1, 16, Split::kReplicated};
  ShapeOnly qkv{32, 16, Split::kRows};
  ShapeOnly output{16, 16, Split::kColumns};
  ShapeOnly gate_up{48, 16, Split::kRows};
  ShapeOnly down{16, 24, Split::kColumns};
  AttentionSpec heads = Heads(4, 2);

  void Write(Ops& ops, float epsilon = 1e-5f) const {
    Activation residual = ops.Embed(table);
    const Activation x = ops.AddRmsNorm(residual, {}, norm, epsilon);
    Activation query = ops.RopeStoreKv(ops.Linear(x, qkv), 0, heads);
    query = ops.GatherRows(query);
    residual = ops.GatherRows(residual);
    const Activation attended = ops.AllReduce(ops.Linear(ops.Attention(query, 0, heads), output));
    const Activation y = ops.AddRmsNorm(residual, attended, norm, epsilon);
    const Activation z = ops.AllReduce(ops.Linear(ops.GatedLinear(y, gate_up), down));
    const Activation hidden = ops.AddRmsNorm(residual, z, norm, epsilon);
    ops.Emit(hidden, ops.Linear(hidden, table));
  }
};

TEST_CASE("a right body records without error and equal bodies record equal calls") {
  const OneLayer model;
  Recorder first, second;
  model.Write(first);
  model.Write(second);
  CHECK(first.status().ok());
  CHECK(first.calls().size() == 16);
  CHECK(CompareRecordings(first.calls(), second.calls()).ok());
}

TEST_CASE(
    "bodies that differ in a constant, an op or the end are told apart by the first call that differs") {
  const OneLayer model;
  Recorder base, constant, shorter;
  model.Write(base);
  model.Write(constant, 1e-6f);
  shorter.Embed(model.table);
  CHECK(Message(CompareRecordings(base.calls(), constant.calls())).find("call 1: AddRmsNorm") !=
        std::string_view::npos);
  CHECK_FALSE(CompareRecordings(base.calls(), shorter.calls()).ok());
}

TEST_CASE("each misuse of an op is an error that names it") {
  const OneLayer model;
  const auto message = [&](auto body) {
    Recorder ops;
    body(ops);
    return std::string(Message(ops.status()));
  };
  const auto names = [](const std::string& text, const char* op) {
    return text.find(op) != std::string::npos;
  };
  CHECK(names(message([&](Ops& ops) { ops.Embed(model.norm); }), "Embed"));
  CHECK(names(message([&](Ops& ops) { ops.Linear(ops.Embed(model.table), model.down); }), "Linear"));
  CHECK(names(message([&](Ops& ops) { ops.Linear({}, model.qkv); }), "Linear"));
  CHECK(
      names(message([&](Ops& ops) { ops.GatedLinear(ops.Embed(model.table), model.down); }), "GatedLinear"));
  CHECK(names(message([&](Ops& ops) { ops.AllReduce(ops.Embed(model.table)); }), "AllReduce"));
  CHECK(names(message([&](Ops& ops) { ops.AddRmsNorm(ops.Embed(model.table), {}, model.qkv, 1e-5f); }),
              "AddRmsNorm"));
  CHECK(names(message([&](Ops& ops) {
                ops.RopeStoreKv(ops.Linear(ops.Embed(model.table), model.qkv), 0, Heads(3, 2));
              }),
              "RopeStoreKv"));
  CHECK(
      names(message([&](Ops& ops) { ops.Attention(ops.Embed(model.table), 0, model.heads); }), "Attention"));
  CHECK(names(message([&](Ops& ops) { ops.GatherRows(ops.GatherRows(ops.Embed(model.table))); }),
              "GatherRows"));
  CHECK(names(message([&](Ops& ops) { ops.Emit(ops.Embed(model.table), {}); }), "Emit"));
  CHECK(names(message([&](Ops& ops) { ops.ExportResidual(ops.Embed(model.table), {}); }), "ExportResidual"));
  CHECK(names(message([&](Ops& ops) { ops.Embed(model.table); }), "without Emit"));
  CHECK(names(message([&](Ops& ops) {
                model.Write(ops);
                ops.Embed(model.table);
              }),
              "follows the end"));
  // Three key/value heads cannot be divided over two ranks.
  Recorder two(2);
  ShapeOnly qkv(36, 16, Split::kRows);
  two.RopeStoreKv(two.Linear(two.Embed(model.table), qkv), 0, Heads(3, 3));
  CHECK_FALSE(two.status().ok());
}

TEST_CASE("an activation lives from the op that makes it to the last that reads it") {
  const OneLayer model;
  Recorder ops;
  model.Write(ops);
  // The residual of all rows: made by op 0, gathered by op 5, after which nothing reads it.
  CHECK(ops.lives()[0].first_op == 0);
  CHECK(ops.lives()[0].last_op == 5);
}

TEST_CASE("what lives at the same time never overlaps in the arena") {
  std::mt19937 random(7);
  ArenaLayout layout;
  struct Block {
    uint64_t offset, end;
  };
  std::vector<Block> live;
  uint64_t held = 0, most = 0;
  for (int i = 0; i < 5000; ++i) {
    if (live.empty() || random() % 2 == 0) {
      const uint64_t bytes = random() % 5000;
      const uint64_t offset = layout.Take(bytes);
      CHECK(offset % ArenaLayout::kAlignment == 0);
      for (const Block& other : live) CHECK((offset >= other.end || offset + bytes <= other.offset));
      CHECK(layout.peak() >= offset + bytes);
      // A block of zero bytes is no block.
      if (bytes > 0) live.push_back({offset, offset + bytes});
      held += bytes;
      most = std::max(most, held);
    } else {
      const size_t at = random() % live.size();
      layout.Release(live[at].offset);
      held -= live[at].end - live[at].offset;
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (live.size() > 50) {
      for (const Block& block : live) layout.Release(block.offset);
      live.clear();
      held = 0;
    }
  }
  CHECK(layout.peak() < 3 * most);
}

}  // namespace
}  // namespace talaria
