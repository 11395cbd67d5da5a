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

// From here on the first step of a selection is worth its own pass.
constexpr size_t kMany = 8192;

// Ascends with *value*, which is no NaN; of the two zeros only one occurs.
uint32_t OrderedBits(float value) {
  const auto bits = BitsAs<uint32_t>(value);
  return (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
}

// What a selection goes by: the smaller value first. Distance ascends with the value and spreads a row's
// tokens over 0 to 32.
struct ByLogit {
  LogitScale scale;
  template <typename F>
  F ValueOf(F logit) const {
    return -logit;
  }
  float Distance(float logit) const { return -ExponentOf(logit, scale); }
};

// A surprise is -exponent + log(total), so the distance of two surprises is that of the exponents, and the
// expected surprise belongs to the mean exponent.
struct BySurprise {
  LogitScale scale;
  float mean;
  template <typename F>
  F ValueOf(F logit) const {
    const F beyond = ExponentOf(logit, scale) - Spread<F>(mean);
    return Larger(beyond, -beyond) + Spread<F>(0.0f);  // no -0
  }
  float Distance(float logit) const { return ValueOf(logit); }
};

}  // namespace

// Candidates with a smaller value stay; of those with an equal one, ids up to this one.
struct Candidates::Cut {
  float value;
  int32_t id;
};

void Candidates::Load(absl::Span<const float> logits) {
  float* padding = std::copy(logits.begin(), logits.end(), scratch_.logits.data());
  std::fill_n(padding, PaddedSize() - logits.size(), kNever);
}

size_t Candidates::PaddedSize() const {
  return (scratch_.logits.size() + Scratch::kPadding - 1) / Scratch::kPadding * Scratch::kPadding;
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
  count_ = scratch_.logits.size();
  whole_ = true;
  weighted_ = false;
  EditBlocks([](size_t /*block*/, Floats logits, Floats* /*shares*/) { return Sealed(logits); });
  scale_ = {MaxOf(scratch_.block_max), 1};
  return scale_.max > kNever;
}

