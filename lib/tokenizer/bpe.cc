#include "lib/tokenizer/bpe.h"

#include <algorithm>

namespace talaria {
namespace {

// Up to here a scan for the lowest rank costs less than a heap: n^2 / 2 comparisons of neighbouring words against
// n log n with unpredictable branches.
constexpr size_t kShortPiece = 96;

}  // namespace

const std::vector<int32_t>& BytePairEncoder::Encode(std::string_view piece) {
  ids_.clear();
  if (piece.size() <= kShortPiece) {
    EncodeShort(piece);
  } else {
    EncodeLong(piece);
  }
  return ids_;
}

void BytePairEncoder::EncodeShort(std::string_view piece) {
  constexpr MergeTable::Merge kNone = {MergeTable::kNoRank, -1};
  ids_.resize(piece.size());
  short_merges_.resize(piece.size());
  int32_t* const ids = ids_.data();
  MergeTable::Merge* const merges = short_merges_.data();
  for (size_t i = 0; i < piece.size(); ++i) ids[i] = vocabulary_.ByteId(static_cast<unsigned char>(piece[i]));
  size_t count = piece.size();
  for (size_t i = 0; i + 1 < count; ++i) merges[i] = merges_.Find(ids[i], ids[i + 1]);
  merges[count - 1] = kNone;
  while (true) {
    size_t lowest = 0;
    for (size_t i = 1; i < count; ++i) {
      if (merges[i].rank < merges[lowest].rank) lowest = i;
    }
    if (merges[lowest].rank == MergeTable::kNoRank) break;
    ids[lowest] = merges[lowest].id;
    std::copy(ids + lowest + 2, ids + count, ids + lowest + 1);
    std::copy(merges + lowest + 2, merges + count, merges + lowest + 1);
    --count;
    merges[lowest] = lowest + 1 < count ? merges_.Find(ids[lowest], ids[lowest + 1]) : kNone;
    if (lowest > 0) merges[lowest - 1] = merges_.Find(ids[lowest - 1], ids[lowest]);
  }
  ids_.resize(count);
}

void BytePairEncoder::EncodeLong(std::string_view piece) {
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
  for (int32_t i = 0; i >= 0; i = node_at(i).next) ids_.push_back(node_at(i).id);
  // One enormous piece shall not hold its memory for the rest of the text.
  if (nodes_.capacity() > (size_t{1} << 16)) {
    nodes_ = {};
    heap_ = {};
  }
}

}  // namespace talaria
