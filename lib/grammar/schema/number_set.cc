#include "lib/grammar/schema/number_set.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace talaria::grammar {
namespace {

constexpr size_t kMinusSign = 10;
constexpr size_t kDecimalPoint = 11;

enum class Phase : uint8_t { kStart, kSign, kZero, kWhole, kPoint, kFraction };

// What JSON's grammar allows after a phase, or nullopt. Exponents are not spelled.
std::optional<Phase> NextPhase(Phase phase, size_t symbol) {
  const bool digit = symbol < 10;
  switch (phase) {
    case Phase::kStart:
      if (symbol == kMinusSign) return Phase::kSign;
      [[fallthrough]];
    case Phase::kSign:
      if (digit) return symbol == 0 ? Phase::kZero : Phase::kWhole;
      return std::nullopt;
    case Phase::kZero:
    case Phase::kWhole:
      if (symbol == kDecimalPoint) return Phase::kPoint;
      if (digit && phase == Phase::kWhole) return Phase::kWhole;
      return std::nullopt;
    case Phase::kPoint:
    case Phase::kFraction:
      if (digit) return Phase::kFraction;
      return std::nullopt;
  }
  return std::nullopt;
}

bool IsWholeNumber(Phase phase) {
  return phase == Phase::kZero || phase == Phase::kWhole || phase == Phase::kFraction;
}

// A number's digits before and after its point, for walking beside the text.
struct Sides {
  std::string whole;
  std::string fraction;
};

StatusOr<Sides> SidesOf(const Decimal& number) {
  const std::optional<std::string> plain = number.Plain(static_cast<size_t>(NumberSet::kMaxDigits));
  if (!plain.has_value()) {
    return ResourceExhausted("expected a bound of at most ", NumberSet::kMaxDigits, " digits, found ", number.Key());
  }
  const std::string_view text = number.negative() ? std::string_view(*plain).substr(1) : *plain;
  const size_t point = text.find('.');
  Sides sides{std::string(text.substr(0, point)), ""};
  if (point != std::string_view::npos) sides.fraction = text.substr(point + 1);
  return sides;
}

}  // namespace

template <typename Key, typename Step, typename Accepts>
StatusOr<NumberSet> NumberSet::Explore(const Key& start, const Step& step, const Accepts& accepts) {
  NumberSet set;
  std::map<Key, uint32_t> numbers;
  std::vector<Key> keys = {Key()};  // by state; 0 is dead and has none
  const auto number_of = [&](const Key& key) {
    const auto [at, added] = numbers.emplace(key, static_cast<uint32_t>(keys.size()));
    if (added) {
      keys.push_back(key);
      set.states_.emplace_back();
    }
    return at->second;
  };
  set.start_ = number_of(start);
  for (uint32_t state = 1; state < keys.size(); ++state) {
    if (keys.size() > kMaxStates) {
      return ResourceExhausted("expected numbers of at most ", kMaxStates, " states, found more");
    }
    const Key key = keys[state];
    set.states_[state].accepts = accepts(key);
    for (size_t symbol = 0; symbol < kSymbols; ++symbol) {
      const std::optional<Key> next = step(key, symbol);
      if (next.has_value()) {
        const uint32_t number = number_of(*next);
        set.states_[state].next[symbol] = number;
      }
    }
  }
  set.Minimize();
  return set;
}

// Moore's algorithm: classes of states are divided until no symbol tells two of one class apart. State 0 stays
// the dead one, for it is in the class of all states that accept nothing.
void NumberSet::Minimize() {
  std::vector<uint32_t> classes(states_.size());
  for (size_t i = 0; i < states_.size(); ++i) classes[i] = states_[i].accepts ? 1 : 0;
  size_t count = 0;
  while (true) {
    std::map<std::array<uint32_t, kSymbols + 1>, uint32_t> numbers;
    std::vector<uint32_t> divided(states_.size());
    for (size_t i = 0; i < states_.size(); ++i) {
      std::array<uint32_t, kSymbols + 1> key{};
      key[kSymbols] = classes[i];
      for (size_t symbol = 0; symbol < kSymbols; ++symbol) key[symbol] = classes[states_[i].next[symbol]];
      divided[i] = numbers.emplace(key, static_cast<uint32_t>(numbers.size())).first->second;
    }
    classes = std::move(divided);
    if (numbers.size() == count) break;
    count = numbers.size();
  }
  std::vector<State> minimal(count);
  for (size_t i = 0; i < states_.size(); ++i) {
    State& state = minimal[classes[i]];
    state.accepts = states_[i].accepts;
    for (size_t symbol = 0; symbol < kSymbols; ++symbol) state.next[symbol] = classes[states_[i].next[symbol]];
  }
  start_ = classes[start_];
  states_ = std::move(minimal);
}

