#include "lib/grammar/lexer.h"

#include "lib/base/text.h"

namespace talaria::grammar {

Lexer::Lexer(const Grammar& grammar, size_t max_bytes)
    : pool_(grammar.regexes()),
      class_bytes_(grammar.class_bytes()),
      class_sizes_(class_bytes_.size(), 0),
      width_(class_bytes_.size()),
      max_bytes_(max_bytes) {
  // Its own bound is in bytes.
  pool_.set_max_nodes(uint32_t{0xFFFFFFFF});
  for (const uint8_t byte_class : grammar.byte_classes()) ++class_sizes_[byte_class];
  states_.resize(1);
  next_.assign(width_, kDead);
  by_regex_.emplace(pool_.Nothing().index, kDead);
  StateOf(pool_.Empty());
}

uint32_t Lexer::StateOf(Regex regex) {
  const auto found = by_regex_.find(regex.index);
  if (found != by_regex_.end()) return found->second;
  if (bytes() > max_bytes_) {
    if (status_.ok()) {
      status_ = ResourceExhausted("grammar: expected its terminals to take at most ", BytesText(max_bytes_),
                                  ", found more states than that");
    }
    return kDead;
  }
  const StatusOr<bool> possible = pool_.IsPossible(regex);
  if (!possible.ok()) {
    if (status_.ok()) status_ = possible.status();
    return kDead;
  }
  if (!*possible) {
    by_regex_.emplace(regex.index, kDead);
    return kDead;
  }
  const auto state = static_cast<uint32_t>(states_.size());
  State made;
  made.regex = regex;
  made.accepting = pool_.Nullable(regex);
  states_.push_back(made);
  next_.resize(next_.size() + width_, -1);
  by_regex_.emplace(regex.index, state);
  return state;
}

uint32_t Lexer::MakeStep(uint32_t state, uint8_t byte_class) {
  const uint32_t next = StateOf(pool_.Derivative(states_[state].regex, class_bytes_[byte_class]));
  // What only the limit made dead is not remembered as such.
  if (status().ok()) next_[state * width_ + byte_class] = static_cast<int32_t>(next);
  return next;
}

uint32_t Lexer::Clamped(uint32_t state, uint64_t length) {
  if (states_[state].clamped < 0) {
    const uint32_t clamped = StateOf(pool_.Clamp(states_[state].regex, length));
    if (!status().ok()) return state;
    states_[state].clamped = static_cast<int32_t>(clamped);
  }
  return static_cast<uint32_t>(states_[state].clamped);
}

int Lexer::OnlyByte(uint32_t state) {
  if (states_[state].only_byte != -2) return states_[state].only_byte;
  int only = -1;
  for (size_t i = 0; i < width_ && only != kSeveral; ++i) {
    if (Step(state, static_cast<uint8_t>(i)) == kDead) continue;
    only = only >= 0 || class_sizes_[i] > 1 ? kSeveral : class_bytes_[i];
  }
  if (!status().ok()) return kSeveral;
  states_[state].only_byte = static_cast<int16_t>(only);
  return only;
}

}  // namespace talaria::grammar
