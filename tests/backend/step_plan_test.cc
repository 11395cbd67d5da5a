#include "lib/backend/step_plan.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "lib/backend/kv_pool.h"
#include "lib/backend/registry.h"

namespace talaria {
namespace {

// A right plan of two sequences, three rows; tests spoil one thing each.
struct Parts {
  std::vector<int32_t> tokens = {1, 2, 3}, positions = {4, 5, 0}, sequences = {0, 0, 1},
                       adapters = {-1, -1, -1};
  std::vector<int32_t> page_offsets = {0, 2, 3}, pages = {1, 2, 3};
  std::vector<OutputSpec> outputs = std::vector<OutputSpec>(3);
  float value = 0;
  int32_t token = 0;
  PlanLimits limits{4, 2, 8, 10, 4, 5};

  Status Check() const {
    StepPlan plan;
    plan.tokens = tokens;
    plan.positions = positions;
    plan.sequences = sequences;
    plan.adapters = adapters;
    plan.outputs = outputs;
    plan.page_offsets = page_offsets;
    plan.pages = pages;
    return CheckPlan(plan, limits);
  }
};

TEST_CASE("a right plan passes, with every kind of output") {
  Parts parts;
  CHECK(parts.Check().ok());
  for (const OutputKind kind :
       {OutputKind::kHidden, OutputKind::kLogits, OutputKind::kTopK, OutputKind::kSampled}) {
    parts.outputs[2] = {kind, 1, {}, &parts.value, &parts.token};
    CHECK(parts.Check().ok());
  }
}

TEST_CASE("each broken rule of a plan is refused") {
  const std::vector<std::function<void(Parts&)>> spoil = {
      [](Parts& p) { p.tokens.clear(); },
      [](Parts& p) { p.tokens.push_back(1); },
      [](Parts& p) { p.tokens[1] = 10; },
      [](Parts& p) { p.tokens[1] = -1; },
      [](Parts& p) { p.positions[1] = 6; },
      [](Parts& p) { p.positions[1] = 4; },
      [](Parts& p) { p.positions[2] = 4; },
      [](Parts& p) { p.positions[2] = -1; },
      [](Parts& p) { p.sequences[2] = 2; },
      [](Parts& p) { p.sequences[2] = -1; },
      [](Parts& p) {
        p.page_offsets = {0, 2};
      },
      [](Parts& p) {
        p.page_offsets = {0, 3, 2};
      },
      [](Parts& p) { p.page_offsets = {}; },
      [](Parts& p) {
        p.page_offsets = {1, 2, 3};
      },
      [](Parts& p) { p.pages[0] = 0; },
      [](Parts& p) { p.pages[0] = 5; },
      [](Parts& p) { p.adapters[0] = 0; },
      [](Parts& p) { p.limits.rows = 2; },
      [](Parts& p) { p.limits.context = 5; },
      [](Parts& p) { p.outputs[0].kind = OutputKind::kLogits; },
      [](Parts& p) {
        p.outputs[0] = {OutputKind::kSampled, 0, {}, &p.value, nullptr};
      },
      [](Parts& p) {
        p.outputs[0] = {OutputKind::kTopK, 0, {}, &p.value, &p.token};
      },
      [](Parts& p) {
        p.outputs[0] = {OutputKind::kTopK, 11, {}, &p.value, &p.token};
      },
      [](Parts& p) {
        p.outputs[0] = {OutputKind::kSampled, 0, {0.7f, nullptr}, &p.value, &p.token};
      },
      [](Parts& p) {
        for (OutputSpec& output : p.outputs) output = {OutputKind::kLogits, 0, {}, &p.value, nullptr};
      },
  };
  for (size_t i = 0; i < spoil.size(); ++i) {
    Parts parts;
    spoil[i](parts);
    CAPTURE(i);
    CHECK_FALSE(parts.Check().ok());
  }
}

TEST_CASE("a cache's shape is checked before anything is taken for it") {
  KvSpec good{2, 2, 16, 64, 10, DType::kF32};
  CHECK(CheckKvSpec(good, 64).ok());
  const std::vector<std::function<void(KvSpec&)>> spoil = {[](KvSpec& s) { s.layers = 0; },
                                                           [](KvSpec& s) { s.kv_heads = -1; },
                                                           [](KvSpec& s) { s.head_dim = 0; },
                                                           [](KvSpec& s) { s.page_size = 0; },
                                                           [](KvSpec& s) { s.page_size = 63; },
                                                           [](KvSpec& s) { s.pages = 1; },
                                                           [](KvSpec& s) { s.layers = int64_t{1} << 60; }};
  for (size_t i = 0; i < spoil.size(); ++i) {
    KvSpec spec = good;
    spoil[i](spec);
    CAPTURE(i);
    CHECK_FALSE(CheckKvSpec(spec, 64).ok());
  }
}

TEST_CASE("the registry's first backend is the default and an unknown name lists the known") {
  BackendRegistry registry;
  const auto failing = [](const char* name) {
    return
        [name](const BackendOptions&) -> StatusOr<std::unique_ptr<Backend>> { return Unimplemented(name); };
  };
  registry.Add("first", failing("made first"));
  registry.Add("second", failing("made second"));
  CHECK(Message(registry.Create("", {}).status()) == "made first");
  CHECK(Message(registry.Create("second", {}).status()) == "made second");
  const Status unknown = registry.Create("third", {}).status();
  CHECK(unknown.code() == StatusCode::kNotFound);
  CHECK(Message(unknown).find("first, second") != std::string_view::npos);
}

}  // namespace
}  // namespace talaria
