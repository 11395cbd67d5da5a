#include "lib/grammar/regex/regex.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace talaria::grammar {

namespace {

// Deeper nesting than any reader lets through; it bounds the stack.
constexpr int kMaxDepth = 400;

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9FB21C651E98DF25u;
  return hash ^ hash >> 32;
}

uint64_t Add(uint64_t a, uint64_t b) {
  return a == kUnbounded || b == kUnbounded || a + b < a ? kUnbounded : a + b;
}

}  // namespace

ByteSet ByteSet::Range(uint8_t first, uint8_t last) {
  ByteSet set;
  for (int byte = first; byte <= last; ++byte) set.Add(static_cast<uint8_t>(byte));
  return set;
}

ByteSet ByteSet::operator|(const ByteSet& other) const {
  ByteSet set;
  for (size_t i = 0; i < 4; ++i) set.words_[i] = words_[i] | other.words_[i];
  return set;
}

ByteSet ByteSet::operator&(const ByteSet& other) const {
  ByteSet set;
  for (size_t i = 0; i < 4; ++i) set.words_[i] = words_[i] & other.words_[i];
  return set;
}

ByteSet ByteSet::operator~() const {
  ByteSet set;
  for (size_t i = 0; i < 4; ++i) set.words_[i] = ~words_[i];
  return set;
}

RegexPool::RegexPool(size_t max_nodes) : max_nodes_(max_nodes) {
  table_.resize(64);
  nodes_.resize(2);
  nodes_[1].kind = Kind::kEmpty;
  nodes_[1].nullable = true;
  // Everything() is node 2, and its child the node after it.
  Node everything;
  everything.kind = Kind::kRepeat;
  everything.nullable = true;
  everything.max = kUnbounded;
  const Regex child{3};
  Intern(everything, {&child, 1}, nullptr);
  Set(ByteSet::All());
}

Regex RegexPool::Refuse(std::string_view what) {
  if (status_.ok()) status_ = ResourceExhausted("regular expression: ", what);
  return Nothing();
}

bool RegexPool::SameAs(const Node& node, absl::Span<const Regex> children, const ByteSet* set,
                       uint32_t other) const {
  const Node& there = nodes_[other];
  if (there.hash != node.hash || there.kind != node.kind) return false;
  if (set != nullptr) return sets_[there.first] == *set;
  if (there.count != children.size() || there.min != node.min || there.max != node.max) return false;
  return std::equal(children.begin(), children.end(), children_.begin() + there.first);
}

void RegexPool::GrowTable() {
  table_.assign(table_.size() * 2, 0);
  const size_t mask = table_.size() - 1;
  for (uint32_t i = 2; i < nodes_.size(); ++i) {
    size_t slot = nodes_[i].hash & mask;
    while (table_[slot] != 0) slot = (slot + 1) & mask;
    table_[slot] = i;
  }
}

// *children* may lie in children_ itself.
Regex RegexPool::Intern(Node node, absl::Span<const Regex> children, const ByteSet* set) {
  node.hash = Mix(static_cast<uint64_t>(node.kind), node.min);
  node.hash = Mix(node.hash, node.max);
  for (const Regex child : children) node.hash = Mix(node.hash, child.index);
  if (set != nullptr) {
    for (const uint64_t word : set->words()) node.hash = Mix(node.hash, word);
  }
  const size_t mask = table_.size() - 1;
  size_t slot = node.hash & mask;
  for (; table_[slot] != 0; slot = (slot + 1) & mask) {
    if (SameAs(node, children, set, table_[slot])) return {table_[slot]};
  }
  if (nodes_.size() >= max_nodes_) {
    return Refuse(Cat("expected at most ", max_nodes_, " distinct parts, found more"));
  }
  if (set != nullptr) {
    node.first = static_cast<uint32_t>(sets_.size());
    sets_.push_back(*set);
  } else {
    node.first = static_cast<uint32_t>(children_.size());
    node.count = static_cast<uint32_t>(children.size());
    const std::vector<Regex> copy(children.begin(), children.end());
    children_.insert(children_.end(), copy.begin(), copy.end());
  }
  const auto index = static_cast<uint32_t>(nodes_.size());
  table_[slot] = index;
  nodes_.push_back(node);
  if (nodes_.size() * 2 > table_.size()) GrowTable();
  return {index};
}