NumberSet NumberSet::All() {
  const auto accepts = [](Phase phase) { return IsWholeNumber(phase); };
  StatusOr<NumberSet> all = Explore(Phase::kStart, NextPhase, accepts);
  return all.ok() ? *std::move(all) : None();
}

NumberSet NumberSet::Integers() {
  const auto step = [](Phase phase, size_t symbol) -> std::optional<Phase> {
    const std::optional<Phase> next = NextPhase(phase, symbol);
    return next == Phase::kFraction && symbol != 0 ? std::nullopt : next;
  };
  StatusOr<NumberSet> integers = Explore(Phase::kStart, step, IsWholeNumber);
  return integers.ok() ? *std::move(integers) : None();
}

NumberSet NumberSet::SpelledWhole() {
  const auto step = [](Phase phase, size_t symbol) -> std::optional<Phase> {
    return symbol == kDecimalPoint ? std::nullopt : NextPhase(phase, symbol);
  };
  StatusOr<NumberSet> whole = Explore(Phase::kStart, step, IsWholeNumber);
  return whole.ok() ? *std::move(whole) : None();
}

StatusOr<NumberSet> NumberSet::SpelledWithin(size_t digits) {
  using Key = std::pair<Phase, size_t>;
  const auto step = [digits](const Key& key, size_t symbol) -> std::optional<Key> {
    const std::optional<Phase> next = NextPhase(key.first, symbol);
    const size_t count = symbol == kDecimalPoint ? 0 : key.second + (symbol < 10 ? 1 : 0);
    if (!next.has_value() || count > digits) return std::nullopt;
    return Key{*next, count};
  };
  return Explore(Key{Phase::kStart, 0}, step, [](const Key& key) { return IsWholeNumber(key.first); });
}

// The text is compared with the bound's digits as it comes. Before the point the lengths are not known: *digits*
// counts to one past the bound's, *order* compares digit by digit, and a text with more digits is larger
// whatever they are.
StatusOr<NumberSet> NumberSet::Compared(Order wanted, const Decimal& bound) {
  TALARIA_ASSIGN_OR_RETURN(const Sides sides, SidesOf(bound));
  const auto whole_digits = static_cast<int>(sides.whole.size());
  const auto fraction_digits = static_cast<int>(sides.fraction.size());
  using Key = std::tuple<Phase, bool, bool, int, int>;  // phase, negative, not zero, digits, order
  const auto compare = [](char digit, char other) { return digit < other ? -1 : digit > other ? 1 : 0; };
  const auto order_at_point = [&](int digits, int order) {
    return digits < whole_digits ? -1 : digits > whole_digits ? 1 : order;
  };
  const auto step = [&](const Key& key, size_t symbol) -> std::optional<Key> {
    auto [phase, negative, not_zero, digits, order] = key;
    const std::optional<Phase> next = NextPhase(phase, symbol);
    if (!next.has_value()) return std::nullopt;
    const char digit = kBytes[symbol];
    if (symbol == kMinusSign) {
      negative = true;
    } else if (symbol == kDecimalPoint) {
      order = order_at_point(digits, order);
      digits = 0;
    } else {
      not_zero |= symbol != 0;
      if (*next == Phase::kFraction) {
        const char other = digits < fraction_digits ? sides.fraction[static_cast<size_t>(digits)] : '0';
        if (order == 0) order = compare(digit, other);
        digits = std::min(digits + 1, fraction_digits);
      } else {
        if (order == 0 && digits < whole_digits) order = compare(digit, sides.whole[static_cast<size_t>(digits)]);
        digits = std::min(digits + 1, whole_digits + 1);
      }
    }
    return Key{*next, negative, not_zero, digits, order};
  };
  const int bound_sign = bound.is_zero() ? 0 : bound.negative() ? -1 : 1;
  const auto accepts = [&](const Key& key) {
    auto [phase, negative, not_zero, digits, order] = key;
    if (!IsWholeNumber(phase)) return false;
    if (phase != Phase::kFraction) {
      order = order_at_point(digits, order);
      digits = 0;
    }
    // Digits of the bound that the text has not reached are not all zeros.
    if (order == 0 && digits < fraction_digits) order = -1;
    const int sign = !not_zero ? 0 : negative ? -1 : 1;
    const int result = sign != bound_sign ? sign - bound_sign : sign * order;
    switch (wanted) {
      case Order::kBelow:
        return result < 0;
      case Order::kAtMost:
        return result <= 0;
      case Order::kEqual:
        return result == 0;
      case Order::kAtLeast:
        return result >= 0;
      case Order::kAbove:
        return result > 0;
    }
    return false;
  };
  return Explore(Key{Phase::kStart, false, false, 0, 0}, step, accepts);
}

