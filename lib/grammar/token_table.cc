#include "lib/grammar/token_table.h"

#include <algorithm>
#include <cstring>

namespace talaria::grammar {

namespace {

// What may follow the first byte of a character: how many bytes, and the range of the next one.
struct Lead {
  int missing;
  uint32_t low;
  uint32_t high;
};

Lead LeadOf(uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

constexpr uint64_t Bit(int kind) { return uint64_t{1} << kind; }

}  // namespace

// Control characters: tab, newline, carriage return, the others. Punctuation by itself. Digits; letters up to
// f, which are hexadecimal too, and the others.
constexpr uint8_t kAsciiKind[128] = {
    0,  0,  0,  0,  0,  0,  0,  0,  0,  1,  2,  0,  0,  3,  0,  0,   // 00
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,   // 10
    4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19,  // 20
    20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 21, 22, 23, 24, 25, 26,  // 30
    27, 28, 28, 28, 28, 28, 28, 29, 29, 29, 29, 29, 29, 29, 29, 29,  // 40
    29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 30, 31, 32, 33, 34,  // 50
    35, 36, 36, 36, 36, 36, 36, 37, 37, 37, 37, 37, 37, 37, 37, 37,  // 60
    37, 37, 37, 37, 37, 37, 37, 37, 37, 37, 37, 38, 39, 40, 41, 42,  // 70
};

constexpr uint64_t kPlainKinds = [] {
  uint64_t kinds = Bit(kManyBytesKind);
  for (uint32_t byte = 0x20; byte < 0x80; ++byte) {
    if (byte != '"' && byte != '\\') kinds |= Bit(kAsciiKind[byte]);
  }
  return kinds;
}();

StatusOr<std::shared_ptr<const TokenTable>> TokenTable::Create(absl::Span<const std::string_view> texts,
                                                               absl::Span<const int32_t> stops) {
  if (texts.size() > kMaxTokens) {
    return ResourceExhausted("token table: expected at most ", kMaxTokens, " tokens, found ", texts.size());
  }
  std::shared_ptr<TokenTable> table(new TokenTable());
  size_t bytes = 0;
  for (size_t id = 0; id < texts.size(); ++id) {
    if (texts[id].size() > kMaxTokenBytes) {
      return ResourceExhausted("token table: expected tokens of at most ", kMaxTokenBytes, " bytes, found ",
                               texts[id].size(), " in token ", id);
    }
    bytes += texts[id].size();
    table->longest_ = std::max(table->longest_, texts[id].size());
  }
  if (bytes >= uint32_t{0xFFFFFFFF})
    return ResourceExhausted("token table: expected less than 4 GiB of tokens");
  for (const int32_t stop : stops) {
    if (stop < 0 || static_cast<size_t>(stop) >= texts.size()) {
      return InvalidArgument("token table: expected stop tokens below ", texts.size(), ", found ", stop);
    }
    table->stops_.push_back(stop);
  }
  std::sort(table->stops_.begin(), table->stops_.end());
  table->bytes_.resize(bytes);
  table->texts_.reserve(texts.size());
  table->text_words_.resize((texts.size() + 31) / 32);
  size_t at = 0;
  for (size_t id = 0; id < texts.size(); ++id) {
    if (!texts[id].empty()) std::memcpy(table->bytes_.data() + at, texts[id].data(), texts[id].size());
    table->texts_.emplace_back(table->bytes_.data() + at, texts[id].size());
    at += texts[id].size();
    // A stop token is allowed as the end, never as text.
    if (!texts[id].empty() && !table->IsStop(static_cast<int32_t>(id))) {
      table->by_bytes_.push_back(static_cast<int32_t>(id));
      table->text_words_[id / 32] |= uint32_t{1} << (id % 32);
    }
  }
  table->BuildNodes();
  table->FindKinds();
  table->plain_.Build(*table);
  return std::shared_ptr<const TokenTable>(std::move(table));
}

bool TokenTable::IsStop(int32_t id) const { return std::binary_search(stops_.begin(), stops_.end(), id); }

void TokenTable::BuildNodes() {
  std::sort(by_bytes_.begin(), by_bytes_.end(), [this](int32_t a, int32_t b) {
    const int order = TextOf(a).compare(TextOf(b));
    return order != 0 ? order < 0 : a < b;
  });
  std::vector<uint32_t> path;  // the node at each depth
  std::string_view before;
  const auto close = [&](size_t depth) {
    while (path.size() > depth) {
      nodes_[path.back()].end = static_cast<uint32_t>(nodes_.size());
      path.pop_back();
      if (path.empty()) continue;
      Node& parent = nodes_[path.back()];
      parent.height = std::max<uint16_t>(parent.height, static_cast<uint16_t>(nodes_[parent.end].height + 1));
    }
  };
  for (uint32_t i = 0; i < by_bytes_.size(); ++i) {
    const std::string_view text = TextOf(by_bytes_[i]);
    size_t shared = 0;
    while (shared < text.size() && shared < before.size() && text[shared] == before[shared]) ++shared;
    // While a node is open its *end* is its last child.
    close(shared);
    for (size_t depth = shared; depth < text.size(); ++depth) {
      Node node;
      node.byte = static_cast<uint8_t>(text[depth]);
      node.first_token = i;
      node.depth = static_cast<uint16_t>(depth + 1);
      const auto index = static_cast<uint32_t>(nodes_.size());
      if (!path.empty()) nodes_[path.back()].end = index;
      path.push_back(index);
      nodes_.push_back(node);
    }
    before = text;
  }
  close(0);
  Node last;
  last.first_token = static_cast<uint32_t>(by_bytes_.size());
  nodes_.push_back(last);
}

// The kinds of what lies below *node*, a part of a character that lacks *missing* bytes, the next of them in
// a range.
uint64_t TokenTable::KindsFrom(uint32_t node, int missing, uint32_t low, uint32_t high) const {
  const Node& at = nodes_[node];
  uint64_t kinds = nodes_[node + 1].first_token > at.first_token ? Bit(kBrokenKind) : 0;
  for (uint32_t child = node + 1; child < at.end; child = nodes_[child].end) {
    const uint32_t byte = nodes_[child].byte;
    if (byte < low || byte > high) {
      kinds |= Bit(kBrokenKind);
    } else if (missing > 1) {
      kinds |= KindsFrom(child, missing - 1, 0x80, 0xBF);
    } else {
      kinds |= Bit(kManyBytesKind);
      for (uint32_t next = child + 1; next < nodes_[child].end; next = nodes_[next].end)
        kinds |= nodes_[next].kinds;
    }
  }
  return kinds;
}

void TokenTable::FindKinds() {
  for (auto i = static_cast<uint32_t>(node_count()); i > 0; --i) {
    const uint32_t index = i - 1;
    Node& node = nodes_[index];
    if (node.byte < 0x80) {
      node.kinds = Bit(kAsciiKind[node.byte]);
      for (uint32_t child = index + 1; child < node.end; child = nodes_[child].end)
        node.kinds |= nodes_[child].kinds;
      continue;
    }
    const Lead lead = LeadOf(node.byte);
    node.kinds = lead.missing == 0 ? Bit(kBrokenKind) : KindsFrom(index, lead.missing, lead.low, lead.high);
  }
}

}  // namespace talaria::grammar
