#include "lib/tokenizer/bpe.h"

#include <algorithm>

namespace talaria {

absl::Span<const int32_t> BytePairEncoder::EncodeShort(std::string_view piece) {
  const size_t count = piece.size();
  for (size_t i = 0; i < count; ++i) {
    ids_[i] = vocabulary_.ByteId(static_cast<unsigned char>(piece[i]));
    next_[i] = static_cast<uint8_t>(i + 1);
    previous_[i] = static_cast<uint8_t>(i - 1);
  }
  const auto find_merge = [this, count](size_t at) {
    const size_t next = next_[at];
    ++lookups_;
    const MergeTable::Merge merge =
        next < count ? merges_.Find(ids_[at], ids_[next]) : MergeTable::Merge{MergeTable::kNoRank, -1};
    ranks_[at] = merge.rank;
    merged_[at] = merge.id;
  };
  for (size_t i = 0; i < count; ++i) find_merge(i);
  while (true) {
    size_t lowest = 0;
    uint32_t rank = ranks_[0];
    for (size_t i = 1; i < count; ++i) {
      if (ranks_[i] < rank) {
        rank = ranks_[i];
        lowest = i;
      }
    }
    if (rank == MergeTable::kNoRank) break;
    const size_t absorbed = next_[lowest];
    ids_[lowest] = merged_[lowest];
    ranks_[absorbed] = MergeTable::kNoRank;
    next_[lowest] = next_[absorbed];
    if (next_[lowest] < count) previous_[next_[lowest]] = static_cast<uint8_t>(lowest);
    find_merge(lowest);
    if (lowest > 0) find_merge(previous_[lowest]);
  }
  size_t tokens = 0;
  for (size_t i = 0; i < count; i = next_[i]) ids_[tokens++] = ids_[i];
  return {ids_.data(), tokens};
}

absl::Span<const int32_t> BytePairEncoder::EncodeLong(std::string_view piece) {
  constexpr MergeTable::Merge kNone = {MergeTable::kNoRank, -1};
  // A heap whose top is the lowest rank, the leftmost of equals.
  const auto later = [](const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.node > b.node;
  };
  const auto node_at = [this](int32_t index) -> Node& { return nodes_[static_cast<size_t>(index)]; };
  const auto count = static_cast<int32_t>(piece.size());
  nodes_.resize(piece.size());
  for (int32_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(piece[static_cast<size_t>(i)]);
    node_at(i) = {vocabulary_.ByteId(byte), i - 1, i + 1 < count ? i + 1 : -1, kNone};
  }
  heap_.clear();
  const auto find_merge = [&](int32_t index) {
    Node& node = node_at(index);
    ++lookups_;
    node.merge = node.next < 0 ? kNone : merges_.Find(node.id, node_at(node.next).id);
    return node.merge.rank != MergeTable::kNoRank;
  };
  for (int32_t i = 0; i < count; ++i) {
    if (find_merge(i)) heap_.push_back({node_at(i).merge.rank, i});
  }
  std::make_heap(heap_.begin(), heap_.end(), later);
  while (!heap_.empty()) {
    const Candidate candidate = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    Node& node = node_at(candidate.node);
    // A candidate is stale where either of its tokens has merged otherwise since.
    if (node.merge.rank != candidate.rank) continue;
    node.id = node.merge.id;
    Node& absorbed = node_at(node.next);
    absorbed.merge = kNone;
    node.next = absorbed.next;
    if (node.next >= 0) node_at(node.next).previous = candidate.node;
    for (const int32_t index : {candidate.node, node.previous}) {
      if (index < 0 || !find_merge(index)) continue;
      heap_.push_back({node_at(index).merge.rank, index});
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
  }
  long_ids_.clear();
  for (int32_t i = 0; i >= 0; i = node_at(i).next) long_ids_.push_back(node_at(i).id);
  // One enormous piece shall not hold its memory for the rest of the text.
  if (nodes_.capacity() > (size_t{1} << 16)) {
    nodes_ = {};
    heap_ = {};
  }
  return long_ids_;
}

}  // namespace talaria
