#include "lib/grammar/mask_cache.h"

#include <algorithm>
#include <cstring>

namespace talaria::grammar {

namespace {

// Subtrees smaller than this are walked without asking what is safe: the answer costs as much.
constexpr uint32_t kWorthAsking = 48;

// In blocks of a known size, which compilers make into wide instructions.
void OrInto(const uint32_t* __restrict words, size_t count, uint32_t* __restrict mask) {
  constexpr size_t kBlock = 16;
  size_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    for (size_t j = 0; j < kBlock; ++j) mask[i + j] |= words[i + j];
  }
  for (; i < count; ++i) mask[i] |= words[i];
}

}  // namespace

MaskCache::MaskCache(const Grammar& grammar, const TokenTable& tokens, Lexer* lexer, Stacks* stacks,
                     size_t max_bytes)
    : tokens_(tokens),
      lexer_(*lexer),
      stacks_(*stacks),
      max_bytes_(max_bytes),
      states_(grammar, lexer, stacks),
      path_(tokens.longest() + 2) {}

void MaskCache::Forget() {
  entries_.clear();
  by_key_.clear();
  states_.Forget();
  bytes_ = 0;
}

void MaskCache::Allow(uint32_t begin, uint32_t end) {
  if (begin == end) return;
  if (!ranges_.empty() && ranges_.back().end == begin) {
    ranges_.back().end = end;
  } else {
    ranges_.push_back({begin, end});
  }
}

// The nodes from *begin* to *end*, which are children of one node of *depth* with all below them, from the
// state *local*.
void MaskCache::Walk(uint32_t begin, uint32_t end, uint32_t depth, uint32_t local, Entry* entry) {
  const TokenTable::Node* const nodes = tokens_.nodes().data();
  path_[depth] = local;
  for (uint32_t i = begin; i < end;) {
    const TokenTable::Node& node = nodes[i];
    const uint32_t from = path_[node.depth - 1];
    const LocalStates::Safe safe =
        node.end - i >= kWorthAsking ? states_.SafeFrom(from, node.kinds) : states_.SafeIfKnown(from);
    if ((node.kinds & ~safe.kinds) == 0 && node.height < safe.length) {
      Allow(node.first_token, nodes[node.end].first_token);
      i = node.end;
      continue;
    }
    const uint32_t now = states_.Step(from, node.byte);
    if (now == LocalStates::kDead) {
      i = node.end;
      continue;
    }
    Allow(node.first_token, nodes[i + 1].first_token);
    path_[node.depth] = now;
    if (node.end > i + 1 && states_.AtHole(now)) entry->leaves.push_back(i);
    ++i;
  }
}

// The same for nodes of marked().
void MaskCache::WalkMarked(uint32_t begin, uint32_t end, uint32_t depth, uint32_t local, Entry* entry) {
  const TokenTable::Node* const nodes = tokens_.nodes().data();
  const PlainTokens::Marked* const marked = tokens_.plain().marked().data();
  path_[depth] = local;
  for (uint32_t i = begin; i < end;) {
    const PlainTokens::Marked& node = marked[i];
    const uint32_t from = path_[node.depth - 1];
    if (node.end - i >= kWorthAsking) {
      const TokenTable::Node& all = nodes[node.node];
      const LocalStates::Safe safe = states_.SafeFrom(from, all.kinds);
      if ((all.kinds & ~safe.kinds) == 0 && all.height < safe.length) {
        Allow(all.first_token, nodes[all.end].first_token);
        i = node.end;
        continue;
      }
    }
    const uint32_t now = states_.Step(from, node.byte);
    if (now == LocalStates::kDead) {
      i = node.end;
      continue;
    }
    Allow(node.first_token, node.last_token);
    path_[node.depth] = now;
    if (node.end > i + 1 && states_.AtHole(now)) entry->leaves.push_back(node.node);
    ++i;
  }
}

void MaskCache::WalkFrom(uint32_t local, absl::Span<const uint32_t> from, Entry* entry) {
  const absl::Span<const TokenTable::Node> nodes = tokens_.nodes();
  for (const uint32_t node : from) {
    if (node == kRootNode) {
      Walk(0, static_cast<uint32_t>(tokens_.node_count()), 0, local, entry);
    } else {
      Walk(node + 1, nodes[node].end, nodes[node].depth, local, entry);
    }
  }
}

// *from* ascends.
void MaskCache::WalkMarkedFrom(uint32_t local, absl::Span<const uint32_t> from, Entry* entry) {
  const absl::Span<const PlainTokens::Marked> marked = tokens_.plain().marked();
  uint32_t at = 0;
  for (const uint32_t node : from) {
    if (node == kRootNode) {
      WalkMarked(0, static_cast<uint32_t>(marked.size()), 0, local, entry);
      continue;
    }
    while (at < marked.size() && marked[at].node < node) ++at;
    if (at == marked.size() || marked[at].node != node) continue;
    WalkMarked(at + 1, marked[at].end, marked[at].depth, local, entry);
  }
}

void MaskCache::CompleteLeaves(Entry* entry) {
  Entry whole;
  const uint32_t root = kRootNode;
  if (states_.AtHole(entry->uncounted)) whole.leaves.push_back(kRootNode);
  WalkFrom(entry->uncounted, {&root, 1}, &whole);
  ranges_.clear();
  bytes_ += (whole.leaves.size() - entry->leaves.size()) * 4;
  std::sort(whole.leaves.begin(), whole.leaves.end());
  whole.leaves.shrink_to_fit();
  entry->leaves = std::move(whole.leaves);
  entry->uncounted = LocalStates::kDead;
}