Regex RegexPool::Set(const ByteSet& set) {
  if (set.empty()) return Nothing();
  Node node;
  node.kind = Kind::kSet;
  return Intern(node, {}, &set);
}

Regex RegexPool::Literal(std::string_view bytes) {
  Regex regex = Empty();
  for (size_t i = bytes.size(); i > 0; --i) {
    regex = ConcatPair(Set(ByteSet::Of(static_cast<uint8_t>(bytes[i - 1]))), regex);
  }
  return regex;
}

// Whether *regex* is a repeat, or a repeat before something else.
bool RegexPool::SplitRepeat(Regex regex, Node* repeat, Regex* tail) const {
  *repeat = nodes_[regex.index];
  *tail = Empty();
  if (repeat->kind == Kind::kConcat) {
    *tail = Child(*repeat, 1);
    *repeat = nodes_[Child(*repeat, 0).index];
  }
  return repeat->kind == Kind::kRepeat;
}

// *left* is no concatenation.
Regex RegexPool::ConcatPair(Regex left, Regex right) {
  if (left == Nothing() || right == Nothing()) return Nothing();
  if (left == Empty()) return right;
  if (right == Empty()) return left;
  Node a = nodes_[left.index];
  Node b;
  Regex tail;
  // x{a,b} x{c,d} is x{a+c,b+d}.
  if (a.kind == Kind::kRepeat && SplitRepeat(right, &b, &tail) && Child(a, 0) == Child(b, 0)) {
    return ConcatPair(Repeat(Child(a, 0), Add(a.min, b.min), Add(a.max, b.max)), tail);
  }
  Node node;
  node.kind = Kind::kConcat;
  node.nullable = a.nullable && nodes_[right.index].nullable;
  node.plain = a.plain && nodes_[right.index].plain;
  const Regex children[] = {left, right};
  return Intern(node, children, nullptr);
}

Regex RegexPool::Concat(Regex left, Regex right) {
  if (nodes_[left.index].kind != Kind::kConcat) return ConcatPair(left, right);
  // The right child may be a concatenation, the left one never is.
  std::vector<Regex> parts;
  while (nodes_[left.index].kind == Kind::kConcat) {
    parts.push_back(Child(nodes_[left.index], 0));
    left = Child(nodes_[left.index], 1);
  }
  Regex whole = ConcatPair(left, right);
  for (size_t i = parts.size(); i > 0; --i) whole = ConcatPair(parts[i - 1], whole);
  return whole;
}

Regex RegexPool::Concat(absl::Span<const Regex> parts) {
  Regex whole = Empty();
  for (size_t i = parts.size(); i > 0; --i) whole = Concat(parts[i - 1], whole);
  return whole;
}

// The parts, sorted, with those of *kind* replaced by theirs.
void RegexPool::Flatten(Kind kind, absl::Span<const Regex> parts, std::vector<Regex>* flat) const {
  for (const Regex part : parts) {
    const Node& node = nodes_[part.index];
    if (node.kind == kind) {
      for (uint32_t i = 0; i < node.count; ++i) flat->push_back(Child(node, i));
    } else {
      flat->push_back(part);
    }
  }
  std::sort(flat->begin(), flat->end());
  flat->erase(std::unique(flat->begin(), flat->end()), flat->end());
}

