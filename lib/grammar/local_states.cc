#include "lib/grammar/local_states.h"

#include <algorithm>

namespace talaria::grammar {

namespace {

// How many states on the safe length is followed: longer tokens are walked. Where it goes on, only the first
// half is remembered: the others will look further.
constexpr size_t kChain = 24;

// First bytes of characters, how many bytes they lack, and the range of the next one.
struct Lead {
  uint32_t first, last;
  int missing;
  uint32_t low, high;
};
constexpr Lead kLeads[] = {{0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF},
                           {0xE1, 0xEC, 2, 0x80, 0xBF}, {0xED, 0xED, 2, 0x80, 0x9F},
                           {0xEE, 0xEF, 2, 0x80, 0xBF}, {0xF0, 0xF0, 3, 0x90, 0xBF},
                           {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F}};

}  // namespace

void StepConfigurations(absl::Span<const Configuration> from, uint8_t byte_class, Lexer* lexer,
                        Stacks* stacks, std::vector<Configuration>* out) {
  out->clear();
  for (const Configuration& configuration : from) {
    const uint32_t next = lexer->Step(configuration.state, byte_class);
    if (next != Lexer::kDead) out->push_back({next, configuration.stack});
    if (!lexer->Accepting(configuration.state)) continue;
    for (const Configuration& start : stacks->AfterTop(configuration.stack).starts) {
      const uint32_t begun = lexer->Step(start.state, byte_class);
      if (begun != Lexer::kDead) out->push_back({begun, start.stack});
    }
  }
  if (out->size() < 2) return;
  std::sort(out->begin(), out->end());
  out->erase(std::unique(out->begin(), out->end()), out->end());
}

LocalStates::LocalStates(const Grammar& grammar, Lexer* lexer, Stacks* stacks)
    : classes_(grammar.byte_classes()),
      class_bytes_(grammar.class_bytes()),
      width_(class_bytes_.size()),
      lexer_(*lexer),
      stacks_(*stacks) {
  Forget();
}

void LocalStates::Forget() {
  states_.assign(1, State());
  states_[0].safe_known = true;
  pool_.clear();
  next_.assign(width_, kDead);
  table_.assign(64, 0);
}

void LocalStates::GrowTable() {
  table_.assign(table_.size() * 2, 0);
  const size_t mask = table_.size() - 1;
  for (uint32_t i = 1; i < states_.size(); ++i) {
    size_t slot = states_[i].hash & mask;
    while (table_[slot] != 0) slot = (slot + 1) & mask;
    table_[slot] = i;
  }
}

// *configurations* are sorted.
uint32_t LocalStates::StateOf(std::vector<Configuration> configurations) {
  if (configurations.empty()) return kDead;
  State made;
  for (const Configuration& at : configurations) {
    made.hash = (made.hash ^ made.hash >> 29 ^ at.state ^ uint64_t{at.stack} << 32) * 0x9FB21C651E98DF25u;
  }
  made.hash ^= made.hash >> 32;
  const size_t mask = table_.size() - 1;
  size_t slot = made.hash & mask;
  for (; table_[slot] != 0; slot = (slot + 1) & mask) {
    const State& there = states_[table_[slot]];
    if (there.hash != made.hash || there.count != configurations.size()) continue;
    if (std::equal(configurations.begin(), configurations.end(), pool_.begin() + there.begin))
      return table_[slot];
  }
  made.begin = static_cast<uint32_t>(pool_.size());
  made.count = static_cast<uint32_t>(configurations.size());
  for (const Configuration& at : configurations) {
    made.at_hole = made.at_hole || (lexer_.Accepting(at.state) && stacks_.AfterTop(at.stack).at_hole);
  }
  pool_.insert(pool_.end(), configurations.begin(), configurations.end());
  const auto index = static_cast<uint32_t>(states_.size());
  table_[slot] = index;
  states_.push_back(made);
  next_.resize(next_.size() + width_, -1);
  if (states_.size() * 2 > table_.size()) GrowTable();
  return index;
}

uint32_t LocalStates::MakeStep(uint32_t state, uint8_t byte_class) {
  std::vector<Configuration> next;
  StepConfigurations(Of(state), byte_class, &lexer_, &stacks_, &next);
  const uint32_t made = StateOf(std::move(next));
  // What a limit cut short is not remembered.
  if (lexer_.status().ok() && stacks_.status().ok())
    next_[state * width_ + byte_class] = static_cast<int32_t>(made);
  return made;
}

bool LocalStates::TailsLeadTo(uint32_t state, int missing, uint32_t low, uint32_t high, uint32_t goal,
                              bool as_one) {
  if (state == kDead) return false;
  if (as_one) {
    for (const Configuration& at : Of(state)) {
      if (lexer_.Accepting(at.state)) return false;
    }
  }
  for (uint32_t byte = low; byte <= high; ++byte) {
    // One of a class is enough.
    if (byte > low && classes_[byte] == classes_[byte - 1]) continue;
    const uint32_t next = Step(state, static_cast<uint8_t>(byte));
    if (missing == 1 ? next != goal : !TailsLeadTo(next, missing - 1, 0x80, 0xBF, goal, as_one)) return false;
  }
  return true;
}

// With *as_one*, only where nothing may end within a character.
bool LocalStates::WholeCharactersLeadTo(uint32_t state, uint32_t goal, bool as_one) {
  for (const Lead& leads : kLeads) {
    for (uint32_t lead = leads.first; lead <= leads.last; ++lead) {
      if (lead > leads.first && classes_[lead] == classes_[lead - 1]) continue;
      const uint32_t next = Step(state, static_cast<uint8_t>(lead));
      if (!TailsLeadTo(next, leads.missing, leads.low, leads.high, goal, as_one)) return false;
    }
  }
  return true;
}

// The state that most kinds of ASCII lead to, and with which kinds.
LocalStates::Successor LocalStates::MainSuccessor(uint32_t state) {
  constexpr uint32_t kMixed = 0xFFFFFFFF;
  std::array<uint32_t, 64> of_kind;
  of_kind.fill(kMixed);
  std::array<bool, 64> seen = {};
  for (uint32_t byte = 0; byte < 0x80; ++byte) {
    const int kind = kAsciiKind[byte];
    const uint32_t next = Step(state, static_cast<uint8_t>(byte));
    if (!seen[kind]) {
      of_kind[kind] = next;
      seen[kind] = true;
    } else if (of_kind[kind] != next) {
      of_kind[kind] = kMixed;
    }
  }
  Successor best;
  int most = 0;
  for (int i = 0; i < kManyBytesKind; ++i) {
    if (!seen[i] || of_kind[i] == kDead || of_kind[i] == kMixed) continue;
    const auto same = static_cast<int>(std::count(of_kind.begin(), of_kind.end(), of_kind[i]));
    if (same <= most) continue;
    most = same;
    best.state = of_kind[i];
  }
  if (most == 0) return best;
  for (int i = 0; i < kManyBytesKind; ++i) {
    if (seen[i] && of_kind[i] == best.state) best.kinds |= uint64_t{1} << i;
  }
  bool any_high = true;
  for (uint32_t byte = 0x80; byte < 0x100 && any_high; ++byte) {
    any_high = Step(state, static_cast<uint8_t>(byte)) == best.state;
  }
  if (any_high) {
    best.kinds |= uint64_t{1} << kManyBytesKind | uint64_t{1} << kBrokenKind;
  } else if (WholeCharactersLeadTo(state, best.state, false)) {
    best.kinds |= uint64_t{1} << kManyBytesKind;
  }
  return best;
}

// Where a counted repeat comes next, in the terminal or in the grammar: that repeat without its counts, and
// how often it may come. kDead elsewhere.
uint32_t LocalStates::LoopOf(uint32_t state, uint64_t* left) {
  if (states_[state].count != 1) return kDead;
  const Configuration only = Of(state)[0];
  Configuration loop = {Lexer::kDone, Stacks::kHole};
  if (only.state != Lexer::kDone) {
    loop.state = lexer_.LeadingLoop(only.state, left);
    if (loop.state == Lexer::kDead) return kDead;
  } else {
    if (only.stack == Stacks::kHole || !stacks_.IsRepeat(only.stack)) return kDead;
    Frame frame = stacks_.frame(only.stack);
    if (frame.need == 0 && frame.left == Stacks::kNoBound) return kDead;
    *left = frame.left;
    frame.need = 0;
    frame.left = Stacks::kNoBound;
    frame.parent = Stacks::kHole;
    loop.stack = stacks_.Push(frame);
  }
  return StateOf({loop});
}

// Bytes that lead a counted repeat without its counts back to itself are one time each at most, so that as
// many are safe as times are left, whatever comes after it. Following the states one by one would say the
// same and take long.
bool LocalStates::FindSafeRepeat(uint32_t state) {
  uint64_t left = 0;
  const uint32_t loop = LoopOf(state, &left);
  if (loop == kDead) return false;
  Safe safe = SafeFrom(loop, 0);
  if (safe.length != kAlways) return false;
  if (left < Stacks::kNoBound) safe.length = static_cast<uint32_t>(left);
  states_[state].safe = safe;
  states_[state].safe_known = true;
  return true;
}

// Of a repeat in the grammar whose times are characters, and after which plain text cannot go on here: how
// many are left.
LocalStates::Plain LocalStates::CharactersLeft(uint32_t state) {
  if (states_[state].count != 1) return {};
  const Configuration only = Of(state)[0];
  uint64_t left = 0;
  if (only.state != Lexer::kDone) return {};
  const uint32_t loop = LoopOf(state, &left);
  if (loop == kDead || left == Stacks::kNoBound) return {};
  const Successor next = MainSuccessor(loop);
  if (next.state != loop || (kPlainKinds & ~next.kinds) != 0) return {};
  if (!WholeCharactersLeadTo(loop, loop, true)) return {};
  const uint32_t parent = stacks_.frame(only.stack).parent;
  if (parent != Stacks::kHole) {
    const uint32_t after = StateOf({{Lexer::kDone, parent}});
    if (AtHole(after) || !ClosedToPlain(after)) return {};
  }
  return {static_cast<uint32_t>(left), parent == Stacks::kHole};
}

LocalStates::Plain LocalStates::PlainFrom(uint32_t state) {
  const Safe safe = SafeFrom(state, kPlainKinds);
  if ((kPlainKinds & ~safe.kinds) != 0) return {};
  if (safe.length == kAlways) return {kAlways, false};
  if (const Plain plain = CharactersLeft(state); plain.characters != 0) return plain;
  // What the first character leads to may be one.
  const Successor next = MainSuccessor(state);
  if ((kPlainKinds & ~next.kinds) != 0 || !WholeCharactersLeadTo(state, next.state, true)) return {};
  Plain plain = CharactersLeft(next.state);
  if (plain.characters != 0) ++plain.characters;
  return plain;
}

bool LocalStates::ClosedToPlain(uint32_t state) {
  for (uint32_t byte = 0x20; byte < 0x100; ++byte) {
    if (byte == '"' || byte == '\\' || (byte > 0x80 && classes_[byte] == classes_[byte - 1])) continue;
    if (Step(state, static_cast<uint8_t>(byte)) != kDead) return false;
  }
  return true;
}

LocalStates::Safe LocalStates::SafeFrom(uint32_t state, uint64_t kinds_asked) {
  if (states_[state].safe_known) return states_[state].safe;
  if (!states_[state].kinds_known) {
    if (FindSafeRepeat(state)) return states_[state].safe;
    const uint64_t first = MainSuccessor(state).kinds;
    states_[state].safe.kinds = first;
    states_[state].kinds_known = true;
  }
  // Most end here: what is known of its bytes is enough, and states that nothing else asks for are not made.
  if ((kinds_asked & ~states_[state].safe.kinds) != 0) return states_[state].safe;
  // Follows the main successors until one is known, comes back to itself, or is safe for less.
  std::vector<uint32_t> chain;
  std::vector<uint64_t> kinds;
  uint32_t at = state;
  uint32_t length = 0;  // from *at* on
  bool cut = false;
  while (true) {
    if (states_[at].safe_known || FindSafeRepeat(at)) {
      const Safe& known = states_[at].safe;
      length = chain.empty() || (kinds.back() & ~known.kinds) == 0 ? known.length : 0;
      break;
    }
    if (chain.size() == kChain) {
      cut = true;
      break;
    }
    const Successor next = MainSuccessor(at);
    if (!kinds.empty() && (kinds.back() & ~next.kinds) != 0) break;
    chain.push_back(at);
    kinds.push_back(next.kinds);
    if (next.state == at) {
      length = kAlways;
      break;
    }
    if (next.kinds == 0) break;
    at = next.state;
  }
  for (size_t i = chain.size(); i > 0; --i) {
    State& now = states_[chain[i - 1]];
    now.safe.kinds = kinds[i - 1];
    const bool carries = i == chain.size() || (kinds[i - 1] & ~kinds[i]) == 0;
    if (!carries) length = 0;
    const bool loops = i == chain.size() && length == kAlways;
    now.safe.length = now.safe.kinds == 0 ? 0 : loops || length == kAlways ? kAlways : length + 1;
    length = now.safe.length;
    now.safe_known = !cut || i <= kChain / 2;
  }
  return states_[state].safe;
}

}  // namespace talaria::grammar
