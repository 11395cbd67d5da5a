// Whole steps of small models: against the reference backend, and against themselves run in other ways.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "backends/cpu/isa/select.h"
#include "tests/backends/cpu/made_model.h"

namespace talaria::test {
namespace {

constexpr int64_t kLength = 150;  // three blocks of 64 positions, the last one short

// Shapes that take every way through the kernels: columns that fill no panel and no vector, heads that no
// vector divides, and products so deep that tiles cut them along K.
ModelShape Odd(DType dtype) {
  ModelShape shape;
  shape.dtype = dtype;
  return shape;
}
ModelShape Deep(DType dtype) {
  ModelShape shape;
  shape.hidden = 1100;
  shape.intermediate = 70;
  shape.heads = 6;
  shape.kv_heads = 2;
  shape.head_dim = 32;
  shape.vocabulary = 40;
  shape.layers = 1;
  shape.dtype = dtype;
  return shape;
}
ModelShape Wide(DType dtype) {
  ModelShape shape = Deep(dtype);
  shape.hidden = 40;
  shape.intermediate = 2600;
  return shape;
}

Outcome RunOrFail(const MadeModel& model, const Way& way, int64_t length = kLength) {
  auto outcome = Run(model, MadeTokens(length, model.shape.vocabulary), way);
  REQUIRE_MESSAGE(outcome.ok(), outcome.status());
  return *std::move(outcome);
}

TEST_CASE("all instruction sets of this machine are tested") {
  std::string names;
  for (const std::string& isa : cpu::AvailableIsas()) names += " " + isa;
  MESSAGE("instruction sets:", names);
  CHECK(cpu::AvailableIsas().front() == "generic");
}

TEST_CASE("a model gives the reference backend's logits, in every format of weights and cache") {
  for (const auto& shape_of : {Odd, Deep, Wide}) {
    for (const DType source : {DType::kF32, DType::kF16, DType::kBF16}) {
      const MadeModel model(shape_of(source));
      Way reference;
      reference.reference = true;
      const Outcome expected = RunOrFail(model, reference);
      for (const std::string& isa : cpu::AvailableIsas()) {
        for (const DType cache : {DType::kF32, DType::kF16, DType::kBF16}) {
          CAPTURE(model.shape.hidden);
          CAPTURE(source);
          CAPTURE(isa);
          CAPTURE(cache);
          Way way;
          way.isa = isa;
          way.cache = cache;
          way.threads = 2;
          // Activations rounded to 8 bits for the products are a part in 2^9 each; keys and values to 11
          // or 8.
          const bool rounds = isa == "avx512_bf16" && source == DType::kBF16;
          double tolerance = cache == DType::kF32 ? 2e-5 : cache == DType::kF16 ? 2e-3 : 2e-2;
          if (rounds) tolerance = 2e-2;
          CHECK(RelativeDifference(RunOrFail(model, way).logits, expected.logits) < tolerance);
          way.format = WeightFormat::kF32;
          tolerance = cache == DType::kF32 ? 2e-5 : cache == DType::kF16 ? 2e-3 : 2e-2;
          CHECK(RelativeDifference(RunOrFail(model, way).logits, expected.logits) < tolerance);
        }
      }
    }
  }
}

TEST_CASE("weights rounded to BF16 are those of a BF16 file") {
  const MadeModel wide(Odd(DType::kF32)), narrow(Odd(DType::kBF16));
  Way way, rounding;
  rounding.format = WeightFormat::kBF16;
  // Norms keep the file's type, so they are taken from the narrow one in both.
  MadeModel mixed(Odd(DType::kF32));
  MadeModel other(Odd(DType::kBF16));
  mixed.final_norm = std::move(other.final_norm);
  for (size_t i = 0; i < mixed.layers.size(); ++i) {
    mixed.layers[i].input_norm = std::move(other.layers[i].input_norm);
    mixed.layers[i].post_norm = std::move(other.layers[i].post_norm);
  }
  CHECK(RunOrFail(mixed, rounding).logits == RunOrFail(narrow, way).logits);
  CHECK(RunOrFail(mixed, way).logits != RunOrFail(narrow, way).logits);
}

// All combinations of what must not matter would be many; each is varied alone and some together.
void CheckSameBits(const MadeModel& model, const Way& base) {
  const Outcome expected = RunOrFail(model, base);
  const auto check = [&](const char* what, const Way& way) {
    CAPTURE(what);
    CHECK(RunOrFail(model, way).logits == expected.logits);
  };
  for (const int threads : {0, 2, 3}) {
    Way way = base;
    way.threads = threads;
    check("threads", way);
  }
  for (const int64_t chunk : {1, 7, 64}) {
    Way way = base;
    way.chunk = chunk;
    way.threads = 2;
    check("chunk", way);
  }
  for (const int company : {1, 7, 31}) {
    Way way = base;
    way.company = company;
    way.threads = 2;
    check("company", way);
    way.chunk = 5;
    check("company and chunk", way);
  }
  Way way = base;
  way.page_size = 128;
  way.company = 2;
  check("page size", way);
  way = base;
  way.flush_to_zero = true;
  way.threads = 3;
  check("flush to zero", way);
  way = base;
  way.suspended = true;
  check("suspended", way);
  way.chunk = 7;
  way.company = 3;
  way.threads = 2;
  way.flush_to_zero = true;
  check("suspended in company", way);
}

TEST_CASE("threads, chunks, company, page sizes, suspending and the host's control word change no bit") {
  for (const std::string& isa : cpu::AvailableIsas()) {
    for (const DType source : {DType::kF32, DType::kF16, DType::kBF16}) {
      for (const DType cache : {DType::kF32, DType::kF16, DType::kBF16}) {
        CAPTURE(isa);
        CAPTURE(source);
        CAPTURE(cache);
        Way way;
        way.isa = isa;
        way.cache = cache;
        CheckSameBits(MadeModel(Odd(source)), way);
      }
    }
  }
}

TEST_CASE("products that tiles cut along K keep their bits") {
  for (const std::string& isa : cpu::AvailableIsas()) {
    for (const auto& shape_of : {Deep, Wide}) {
      for (const DType source : {DType::kF32, DType::kF16, DType::kBF16}) {
        CAPTURE(isa);
        CAPTURE(source);
        const MadeModel model(shape_of(source));
        Way way;
        way.isa = isa;
        const Outcome expected = RunOrFail(model, way);
        way.chunk = 1;
        CHECK(RunOrFail(model, way).logits == expected.logits);
        way.chunk = 40;
        way.threads = 2;
        way.suspended = true;
        CHECK(RunOrFail(model, way).logits == expected.logits);
      }
    }
  }
}

TEST_CASE("numbers below the smallest normal are kept where the host flushes them to zero") {
  for (const std::string& isa : cpu::AvailableIsas()) {
    ModelShape shape = Odd(DType::kF32);
    shape.final_scale = 1e-39f;
    const MadeModel model(shape);
    Way way;
    way.isa = isa;
    const Outcome expected = RunOrFail(model, way);
    CHECK(RelativeDifference(expected.logits, std::vector<float>(expected.logits.size(), 1e-38f)) < 2);
    const auto kept =
        std::count_if(expected.logits.begin(), expected.logits.end(), [](float logit) { return logit != 0; });
    CHECK(static_cast<size_t>(kept) > expected.logits.size() / 2);
    for (const int threads : {0, 1, 3}) {
      way.threads = threads;
      way.flush_to_zero = true;
      CHECK(RunOrFail(model, way).logits == expected.logits);
    }
  }
}

TEST_CASE("with equal leaves any number of ranks gives the same bits, without them nearly") {
  for (const std::string& isa : cpu::AvailableIsas()) {
    for (const DType source : {DType::kF32, DType::kBF16}) {
      ModelShape shape = Odd(source);
      shape.heads = 8;
      shape.kv_heads = 4;
      const MadeModel model(shape);
      CAPTURE(isa);
      Way way;
      way.isa = isa;
      const Outcome plain = RunOrFail(model, way);
      way.leaves = 4;
      const Outcome expected = RunOrFail(model, way);
      for (const int32_t ranks : {2, 4}) {
        CAPTURE(ranks);
        way.leaves = 4;
        way.ranks = ranks;
        way.threads = 2;
        CHECK(RunOrFail(model, way).logits == expected.logits);
        way.suspended = true;
        way.chunk = 30;
        CHECK(RunOrFail(model, way).logits == expected.logits);
        way.suspended = false;
        way.leaves = 1;
        const double tolerance = isa == "avx512_bf16" && source == DType::kBF16 ? 2e-2 : 2e-5;
        CHECK(RelativeDifference(RunOrFail(model, way).logits, plain.logits) < tolerance);
      }
    }
  }
}

TEST_CASE("a suspended step has run one tile a call") {
  const MadeModel model(Odd(DType::kF32));
  Way way;
  way.suspended = true;
  way.isa = "generic";
  // 150 rows: six row ops of 150 tiles a layer alone.
  CHECK(RunOrFail(model, way).runs > 2 * 6 * 150);
  way.suspended = false;
  CHECK(RunOrFail(model, way).runs == 1);
}

}  // namespace
}  // namespace talaria::test
