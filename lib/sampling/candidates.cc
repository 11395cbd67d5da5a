#include "lib/sampling/candidates.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

namespace talaria::sampling {
namespace {

constexpr float kLargest = std::numeric_limits<float>::max();

// For top-p, which does not know how many tokens it needs. On a model's rows the best of 256 blocks of 64
// nearly always hold 0.99 of the probability; where they do not, all candidates are looked at.
constexpr size_t kBlocksForMass = 256;

uint32_t BitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// Ascends with *value*, which is no NaN and no -0.
uint32_t OrderedBits(float value) {
  const uint32_t bits = BitsOf(value);
  return (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
}

}  // namespace

// Candidates with a larger key stay; of those with an equal key, ids up to this one.
struct Candidates::Cut {
  uint32_t key;
  int32_t id;
};

void Candidates::Load(absl::Span<const float> logits) {
  const float* in = logits.data();
  float* out = scratch_.logits.data();
  const size_t vocabulary = scratch_.logits.size();
  const auto made_finite = [](float value) {
    const float number = value == value ? value : kNever;
    return number < kLargest ? number : kLargest;
  };
  size_t i = 0;
  for (; i + Scratch::kBlock <= vocabulary; i += Scratch::kBlock) {
    for (size_t j = 0; j < Scratch::kBlock; ++j) out[i + j] = made_finite(in[i + j]);
  }
  for (; i < vocabulary; ++i) out[i] = made_finite(in[i]);
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

bool Candidates::Seal() {
  constexpr size_t kLanes = 16;
  float* row = scratch_.logits.data();
  const size_t vocabulary = scratch_.logits.size();
  float best = kNever;
  for (size_t block = 0; block < scratch_.block_max.size(); ++block) {
    const size_t begin = block * Scratch::kBlock;
    const size_t end = std::min(begin + Scratch::kBlock, vocabulary);
    float lanes[kLanes];
    std::fill_n(lanes, kLanes, kNever);
    // Comparisons with NaN are false; adding 0 makes 0 of -0.
    const auto sealed = [](float value) {
      const float number = value > kNever ? value : kNever;
      return (number < kLargest ? number : kLargest) + 0.0f;
    };
    size_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        const float value = sealed(row[i + lane]);
        row[i + lane] = value;
        lanes[lane] = lanes[lane] > value ? lanes[lane] : value;
      }
    }
    for (; i < end; ++i) {
      row[i] = sealed(row[i]);
      lanes[0] = std::max(lanes[0], row[i]);
    }
    scratch_.block_max[block] = *std::max_element(lanes, lanes + kLanes);
    best = std::max(best, scratch_.block_max[block]);
  }
  count_ = vocabulary;
  whole_ = true;
  weighted_ = false;
  scale_ = {best, 1};
  return best > kNever;
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
  FillShares(left(), scale_, scratch_.shares.data());
  total_ = SumOf(shares());
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

// Indices of all candidates.
absl::Span<const int32_t> Candidates::All() {
  for (size_t i = 0; i < count_; ++i) scratch_.picked[i] = static_cast<int32_t>(i);
  return scratch_.picked.subspan(0, count_);
}

// Indices, ascending, of a few candidates such that none of the others is likelier than any of them: at least
// *blocks*, where as many are not -inf. All where that is not known to be few.
absl::Span<const int32_t> Candidates::PickBest(size_t blocks) {
  if (!whole_ || blocks >= scratch_.block_max.size()) return All();
  // The largest logits of that many blocks are that many logits, so the least of them bounds as many from
  // below.
  std::copy(scratch_.block_max.begin(), scratch_.block_max.end(), scratch_.sorted_blocks.begin());
  const auto last = scratch_.sorted_blocks.begin() + static_cast<int64_t>(blocks) - 1;
  std::nth_element(scratch_.sorted_blocks.begin(), last, scratch_.sorted_blocks.end(), std::greater<>());
  const float least = std::max(*last, -kLargest);
  size_t found = 0;
  for (size_t block = 0; block < scratch_.block_max.size(); ++block) {
    if (scratch_.block_max[block] < least) continue;
    const size_t begin = block * Scratch::kBlock;
    const size_t end = std::min(begin + Scratch::kBlock, count_);
    for (size_t i = begin; i < end; ++i) {
      scratch_.picked[found] = static_cast<int32_t>(i);
      found += scratch_.logits[i] >= least ? 1 : 0;
    }
  }
  return scratch_.picked.subspan(0, found);
}

// The cut that leaves the fewest of *among*, by descending key and ascending id, whose measures reach
// *wanted*, which all together do. Digit by digit of the key, from the top: the digit in which the sum is
// reached is known from the sums of measures per digit, so no step sorts and the cost is linear whatever the
// keys are.
template <typename KeyOf, typename MeasureOf>
Candidates::Cut Candidates::FindCut(absl::Span<const int32_t> among, KeyOf key_of, MeasureOf measure_of,
                                    uint64_t wanted) {
  struct Digit {
    int shift;
    uint32_t count;
  };
  constexpr Digit kDigits[] = {{21, 2048}, {10, 2048}, {0, 1024}};
  auto& histogram = scratch_.histogram;
  uint64_t before = 0;
  uint32_t key = 0;
  for (const Digit digit : kDigits) {
    std::fill_n(histogram.begin(), digit.count, 0);
    const auto digit_of = [&](int32_t i) { return key_of(i) >> digit.shift & (digit.count - 1); };
    for (const int32_t i : among) histogram[digit_of(i)] += measure_of(i);
    uint32_t reached = digit.count - 1;
    while (reached > 0 && before + histogram[reached] < wanted) before += histogram[reached--];
    size_t narrowed = 0;
    for (const int32_t i : among) {
      scratch_.narrowed[narrowed] = i;
      narrowed += digit_of(i) == reached ? 1 : 0;
    }
    among = scratch_.narrowed.subspan(0, narrowed);
    key |= reached << digit.shift;
  }
  // All that are left have the same key.
  int32_t last = -1;
  for (const int32_t i : among) {
    if (before >= wanted) break;
    before += measure_of(i);
    last = id(static_cast<size_t>(i));
  }
  return {key, last};
}

template <typename Predicate>
void Candidates::KeepWhere(absl::Span<const int32_t> among, Predicate keep) {
  // In place: indices ascend, so what is overwritten was read.
  size_t kept = 0;
  for (const int32_t i : among) {
    const auto from = static_cast<size_t>(i);
    if (!keep(i)) continue;
    const int32_t token = id(from);
    scratch_.ids[kept] = token;
    scratch_.logits[kept] = scratch_.logits[from];
    scratch_.shares[kept] = scratch_.shares[from];
    ++kept;
  }
  count_ = kept;
  whole_ = false;
  if (weighted_) total_ = SumOf(shares());
}

template <typename KeyOf>
void Candidates::KeepAbove(absl::Span<const int32_t> among, KeyOf key_of, Cut cut) {
  KeepWhere(among, [&](int32_t i) {
    const auto from = static_cast<size_t>(i);
    const uint32_t key = key_of(i);
    return scratch_.logits[from] > kNever && (key > cut.key || (key == cut.key && id(from) <= cut.id));
  });
}

void Candidates::KeepTopK(int64_t k) {
  if (k <= 0 || static_cast<uint64_t>(k) >= count_) return;
  const auto wanted = static_cast<uint64_t>(k);
  const auto key_of = [this](int32_t i) { return OrderedBits(scratch_.logits[static_cast<size_t>(i)]); };
  const absl::Span<const int32_t> among = PickBest(wanted);
  if (among.size() <= wanted) return KeepWhere(among, [](int32_t) { return true; });
  KeepAbove(among, key_of,
            FindCut(
                among, key_of, [](int32_t) { return uint64_t{1}; }, wanted));
}

void Candidates::KeepTypical(double mass) {
  if (mass >= 1) return;
  EnsureWeights();
  // A surprise is -exponent + log(total), so the distance of two surprises is that of the exponents, and the
  // expected surprise belongs to the mean exponent. A token of weight 0 is farther than all others: exponents
  // that have weight are above -30, the mean is not below -log(vocabulary) > -15.3, and theirs is -32.
  const auto mean = static_cast<float>(-static_cast<double>(SumOfExponents(shares(), left(), scale_)) /
                                       static_cast<double>(total_));
  const auto key_of = [this, mean](int32_t i) {
    return ~BitsOf(std::fabs(ExponentOf(scratch_.logits[static_cast<size_t>(i)], scale_) - mean));
  };
  const auto weight_of = [this](int32_t i) { return WeightFrom(scratch_.shares[static_cast<size_t>(i)]); };
  const absl::Span<const int32_t> among = All();
  KeepAbove(among, key_of, FindCut(among, key_of, weight_of, PartOf(total_, mass)));
}

void Candidates::KeepTopP(double mass) {
  if (mass >= 1) return;
  EnsureWeights();
  const Weight wanted = PartOf(total_, mass);
  const auto key_of = [this](int32_t i) { return OrderedBits(scratch_.logits[static_cast<size_t>(i)]); };
  const auto weight_of = [this](int32_t i) { return WeightFrom(scratch_.shares[static_cast<size_t>(i)]); };
  absl::Span<const int32_t> among = PickBest(kBlocksForMass);
  Weight picked = 0;
  for (const int32_t i : among) picked += weight_of(i);
  if (picked < wanted) among = All();
  KeepAbove(among, key_of, FindCut(among, key_of, weight_of, wanted));
}

void Candidates::KeepMinP(double share) {
  if (share <= 0) return;
  EnsureWeights();
  const Weight best = WeightFrom(MaxOf(shares()));
  const Weight least = PartOf(best, share);
  KeepWhere(All(), [&](int32_t i) { return WeightFrom(scratch_.shares[static_cast<size_t>(i)]) >= least; });
}

void Candidates::ExcludeTop(double threshold, absl::Span<const int32_t> spared) {
  EnsureWeights();
  const Weight least = PartOf(total_, threshold);
  // The first pass finds which stays, the second takes the others out.
  size_t stays = 0;
  size_t found = 0;
  const auto for_each_top = [&](auto act) {
    for (size_t begin = 0; begin < count_; begin += Scratch::kBlock) {
      const size_t end = std::min(begin + Scratch::kBlock, count_);
      if (WeightFrom(MaxOf(shares().subspan(begin, end - begin))) < least) continue;
      for (size_t i = begin; i < end; ++i) {
        if (WeightFrom(scratch_.shares[i]) >= least) act(i);
      }
    }
  };
  for_each_top([&](size_t i) {
    if (found == 0 || scratch_.logits[i] <= scratch_.logits[stays]) stays = i;
    ++found;
  });
  if (found < 2) return;
  bool takes_spared = false;
  for_each_top([&](size_t i) {
    takes_spared = takes_spared || (i != stays && std::binary_search(spared.begin(), spared.end(), id(i)));
  });
  if (takes_spared) return;
  for_each_top([&](size_t i) {
    if (i == stays) return;
    total_ -= WeightFrom(scratch_.shares[i]);
    scratch_.logits[i] = kNever;
    scratch_.shares[i] = 0;
    if (!whole_) return;
    const size_t begin = i / Scratch::kBlock * Scratch::kBlock;
    scratch_.block_max[i / Scratch::kBlock] =
        MaxOf(left().subspan(begin, std::min(Scratch::kBlock, count_ - begin)));
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
