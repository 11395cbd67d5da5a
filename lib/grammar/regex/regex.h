#ifndef TALARIA_LIB_GRAMMAR_REGEX_REGEX_H_
#define TALARIA_LIB_GRAMMAR_REGEX_REGEX_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/hash_map.h"
#include "lib/base/status.h"

namespace talaria::grammar {

// A set of bytes.
class ByteSet {
 public:
  static ByteSet Of(uint8_t byte) { return Range(byte, byte); }
  // *first* <= *last*.
  static ByteSet Range(uint8_t first, uint8_t last);
  static ByteSet All() { return Range(0, 255); }

  bool Has(uint8_t byte) const { return (words_[byte / 64] >> (byte % 64) & 1) != 0; }
  bool empty() const { return (words_[0] | words_[1] | words_[2] | words_[3]) == 0; }
  void Add(uint8_t byte) { words_[byte / 64] |= uint64_t{1} << (byte % 64); }
  ByteSet operator|(const ByteSet& other) const;
  ByteSet operator&(const ByteSet& other) const;
  ByteSet operator~() const;
  bool operator==(const ByteSet& other) const { return words_ == other.words_; }
  const std::array<uint64_t, 4>& words() const { return words_; }

 private:
  std::array<uint64_t, 4> words_ = {};
};

// A regular expression over bytes: an index into its pool. Equal indices mean equal nodes.
struct Regex {
  uint32_t index = 0;
  bool operator==(Regex other) const { return index == other.index; }
  bool operator!=(Regex other) const { return index != other.index; }
  bool operator<(Regex other) const { return index < other.index; }
};

// No bound on how often something is repeated.
inline constexpr uint64_t kUnbounded = ~uint64_t{0};

// Regular expressions with intersection, complement and counted repeats, each distinct one kept once. A
// repeat {m,n} is one node however large m and n are. Nodes are simplified as they are made, so that what
// the simplifications see as equal has one index (Owens, Reppy, Turon 2009, "Regular-expression derivatives
// re-examined").
//
// The pool never fails midway: past its limit every node is Nothing() and status() says why.
class RegexPool {
 public:
  enum class Kind : uint8_t { kNothing, kEmpty, kSet, kConcat, kOr, kAnd, kNot, kRepeat };

  static constexpr size_t kMaxNodes = 200000;  // about 60 bytes each

  explicit RegexPool(size_t max_nodes = kMaxNodes);

  // Matches nothing at all.
  Regex Nothing() const { return {0}; }
  // Matches the empty string alone.
  Regex Empty() const { return {1}; }
  // Matches every string of bytes.
  Regex Everything() const { return {2}; }
  Regex Set(const ByteSet& set);
  Regex Literal(std::string_view bytes);
  Regex Concat(Regex left, Regex right);
  Regex Concat(absl::Span<const Regex> parts);
  Regex Or(Regex left, Regex right);
  Regex Or(absl::Span<const Regex> parts);
  // One of *words*, with common beginnings shared: thousands cost no more than their bytes.
  Regex AnyOf(absl::Span<const std::string_view> words);
  Regex And(Regex left, Regex right);
  Regex And(absl::Span<const Regex> parts);
  // Every string of bytes that *part* does not match: for text, intersect it with what a text is.
  Regex Not(Regex part);
  // *min* <= *max*; *max* may be kUnbounded.
  Regex Repeat(Regex part, uint64_t min, uint64_t max);
  Regex Optional(Regex part) { return Repeat(part, 0, 1); }
  Regex Star(Regex part) { return Repeat(part, 0, kUnbounded); }

  // Whether the empty string matches.
  bool Nullable(Regex regex) const { return nodes_[regex.index].nullable; }
  // What may follow *byte*: the strings s with byte s in *regex*.
  Regex Derivative(Regex regex, uint8_t byte);
  // Whether *bytes* match as a whole.
  bool Matches(Regex regex, std::string_view bytes);
  // Whether some string matches. Nodes without And and Not are decided by their form; the rest by a search
  // that ends at *max_states* derivatives with RESOURCE_EXHAUSTED.
  StatusOr<bool> IsPossible(Regex regex, size_t max_states = kMaxSearch);
  static constexpr size_t kMaxSearch = 20000;
  // The same strings of up to *length* bytes where only those matter, with counters that cannot run out in so
  // many bytes made unbounded: one form for the many states of a long repeat.
  Regex Clamp(Regex regex, uint64_t length);

  // Where *regex* begins with a repeat that has counts and no And or Not inside: that repeat without counts,
  // and how often it may be. Nothing() elsewhere.
  Regex LeadingLoop(Regex regex, uint64_t* max);

  // RESOURCE_EXHAUSTED once a node was refused.
  const Status& status() const { return status_; }
  size_t size() const { return nodes_.size(); }
  void set_max_nodes(size_t max_nodes) { max_nodes_ = max_nodes; }
  // One byte of each class that the sets in *regex* tell apart.
  std::vector<uint8_t> DistinctBytes(Regex regex) const;
  // Every set of the pool.
  const std::vector<ByteSet>& sets() const { return sets_; }
  size_t bytes() const {
    return nodes_.capacity() * sizeof(Node) + children_.capacity() * sizeof(Regex) +
           sets_.capacity() * sizeof(ByteSet) + table_.capacity() * sizeof(uint32_t) +
           possible_.size() * kHashEntryBytes;
  }

  Kind kind(Regex regex) const { return nodes_[regex.index].kind; }

 private:
  struct Node {
    Kind kind = Kind::kNothing;
    bool nullable = false;
    bool plain = true;   // no And or Not inside: possible unless Nothing()
    uint32_t first = 0;  // kSet: index into sets_; the others: first child in children_
    uint32_t count = 0;  // children
    uint64_t min = 0;
    uint64_t max = 0;
    uint64_t hash = 0;
  };

  Regex Child(const Node& node, uint32_t i) const { return children_[node.first + i]; }
  Regex Intern(Node node, absl::Span<const Regex> children, const ByteSet* set);
  bool SameAs(const Node& node, absl::Span<const Regex> children, const ByteSet* set, uint32_t other) const;
  void GrowTable();
  Regex Refuse(std::string_view what);
  void Flatten(Kind kind, absl::Span<const Regex> parts, std::vector<Regex>* flat) const;
  void MergeRepeats(std::vector<Regex>* parts);
  bool SplitRepeat(Regex regex, Node* repeat, Regex* tail) const;
  Regex ConcatPair(Regex left, Regex right);
  Regex WordsFrom(absl::Span<const std::string_view> words, size_t depth);
  Regex Derive(Regex regex, uint8_t byte, int depth);
  Regex ClampNode(Regex regex, uint64_t length, int depth);

  size_t max_nodes_;
  Status status_;
  std::vector<Node> nodes_;
  std::vector<Regex> children_;
  std::vector<ByteSet> sets_;
  std::vector<uint32_t> table_;  // open addressing: indices of nodes, 0 where free
  HashMap<uint32_t, bool> possible_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_REGEX_REGEX_H_
