// Partial selection against sorting everything: equal to the last token and the last bit.
#include "lib/sampling/candidates.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "lib/base/allocator.h"
#include "tests/sampling/made_row.h"

namespace talaria::sampling {
namespace {

using test::MadeRow;
using test::RowKind;

struct Token {
  int32_t id;
  float logit;
};

// The whole of what Candidates does, by sorting.
class PlainCandidates {
 public:
  explicit PlainCandidates(const std::vector<float>& logits) {
    for (size_t i = 0; i < logits.size(); ++i) tokens_.push_back({static_cast<int32_t>(i), logits[i]});
    scale_.max = *std::max_element(logits.begin(), logits.end());
  }

  void SetTemperature(double temperature) {
    scale_.inverse_temperature = static_cast<float>(1 / temperature);
    scale_.max = kNever;
    for (const Token& token : tokens_) scale_.max = std::max(scale_.max, token.logit);
  }
  Weight WeightOf(const Token& token) const { return WeightFrom(ExpOf(ExponentOf(token.logit, scale_))); }
  Weight Total() const {
    Weight total = 0;
    for (const Token& token : tokens_) total += WeightOf(token);
    return total;
  }

  void KeepTopK(int64_t k) {
    if (k == 0 || static_cast<size_t>(k) >= tokens_.size()) return;
    Sort([](const Token& token) { return -token.logit; });
    tokens_.resize(static_cast<size_t>(k));
    Finish();
  }
  void KeepTopP(double mass) {
    if (mass >= 1) return;
    Sort([](const Token& token) { return -token.logit; });
    KeepMass(mass);
  }
  void KeepTypical(double mass) {
    if (mass >= 1) return;
    Weight sum = 0;
    for (const Token& token : tokens_) {
      const float exponent = ExponentOf(token.logit, scale_);
      sum += WeightFrom(ExpOf(exponent) * -exponent);
    }
    const auto mean = static_cast<float>(-static_cast<double>(sum) / static_cast<double>(Total()));
    Sort([&](const Token& token) { return std::fabs(ExponentOf(token.logit, scale_) - mean); });
    KeepMass(mass);
  }
  void KeepMinP(double share) {
    if (share <= 0) return;
    Weight best = 0;
    for (const Token& token : tokens_) best = std::max(best, WeightOf(token));
    const Weight least = PartOf(best, share);
    Remove([&](const Token& token) { return WeightOf(token) < least; });
  }
  void ExcludeTop(double threshold) {
    const Weight least = PartOf(Total(), threshold);
    Sort([](const Token& token) { return -token.logit; });
    int32_t stays = -1;
    for (const Token& token : tokens_) {
      if (WeightOf(token) >= least) stays = token.id;
    }
    Remove([&](const Token& token) { return WeightOf(token) >= least && token.id != stays; });
    Finish();
  }

  const std::vector<Token>& tokens() const { return tokens_; }

 private:
  template <typename Key>
  void Sort(Key key) {
    std::stable_sort(tokens_.begin(), tokens_.end(),
                     [&](const Token& a, const Token& b) { return key(a) < key(b); });
  }
  template <typename Predicate>
  void Remove(Predicate goes) {
    tokens_.erase(std::remove_if(tokens_.begin(), tokens_.end(), goes), tokens_.end());
  }
  void KeepMass(double mass) {
    const Weight wanted = PartOf(Total(), mass);
    Weight sum = 0;
    size_t kept = 0;
    while (sum < wanted) sum += WeightOf(tokens_[kept++]);
    tokens_.resize(kept);
    Finish();
  }
  void Finish() {
    Remove([](const Token& token) { return token.logit == kNever; });
    std::sort(tokens_.begin(), tokens_.end(), [](const Token& a, const Token& b) { return a.id < b.id; });
  }