// Sets the logits of the whole vocabulary to what edit(block, logits, &shares) gives for each four, and the
// blocks' maxima with them.
template <typename Edit>
void Candidates::EditBlocks(Edit edit) {
  static_assert(Scratch::kPadding % (2 * kLanes) == 0 && Scratch::kBlock % Scratch::kPadding == 0);
  const size_t padded = PaddedSize();
  for (size_t block = 0; block < scratch_.block_max.size(); ++block) {
    const size_t begin = block * Scratch::kBlock;
    const size_t end = std::min(begin + Scratch::kBlock, padded);
    Floats largest[2] = {Spread<Floats>(kNever), Spread<Floats>(kNever)};
    const auto edit_lanes = [&](size_t i, Floats* max) {
      Floats shares = LoadLanes<Floats>(scratch_.shares.data() + i);
      const Floats logits = edit(block, LoadLanes<Floats>(scratch_.logits.data() + i), &shares);
      StoreLanes(shares, scratch_.shares.data() + i);
      StoreLanes(logits, scratch_.logits.data() + i);
      *max = Larger(logits, *max);
    };
    for (size_t i = begin; i < end; i += 2 * kLanes) {
      edit_lanes(i, &largest[0]);
      edit_lanes(i + kLanes, &largest[1]);
    }
    scratch_.block_max[block] = LargestLane(Larger(largest[0], largest[1]));
  }
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

// One step of a selection: leaves those of *among* in whose digit the sum of measures, from the largest digit
// down, reaches *wanted*; adds what comes before them to *before*; gives the digit.
template <typename DigitOf, typename MeasureOf>
uint32_t Candidates::NarrowToDigit(DigitOf digit_of, MeasureOf measure_of, uint64_t wanted, Indices* among,
                                   uint64_t* before) {
  // Two, for odd and even indices: additions to one sum wait for one another.
  auto& [even, odd] = scratch_.histograms;
  even.fill(0);
  odd.fill(0);
  among->ForEach([&](size_t i) { scratch_.histograms[i & 1][digit_of(i)] += measure_of(i); });
  auto reached = static_cast<uint32_t>(even.size() - 1);
  while (reached > 0 && *before + even[reached] + odd[reached] < wanted) {
    *before += even[reached] + odd[reached];
    --reached;
  }
  size_t narrowed = 0;
  among->ForEach([&](size_t i) {
    scratch_.narrowed[narrowed] = static_cast<int32_t>(i);
    narrowed += digit_of(i) == reached ? 1 : 0;
  });
  *among = {scratch_.narrowed.data(), narrowed, kNever};
  return reached;
}

// The cut that leaves the fewest of *among*, in the order of *by* and of ids, whose measures reach *wanted*,
// which all together do. Nothing is sorted, the cost is linear whatever the values are: first by distance,
// then digit by digit of the value's bits, in as far as they differ.
template <typename By, typename MeasureOf>
Candidates::Cut Candidates::FindCut(Indices among, const By& by, MeasureOf measure_of, uint64_t wanted) {
  constexpr uint32_t kDigits = 2048;
  uint64_t before = 0;
  if (among.count > kMany) {
    const auto bin_of = [&](size_t i) {
      const auto bin = static_cast<uint32_t>(by.Distance(scratch_.logits[i]) * 64);
      return kDigits - 1 - std::min(bin, kDigits - 1);
    };
    NarrowToDigit(bin_of, measure_of, wanted, &among, &before);
  }
  const auto key_of = [&](size_t i) { return ~OrderedBits(by.ValueOf(scratch_.logits[i])); };
  uint32_t any = 0;
  uint32_t all = ~any;
  among.ForEach([&](size_t i) {
    any |= key_of(i);
    all &= key_of(i);
  });
  for (const int shift : {21, 10, 0}) {
    const auto digit_of = [&](size_t i) { return key_of(i) >> shift & (kDigits - 1); };
    if (((any ^ all) >> shift & (kDigits - 1)) == 0) continue;
    NarrowToDigit(digit_of, measure_of, wanted, &among, &before);
  }
  // All that are left have the same value.
  size_t last = 0;
  among.ForEach([&](size_t i) {
    if (before >= wanted) return;
    before += measure_of(i);
    last = i;
  });
  return {by.ValueOf(scratch_.logits[last]), id(last)};
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

template <typename By>
void Candidates::KeepUpTo(Indices among, const By& by, Cut cut) {
  if (!whole_ || among.list != nullptr) {
    return KeepWhere(among, [&](size_t i) {
      const float value = by.ValueOf(scratch_.logits[i]);
      const bool stays = (value < cut.value) | ((value == cut.value) & (id(i) <= cut.id));
      return stays & (scratch_.logits[i] > kNever);
    });
  }
  // Most may stay: they do so where they are. Behind the cut's block an equal value is too large.
  const size_t cut_block = static_cast<size_t>(cut.id) / Scratch::kBlock;
  const float smaller = std::nextafter(cut.value, kNever);
  DropUnless([&](size_t block, Floats logits, Floats /*shares*/) {
    return by.ValueOf(logits) <= (block <= cut_block ? cut.value : smaller);
  });
  const size_t end = std::min((cut_block + 1) * Scratch::kBlock, count_);
  for (size_t i = static_cast<size_t>(cut.id) + 1; i < end; ++i) {
    if (by.ValueOf(scratch_.logits[i]) == cut.value) Drop(i);
  }
}

// Takes out of the whole vocabulary, in which the others stay where they are, what keep(block, logits,
// shares) says is not to be kept.
template <typename Keep>
void Candidates::DropUnless(Keep keep) {
  EditBlocks([&](size_t block, Floats logits, Floats* shares) {
    const auto stays = keep(block, logits, *shares);
    *shares = stays ? *shares : Spread<Floats>(0);
    return stays ? logits : Spread<Floats>(kNever);
  });
  if (weighted_) total_ = SumOf(shares());
}

void Candidates::Drop(size_t i) {
  if (weighted_) total_ -= WeightFrom(scratch_.shares[i]);
  scratch_.shares[i] = 0;
  scratch_.logits[i] = kNever;
  if (!whole_) return;
  const size_t block = i / Scratch::kBlock;
  const size_t begin = block * Scratch::kBlock;
  scratch_.block_max[block] = MaxOf(left().subspan(begin, std::min(Scratch::kBlock, count_ - begin)));
}

void Candidates::KeepTopK(int64_t k) {
  if (k <= 0 || static_cast<uint64_t>(k) >= count_) return;
  const auto wanted = static_cast<uint64_t>(k);
  const Indices among = PickBest(wanted);
  if (among.count <= wanted) return KeepWhere(among, [](size_t) { return true; });
  const ByLogit by = {scale_};
  const auto one = [](size_t) { return uint64_t{1}; };
  KeepUpTo(among, by, FindCut(among, by, one, wanted));
}

void Candidates::KeepTypical(double mass) {
  if (mass >= 1) return;
  EnsureWeights();
  const Weight exponents = SumOfExponents(shares(), left(), scale_);
  const auto mean = static_cast<float>(-static_cast<double>(exponents) / static_cast<double>(total_));
  const Weight wanted = PartOf(total_, mass);
  // No likelier token is farther from the mean than the likeliest, whose exponent is 0. So those down to as
  // far on the other side (and a little more, for rounding) come before all that are less likely. A token of
  // weight 0 is farther than all others: exponents that have weight are above -30, the mean is not below
  // -log(vocabulary) > -15.3, and theirs is -32.
  Indices among = PickBest(kBlocksForMass);
  const float farthest = ExponentOf(among.least_logit, scale_);
  if (farthest > 2 * mean - 0.01f || WeightOf(among) < wanted) among = {nullptr, count_, kNever};
  const BySurprise by = {scale_, mean};
  KeepUpTo(among, by,
           FindCut(
               among, by, [this](size_t i) { return WeightAt(i); }, wanted));
}

void Candidates::KeepTopP(double mass) {
  if (mass >= 1) return;
  EnsureWeights();
  const Weight wanted = PartOf(total_, mass);
  Indices among = PickBest(kBlocksForMass);
  if (WeightOf(among) < wanted) among = {nullptr, count_, kNever};
  const ByLogit by = {scale_};
  KeepUpTo(among, by,
           FindCut(
               among, by, [this](size_t i) { return WeightAt(i); }, wanted));
}

void Candidates::KeepMinP(double share) {
  if (share <= 0) return;
  // Without weights nothing has left the likeliest out.
  const Weight best = weighted_ ? WeightFrom(MaxOf(shares())) : kWeightOfBest;
  const Weight least = PartOf(best, share);
  const Indices among = PickReaching(least);
  if (!whole_ || among.count < kMany) {
    return KeepWhere(among, [&](size_t i) { return WeightAt(i) >= least; });
  }
  EnsureWeights();
  DropUnless([bound = LeastShareOf(least)](size_t /*block*/, Floats /*logits*/, Floats shares) {
    return shares >= Spread<Floats>(bound);
  });
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
    Drop(i);
  });
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
