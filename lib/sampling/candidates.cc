#include "lib/sampling/candidates.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace talaria::sampling {
namespace {

constexpr float kLargest = std::numeric_limits<float>::max();

// For top-p, which does not know how many tokens it needs. On a model's rows the best of 256 blocks of 64
// nearly always hold 0.99 of the probability; where they do not, all candidates are looked at.
constexpr size_t kBlocksForMass = 256;

// Ascends with *value*, which is no NaN and no -0.
uint32_t OrderedBits(float value) {
  const auto bits = BitsAs<uint32_t>(value);
  return (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
}

}  // namespace

// Candidates with a larger key stay; of those with an equal key, ids up to this one.
struct Candidates::Cut {
  uint32_t key;
  int32_t id;
};

void Candidates::Load(absl::Span<const float> logits) {
  std::copy(logits.begin(), logits.end(), scratch_.logits.begin());
}

void Candidates::Allow(const uint32_t* mask) {
  const size_t vocabulary = scratch_.logits.size();
  for (size_t begin = 0; begin < vocabulary; begin += 32) {
    const uint32_t word = mask[begin / 32];
    if (word == 0xFFFFFFFF) continue;
    const size_t end = std::min(begin + 32, vocabulary);
    for (size_t i = begin; i < end; ++i) {
      if ((word >> (i - begin) & 1) == 0) scratch_.logits[i] = kNever;
    }
  }
}

// Comparisons with NaN are false, so it becomes -inf; adding 0 makes 0 of -0.
template <typename F>
F Candidates::Sealed(F logit) {
  return Smaller(Larger(logit, Spread<F>(kNever)), Spread<F>(kLargest)) + Spread<F>(0.0f);
}

bool Candidates::Seal() {
  float* row = scratch_.logits.data();
  const size_t vocabulary = scratch_.logits.size();
  for (size_t block = 0; block < scratch_.block_max.size(); ++block) {
    const size_t end = std::min((block + 1) * Scratch::kBlock, vocabulary);
    size_t i = block * Scratch::kBlock;
    Floats largest[2] = {Spread<Floats>(kNever), Spread<Floats>(kNever)};
    for (; i + 2 * kLanes <= end; i += 2 * kLanes) {
      for (size_t j = 0; j < 2; ++j) {
        const Floats lanes = Sealed(LoadLanes<Floats>(row + i + j * kLanes));
        StoreLanes(lanes, row + i + j * kLanes);
        largest[j] = Larger(lanes, largest[j]);
      }
    }
    float max = LargestLane(Larger(largest[0], largest[1]));
    for (; i < end; ++i) {
      row[i] = Sealed(row[i]);
      max = Larger(row[i], max);
    }
    scratch_.block_max[block] = max;
  }
  count_ = vocabulary;
  whole_ = true;
  weighted_ = false;
  scale_ = {MaxOf(scratch_.block_max), 1};
  return scale_.max > kNever;
}

int32_t Candidates::Best() const {
  size_t begin = 0;
  size_t end = count_;
  if (whole_) {
    const auto best = std::max_element(scratch_.block_max.begin(), scratch_.block_max.end());
    begin = static_cast<size_t>(best - scratch_.block_max.begin()) * Scratch::kBlock;
    end = std::min(begin + Scratch::kBlock, count_);
  }
  const auto first = scratch_.logits.begin();
  const auto best = std::max_element(first + static_cast<int64_t>(begin), first + static_cast<int64_t>(end));
  return id(static_cast<size_t>(best - first));
}

void Candidates::SetTemperature(double temperature) {
  scale_.max = MaxOf(whole_ ? absl::Span<const float>(scratch_.block_max) : left());
  scale_.inverse_temperature = static_cast<float>(std::min(1 / temperature, static_cast<double>(kLargest)));
  weighted_ = false;
}

void Candidates::EnsureWeights() {
  if (weighted_) return;
  total_ = FillShares(left(), scale_, scratch_.shares.data());
  weighted_ = true;
}

Weight Candidates::weight(size_t i) {
  EnsureWeights();
  return WeightFrom(scratch_.shares[i]);
}

Weight Candidates::Total() {
  EnsureWeights();
  return total_;
}

// The candidates in an ascending list, or all of them.
struct Candidates::Indices {
  const int32_t* list;  // null: 0, 1, ... count - 1
  size_t count;
  float least_logit;  // of the list, or less
  template <typename Act>
  void ForEach(Act act) const {
    if (list == nullptr) {
      for (size_t i = 0; i < count; ++i) act(i);
    } else {
      for (size_t i = 0; i < count; ++i) act(static_cast<size_t>(list[i]));
    }
  }
};

// The likeliest candidates, at least *blocks* of them where as many are not -inf, and few more where rows are
// as models give them: none that is left out comes before one of them. All, where that is not known to be
// few.
Candidates::Indices Candidates::PickBest(size_t blocks) {
  if (!whole_ || blocks >= scratch_.block_max.size()) return {nullptr, count_, kNever};
  // The largest logits of that many blocks are that many logits, so the least of them bounds as many from
  // below. Of blocks with just that bound the first ones do: a row of equal logits must not pick the
  // vocabulary.
  std::copy(scratch_.block_max.begin(), scratch_.block_max.end(), scratch_.sorted_blocks.begin());
  const auto last = scratch_.sorted_blocks.begin() + static_cast<int64_t>(blocks) - 1;
  std::nth_element(scratch_.sorted_blocks.begin(), last, scratch_.sorted_blocks.end(), std::greater<>());
  const float least = std::max(*last, -kLargest);
  int64_t equal_blocks = std::count(scratch_.sorted_blocks.begin(), last + 1, least);
  size_t found = 0;
  for (size_t block = 0; block < scratch_.block_max.size(); ++block) {
    const float max = scratch_.block_max[block];
    // Behind the last of the equal blocks a logit must be larger.
    if (max < least || (max == least && equal_blocks == 0)) continue;
    const float bound =
        equal_blocks > 0 ? least : std::nextafter(least, std::numeric_limits<float>::infinity());
    equal_blocks -= max == least ? 1 : 0;
    const size_t end = std::min((block + 1) * Scratch::kBlock, count_);
    for (size_t i = block * Scratch::kBlock; i < end; ++i) {
      scratch_.picked[found] = static_cast<int32_t>(i);
      found += scratch_.logits[i] >= bound ? 1 : 0;
    }
  }
  return {scratch_.picked.data(), found, least};
}

// The candidates of weight *least* or more, and not many others.
Candidates::Indices Candidates::PickReaching(Weight least) {
  if (!whole_) return {nullptr, count_, kNever};
  size_t found = 0;
  for (size_t block = 0; block < scratch_.block_max.size(); ++block) {
    // Of two logits the larger one's share may round to the smaller, by some units in the last place.
    const Weight most = WeightFrom(ExpOf(ExponentOf(scratch_.block_max[block], scale_)));
    if (most + (most >> 20) + 1 < least) continue;
    const size_t end = std::min((block + 1) * Scratch::kBlock, count_);
    for (size_t i = block * Scratch::kBlock; i < end; ++i) scratch_.picked[found++] = static_cast<int32_t>(i);
  }
  return {scratch_.picked.data(), found, kNever};
}

// Where weights hold.
Weight Candidates::WeightOf(Indices among) const {
  Weight sum = 0;
  among.ForEach([&](size_t i) { sum += WeightFrom(scratch_.shares[i]); });
  return sum;
}

Weight Candidates::WeightAt(size_t i) const {
  return WeightFrom(weighted_ ? scratch_.shares[i] : ExpOf(ExponentOf(scratch_.logits[i], scale_)));
}

// The cut that leaves the fewest of *among*, by descending key and ascending id, whose measures reach
// *wanted*, which all together do. Digit by digit of the key, from the top: the digit in which the sum is
// reached is known from the sums of measures per digit, so no step sorts and the cost is linear whatever the
// keys are.
template <typename KeyOf, typename MeasureOf>
Candidates::Cut Candidates::FindCut(Indices among, KeyOf key_of, MeasureOf measure_of, uint64_t wanted) {
  struct Digit {
    int shift;
    uint32_t count;
  };
  constexpr Digit kDigits[] = {{21, 2048}, {10, 2048}, {0, 1024}};
  // Two, for odd and even indices: additions to one sum wait for one another.
  auto& [even, odd] = scratch_.histograms;
  uint64_t before = 0;
  uint32_t key = 0;
  for (const Digit digit : kDigits) {
    std::fill_n(even.begin(), digit.count, 0);
    std::fill_n(odd.begin(), digit.count, 0);
    const auto digit_of = [&](size_t i) { return key_of(i) >> digit.shift & (digit.count - 1); };
    among.ForEach([&](size_t i) { scratch_.histograms[i & 1][digit_of(i)] += measure_of(i); });
    uint32_t reached = digit.count - 1;
    while (reached > 0 && before + even[reached] + odd[reached] < wanted) {
      before += even[reached] + odd[reached];
      --reached;
    }
    size_t narrowed = 0;
    among.ForEach([&](size_t i) {
      scratch_.narrowed[narrowed] = static_cast<int32_t>(i);
      narrowed += digit_of(i) == reached ? 1 : 0;
    });
    among = {scratch_.narrowed.data(), narrowed, kNever};
    key |= reached << digit.shift;
  }
  // All that are left have the same key.
  int32_t last = -1;
  among.ForEach([&](size_t i) {
    if (before >= wanted) return;
    before += measure_of(i);
    last = id(i);
  });
  return {key, last};
}

template <typename Predicate>
void Candidates::KeepWhere(Indices among, Predicate keep) {
  // In place: indices ascend, so what is overwritten was read. Without a branch that no processor foresees.
  size_t kept = 0;
  among.ForEach([&](size_t i) {
    const bool keeps = keep(i);
    const int32_t token = id(i);
    scratch_.ids[kept] = token;
    scratch_.logits[kept] = scratch_.logits[i];
    scratch_.shares[kept] = scratch_.shares[i];
    kept += keeps ? 1 : 0;
  });
  count_ = kept;
  whole_ = false;
  if (weighted_) total_ = SumOf(shares());
}

template <typename KeyOf>
void Candidates::KeepAbove(Indices among, KeyOf key_of, Cut cut) {
  KeepWhere(among, [&](size_t i) {
    const uint32_t key = key_of(i);
    const bool above = (key > cut.key) | ((key == cut.key) & (id(i) <= cut.id));
    return above & (scratch_.logits[i] > kNever);
  });
}

void Candidates::KeepTopK(int64_t k) {
  if (k <= 0 || static_cast<uint64_t>(k) >= count_) return;
  const auto wanted = static_cast<uint64_t>(k);
  const auto key_of = [this](size_t i) { return OrderedBits(scratch_.logits[i]); };
  const Indices among = PickBest(wanted);
  if (among.count <= wanted) return KeepWhere(among, [](size_t) { return true; });
  KeepAbove(among, key_of,
            FindCut(
                among, key_of, [](size_t) { return uint64_t{1}; }, wanted));
}

void Candidates::KeepTypical(double mass) {
  if (mass >= 1) return;
  EnsureWeights();
  // A surprise is -exponent + log(total), so the distance of two surprises is that of the exponents, and the
  // expected surprise belongs to the mean exponent. A token of weight 0 is farther than all others: exponents
  // that have weight are above -30, the mean is not below -log(vocabulary) > -15.3, and theirs is -32.
  const auto mean = static_cast<float>(-static_cast<double>(SumOfExponents(shares(), left(), scale_)) /
                                       static_cast<double>(total_));
  const auto key_of = [this, mean](size_t i) {
    return ~BitsAs<uint32_t>(std::fabs(ExponentOf(scratch_.logits[i], scale_) - mean));
  };
  const auto weight_of = [this](size_t i) { return WeightFrom(scratch_.shares[i]); };
  const Weight wanted = PartOf(total_, mass);
  // No likelier token is farther from the mean than the likeliest, whose exponent is 0. So those down to as
  // far on the other side (and a little more, for rounding) come before all that are less likely.
  Indices among = PickBest(kBlocksForMass);
  const float farthest = ExponentOf(among.least_logit, scale_);
  if (farthest > 2 * mean - 0.01f || WeightOf(among) < wanted) among = {nullptr, count_, kNever};
  KeepAbove(among, key_of, FindCut(among, key_of, weight_of, wanted));
}

void Candidates::KeepTopP(double mass) {
  if (mass >= 1) return;
  EnsureWeights();
  const Weight wanted = PartOf(total_, mass);
  const auto key_of = [this](size_t i) { return OrderedBits(scratch_.logits[i]); };
  const auto weight_of = [this](size_t i) { return WeightFrom(scratch_.shares[i]); };
  Indices among = PickBest(kBlocksForMass);
  if (WeightOf(among) < wanted) among = {nullptr, count_, kNever};
  KeepAbove(among, key_of, FindCut(among, key_of, weight_of, wanted));
}

void Candidates::KeepMinP(double share) {
  if (share <= 0) return;
  // Without weights nothing has left the likeliest out.
  const Weight best = weighted_ ? WeightFrom(MaxOf(shares())) : kWeightOfBest;
  const Weight least = PartOf(best, share);
  const Indices among = PickReaching(least);
  // Many at once are cheaper than one by one.
  if (among.count > count_ / 8) EnsureWeights();
  KeepWhere(among, [&](size_t i) { return WeightAt(i) >= least; });
}

void Candidates::ExcludeTop(double threshold, absl::Span<const int32_t> spared) {
  const Weight least = PartOf(Total(), threshold);
  const Indices among = PickReaching(least);
  // Which stays, whether the others may go, and then they do.
  size_t stays = 0;
  size_t found = 0;
  among.ForEach([&](size_t i) {
    if (WeightAt(i) < least) return;
    if (found == 0 || scratch_.logits[i] <= scratch_.logits[stays]) stays = i;
    ++found;
  });
  if (found < 2) return;
  bool takes_spared = false;
  among.ForEach([&](size_t i) {
    if (WeightAt(i) < least || i == stays) return;
    takes_spared = takes_spared || std::binary_search(spared.begin(), spared.end(), id(i));
  });
  if (takes_spared) return;
  among.ForEach([&](size_t i) {
    if (WeightAt(i) < least || i == stays) return;
    total_ -= WeightAt(i);
    scratch_.logits[i] = kNever;
    scratch_.shares[i] = 0;
    if (whole_) RenewBlock(i / Scratch::kBlock);
  });
}

void Candidates::RenewBlock(size_t block) {
  const size_t begin = block * Scratch::kBlock;
  scratch_.block_max[block] = MaxOf(left().subspan(begin, std::min(Scratch::kBlock, count_ - begin)));
}

int32_t Candidates::Choose(uint64_t random_bits) {
  EnsureWeights();
  const Weight at = ScaleRandom(random_bits, total_);
  Weight before = 0;
  for (size_t begin = 0; begin < count_; begin += Scratch::kBlock) {
    const size_t end = std::min(begin + Scratch::kBlock, count_);
    const Weight block = SumOf(shares().subspan(begin, end - begin));
    if (before + block <= at) {
      before += block;
      continue;
    }
    for (size_t i = begin; i < end; ++i) {
      before += WeightFrom(scratch_.shares[i]);
      if (before > at) return id(i);
    }
  }
  return Best();
}

}  // namespace talaria::sampling