// Of x{a,b} y and x{c,d} y one is enough where their ranges touch: without that a search for something
// counted has as many states as there are ways to have begun.
void RegexPool::MergeRepeats(std::vector<Regex>* parts) {
  struct Counted {
    Regex child, tail;
    uint64_t min, max;
    size_t at;
  };
  std::vector<Counted> counted;
  for (size_t i = 0; i < parts->size(); ++i) {
    Node repeat;
    Regex tail;
    if (SplitRepeat((*parts)[i], &repeat, &tail)) {
      counted.push_back({Child(repeat, 0), tail, repeat.min, repeat.max, i});
    } else if ((*parts)[i] == Empty()) {
      continue;
    }
  }
  if (counted.size() < 2) return;
  std::sort(counted.begin(), counted.end(), [](const Counted& a, const Counted& b) {
    return std::tie(a.child.index, a.tail.index, a.min, a.max) <
           std::tie(b.child.index, b.tail.index, b.min, b.max);
  });
  bool merged = false;
  for (size_t i = 1; i < counted.size(); ++i) {
    Counted& before = counted[i - 1];
    Counted& now = counted[i];
    if (before.child != now.child || before.tail != now.tail || now.min > Add(before.max, 1)) continue;
    now.min = before.min;
    now.max = std::max(now.max, before.max);
    (*parts)[before.at] = Nothing();
    (*parts)[now.at] = Concat(Repeat(now.child, now.min, now.max), now.tail);
    merged = true;
  }
  if (!merged) return;
  std::sort(parts->begin(), parts->end());
  parts->erase(std::unique(parts->begin(), parts->end()), parts->end());
}

Regex RegexPool::Or(Regex left, Regex right) {
  if (left == right || right == Nothing()) return left;
  if (left == Nothing()) return right;
  const Regex parts[] = {left, right};
  return Or(parts);
}

Regex RegexPool::Or(absl::Span<const Regex> parts) {
  std::vector<Regex> flat;
  Flatten(Kind::kOr, parts, &flat);
  MergeRepeats(&flat);
  ByteSet set;
  bool nullable = false;
  Node node;
  node.kind = Kind::kOr;
  size_t kept = 0;
  for (const Regex part : flat) {
    if (part == Everything()) return part;
    const Node& child = nodes_[part.index];
    if (child.kind == Kind::kSet) {
      set = set | sets_[child.first];
      continue;
    }
    if (part == Nothing() || part == Empty()) {
      node.nullable |= part == Empty();
      continue;
    }
    nullable |= child.nullable;
    node.plain &= child.plain;
    flat[kept++] = part;
  }
  flat.resize(kept);
  if (!set.empty()) flat.push_back(Set(set));
  if (node.nullable && !nullable) flat.push_back(Empty());
  node.nullable |= nullable;
  if (flat.empty()) return Nothing();
  if (flat.size() == 1) return flat[0];
  std::sort(flat.begin(), flat.end());
  return Intern(node, flat, nullptr);
}

Regex RegexPool::WordsFrom(absl::Span<const std::string_view> words, size_t depth) {
  std::vector<Regex> parts;
  size_t i = 0;
  while (i < words.size()) {
    if (words[i].size() == depth) {
      parts.push_back(Empty());
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < words.size() && words[end].size() > depth && words[end][depth] == words[i][depth]) ++end;
    // What all of them share is not divided byte by byte: that would recurse as deep as a word is long.
    size_t shared = depth + 1;
    const std::string_view first = words[i];
    const std::string_view last = words[end - 1];
    while (shared < first.size() && shared < last.size() && first[shared] == last[shared]) ++shared;
    const Regex rest = WordsFrom(words.subspan(i, end - i), shared);
    parts.push_back(Concat(Literal(first.substr(depth, shared - depth)), rest));
    i = end;
  }
  return Or(parts);
}

