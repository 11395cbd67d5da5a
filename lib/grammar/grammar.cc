#include "lib/grammar/grammar.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "lib/grammar/regex/byte_classes.h"

namespace talaria::grammar {

namespace {

using Kind = GrammarNode::Kind;

constexpr size_t kMaxChildren = 4000000;
// Counters have 32 bits; a bound above them is none.
constexpr uint64_t kMaxCount = 0xFFFFFFFE;

}  // namespace

void GrammarBuilder::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

Status GrammarBuilder::status() const { return status_.ok() ? regexes_.status() : status_; }

Expr GrammarBuilder::Add(GrammarNode node, absl::Span<const Expr> children) {
  if (nodes_.size() >= kMaxNodes || children_.size() + children.size() > kMaxChildren) {
    Fail(ResourceExhausted("grammar: expected at most ", kMaxNodes, " expressions with ", kMaxChildren,
                           " parts, found more"));
    return {0};
  }
  node.first = static_cast<uint32_t>(children_.size());
  node.count = static_cast<uint32_t>(children.size());
  children_.insert(children_.end(), children.begin(), children.end());
  nodes_.push_back(node);
  return {static_cast<uint32_t>(nodes_.size() - 1)};
}

Expr GrammarBuilder::Terminal(Regex regex) {
  const auto [found, is_new] = terminals_.try_emplace(regex.index, Expr{});
  if (is_new) {
    GrammarNode node;
    node.regex = regex;
    found->second = Add(node, {});
  }
  return found->second;
}

Expr GrammarBuilder::Literal(std::string_view bytes) { return Terminal(regexes_.Literal(bytes)); }

Expr GrammarBuilder::Sequence(absl::Span<const Expr> parts) {
  if (parts.size() == 1) return parts[0];
  if (parts.empty()) return Empty();
  GrammarNode node;
  node.kind = Kind::kSequence;
  return Add(node, parts);
}

Expr GrammarBuilder::Choice(absl::Span<const Expr> parts) {
  // Terminals become one: its automaton tells them apart, so that thousands are not thousands of states.
  std::vector<Regex> terminals;
  std::vector<Expr> kept;
  for (const Expr part : parts) {
    if (part.index < nodes_.size() && nodes_[part.index].kind == Kind::kTerminal) {
      terminals.push_back(nodes_[part.index].regex);
    } else {
      kept.push_back(part);
    }
  }
  if (!terminals.empty()) {
    const Regex any = regexes_.Or(terminals);
    if (any != regexes_.Nothing() || kept.empty()) kept.push_back(Terminal(any));
  }
  if (kept.empty()) return Nothing();
  if (kept.size() == 1) return kept[0];
  GrammarNode node;
  node.kind = Kind::kChoice;
  return Add(node, kept);
}

Expr GrammarBuilder::Repeat(Expr part, uint64_t min, uint64_t max) {
  if (max < min) return Nothing();
  if (max == 0) return Empty();
  if (min == 1 && max == 1) return part;
  if (min > kMaxCount) {
    Fail(ResourceExhausted("grammar: expected a repeat of at least ", kMaxCount, " times at most, found ",
                           min));
    return part;
  }
  GrammarNode node;
  node.kind = Kind::kRepeat;
  node.min = min;
  node.max = max > kMaxCount ? kUnbounded : max;
  return Add(node, {&part, 1});
}

Expr GrammarBuilder::AnyOrder(absl::Span<const Expr> required, absl::Span<const Expr> optional,
                              Expr separator) {
  std::vector<Expr> parts(required.begin(), required.end());
  parts.insert(parts.end(), optional.begin(), optional.end());
  if (parts.empty()) return Empty();
  if (parts.size() > kMaxAnyOrder) {
    Fail(ResourceExhausted("grammar: expected at most ", kMaxAnyOrder, " parts in any order, found ",
                           parts.size()));
    return parts[0];
  }
  GrammarNode node;
  node.kind = Kind::kAnyOrder;
  node.min = required.size();
  if (!(separator == Empty())) {
    node.max = 1;
    parts.push_back(separator);
  }
  return Add(node, parts);
}

Rule GrammarBuilder::DeclareRule(std::string_view name) {
  rules_.push_back({std::string(name), {}, false});
  return {static_cast<uint32_t>(rules_.size() - 1)};
}

void GrammarBuilder::DefineRule(Rule rule, Expr body) {
  Grammar::NamedRule& named = rules_[rule.index];
  if (named.defined) Fail(InvalidArgument("grammar: rule ", Quoted(named.name), " is defined twice"));
  named.body = body;
  named.defined = true;
}

Expr GrammarBuilder::Use(Rule rule) {
  GrammarNode node;
  node.kind = Kind::kRule;
  node.target = rule.index;
  return Add(node, {});
}

Status GrammarBuilder::CheckDefined() const {
  for (const GrammarNode& node : nodes_) {
    if (node.kind == Kind::kRule && !rules_[node.target].defined) {
      return InvalidArgument("grammar: rule ", Quoted(rules_[node.target].name), " is used and not defined");
    }
  }
  return absl::OkStatus();
}

// Spreads a property from the *terminals* that have it up: a choice and a rule have it with one of their
// children, the others with all that must be there. Each node is looked at again only when a child has got
// it.
void GrammarBuilder::Spread(bool GrammarNode::*property, const std::vector<bool>& terminals) {
  // Who uses each node, in one array.
  std::vector<uint32_t> begin(nodes_.size() + 1, 0);
  const auto for_each_use = [this](auto visit) {
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
      const GrammarNode& node = nodes_[i];
      if (node.kind == Kind::kRule) visit(rules_[node.target].body.index, i);
      for (uint32_t j = 0; j < node.count; ++j) visit(children_[node.first + j].index, i);
    }
  };
  for_each_use([&](uint32_t used, uint32_t) { ++begin[used + 1]; });
  for (size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  std::vector<uint32_t> users(begin.back());
  std::vector<uint32_t> filled(begin.begin(), begin.end() - 1);
  for_each_use([&](uint32_t used, uint32_t user) { users[filled[used]++] = user; });

  std::vector<uint32_t> left;
  const auto give = [&](uint32_t i) {
    if (nodes_[i].*property) return;
    nodes_[i].*property = true;
    left.push_back(i);
  };
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    const GrammarNode& node = nodes_[i];
    const bool repeats = node.kind == Kind::kRepeat || node.kind == Kind::kAnyOrder;
    if (node.kind == Kind::kTerminal ? terminals[i] : repeats && node.min == 0) give(i);
  }
  // How many children of each still lack it.
  std::vector<uint32_t> lacking(nodes_.size());
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    const GrammarNode& node = nodes_[i];
    lacking[i] = node.kind == Kind::kAnyOrder ? static_cast<uint32_t>(node.min) : node.count;
  }
  while (!left.empty()) {
    const uint32_t now = left.back();
    left.pop_back();
    for (uint32_t i = begin[now]; i < begin[now + 1]; ++i) {
      const uint32_t user = users[i];
      const GrammarNode& node = nodes_[user];
      if (node.kind == Kind::kAnyOrder) {
        // An optional part decides nothing.
        uint32_t still = 0;
        for (uint32_t j = 0; j < node.min; ++j) still += !(nodes_[children_[node.first + j].index].*property);
        lacking[user] = still;
      } else if (lacking[user] > 0) {
        --lacking[user];
      }
      if (node.kind == Kind::kChoice || node.kind == Kind::kRule || lacking[user] == 0) give(user);
    }
  }
}

