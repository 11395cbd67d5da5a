#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_NUMBER_SET_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_NUMBER_SET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/base/status.h"
#include "lib/grammar/schema/decimal.h"

namespace talaria::grammar {

// A set of numbers, as the automaton of their plain spellings: an optional minus, digits without leading zeros,
// optionally a point and digits; no exponent. A set holds all spellings of its numbers (1, 1.0, 1.00) or none,
// so union, intersection and complement are those of the numbers. Automata are minimal.
class NumberSet {
 public:
  static constexpr size_t kSymbols = 12;  // '0' to '9', '-', '.'
  static constexpr char kBytes[kSymbols + 1] = "0123456789-.";
  // States of an automaton before it is made minimal.
  static constexpr size_t kMaxStates = 20'000;
  // Digits on one side of a bound's point.
  static constexpr int64_t kMaxDigits = 400;

  struct State {
    bool accepts = false;
    std::array<uint32_t, kSymbols> next = {};  // 0 is the state that never accepts
  };

  static NumberSet None() { return NumberSet(); }
  static NumberSet All();
  static NumberSet Integers();
  enum class Order : uint8_t { kBelow, kAtMost, kEqual, kAtLeast, kAbove };
  // Numbers x with x < bound, x <= bound, ... RESOURCE_EXHAUSTED past the limits.
  static StatusOr<NumberSet> Compared(Order order, const Decimal& bound);
  // *divisor* is above 0. RESOURCE_EXHAUSTED past the limits: an automaton counts remainders.
  static StatusOr<NumberSet> MultiplesOf(const Decimal& divisor);
  // Spellings of at most *digits* digits on each side of the point: not closed under spelling, so only for a last intersection.
  static StatusOr<NumberSet> SpelledWithin(size_t digits);
  // Spellings without a point. As above.
  static NumberSet SpelledWhole();

  StatusOr<NumberSet> And(const NumberSet& other) const;
  StatusOr<NumberSet> Or(const NumberSet& other) const;
  StatusOr<NumberSet> Not() const;

  bool empty() const { return start_ == 0; }
  bool operator==(const NumberSet& other) const;
  bool Has(std::string_view plain) const;
  const std::vector<State>& states() const { return states_; }
  uint32_t start() const { return start_; }

 private:
  NumberSet() : states_(1) {}
  template <typename Key, typename Step, typename Accepts>
  static StatusOr<NumberSet> Explore(const Key& start, const Step& step, const Accepts& accepts);
  template <typename Combine>
  static StatusOr<NumberSet> Product(const NumberSet& a, const NumberSet& b, const Combine& combine);
  void Minimize();

  std::vector<State> states_;
  uint32_t start_ = 0;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_NUMBER_SET_H_
