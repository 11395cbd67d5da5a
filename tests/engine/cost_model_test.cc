#include "lib/engine/cost_model.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

namespace talaria {
namespace {

TEST_CASE("a line is learnt from steps of several sizes, noise and all") {
  CostModel model;
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    const auto rows = static_cast<int64_t>(1 + random() % 64);
    const auto noise = static_cast<int64_t>(random() % 2001) - 1000;
    model.Note(rows, 100000 + 2000 * rows + noise);
  }
  CHECK(std::abs(static_cast<double>(model.Expected(0)) - 100000) < 1000);
  CHECK(std::abs(static_cast<double>(model.Expected(50)) - 200000) < 1000);
  CHECK(std::abs(model.RowsWithin(160000, 1, 1000) - 30) <= 1);
}

TEST_CASE("nothing known: everything fits") {
  const CostModel model;
  CHECK(model.Expected(100) == 0);
  CHECK(model.RowsWithin(1000, 1, 256) == 256);
}

TEST_CASE("steps of one size say that a row costs its share") {
  CostModel model;
  for (int i = 0; i < 20; ++i) model.Note(10, 1000);
  CHECK(std::abs(model.Expected(10) - 1000) <= 1);
  CHECK(model.RowsWithin(500, 1, 256) == 5);
}

TEST_CASE("a machine that has become slower is followed within a hundred steps") {
  CostModel model;
  for (int i = 0; i < 500; ++i) model.Note(1 + i % 32, 1000 * (1 + i % 32));
  for (int i = 0; i < 100; ++i) model.Note(1 + i % 32, 3000 * (1 + i % 32));
  CHECK(std::abs(static_cast<double>(model.Expected(20)) - 60000) < 1000);
}

TEST_CASE("the answer is within its bounds whatever was noted and asked") {
  std::mt19937_64 random(9);
  for (int round = 0; round < 2000; ++round) {
    CostModel model;
    for (uint64_t i = random() % 12; i > 0; --i) {
      const auto ns = static_cast<int64_t>(random() % 5 == 0 ? 0 : random() >> (1 + random() % 62));
      model.Note(static_cast<int64_t>(1 + random() % 65536), ns);
    }
    const auto target = static_cast<int64_t>(random() >> (1 + random() % 62));
    const int64_t rows = model.RowsWithin(target, 1, 4096);
    CHECK(rows >= 1);
    CHECK(rows <= 4096);
    CHECK(model.RowsWithin(std::numeric_limits<int64_t>::max(), 1, 4096) == 4096);
    CHECK(model.Expected(1) >= 0);
  }
}

TEST_CASE("a fixed part beyond the target leaves the least") {
  CostModel model;
  // The more rows the cheaper: the slope is taken as none.
  for (int i = 0; i < 20; ++i) model.Note(1 + i, 100000 - 100 * i);
  CHECK(model.RowsWithin(1000, 1, 256) == 1);
  CHECK(model.RowsWithin(10000000, 1, 256) == 256);
}

}  // namespace
}  // namespace talaria