Status GrammarBuilder::FindProductive() {
  std::vector<bool> terminals(nodes_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].kind != Kind::kTerminal) continue;
    TALARIA_ASSIGN_OR_RETURN(terminals[i], regexes_.IsPossible(nodes_[i].regex));
  }
  Spread(&GrammarNode::productive, terminals);
  return absl::OkStatus();
}

void GrammarBuilder::FindNullable() {
  std::vector<bool> terminals(nodes_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) {
    terminals[i] = nodes_[i].kind == Kind::kTerminal && regexes_.Nullable(nodes_[i].regex);
  }
  Spread(&GrammarNode::nullable, terminals);
  // Times that may pass without a byte need not be counted.
  for (GrammarNode& node : nodes_) {
    if (node.kind == Kind::kRepeat && nodes_[children_[node.first].index].nullable) node.min = 0;
  }
}

void GrammarBuilder::DropUnproductive() {
  for (GrammarNode& node : nodes_) {
    if (!node.productive) continue;
    const bool optional =
        node.kind == Kind::kChoice || node.kind == Kind::kAnyOrder || node.kind == Kind::kRepeat;
    if (!optional) continue;
    uint32_t kept = 0;
    uint32_t parts = 0;
    const uint32_t separators = node.kind == Kind::kAnyOrder ? static_cast<uint32_t>(node.max) : 0;
    for (uint32_t i = 0; i < node.count; ++i) {
      const Expr child = children_[node.first + i];
      const bool separator = i + separators == node.count && separators > 0;
      if (!separator && !nodes_[child.index].productive) continue;
      parts += !separator;
      children_[node.first + kept++] = child;
    }
    node.count = kept;
    if (parts == 0) {
      node.kind = Kind::kTerminal;
      node.regex = regexes_.Empty();
    }
  }
}

