#ifndef TALARIA_TESTS_GRAMMAR_PLAIN_MATCHER_H_
#define TALARIA_TESTS_GRAMMAR_PLAIN_MATCHER_H_

#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "lib/grammar/grammar.h"

namespace talaria::grammar::test {

// The grammar's meaning written out as plainly as can be: a text's readings as a set of whole lists of what
// is still to come, taken byte by byte; no sharing, no clamping, no automaton. What the real one is held
// against.
class PlainMatcher {
 public:
  explicit PlainMatcher(std::shared_ptr<const Grammar> grammar)
      : grammar_(std::move(grammar)), pool_(std::make_shared<RegexPool>(grammar_->regexes())) {
    pool_->set_max_nodes(1u << 30);
    readings_.insert(Reading{Item{grammar_->root().index, 0, 0, 0, true}});
  }

  bool Accept(std::string_view bytes) {
    for (const char byte : bytes) {
      std::set<Reading> next;
      std::set<Reading> seen;
      for (const Reading& reading : readings_) Expand(reading, static_cast<uint8_t>(byte), 0, &seen, &next);
      readings_.swap(next);
      if (readings_.empty()) return false;
    }
    return true;
  }
  bool Complete() const {
    for (const Reading& reading : readings_) {
      bool nullable = true;
      for (const Item& item : reading) nullable = nullable && Nullable(item);
      if (nullable) return true;
    }
    return false;
  }

 private:
  // Something still to come: an expression, or with *fresh* unset a regular expression that is under way
  // (expr is its index), or a counted rest.
  struct Item {
    uint32_t expr;
    uint64_t min;  // of a rest of a repeat; the parts that are done of something in any order
    uint64_t max;
    int kind;  // 0 an expression, 1 a regular expression, 2 a rest of a repeat, 3 of something in any order
    bool fresh;
    bool operator<(const Item& o) const {
      return std::tie(expr, min, max, kind, fresh) < std::tie(o.expr, o.min, o.max, o.kind, o.fresh);
    }
  };
  using Reading = std::vector<Item>;  // the last comes first

  bool Nullable(const Item& item) const {
    switch (item.kind) {
      case 0:
        return NullableExpr({item.expr}, 0);
      case 1:
        return pool_->Nullable({item.expr});
      case 2:
        return item.min == 0 || NullableExpr(grammar_->children(grammar_->node({item.expr}))[0], 0);
      default: {
        const uint64_t required = grammar_->node({item.expr}).min;
        for (uint64_t i = 0; i < required; ++i) {
          if ((item.min >> i & 1) == 0) return false;
        }
        return item.fresh;
      }
    }
  }
  // Its own recursion, not the flags of the grammar.
  bool NullableExpr(Expr expr, int depth) const {
    if (depth > 200) return false;
    const GrammarNode& node = grammar_->node(expr);
    const auto children = grammar_->children(node);
    switch (node.kind) {
      case GrammarNode::Kind::kTerminal:
        return pool_->Nullable(node.regex);
      case GrammarNode::Kind::kSequence:
        for (const Expr child : children) {
          if (!NullableExpr(child, depth + 1)) return false;
        }
        return true;
      case GrammarNode::Kind::kChoice:
        for (const Expr child : children) {
          if (NullableExpr(child, depth + 1)) return true;
        }
        return false;
      case GrammarNode::Kind::kRepeat:
        return node.min == 0 || NullableExpr(children[0], depth + 1);
      case GrammarNode::Kind::kAnyOrder:
        return node.min == 0;
      case GrammarNode::Kind::kRule:
        return NullableExpr(grammar_->body(node.target), depth + 1);
    }
    return false;
  }

  void Expand(Reading reading, uint8_t byte, int depth, std::set<Reading>* seen, std::set<Reading>* out) {
    if (reading.empty() || !seen->insert(reading).second) return;
    const Item top = reading.back();
    reading.pop_back();
    if (Nullable(top)) Expand(reading, byte, depth + 1, seen, out);
    if (top.kind == 1) {
      const Regex next = pool_->Derivative({top.expr}, byte);
      if (!*pool_->IsPossible(next)) return;
      reading.push_back({next.index, 0, 0, 1, false});
      out->insert(std::move(reading));
      return;
    }
    const GrammarNode& node = grammar_->node({top.expr});
    const auto children = grammar_->children(node);
    if (top.kind == 2 || node.kind == GrammarNode::Kind::kRepeat) {
      const uint64_t min = top.kind == 2 ? top.min : node.min;
      const uint64_t max = top.kind == 2 ? top.max : node.max;
      if (max == 0) return;
      // Times that take no byte are no times: without a bound that is all there is to say.
      if (max > 1000 && NullableExpr(children[0], 0)) {
        reading.push_back({top.expr, 0, kUnbounded, 2, true});
        reading.push_back({children[0].index, 0, 0, 0, true});
        return Expand(std::move(reading), byte, depth + 1, seen, out);
      }
      reading.push_back({top.expr, min == 0 ? 0 : min - 1, max == kUnbounded ? max : max - 1, 2, true});
      reading.push_back({children[0].index, 0, 0, 0, true});
      Expand(std::move(reading), byte, depth + 1, seen, out);
      return;
    }
    if (node.kind == GrammarNode::Kind::kAnyOrder) {
      const uint64_t done = top.kind == 3 ? top.min : 0;
      const size_t parts = children.size() - node.max;
      for (size_t i = 0; i < parts; ++i) {
        if ((done >> i & 1) != 0) continue;
        Reading next = reading;
        next.push_back({top.expr, done | uint64_t{1} << i, 0, 3, true});
        next.push_back({children[i].index, 0, 0, 0, true});
        if (done != 0 && node.max != 0) next.push_back({children[parts].index, 0, 0, 0, true});
        Expand(std::move(next), byte, depth + 1, seen, out);
      }
      return;
    }
    switch (node.kind) {
      case GrammarNode::Kind::kTerminal:
        reading.push_back({node.regex.index, 0, 0, 1, false});
        return Expand(std::move(reading), byte, depth + 1, seen, out);
      case GrammarNode::Kind::kSequence:
        for (size_t i = children.size(); i > 0; --i)
          reading.push_back({children[i - 1].index, 0, 0, 0, true});
        return Expand(std::move(reading), byte, depth + 1, seen, out);
      case GrammarNode::Kind::kChoice:
        for (const Expr child : children) {
          Reading next = reading;
          next.push_back({child.index, 0, 0, 0, true});
          Expand(std::move(next), byte, depth + 1, seen, out);
        }
        return;
      case GrammarNode::Kind::kRule:
        reading.push_back({grammar_->body(node.target).index, 0, 0, 0, true});
        return Expand(std::move(reading), byte, depth + 1, seen, out);
      default:
        return;
    }
  }

  std::shared_ptr<const Grammar> grammar_;
  std::shared_ptr<RegexPool> pool_;
  std::set<Reading> readings_;
};

}  // namespace talaria::grammar::test

#endif  // TALARIA_TESTS_GRAMMAR_PLAIN_MATCHER_H_