Regex RegexPool::AnyOf(absl::Span<const std::string_view> words) {
  std::vector<std::string_view> sorted(words.begin(), words.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  // Words each of which is the beginning of the next nest as deep as there are of them.
  int nested = 0;
  for (size_t i = 1; i < sorted.size(); ++i) {
    nested = sorted[i].compare(0, sorted[i - 1].size(), sorted[i - 1]) == 0 ? nested + 1 : 0;
    if (nested > kMaxDepth) {
      std::vector<Regex> parts;
      parts.reserve(sorted.size());
      for (const std::string_view word : sorted) parts.push_back(Literal(word));
      return Or(parts);
    }
  }
  return WordsFrom(sorted, 0);
}

Regex RegexPool::And(Regex left, Regex right) {
  if (left == right) return left;
  const Regex parts[] = {left, right};
  return And(parts);
}

Regex RegexPool::And(absl::Span<const Regex> parts) {
  std::vector<Regex> flat;
  Flatten(Kind::kAnd, parts, &flat);
  ByteSet set = ByteSet::All();
  bool has_set = false;
  Node node;
  node.kind = Kind::kAnd;
  node.plain = false;
  node.nullable = true;
  size_t kept = 0;
  for (const Regex part : flat) {
    if (part == Nothing()) return part;
    if (part == Everything()) continue;
    const Node& child = nodes_[part.index];
    node.nullable &= child.nullable;
    if (child.kind == Kind::kSet) {
      set = set & sets_[child.first];
      has_set = true;
      continue;
    }
    // Of two repeats of one thing the narrower is both.
    if (child.kind == Kind::kRepeat) {
      bool dropped = false;
      for (size_t i = 0; i < kept && !dropped; ++i) {
        const Node& other = nodes_[flat[i].index];
        if (other.kind != Kind::kRepeat || Child(other, 0) != Child(child, 0)) continue;
        if (other.min >= child.min && other.max <= child.max) {
          dropped = true;
        } else if (child.min >= other.min && child.max <= other.max) {
          flat[i] = part;
          dropped = true;
        }
      }
      if (dropped) continue;
    }
    flat[kept++] = part;
  }
  flat.resize(kept);
  const bool has_empty = std::find(flat.begin(), flat.end(), Empty()) != flat.end();
  if (has_empty) return node.nullable ? Empty() : Nothing();
  if (has_set) {
    if (set.empty()) return Nothing();
    flat.push_back(Set(set));
  }
  if (flat.empty()) return Everything();
  if (flat.size() == 1) return flat[0];
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  if (flat.size() == 1) return flat[0];
  return Intern(node, flat, nullptr);
}

Regex RegexPool::Not(Regex part) {
  if (part == Nothing() && !status_.ok())
    return part;  // what was refused matches nothing, nor does its opposite
  if (part == Nothing()) return Everything();
  if (part == Everything()) return Nothing();
  const Node child = nodes_[part.index];
  if (child.kind == Kind::kNot) return Child(child, 0);
  Node node;
  node.kind = Kind::kNot;
  node.nullable = !child.nullable;
  node.plain = false;
  return Intern(node, {&part, 1}, nullptr);
}

Regex RegexPool::Repeat(Regex part, uint64_t min, uint64_t max) {
  if (max == 0 || part == Empty()) return Empty();
  if (part == Nothing()) return min == 0 ? Empty() : Nothing();
  if (max < min) return Nothing();
  const Node child = nodes_[part.index];
  if (child.nullable) min = 0;
  if (min == 1 && max == 1) return part;
  if (child.nullable && max == 1) return part;
  if (child.kind == Kind::kRepeat && child.min <= 1 && child.max == kUnbounded) {
    // (x*){a,b} and (x+){a,b}: one of them is already as many.
    if (child.min == 0) return part;
    if (min <= 1) return Repeat(Child(child, 0), min, kUnbounded);
  }
  Node node;
  node.kind = Kind::kRepeat;
  node.min = min;
  node.max = max;
  node.nullable = min == 0;
  node.plain = child.plain;
  return Intern(node, {&part, 1}, nullptr);
}

}  // namespace talaria::grammar