  std::vector<Token> tokens_;
  LogitScale scale_;
};

bool AreEqual(Candidates* fast, const PlainCandidates& plain) {
  std::vector<Token> left;
  for (size_t i = 0; i < fast->size(); ++i) {
    if (fast->weight(i) > 0) left.push_back({fast->id(i), fast->logit(i)});
  }
  std::vector<Token> expected;
  for (const Token& token : plain.tokens()) {
    if (plain.WeightOf(token) > 0) expected.push_back(token);
  }
  const auto same = [](const Token& a, const Token& b) { return a.id == b.id && a.logit == b.logit; };
  return fast->Total() == plain.Total() && left.size() == expected.size() &&
         std::equal(left.begin(), left.end(), expected.begin(), same);
}

struct World {
  explicit World(size_t vocabulary)
      : scratch(*Scratch::Create(&allocator, static_cast<int64_t>(vocabulary), 16)) {}
  Allocator allocator;
  Scratch scratch;
};

constexpr size_t kVocabularies[] = {1, 2, 63, 64, 65, 1000, 5000, 40001};

template <typename Act>
void ForEachRow(Act act) {
  for (const size_t vocabulary : kVocabularies) {
    World world(vocabulary);
    for (const RowKind kind : test::kRowKinds) {
      std::vector<float> row = MadeRow(kind, vocabulary, vocabulary);
      row[vocabulary / 2] = std::max(row[vocabulary / 2], 0.25f);  // never all -inf
      for (const double temperature : {0.3, 1.0, 1.7}) {
        CAPTURE(vocabulary);
        CAPTURE(static_cast<int>(kind));
        CAPTURE(temperature);
        act(row, temperature, &world.scratch);
      }
    }
  }
}

// Whether the one with *keep* leaves what the other does.
template <typename Keep>
bool AgreeOn(const std::vector<float>& row, double temperature, Scratch* scratch, Keep keep) {
  Candidates fast(scratch);
  fast.Load(row);
  REQUIRE(fast.Seal());
  fast.SetTemperature(temperature);
  PlainCandidates plain(row);
  plain.SetTemperature(temperature);
  keep(&fast);
  keep(&plain);
  return AreEqual(&fast, plain);
}

TEST_CASE("each truncation leaves the tokens that sorting the whole row leaves") {
  ForEachRow([](const std::vector<float>& row, double temperature, Scratch* scratch) {
    for (const int64_t k : {0, 1, 2, 40, 64, 700, 20000}) {
      CAPTURE(k);
      CHECK(AgreeOn(row, temperature, scratch, [&](auto* candidates) { candidates->KeepTopK(k); }));
    }
    for (const double mass : {0.0, 1e-9, 0.1, 0.5, 0.9, 0.999, 1.0}) {
      CAPTURE(mass);
      CHECK(AgreeOn(row, temperature, scratch, [&](auto* candidates) { candidates->KeepTopP(mass); }));
      CHECK(AgreeOn(row, temperature, scratch, [&](auto* candidates) { candidates->KeepTypical(mass); }));
      CHECK(AgreeOn(row, temperature, scratch, [&](auto* candidates) { candidates->KeepMinP(mass); }));
    }
  });
}

TEST_CASE("truncations after one another leave what sorting leaves") {
  ForEachRow([](const std::vector<float>& row, double temperature, Scratch* scratch) {
    CHECK(AgreeOn(row, temperature, scratch, [](auto* candidates) {
      candidates->KeepTypical(0.97);
      candidates->KeepTopP(0.8);
      candidates->KeepMinP(0.01);
    }));
    CHECK(AgreeOn(row, temperature, scratch, [](auto* candidates) {
      candidates->KeepMinP(0.001);
      candidates->KeepTopK(300);
      candidates->KeepTypical(0.5);
      candidates->SetTemperature(2);
      candidates->KeepTopP(0.9);
    }));
  });
}

TEST_CASE("the top choices are excluded from the whole row, from a part of it, and once more") {
  ForEachRow([](const std::vector<float>& row, double temperature, Scratch* scratch) {
    for (const double threshold : {0.0, 0.001, 0.05, 0.2, 0.5}) {
      CAPTURE(threshold);
      const auto exclude = [&](auto* candidates) {
        if constexpr (std::is_same_v<decltype(candidates), Candidates*>) {
          candidates->ExcludeTop(threshold, {});
        } else {
          candidates->ExcludeTop(threshold);
        }
      };
      CHECK(AgreeOn(row, temperature, scratch, exclude));
      CHECK(AgreeOn(row, temperature, scratch, [&](auto* candidates) {
        candidates->KeepTopK(50);
        exclude(candidates);
        candidates->SetTemperature(0.7);
      }));
      CHECK(AgreeOn(row, temperature, scratch, [&](auto* candidates) {
        exclude(candidates);
        candidates->SetTemperature(temperature);
        candidates->KeepTopP(0.9);
      }));
    }
  });
}

TEST_CASE("a token that must be spared keeps the top choices") {
  World world(100);
  std::vector<float> row(100, 0.0f);
  row[3] = 8;
  row[50] = 8.5f;
  row[70] = 9;
  Candidates candidates(&world.scratch);
  for (const int32_t spared : {50, 70}) {
    candidates.Load(row);
    REQUIRE(candidates.Seal());
    candidates.ExcludeTop(0.1, {&spared, 1});
    CHECK(candidates.Best() == 70);
  }
  // The one that stays needs no sparing.
  const int32_t stays = 3;
  candidates.Load(row);
  REQUIRE(candidates.Seal());
  candidates.ExcludeTop(0.1, {&stays, 1});
  CHECK(candidates.Best() == 3);
}

TEST_CASE("the best token is the largest logit, the first of equals") {
  ForEachRow([](const std::vector<float>& row, double /*temperature*/, Scratch* scratch) {
    Candidates candidates(scratch);
    candidates.Load(row);
    REQUIRE(candidates.Seal());
    const auto best = std::max_element(row.begin(), row.end()) - row.begin();
    CHECK(candidates.Best() == best);
    candidates.KeepTopK(5);
    CHECK(candidates.Best() == best);
  });
}

TEST_CASE("NaN is never chosen, infinities are in order, and -0 equals 0") {
  World world(70);
  Candidates candidates(&world.scratch);
  std::vector<float> row(70, std::nanf(""));
  candidates.Load(row);
  CHECK(!candidates.Seal());
  row[66] = -HUGE_VALF;
  candidates.Load(row);
  CHECK(!candidates.Seal());
  row[10] = -1e38f;
  candidates.Load(row);
  REQUIRE(candidates.Seal());
  CHECK(candidates.Best() == 10);
  row[67] = HUGE_VALF;
  row[5] = HUGE_VALF;
  candidates.Load(row);
  REQUIRE(candidates.Seal());
  CHECK(candidates.Best() == 5);
  CHECK(candidates.Total() == 2 * kWeightOfBest);
  CHECK(candidates.Choose(0) == 5);
  CHECK(candidates.Choose(UINT64_MAX) == 67);
  std::fill(row.begin(), row.end(), -1.0f);
  row[20] = -0.0f;
  row[30] = 0.0f;
  candidates.Load(row);
  REQUIRE(candidates.Seal());
  candidates.KeepTopK(1);
  CHECK(candidates.id(0) == 20);
}

TEST_CASE("a mask rules out the tokens whose bit is clear") {
  for (const size_t vocabulary : {1, 31, 32, 33, 130}) {
    World world(vocabulary);
    std::vector<uint32_t> mask((vocabulary + 31) / 32, 0xFFFFFFFF);
    const std::vector<float> row(vocabulary, 1.0f);
    for (size_t i = 0; i < vocabulary; i += 3) mask[i / 32] &= ~(1u << (i % 32));
    Candidates candidates(&world.scratch);
    candidates.Load(row);
    candidates.Allow(mask.data());
    for (size_t i = 0; i < vocabulary; ++i) CHECK((candidates.logits()[i] == kNever) == (i % 3 == 0));
  }
}

TEST_CASE("every share of the random numbers goes to the token whose weight it is") {
  World world(300);
  const std::vector<float> row = MadeRow(RowKind::kModel, 300, 4);
  Candidates candidates(&world.scratch);
  candidates.Load(row);
  REQUIRE(candidates.Seal());
  candidates.KeepTopK(120);
  const Weight total = candidates.Total();
  Weight before = 0;
  // The least random number that reaches a weight.
  const auto random_at = [total](Weight at) {
    uint64_t low = 0;
    uint64_t high = UINT64_MAX;
    while (low < high) {
      const uint64_t middle = low + (high - low) / 2;
      if (ScaleRandom(middle, total) >= at)
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  };
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates.weight(i) == 0) continue;
    CHECK(candidates.Choose(random_at(before)) == candidates.id(i));
    before += candidates.weight(i);
    CHECK(candidates.Choose(before == total ? UINT64_MAX : random_at(before) - 1) == candidates.id(i));
  }
  CHECK(before == total);
}

}  // namespace
}  // namespace talaria::sampling