// With the divisor p / 10^q, p whole: a multiple has at most q digits that count after its point, and its digits
// up to there, read as one whole number, are a multiple of p.
StatusOr<NumberSet> NumberSet::MultiplesOf(const Decimal& divisor) {
  TALARIA_ASSIGN_OR_RETURN(const Sides sides, SidesOf(divisor));
  const size_t fraction_digits = sides.fraction.size();
  const std::string digits = sides.whole + sides.fraction;
  uint64_t modulus = 0;
  for (const char c : digits) {
    modulus = modulus * 10 + static_cast<uint64_t>(c - '0');
    if (modulus > kMaxStates) {
      return ResourceExhausted("expected a divisor of at most ", kMaxStates, " without its point, found ",
                               divisor.Plain(40).value_or(divisor.Key()));
    }
  }
  using Key = std::tuple<Phase, uint64_t, size_t>;  // phase, remainder, digits after the point
  const auto step = [&](const Key& key, size_t symbol) -> std::optional<Key> {
    auto [phase, remainder, fraction] = key;
    const std::optional<Phase> next = NextPhase(phase, symbol);
    if (!next.has_value()) return std::nullopt;
    if (symbol < 10) {
      if (*next == Phase::kFraction) {
        if (fraction == fraction_digits) return symbol == 0 ? std::optional<Key>(Key{*next, remainder, fraction}) : std::nullopt;
        ++fraction;
      }
      remainder = (remainder * 10 + symbol) % modulus;
    }
    return Key{*next, remainder, fraction};
  };
  const auto accepts = [&](const Key& key) {
    auto [phase, remainder, fraction] = key;
    for (size_t i = fraction; i < fraction_digits; ++i) remainder = remainder * 10 % modulus;
    return IsWholeNumber(phase) && remainder == 0;
  };
  return Explore(Key{Phase::kStart, 0, 0}, step, accepts);
}

template <typename Combine>
StatusOr<NumberSet> NumberSet::Product(const NumberSet& a, const NumberSet& b, const Combine& combine) {
  using Key = std::pair<uint32_t, uint32_t>;
  const auto step = [&](const Key& key, size_t symbol) -> std::optional<Key> {
    const Key next{a.states_[key.first].next[symbol], b.states_[key.second].next[symbol]};
    if (next.first == 0 && next.second == 0) return std::nullopt;
    return next;
  };
  const auto accepts = [&](const Key& key) {
    return combine(a.states_[key.first].accepts, b.states_[key.second].accepts);
  };
  return Explore(Key{a.start_, b.start_}, step, accepts);
}

StatusOr<NumberSet> NumberSet::And(const NumberSet& other) const {
  if (empty() || other.empty()) return None();
  return Product(*this, other, [](bool a, bool b) { return a && b; });
}

StatusOr<NumberSet> NumberSet::Or(const NumberSet& other) const {
  if (empty()) return other;
  if (other.empty()) return *this;
  return Product(*this, other, [](bool a, bool b) { return a || b; });
}

StatusOr<NumberSet> NumberSet::Not() const {
  return Product(All(), *this, [](bool all, bool in) { return all && !in; });
}

bool NumberSet::operator==(const NumberSet& other) const {
  // Minimal automata of one set are alike up to the numbers of their states.
  const StatusOr<NumberSet> difference =
      Product(*this, other, [](bool a, bool b) { return a != b; });
  return difference.ok() && difference->empty();
}

bool NumberSet::Has(std::string_view plain) const {
  uint32_t state = start_;
  for (const char c : plain) {
    const size_t symbol = std::string_view(kBytes, kSymbols).find(c);
    if (symbol == std::string_view::npos) return false;
    state = states_[state].next[symbol];
  }
  return states_[state].accepts;
}

}  // namespace talaria::grammar
