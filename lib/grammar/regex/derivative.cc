// What follows from derivatives: matching, whether anything matches, forms that short texts do not tell
// apart.
#include <algorithm>
#include <utility>

#include "lib/grammar/regex/byte_classes.h"
#include "lib/grammar/regex/regex.h"

namespace talaria::grammar {

namespace {

// Deeper nesting than any reader lets through; it bounds the stack.
constexpr int kMaxDepth = 400;

uint64_t Less(uint64_t count) { return count == kUnbounded || count == 0 ? count : count - 1; }

}  // namespace

Regex RegexPool::Derivative(Regex regex, uint8_t byte) { return Derive(regex, byte, 0); }

Regex RegexPool::Derive(Regex regex, uint8_t byte, int depth) {
  if (depth > kMaxDepth) return Refuse("nested too deep");
  const Node node = nodes_[regex.index];
  switch (node.kind) {
    case Kind::kNothing:
    case Kind::kEmpty:
      return Nothing();
    case Kind::kSet:
      return sets_[node.first].Has(byte) ? Empty() : Nothing();
    case Kind::kConcat: {
      std::vector<Regex> parts;
      for (Node at = node;;) {
        const Regex left = Child(at, 0);
        const Regex right = Child(at, 1);
        parts.push_back(Concat(Derive(left, byte, depth + 1), right));
        if (!Nullable(left)) break;
        at = nodes_[right.index];
        if (at.kind == Kind::kConcat) continue;
        parts.push_back(Derive(right, byte, depth + 1));
        break;
      }
      return parts.size() == 1 ? parts[0] : Or(parts);
    }
    case Kind::kOr:
    case Kind::kAnd: {
      std::vector<Regex> parts(node.count);
      size_t kept = 0;
      for (uint32_t i = 0; i < node.count; ++i) {
        const Regex part = Derive(Child(node, i), byte, depth + 1);
        if (part == Nothing()) {
          if (node.kind == Kind::kAnd) return part;
          continue;
        }
        parts[kept++] = part;
      }
      parts.resize(kept);
      return node.kind == Kind::kOr ? Or(parts) : And(parts);
    }
    case Kind::kNot:
      return Not(Derive(Child(node, 0), byte, depth + 1));
    case Kind::kRepeat: {
      const Regex child = Child(node, 0);
      const Regex first = Derive(child, byte, depth + 1);
      if (first == Nothing()) return first;
      return Concat(first, Repeat(child, Less(node.min), Less(node.max)));
    }
  }
  return Nothing();
}

bool RegexPool::Matches(Regex regex, std::string_view bytes) {
  for (const char byte : bytes) {
    regex = Derivative(regex, static_cast<uint8_t>(byte));
    if (regex == Nothing()) return false;
  }
  return Nullable(regex);
}

std::vector<uint8_t> RegexPool::DistinctBytes(Regex regex) const {
  ByteClasses classes;
  HashMap<uint32_t, bool> seen;
  std::vector<Regex> left = {regex};
  while (!left.empty()) {
    const Regex now = left.back();
    left.pop_back();
    if (!seen.try_emplace(now.index, true).second) continue;
    const Node& node = nodes_[now.index];
    if (node.kind == Kind::kSet) classes.Divide(sets_[node.first]);
    for (uint32_t i = 0; i < node.count; ++i) left.push_back(Child(node, i));
  }
  return classes.bytes();
}

StatusOr<bool> RegexPool::IsPossible(Regex regex, size_t max_states) {
  const auto known = [this](Regex at) -> int {
    const Node& node = nodes_[at.index];
    if (node.nullable) return 1;
    if (node.plain) return node.kind == Kind::kNothing ? 0 : 1;
    const auto found = possible_.find(at.index);
    return found == possible_.end() ? -1 : static_cast<int>(found->second);
  };
  if (const int answer = known(regex); answer >= 0) return answer == 1;
  const std::vector<uint8_t> bytes = DistinctBytes(regex);
  // Breadth first, remembering where each came from.
  std::vector<std::pair<Regex, size_t>> reached = {{regex, 0}};
  HashMap<uint32_t, bool> seen;
  seen.try_emplace(regex.index, true);
  for (size_t at = 0; at < reached.size(); ++at) {
    for (const uint8_t byte : bytes) {
      const Regex next = Derivative(reached[at].first, byte);
      TALARIA_RETURN_IF_ERROR(status_);
      const int answer = known(next);
      if (answer == 1) {
        size_t back = at;
        for (;; back = reached[back].second) {
          possible_[reached[back].first.index] = true;
          if (back == 0) return true;
        }
      }
      if (answer == 0 || !seen.try_emplace(next.index, true).second) continue;
      if (reached.size() >= max_states) {
        return ResourceExhausted("regular expression: expected to know after ", max_states,
                                 " states whether anything matches, found no end");
      }
      reached.emplace_back(next, at);
    }
  }
  for (const auto& [impossible, from] : reached) possible_[impossible.index] = false;
  return false;
}

Regex RegexPool::LeadingLoop(Regex regex, uint64_t* max) {
  Node repeat;
  Regex tail;
  if (!SplitRepeat(regex, &repeat, &tail) || !repeat.plain) return Nothing();
  if (repeat.min == 0 && repeat.max == kUnbounded) return Nothing();
  *max = repeat.max;
  return Star(Child(repeat, 0));
}

Regex RegexPool::Clamp(Regex regex, uint64_t length) { return ClampNode(regex, length, 0); }

Regex RegexPool::ClampNode(Regex regex, uint64_t length, int depth) {
  const Node node = nodes_[regex.index];
  if (depth > kMaxDepth) return regex;
  switch (node.kind) {
    case Kind::kConcat: {
      const Regex left = ClampNode(Child(node, 0), length, depth + 1);
      // What comes so late that no byte reaches it matters to nothing.
      const Regex right = Child(node, 1);
      const Regex clamped =
          nodes_[right.index].kind == Kind::kConcat ? right : ClampNode(right, length, depth + 1);
      if (left == Child(node, 0) && clamped == right) return regex;
      return Concat(left, clamped);
    }
    case Kind::kOr: {
      std::vector<Regex> parts;
      for (uint32_t i = 0; i < node.count; ++i) parts.push_back(ClampNode(Child(node, i), length, depth + 1));
      return Or(parts);
    }
    case Kind::kRepeat: {
      if (!node.plain || (node.min <= length + 1 && (node.max <= length || node.max == kUnbounded)))
        return regex;
      return Repeat(Child(node, 0), std::min(node.min, length + 1),
                    node.max > length ? kUnbounded : node.max);
    }
    default:
      return regex;
  }
}

}  // namespace talaria::grammar
