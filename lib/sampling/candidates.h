#ifndef TALARIA_LIB_SAMPLING_CANDIDATES_H_
#define TALARIA_LIB_SAMPLING_CANDIDATES_H_

#include <cstdint>

#include "absl/types/span.h"
#include "lib/sampling/scratch.h"
#include "lib/sampling/weights.h"

namespace talaria::sampling {

// The tokens of one row that may still be chosen, and how likely each is. First the row is loaded and its
// logits may be edited; Seal ends that; then each Keep leaves some of the candidates, and probabilities are
// always among those left. Of equal tokens the one with the lower id comes first. Nothing allocates; the
// caller has set the default floating-point control word.
class Candidates {
 public:
  // *scratch* outlives the candidates and serves no others meanwhile.
  explicit Candidates(Scratch* scratch) : scratch_(*scratch) {}

  // The whole vocabulary. NaN becomes -inf, +inf the largest finite number. *logits* has the vocabulary's
  // size.
  void Load(absl::Span<const float> logits);
  // [vocabulary]: to be edited between Load and Seal.
  absl::Span<float> logits() { return scratch_.logits; }
  // Rules out the tokens whose bit is not set: one bit a token, lowest first, ceil(vocabulary / 32) words.
  void Allow(const uint32_t* mask);
  // NaN becomes -inf, +inf the largest finite number. False where nothing is left that is not -inf.
  bool Seal();

  // The likeliest; after a temperature too.
  int32_t Best() const;

  // Weights are e^((logit - the largest left) / temperature) from now on; 1 at first. *temperature* > 0.
  void SetTemperature(double temperature);

  // The *k* likeliest (Fan, Lewis, Dauphin 2018). 0: all.
  void KeepTopK(int64_t k);
  // Those whose surprise is nearest to the expected one, up to *mass* of the probability (Meister et al.
  // 2023, "Locally typical sampling"). From 1 on: all.
  void KeepTypical(double mass);
  // The fewest likeliest that make up *mass* of the probability (Holtzman et al. 2020, "The curious case of
  // neural text degeneration"). From 1 on: all; at least one stays.
  void KeepTopP(double mass);
  // Those at least *share* as likely as the likeliest (Nguyen et al. 2024, "Turning up the heat"). 0: all.
  void KeepMinP(double share);
  // Of those with a probability of at least *threshold* only the least likely stays, and all below (Weidmann
  // 2024, "Exclude top choices"). Nothing happens where that would take one of *spared*, which ascend.
  void ExcludeTop(double threshold, absl::Span<const int32_t> spared);

  // The token at *random_bits* (uniform) of the total weight, candidates in the order of ids.
  int32_t Choose(uint64_t random_bits);

  // Candidates, in the order of ids. One may have weight 0 and logit -inf.
  size_t size() const { return count_; }
  int32_t id(size_t i) const { return whole_ ? static_cast<int32_t>(i) : scratch_.ids[i]; }
  float logit(size_t i) const { return scratch_.logits[i]; }
  Weight weight(size_t i);
  // > 0.
  Weight Total();
  float max() const { return scale_.max; }

 private:
  struct Cut;
  struct Indices;
  template <typename F>
  static F Sealed(F logit);
  size_t PaddedSize() const;
  template <typename Edit>
  void EditBlocks(Edit edit);
  template <typename DigitOf, typename MeasureOf>
  uint32_t NarrowToDigit(DigitOf digit_of, MeasureOf measure_of, uint64_t wanted, Indices* among,
                         uint64_t* before);
  template <typename By, typename MeasureOf>
  Cut FindCut(Indices among, const By& by, MeasureOf measure_of, uint64_t wanted);
  template <typename By>
  void KeepUpTo(Indices among, const By& by, Cut cut);
  template <typename Predicate>
  void KeepWhere(Indices among, Predicate keep);
  template <typename Keep>
  void DropUnless(Keep keep);
  void Drop(size_t i);
  Indices PickBest(size_t blocks);
  Indices PickReaching(Weight least);
  Weight WeightOf(Indices among) const;
  Weight WeightAt(size_t i) const;
  absl::Span<const float> shares() const { return scratch_.shares.subspan(0, count_); }
  absl::Span<const float> left() const { return scratch_.logits.subspan(0, count_); }
  void EnsureWeights();

  Scratch& scratch_;
  size_t count_ = 0;
  bool whole_ = true;      // candidate i is token i, and block_max holds
  bool weighted_ = false;  // shares and total_ hold
  Weight total_ = 0;
  LogitScale scale_;
};

}  // namespace talaria::sampling

#endif  // TALARIA_LIB_SAMPLING_CANDIDATES_H_
