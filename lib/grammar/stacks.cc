#include "lib/grammar/stacks.h"

#include <algorithm>

#include "lib/base/text.h"

namespace talaria::grammar {

namespace {

using Kind = GrammarNode::Kind;

uint64_t HashOf(const Frame& frame) {
  uint64_t hash = frame.expr + (uint64_t{frame.position} << 32);
  for (const uint64_t word : {uint64_t{frame.need} << 32 | frame.left, uint64_t{frame.parent}}) {
    hash = (hash ^ hash >> 29 ^ word) * 0x9FB21C651E98DF25u;
  }
  return hash ^ hash >> 32;
}

uint32_t OneLess(uint32_t count) { return count == Stacks::kNoBound || count == 0 ? count : count - 1; }

uint32_t Count(uint64_t count) {
  return count >= Stacks::kNoBound ? Stacks::kNoBound : static_cast<uint32_t>(count);
}

}  // namespace

Stacks::Stacks(const Grammar& grammar, Lexer* lexer, size_t max_bytes)
    : grammar_(grammar), lexer_(*lexer), max_bytes_(max_bytes), frames_(2), starts_(2), table_(64) {
  starts_[kEnd].known = starts_[kHole].known = true;
  starts_[kEnd].at_end = true;
  starts_[kHole].at_hole = true;
}

size_t Stacks::bytes() const {
  return frames_.capacity() * sizeof(Frame) + starts_.capacity() * sizeof(Starts) +
         table_.capacity() * sizeof(uint32_t) + pool_.capacity() * sizeof(Configuration);
}

void Stacks::GrowTable() {
  table_.assign(table_.size() * 2, 0);
  const size_t mask = table_.size() - 1;
  for (uint32_t i = 2; i < frames_.size(); ++i) {
    size_t slot = HashOf(frames_[i]) & mask;
    while (table_[slot] != 0) slot = (slot + 1) & mask;
    table_[slot] = i;
  }
}

uint32_t Stacks::Push(const Frame& frame) {
  const size_t mask = table_.size() - 1;
  size_t slot = HashOf(frame) & mask;
  for (; table_[slot] != 0; slot = (slot + 1) & mask) {
    if (frames_[table_[slot]] == frame) return table_[slot];
  }
  if (bytes() > max_bytes_) {
    if (status_.ok()) {
      status_ = ResourceExhausted("grammar: expected what it has under way to take at most ",
                                  BytesText(max_bytes_), ", found more");
    }
    return kEnd;
  }
  const auto index = static_cast<uint32_t>(frames_.size());
  table_[slot] = index;
  frames_.push_back(frame);
  starts_.emplace_back();
  if (frames_.size() * 2 > table_.size()) GrowTable();
  return index;
}

// A sequence of the root alone, so that the grammar's beginning is something that is left to do.
uint32_t Stacks::Root(uint32_t below) {
  Frame frame;
  frame.expr = kPop;
  frame.parent = below;
  return Push(frame);
}

bool Stacks::IsRepeat(uint32_t stack) const {
  const uint32_t expr = frames_[stack].expr;
  return expr != kPop && grammar_.node({expr}).kind == Kind::kRepeat;
}

Frame Stacks::Clamped(uint32_t stack, uint32_t length) const {
  Frame frame = frames_[stack];
  if (IsRepeat(stack)) {
    frame.need = std::min(frame.need, length + 1);
    if (frame.left > length) frame.left = kNoBound;
  }
  frame.parent = kHole;
  return frame;
}

Stacks::After Stacks::AfterTop(uint32_t stack) {
  if (!starts_[stack].known) Find(stack);
  const Starts& starts = starts_[stack];
  return {{pool_.data() + starts.begin, starts.count}, starts.at_end, starts.at_hole};
}

void Stacks::Visited(uint32_t expr, uint32_t stack) {
  if (seen_.insert(uint64_t{expr} << 32 | stack).second) left_.push_back({expr, stack});
}

void Stacks::EnterSequence(Expr expr, uint32_t position, uint32_t parent) {
  const GrammarNode& node = grammar_.node(expr);
  const absl::Span<const Expr> children = grammar_.children(node);
  for (uint32_t i = position; i < children.size(); ++i) {
    Frame rest;
    rest.expr = expr.index;
    rest.position = i + 1;
    rest.parent = parent;
    Visited(children[i].index, i + 1 < children.size() ? Push(rest) : parent);
    if (!grammar_.node(children[i]).nullable) return;
  }
  if (position > 0) Visited(kPop, parent);
}

void Stacks::EnterAnyOrder(Expr expr, uint64_t done, bool separated, uint32_t parent) {
  const GrammarNode& node = grammar_.node(expr);
  const absl::Span<const Expr> children = grammar_.children(node);
  const uint32_t parts = node.count - static_cast<uint32_t>(node.max);
  const uint64_t all = parts == 64 ? ~uint64_t{0} : (uint64_t{1} << parts) - 1;
  Frame rest;
  rest.expr = expr.index;
  rest.parent = parent;
  if (done != 0 && !separated) {
    const uint64_t required = node.min == 64 ? ~uint64_t{0} : (uint64_t{1} << node.min) - 1;
    if ((done & required) == required) Visited(kPop, parent);
    if (done == all) return;
    if (node.max != 0) {
      rest.position = 1;
      rest.need = static_cast<uint32_t>(done);
      rest.left = static_cast<uint32_t>(done >> 32);
      Visited(children[parts].index, Push(rest));
      if (!grammar_.node(children[parts]).nullable) return;
    }
  }
  rest.position = 0;
  for (uint32_t i = 0; i < parts; ++i) {
    const uint64_t now = done | uint64_t{1} << i;
    if (now == done) continue;
    rest.need = static_cast<uint32_t>(now);
    rest.left = static_cast<uint32_t>(now >> 32);
    Visited(children[i].index, now == all ? parent : Push(rest));
  }
}

void Stacks::EnterRepeat(Expr expr, uint32_t need, uint32_t left, uint32_t parent) {
  Frame rest;
  rest.expr = expr.index;
  rest.need = OneLess(need);
  rest.left = OneLess(left);
  rest.parent = parent;
  Visited(grammar_.children(grammar_.node(expr))[0].index, rest.left == 0 ? parent : Push(rest));
}

void Stacks::Enter(Expr expr, uint32_t stack) {
  const GrammarNode& node = grammar_.node(expr);
  switch (node.kind) {
    case Kind::kTerminal: {
      const uint32_t state = lexer_.StateOf(node.regex);
      if (state != Lexer::kDead && state != Lexer::kDone) found_.push_back({state, stack});
      return;
    }
    case Kind::kSequence:
      return EnterSequence(expr, 0, stack);
    case Kind::kChoice:
      for (const Expr child : grammar_.children(node)) Visited(child.index, stack);
      return;
    case Kind::kRepeat:
      return EnterRepeat(expr, Count(node.min), Count(node.max), stack);
    case Kind::kAnyOrder:
      return EnterAnyOrder(expr, 0, false, stack);
    case Kind::kRule:
      return Visited(grammar_.body(node.target).index, stack);
  }
}

void Stacks::Pop(uint32_t stack, Starts* starts) {
  if (stack == kEnd || stack == kHole) {
    (stack == kEnd ? starts->at_end : starts->at_hole) = true;
    return;
  }
  const Frame frame = frames_[stack];
  if (frame.expr == kPop) {
    Visited(grammar_.root().index, frame.parent);
    if (grammar_.node(grammar_.root()).nullable) Visited(kPop, frame.parent);
    return;
  }
  switch (grammar_.node({frame.expr}).kind) {
    case Kind::kSequence:
      return EnterSequence({frame.expr}, frame.position, frame.parent);
    case Kind::kRepeat:
      EnterRepeat({frame.expr}, frame.need, frame.left, frame.parent);
      if (frame.need == 0) Visited(kPop, frame.parent);
      return;
    case Kind::kAnyOrder:
      return EnterAnyOrder({frame.expr}, frame.need | uint64_t{frame.left} << 32, frame.position == 1,
                           frame.parent);
    default:
      return;
  }
}

void Stacks::Find(uint32_t stack) {
  Starts starts;
  starts.known = true;
  left_.clear();
  found_.clear();
  // Clearing takes as long as the table is large, and one search may have made it so.
  if (seen_.bucket_count() > kMostSeenBuckets) {
    HashSet<uint64_t>().swap(seen_);
  } else {
    seen_.clear();
  }
  Visited(kPop, stack);
  while (!left_.empty() && status_.ok()) {
    const Visit now = left_.back();
    left_.pop_back();
    if (now.expr == kPop) {
      Pop(now.stack, &starts);
    } else {
      Enter({now.expr}, now.stack);
    }
    if (seen_.size() > kMaxStarts * 4 || found_.size() > kMaxStarts) {
      status_ = ResourceExhausted("grammar: expected at most ", kMaxStarts,
                                  " ways to go on at one place, found more");
    }
  }
  if (!status_.ok() || !lexer_.status().ok()) return;
  std::sort(found_.begin(), found_.end());
  found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
  starts.begin = static_cast<uint32_t>(pool_.size());
  starts.count = static_cast<uint32_t>(found_.size());
  pool_.insert(pool_.end(), found_.begin(), found_.end());
  starts_[stack] = starts;
}

}  // namespace talaria::grammar
