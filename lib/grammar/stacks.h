#ifndef TALARIA_LIB_GRAMMAR_STACKS_H_
#define TALARIA_LIB_GRAMMAR_STACKS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/hash_map.h"
#include "lib/grammar/grammar.h"
#include "lib/grammar/lexer.h"

namespace talaria::grammar {

// One way in which the text so far can be read: a state within a terminal, and what is to come after it.
struct Configuration {
  uint32_t state;
  uint32_t stack;
  bool operator==(const Configuration& other) const { return state == other.state && stack == other.stack; }
  bool operator<(const Configuration& other) const {
    return stack != other.stack ? stack < other.stack : state < other.state;
  }
};

// What a part of the grammar that is under way leaves to do when the thing within it has been read.
struct Frame {
  uint32_t expr = 0;
  uint32_t position = 0;  // kSequence: the next child. kAnyOrder: 1 between a separator and a part
  // kRepeat: how often it must, and may, still come. kAnyOrder: the parts that are done, low and high half.
  uint32_t need = 0;
  uint32_t left = 0;
  uint32_t parent = 0;  // what is to do after it

  bool operator==(const Frame& other) const {
    return expr == other.expr && position == other.position && need == other.need && left == other.left &&
           parent == other.parent;
  }
};

// Stacks of frames, shared: each distinct one is kept once, so that equal ones have one index and a fork
// copies nothing. What the last child of something leaves to do is what its parent leaves: recursion at the
// end of a rule takes no room.
//
// Past its limit it answers kEnd and status() says why. One thread at a time.
class Stacks {
 public:
  // Nothing is left to do.
  static constexpr uint32_t kEnd = 0;
  // What is left is not known here.
  static constexpr uint32_t kHole = 1;
  static constexpr uint32_t kNoBound = 0xFFFFFFFF;
  // More ways to go on at one place than this are refused.
  static constexpr size_t kMaxStarts = 20000;
  static constexpr size_t kMostSeenBuckets = 1024;  // that a search leaves to the next

  // *grammar* and *lexer* outlive it.
  Stacks(const Grammar& grammar, Lexer* lexer, size_t max_bytes);

  // What may come when the thing on top of a stack has been read.
  struct After {
    absl::Span<const Configuration> starts;  // beginnings of terminals
    bool at_end = false;                     // nothing need
    bool at_hole = false;                    // what is below the hole may
  };
  // Good until the next call.
  After AfterTop(uint32_t stack);

  // The stack on which the whole grammar is to be read, *below* being what comes after it.
  uint32_t Root(uint32_t below);
  uint32_t Push(const Frame& frame);
  const Frame& frame(uint32_t stack) const { return frames_[stack]; }
  // Whether the top is a repeat; *stack* is neither kEnd nor kHole.
  bool IsRepeat(uint32_t stack) const;
  // The frame as far as *length* bytes can tell, on a hole.
  Frame Clamped(uint32_t stack, uint32_t length) const;

  const Status& status() const { return status_; }
  size_t bytes() const;

 private:
  struct Starts {
    uint32_t begin = 0;
    uint32_t count = 0;
    bool known = false;
    bool at_end = false;
    bool at_hole = false;
  };
  struct Visit {
    uint32_t expr;  // kPop: the stack's top has been read
    uint32_t stack;
  };
  static constexpr uint32_t kPop = 0xFFFFFFFF;

  void Find(uint32_t stack);
  void Enter(Expr expr, uint32_t stack);
  void Pop(uint32_t stack, Starts* starts);
  void EnterSequence(Expr expr, uint32_t position, uint32_t parent);
  void EnterAnyOrder(Expr expr, uint64_t done, bool separated, uint32_t parent);
  void EnterRepeat(Expr expr, uint32_t need, uint32_t left, uint32_t parent);
  void Visited(uint32_t expr, uint32_t stack);
  void GrowTable();

  const Grammar& grammar_;
  Lexer& lexer_;
  const size_t max_bytes_;
  Status status_;
  std::vector<Frame> frames_;
  std::vector<Starts> starts_;  // of each stack
  std::vector<uint32_t> table_;
  std::vector<Configuration> pool_;
  // While one is searched.
  std::vector<Visit> left_;
  std::vector<Configuration> found_;
  HashSet<uint64_t> seen_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_STACKS_H_
