// Numbers: automata become regular expressions where their only circles are loops at one state, and right-linear
// rules where they are not (multiples).
#include <algorithm>
#include <string>

#include "lib/base/text.h"
#include "lib/grammar/schema/emitter.h"

namespace talaria::grammar {
namespace {

// The bytes that lead from one state to another.
std::map<uint32_t, ByteSet> Targets(const NumberSet::State& state) {
  std::map<uint32_t, ByteSet> targets;
  for (size_t symbol = 0; symbol < NumberSet::kSymbols; ++symbol) {
    if (state.next[symbol] != 0) targets[state.next[symbol]].Add(static_cast<uint8_t>(NumberSet::kBytes[symbol]));
  }
  return targets;
}

// States so that each comes before those that lead to it, but for loops; empty where there are larger circles.
std::vector<uint32_t> BackwardOrder(const NumberSet& set) {
  const size_t count = set.states().size();
  std::vector<size_t> open(count, 0);  // targets not placed yet
  std::vector<std::vector<uint32_t>> sources(count);
  std::vector<uint32_t> order;
  for (uint32_t state = 1; state < count; ++state) {
    for (const auto& [target, bytes] : Targets(set.states()[state])) {
      if (target == state) continue;
      ++open[state];
      sources[target].push_back(state);
    }
    if (open[state] == 0) order.push_back(state);
  }
  for (size_t i = 0; i < order.size(); ++i) {
    for (const uint32_t source : sources[order[i]]) {
      if (--open[source] == 0) order.push_back(source);
    }
  }
  if (order.size() + 1 < count) order.clear();
  return order;
}

}  // namespace

Regex Emitter::NumberRegex(const NumberSet& set, bool* possible) {
  const std::vector<uint32_t> order = BackwardOrder(set);
  *possible = !order.empty();
  std::vector<Regex> rest(set.states().size(), pool_.Nothing());
  for (const uint32_t state : order) {
    std::vector<Regex> ways;
    if (set.states()[state].accepts) ways.push_back(pool_.Empty());
    Regex loop = pool_.Empty();
    for (const auto& [target, bytes] : Targets(set.states()[state])) {
      if (target == state) {
        loop = pool_.Star(pool_.Set(bytes));
      } else {
        ways.push_back(pool_.Concat(pool_.Set(bytes), rest[target]));
      }
    }
    rest[state] = pool_.Concat(loop, pool_.Or(ways));
  }
  return rest[set.start()];
}

Expr Emitter::NumberRules(const NumberSet& set) {
  std::vector<Rule> rules;
  for (size_t state = 0; state < set.states().size(); ++state) rules.push_back(builder_.DeclareRule("number"));
  for (size_t state = 0; state < set.states().size(); ++state) {
    std::vector<Expr> ways;
    if (set.states()[state].accepts) ways.push_back(builder_.Empty());
    for (const auto& [target, bytes] : Targets(set.states()[state])) {
      ways.push_back(Then({builder_.Terminal(pool_.Set(bytes)), builder_.Use(rules[target])}));
    }
    builder_.DefineRule(rules[state], builder_.Choice(ways));
  }
  return builder_.Use(rules[set.start()]);
}

StatusOr<Expr> Emitter::Number(NumberSet set) {
  if (set == NumberSet::All()) return json_.Number();
  if (!options_.integer_fractions) {
    TALARIA_ASSIGN_OR_RETURN(const NumberSet others, NumberSet::Integers().Not());
    TALARIA_ASSIGN_OR_RETURN(const NumberSet fractions, set.And(others));
    if (fractions.empty()) {
      TALARIA_ASSIGN_OR_RETURN(set, set.And(NumberSet::SpelledWhole()));
    }
  }
  if (options_.style.max_digits != kUnbounded) {
    const uint64_t digits = std::min<uint64_t>(options_.style.max_digits, NumberSet::kMaxDigits);
    TALARIA_ASSIGN_OR_RETURN(const NumberSet within, NumberSet::SpelledWithin(static_cast<size_t>(digits)));
    TALARIA_ASSIGN_OR_RETURN(NumberSet limited, set.And(within));
    if (!limited.empty()) set = std::move(limited);
  }
  bool possible = false;
  const Regex regex = NumberRegex(set, &possible);
  return possible ? builder_.Terminal(regex) : NumberRules(set);
}

}  // namespace talaria::grammar
