#include "lib/tokenizer/merge_table.h"

namespace talaria {

StatusOr<MergeTable> MergeTable::FromRules(const std::vector<MergeRule>& rules,
                                           const Vocabulary& vocabulary) {
  std::vector<PairSlot> slots;
  slots.reserve(rules.size());
  for (const MergeRule& rule : rules)
    slots.push_back({PairOf(rule.left, rule.right), rule.rank, rule.merged});
  MergeTable merges;
  TALARIA_RETURN_IF_ERROR(merges.table_.Build(slots, [&](const PairSlot& first, const PairSlot& second) {
    const auto left = static_cast<int32_t>((first.pair >> 32) - 1);
    const auto right = static_cast<int32_t>(first.pair & UINT32_MAX);
    return InvalidArgument("the merge of ", Quoted(vocabulary.BytesOf(left)), " and ",
                           Quoted(vocabulary.BytesOf(right)), " has two ranks, ", first.rank, " and ",
                           second.rank);
  }));
  int bits = 6;
  while ((size_t{1} << bits) < slots.size() * 4) ++bits;
  merges.filter_shift_ = 64 - bits;
  merges.filter_.resize(size_t{1} << (bits - 6));
  for (const PairSlot& slot : slots) {
    const uint64_t bit = merges.table_.HashOf(slot) >> merges.filter_shift_;
    merges.filter_[bit / 64] |= uint64_t{1} << (bit % 64);
  }
  return merges;
}

StatusOr<MergeTable> MergeTable::FromRanks(const Vocabulary& vocabulary) {
  // Each split of each token is hashed: the square of its length. Llama-3's 128,000 tokens come to 9 million
  // bytes.
  constexpr uint64_t kMostWork = uint64_t{1} << 32;
  uint64_t work = 0;
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    const uint64_t bytes = vocabulary.BytesOf(id).size();
    work += bytes * bytes;
    if (work > kMostWork) return ResourceExhausted("tokens too long to find their parts, up to id ", id);
  }
  std::vector<MergeRule> rules;
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view token = vocabulary.BytesOf(id);
    if (token.empty() || vocabulary.Find(token.data(), token.size()) != id) continue;
    for (size_t cut = 1; cut < token.size(); ++cut) {
      const int32_t left = vocabulary.Find(token.data(), cut);
      if (left < 0) continue;
      const int32_t right = vocabulary.Find(token.data() + cut, token.size() - cut);
      if (right >= 0) rules.push_back({left, right, id, static_cast<uint32_t>(id)});
    }
  }
  return FromRules(rules, vocabulary);
}

}  // namespace talaria
