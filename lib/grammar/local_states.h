#ifndef TALARIA_LIB_GRAMMAR_LOCAL_STATES_H_
#define TALARIA_LIB_GRAMMAR_LOCAL_STATES_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "lib/grammar/grammar.h"
#include "lib/grammar/lexer.h"
#include "lib/grammar/stacks.h"
#include "lib/grammar/token_table.h"

namespace talaria::grammar {

// Sets of configurations over a hole, as the states of one deterministic automaton: what a walk over all
// tokens goes through. Made as they are asked for.
class LocalStates {
 public:
  // No configuration is left.
  static constexpr uint32_t kDead = 0;

  // All of them outlive it.
  LocalStates(const Grammar& grammar, Lexer* lexer, Stacks* stacks);

  uint32_t StateOf(std::vector<Configuration> configurations);
  uint32_t Step(uint32_t state, uint8_t byte) {
    const int32_t next = next_[state * width_ + classes_[byte]];
    return next >= 0 ? static_cast<uint32_t>(next) : MakeStep(state, classes_[byte]);
  }
  // Whether what is below the hole may go on from here.
  bool AtHole(uint32_t state) const { return states_[state].at_hole; }

  // Bytes, by their kinds (see token_table.h), of which up to *length* in any order leave some configuration.
  struct Safe {
    uint64_t kinds = 0;
    uint32_t length = 0;  // kAlways: as many as one likes
  };
  static constexpr uint32_t kAlways = 0xFFFFFFFF;
  // The length is 0 where not all of *kinds_asked* are safe.
  Safe SafeFrom(uint32_t state, uint64_t kinds_asked);
  // Nothing where that is not known yet.
  Safe SafeIfKnown(uint32_t state) const { return states_[state].safe; }

  // Plain text (see plain_tokens.h) of up to *characters* characters may come from here, and no longer one
  // before what is below the hole does: kAlways for any, 0 where that is not known.
  struct Plain {
    uint32_t characters = 0;
    bool to_hole = false;  // what is below the hole may begin within such a text, or after it
  };
  Plain PlainFrom(uint32_t state);
  // Whether nothing that plain text can begin with may come, in the midst of a character either.
  bool ClosedToPlain(uint32_t state);

  void Forget();
  size_t size() const { return states_.size(); }
  size_t bytes() const {
    return next_.capacity() * sizeof(int32_t) + states_.capacity() * sizeof(State) +
           pool_.capacity() * sizeof(Configuration) + table_.capacity() * sizeof(uint32_t);
  }

 private:
  struct State {
    uint64_t hash = 0;
    uint32_t begin = 0;
    uint32_t count = 0;
    Safe safe;
    bool at_hole = false;
    bool kinds_known = false;  // of safe, its length being 0
    bool safe_known = false;
  };
  // From a state, the bytes of *kinds* lead to one other.
  struct Successor {
    uint32_t state = kDead;
    uint64_t kinds = 0;
  };

  absl::Span<const Configuration> Of(uint32_t state) const {
    return {pool_.data() + states_[state].begin, states_[state].count};
  }
  uint32_t MakeStep(uint32_t state, uint8_t byte_class);
  Successor MainSuccessor(uint32_t state);
  uint32_t LoopOf(uint32_t state, uint64_t* left);
  bool FindSafeRepeat(uint32_t state);
  Plain CharactersLeft(uint32_t state);
  bool WholeCharactersLeadTo(uint32_t state, uint32_t goal, bool as_one);
  bool TailsLeadTo(uint32_t state, int missing, uint32_t low, uint32_t high, uint32_t goal, bool as_one);
  void GrowTable();

  const std::array<uint8_t, 256>& classes_;
  const std::vector<uint8_t>& class_bytes_;
  const size_t width_;
  Lexer& lexer_;
  Stacks& stacks_;
  std::vector<State> states_;
  std::vector<Configuration> pool_;
  std::vector<int32_t> next_;
  std::vector<uint32_t> table_;
};

// The configurations that *from* becomes by a byte of *byte_class*, sorted.
void StepConfigurations(absl::Span<const Configuration> from, uint8_t byte_class, Lexer* lexer,
                        Stacks* stacks, std::vector<Configuration>* out);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_LOCAL_STATES_H_
