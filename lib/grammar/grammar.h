#ifndef TALARIA_LIB_GRAMMAR_GRAMMAR_H_
#define TALARIA_LIB_GRAMMAR_GRAMMAR_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/hash_map.h"
#include "lib/base/status.h"
#include "lib/grammar/regex/regex.h"

namespace talaria::grammar {

// An expression of a grammar: an index into its builder.
struct Expr {
  uint32_t index = 0;
  bool operator==(Expr other) const { return index == other.index; }
};
struct Rule {
  uint32_t index = 0;
};

// What a grammar is made of. Rules are the only way to recurse.
struct GrammarNode {
  enum class Kind : uint8_t {
    kTerminal,  // bytes that *regex* matches
    kSequence,  // the children in order
    kChoice,    // one of the children; several may begin alike
    kRepeat,    // the one child, min to max times; counted, never unrolled
    // The children in any order, each once at most; those before *min* must be there. Where *max* is 1 the
    // last child is no part but what stands between two of them.
    kAnyOrder,
    kRule,  // what rule *target* is
  };
  Kind kind = Kind::kTerminal;
  bool nullable = false;    // the empty string is among what it matches
  bool productive = false;  // some finite string is
  Regex regex;
  uint32_t target = 0;
  uint32_t first = 0;  // children
  uint32_t count = 0;
  uint64_t min = 0;
  uint64_t max = 0;
};

// A context-free grammar over bytes. Immutable; shared by any number of threads.
class Grammar {
 public:
  const GrammarNode& node(Expr expr) const { return nodes_[expr.index]; }
  absl::Span<const Expr> children(const GrammarNode& node) const {
    return {children_.data() + node.first, node.count};
  }
  Expr body(uint32_t rule) const { return rules_[rule].body; }
  const std::string& rule_name(uint32_t rule) const { return rules_[rule].name; }
  Expr root() const { return root_; }
  size_t size() const { return nodes_.size(); }
  // To be copied by whoever takes derivatives.
  const RegexPool& regexes() const { return regexes_; }
  // Bytes that no terminal tells apart have one class; classes are 0 to class_count() - 1.
  const std::array<uint8_t, 256>& byte_classes() const { return byte_classes_; }
  int class_count() const { return static_cast<int>(class_bytes_.size()); }
  // A byte of each class.
  const std::vector<uint8_t>& class_bytes() const { return class_bytes_; }

 private:
  friend class GrammarBuilder;
  struct NamedRule {
    std::string name;
    Expr body;
    bool defined = false;
  };

  explicit Grammar(RegexPool regexes) : regexes_(std::move(regexes)) {}

  RegexPool regexes_;
  std::vector<GrammarNode> nodes_;
  std::vector<Expr> children_;
  std::vector<NamedRule> rules_;
  Expr root_;
  std::array<uint8_t, 256> byte_classes_ = {};
  std::vector<uint8_t> class_bytes_;
};

// Gathers rules and expressions. Expressions may be used in several places. An error is kept until Build, so
// that calls can be nested; after one every expression is some expression of no use.
class GrammarBuilder {
 public:
  static constexpr size_t kMaxNodes = 1000000;

  GrammarBuilder() = default;
  GrammarBuilder(const GrammarBuilder&) = delete;
  GrammarBuilder& operator=(const GrammarBuilder&) = delete;

  // Where the regular expressions of terminals are made.
  RegexPool* regexes() { return &regexes_; }

  Expr Terminal(Regex regex);
  Expr Literal(std::string_view bytes);
  // The empty string.
  Expr Empty() { return Terminal(regexes_.Empty()); }
  // Matches nothing: as an alternative it drops out.
  Expr Nothing() { return Terminal(regexes_.Nothing()); }
  Expr Sequence(absl::Span<const Expr> parts);
  Expr Choice(absl::Span<const Expr> parts);
  // *min* <= *max*; *max* may be kUnbounded.
  Expr Repeat(Expr part, uint64_t min, uint64_t max);
  Expr Optional(Expr part) { return Repeat(part, 0, 1); }
  // Each of *required* once and each of *optional* once at most, in any order, with *separator* (Empty():
  // none) between two of them; together at most kMaxAnyOrder, none of which may match the empty string.
  static constexpr size_t kMaxAnyOrder = 64;
  Expr AnyOrder(absl::Span<const Expr> required, absl::Span<const Expr> optional, Expr separator);

  // A rule may be used before it is defined. *name* is for messages.
  Rule DeclareRule(std::string_view name);
  void DefineRule(Rule rule, Expr body);
  Expr Use(Rule rule);

  // The first error so far, RESOURCE_EXHAUSTED where a limit was reached.
  Status status() const;

  // Ends the builder's use. INVALID_ARGUMENT, naming the rule, where one is not defined, where it begins with
  // itself before a byte is read (left recursion: it would never get on), or where *root* matches no finite
  // string. Alternatives without a finite string are left out. RESOURCE_EXHAUSTED where a terminal is so
  // complex that it cannot be said whether it matches anything.
  StatusOr<std::shared_ptr<const Grammar>> Build(Expr root);

 private:
  Expr Add(GrammarNode node, absl::Span<const Expr> children);
  void Fail(Status status);
  void Spread(bool GrammarNode::*property, const std::vector<bool>& terminals);
  Status CheckDefined() const;
  Status FindProductive();
  void FindNullable();
  void DropUnproductive();
  Status CheckAnyOrder() const;
  Status CheckLeftRecursion() const;

  RegexPool regexes_;
  std::vector<GrammarNode> nodes_;
  std::vector<Expr> children_;
  std::vector<Grammar::NamedRule> rules_;
  HashMap<uint32_t, Expr> terminals_;  // by regex
  Status status_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_GRAMMAR_H_