Status GrammarBuilder::CheckAnyOrder() const {
  for (const GrammarNode& node : nodes_) {
    if (node.kind != Kind::kAnyOrder) continue;
    for (uint32_t i = 0; i + node.max < node.count; ++i) {
      if (nodes_[children_[node.first + i].index].nullable) {
        return InvalidArgument("grammar: expected parts in any order that are never empty, found part ", i,
                               " which may be");
      }
    }
  }
  return absl::OkStatus();
}

// Depth first over what each node may begin with.
Status GrammarBuilder::CheckLeftRecursion() const {
  struct Visit {
    uint32_t node;
    uint32_t next;
  };
  enum : uint8_t { kNew, kOpen, kDone };
  std::vector<uint8_t> state(nodes_.size(), kNew);
  std::vector<Visit> path;
  for (uint32_t start = 0; start < nodes_.size(); ++start) {
    if (state[start] != kNew || !nodes_[start].productive) continue;
    state[start] = kOpen;
    path.push_back({start, 0});
    while (!path.empty()) {
      Visit& at = path.back();
      const GrammarNode& node = nodes_[at.node];
      uint32_t child = 0;
      bool has_child = false;
      if (node.kind == Kind::kRule) {
        has_child = at.next == 0;
        child = rules_[node.target].body.index;
      } else if (at.next < node.count) {
        const bool may_begin = node.kind != Kind::kSequence || at.next == 0 ||
                               nodes_[children_[node.first + at.next - 1].index].nullable;
        has_child = may_begin;
        child = children_[node.first + at.next].index;
      }
      if (!has_child) {
        state[at.node] = kDone;
        path.pop_back();
        continue;
      }
      ++at.next;
      if (state[child] == kOpen) {
        std::string_view name = "?";
        for (size_t i = path.size(); i > 0; --i) {
          if (nodes_[path[i - 1].node].kind == Kind::kRule) {
            name = rules_[nodes_[path[i - 1].node].target].name;
            break;
          }
        }
        return InvalidArgument("grammar: expected rule ", Quoted(name),
                               " to read something before it comes to itself, found left recursion");
      }
      if (state[child] != kNew) continue;
      state[child] = kOpen;
      path.push_back({child, 0});
    }
  }
  return absl::OkStatus();
}

StatusOr<std::shared_ptr<const Grammar>> GrammarBuilder::Build(Expr root) {
  TALARIA_RETURN_IF_ERROR(status());
  TALARIA_RETURN_IF_ERROR(CheckDefined());
  TALARIA_RETURN_IF_ERROR(FindProductive());
  if (!nodes_[root.index].productive) {
    std::string name;
    if (nodes_[root.index].kind == Kind::kRule)
      name = Cat(" of rule ", Quoted(rules_[nodes_[root.index].target].name));
    return InvalidArgument("grammar: expected some finite text to match, found that none does", name);
  }
  DropUnproductive();
  FindNullable();
  TALARIA_RETURN_IF_ERROR(CheckAnyOrder());
  TALARIA_RETURN_IF_ERROR(CheckLeftRecursion());
  TALARIA_RETURN_IF_ERROR(status());
  ByteClasses classes;
  for (const ByteSet& set : regexes_.sets()) classes.Divide(set);
  std::shared_ptr<Grammar> grammar(new Grammar(std::move(regexes_)));
  regexes_ = RegexPool();
  grammar->nodes_ = std::move(nodes_);
  grammar->children_ = std::move(children_);
  grammar->rules_ = std::move(rules_);
  grammar->root_ = root;
  grammar->byte_classes_ = classes.class_of();
  grammar->class_bytes_ = classes.bytes();
  return std::shared_ptr<const Grammar>(std::move(grammar));
}

}  // namespace talaria::grammar
