#ifndef TALARIA_LIB_GRAMMAR_LEXER_H_
#define TALARIA_LIB_GRAMMAR_LEXER_H_

#include <cstdint>
#include <vector>

#include "lib/base/hash_map.h"
#include "lib/grammar/grammar.h"

namespace talaria::grammar {

// The terminals of a grammar as one deterministic automaton, a state a regular expression of what may still
// come, made as it is asked for. A state from which nothing can match is kDead, whatever it looks like.
//
// Past its limit it answers kDead and status() says why. One thread at a time.
class Lexer {
 public:
  static constexpr uint32_t kDead = 0;
  // Nothing more may come.
  static constexpr uint32_t kDone = 1;

  Lexer(const Grammar& grammar, size_t max_bytes);

  uint32_t StateOf(Regex regex);
  uint32_t Step(uint32_t state, uint8_t byte_class) {
    const int32_t next = next_[state * width_ + byte_class];
    return next >= 0 ? static_cast<uint32_t>(next) : MakeStep(state, byte_class);
  }
  bool Accepting(uint32_t state) const { return states_[state].accepting; }
  // The state that stands for all which tell no strings of up to *length* bytes apart; always the same
  // *length*.
  uint32_t Clamped(uint32_t state, uint64_t length);
  // See RegexPool::LeadingLoop; kDead where there is none.
  uint32_t LeadingLoop(uint32_t state, uint64_t* max) {
    return StateOf(pool_.LeadingLoop(states_[state].regex, max));
  }
  // The one byte that may come next, -1 where nothing may, kSeveral where more may.
  static constexpr int kSeveral = 256;
  int OnlyByte(uint32_t state);

  const Status& status() const { return status_.ok() ? pool_.status() : status_; }
  size_t bytes() const {
    return pool_.bytes() + next_.capacity() * sizeof(int32_t) + states_.capacity() * sizeof(State) +
           by_regex_.size() * kHashEntryBytes;
  }

 private:
  struct State {
    Regex regex;
    int32_t clamped = -1;
    int16_t only_byte = -2;  // not looked for yet
    bool accepting = false;
  };

  uint32_t MakeStep(uint32_t state, uint8_t byte_class);

  RegexPool pool_;
  const std::vector<uint8_t> class_bytes_;
  std::vector<int> class_sizes_;
  const size_t width_;
  const size_t max_bytes_;
  Status status_;
  std::vector<State> states_;
  std::vector<int32_t> next_;  // [states x width], -1 where not made yet
  HashMap<uint32_t, uint32_t> by_regex_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_LEXER_H_
