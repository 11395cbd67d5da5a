#include "lib/grammar/plain_tokens.h"

#include <algorithm>

#include "lib/base/utf8.h"
#include "lib/grammar/token_table.h"

namespace talaria::grammar {

namespace {

// 0 where it is not plain.
uint32_t PlainCharacters(std::string_view text) {
  uint32_t count = 0;
  while (!text.empty()) {
    const Utf8Char next = DecodeUtf8(text);
    if (!next.valid || next.code_point < 0x20 || next.code_point == '"' || next.code_point == '\\') return 0;
    text.remove_prefix(next.bytes);
    ++count;
  }
  return count;
}

}  // namespace

void PlainTokens::Build(const TokenTable& table) {
  const absl::Span<const TokenTable::Node> nodes = table.nodes();
  const absl::Span<const int32_t> ids = table.by_bytes();
  mask_words_ = table.mask_words();
  masks_.assign((kMasks + 1) * mask_words_, 0);
  std::vector<std::vector<int32_t>> longer;
  std::vector<uint32_t> not_plain(ids.size() + 1, 0);  // how many before each
  for (size_t i = 0; i < ids.size(); ++i) {
    const uint32_t count = PlainCharacters(table.TextOf(ids[i]));
    not_plain[i + 1] = not_plain[i] + (count == 0 ? 1 : 0);
    if (count == 0) continue;
    const auto id = static_cast<uint32_t>(ids[i]);
    masks_[std::min(count - 1, kMasks) * mask_words_ + id / 32] |= uint32_t{1} << (id % 32);
    if (count <= kMasks) continue;
    if (longer.size() < count - kMasks) longer.resize(count - kMasks);
    longer[count - kMasks - 1].push_back(ids[i]);
  }
  for (size_t i = mask_words_; i < masks_.size(); ++i) masks_[i] |= masks_[i - mask_words_];
  for (const std::vector<int32_t>& of_length : longer) {
    longer_from_.push_back(static_cast<uint32_t>(longer_.size()));
    longer_.insert(longer_.end(), of_length.begin(), of_length.end());
  }
  std::vector<uint32_t> path;  // of marked_, those that are open
  for (uint32_t i = 0; i < table.node_count();) {
    const TokenTable::Node& node = nodes[i];
    while (!path.empty() && nodes[marked_[path.back()].node].end <= i) {
      marked_[path.back()].end = static_cast<uint32_t>(marked_.size());
      path.pop_back();
    }
    if (not_plain[nodes[node.end].first_token] == not_plain[node.first_token]) {
      i = node.end;
      continue;
    }
    path.push_back(static_cast<uint32_t>(marked_.size()));
    marked_.push_back({i, 0, node.first_token, nodes[i + 1].first_token, node.depth, node.byte});
    ++i;
  }
  for (const uint32_t open : path) marked_[open].end = static_cast<uint32_t>(marked_.size());
}

void PlainTokens::MaskUpTo(uint32_t characters, std::vector<uint32_t>* words) const {
  words->assign(mask_words_, 0);
  if (characters == 0) return;
  const uint32_t* const mask = masks_.data() + std::min(characters - 1, kMasks) * mask_words_;
  std::copy(mask, mask + mask_words_, words->begin());
  if (characters <= kMasks || characters - kMasks >= longer_from_.size()) return;
  for (size_t i = longer_from_[characters - kMasks]; i < longer_.size(); ++i) {
    const auto id = static_cast<uint32_t>(longer_[i]);
    (*words)[id / 32] &= ~(uint32_t{1} << (id % 32));
  }
}

}  // namespace talaria::grammar