// The entry of *key*, made where it is new: from the state *local* at each leaf of the entry *before*, or at
// the root where that is kTop. kTop where a limit was reached.
uint32_t MaskCache::Find(const Key& key, uint32_t local, uint32_t before) {
  ranges_.clear();
  auto entry = std::make_unique<Entry>();
  const uint32_t root = kRootNode;
  absl::Span<const uint32_t> from = {&root, 1};
  bool closed = false;
  if (before != kTop) {
    Entry& last = *entries_[before];
    if (last.uncounted != LocalStates::kDead || last.leaves.size() >= kWorthAsking) {
      closed = !states_.AtHole(local) && states_.ClosedToPlain(local);
      if (!closed && last.uncounted != LocalStates::kDead) CompleteLeaves(&last);
    }
    from = last.leaves;
  }
  if (states_.AtHole(local)) entry->leaves.assign(from.begin(), from.end());
  const bool at_root = from.size() == 1 && from[0] == kRootNode;
  const LocalStates::Plain plain = at_root && !closed ? states_.PlainFrom(local) : LocalStates::Plain();
  if (closed || plain.characters != 0) {
    WalkMarkedFrom(local, from, entry.get());
    if (plain.to_hole) entry->uncounted = local;
  } else {
    WalkFrom(local, from, entry.get());
  }
  if (!lexer_.status().ok() || !stacks_.status().ok()) return kTop;
  Finish(plain.characters, entry.get());
  ++made_;
  bytes_ += sizeof(Entry) + sizeof(Key) + kHashEntryBytes + entry->ids.capacity() * 4 +
            entry->words.capacity() * 4 + entry->leaves.capacity() * 4;
  const auto index = static_cast<uint32_t>(entries_.size());
  entries_.push_back(std::move(entry));
  by_key_.emplace(key, index);
  return index;
}

// *plain*: up to so many characters of plain text are allowed beside what was walked.
void MaskCache::Finish(uint32_t plain, Entry* entry) {
  std::sort(entry->leaves.begin(), entry->leaves.end());
  entry->leaves.erase(std::unique(entry->leaves.begin(), entry->leaves.end()), entry->leaves.end());
  entry->leaves.shrink_to_fit();
  const absl::Span<const int32_t> ids = tokens_.by_bytes();
  const auto bit = [](int32_t id) { return uint32_t{1} << (id % 32); };
  const auto allow = [&] {
    for (const Range& range : ranges_) {
      for (uint32_t i = range.begin; i < range.end; ++i)
        entry->words[static_cast<size_t>(ids[i]) / 32] |= bit(ids[i]);
    }
  };
  if (plain > 0) {
    tokens_.plain().MaskUpTo(plain, &entry->words);
    return allow();
  }
  size_t count = 0;
  for (const Range& range : ranges_) count += range.end - range.begin;
  if (count <= tokens_.mask_words() / 4) {
    entry->ids.reserve(count);
    for (const Range& range : ranges_) {
      entry->ids.insert(entry->ids.end(), ids.begin() + range.begin, ids.begin() + range.end);
    }
    std::sort(entry->ids.begin(), entry->ids.end());
    return;
  }
  if (count <= ids.size() / 2) {
    entry->words.assign(tokens_.mask_words(), 0);
    return allow();
  }
  // Most are allowed: it is less work to take the others out. Ranges of one walk ascend; those of several
  // may not.
  std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  entry->words.assign(tokens_.text_words().begin(), tokens_.text_words().end());
  uint32_t next = 0;
  const auto forbid = [&](uint32_t end) {
    for (; next < end; ++next) entry->words[static_cast<size_t>(ids[next]) / 32] &= ~bit(ids[next]);
  };
  for (const Range& range : ranges_) {
    forbid(range.begin);
    next = std::max(next, range.end);
  }
  forbid(static_cast<uint32_t>(ids.size()));
}

void MaskCache::Add(const Configuration& configuration, uint32_t* mask) {
  if (bytes() > max_bytes_) Forget();
  const auto length = static_cast<uint32_t>(tokens_.longest());
  const uint32_t state = lexer_.Clamped(configuration.state, length);
  Key key{kTop, state, 0, 0, 0};
  uint32_t stack = configuration.stack;
  uint32_t index;
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    index = found->second;
  } else {
    index = Find(key, states_.StateOf({{state, Stacks::kHole}}), kTop);
  }
  while (index != kTop) {
    const Entry& entry = *entries_[index];
    OrInto(entry.words.data(), entry.words.size(), mask);
    for (const int32_t id : entry.ids) mask[static_cast<uint32_t>(id) / 32] |= uint32_t{1} << (id % 32);
    if (stack == Stacks::kEnd || (entry.leaves.empty() && entry.uncounted == LocalStates::kDead)) return;
    const Frame frame = stacks_.Clamped(stack, length);
    stack = stacks_.frame(stack).parent;
    key = {index, frame.expr, frame.position, frame.need, frame.left};
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      index = found->second;
      continue;
    }
    const uint32_t local = states_.StateOf({{Lexer::kDone, stacks_.Push(frame)}});
    if (!stacks_.status().ok()) return;
    index = Find(key, local, index);
  }
}

}  // namespace talaria::grammar
