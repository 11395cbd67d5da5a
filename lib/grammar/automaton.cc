#include "lib/grammar/automaton.h"

#include <utility>

#include "lib/base/caught_exception.h"
#include "lib/base/text.h"

namespace talaria::grammar {

Automaton::Automaton(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const TokenTable> tokens,
                     const Limits& limits)
    : grammar_(std::move(grammar)), tokens_(std::move(tokens)), limits_(limits) {
  Prepare();
}

StatusOr<std::shared_ptr<Automaton>> Automaton::Create(std::shared_ptr<const Grammar> grammar,
                                                       std::shared_ptr<const TokenTable> tokens,
                                                       const Limits& limits) {
  std::shared_ptr<Automaton> automaton(new Automaton(std::move(grammar), std::move(tokens), limits));
  Configurations start;
  automaton->Start(&start);
  automaton->Complete(start);
  TALARIA_RETURN_IF_ERROR(automaton->status());
  return automaton;
}

void Automaton::Prepare() {
  if (prepared_) return;
  masks_.reset();
  stacks_.reset();
  lexer_.emplace(*grammar_, limits_.lexer_bytes);
  stacks_.emplace(*grammar_, &*lexer_, limits_.stack_bytes);
  if (tokens_ != nullptr) masks_.emplace(*grammar_, *tokens_, &*lexer_, &*stacks_, limits_.mask_bytes);
  prepared_ = true;
}

void Automaton::Forget() noexcept {
  prepared_ = false;
  masks_.reset();
  stacks_.reset();
  lexer_.reset();
  status_ = absl::OkStatus();
  ++epoch_;
}

Status Automaton::status() const {
  if (!status_.ok()) return status_;
  return lexer_->status().ok() ? stacks_->status() : lexer_->status();
}

void Automaton::Start(Configurations* out) { out->assign(1, {Lexer::kDone, stacks_->Root(Stacks::kEnd)}); }

bool Automaton::Step(absl::Span<const Configuration> from, uint8_t byte, Configurations* out) {
  StepConfigurations(from, grammar_->byte_classes()[byte], &*lexer_, &*stacks_, out);
  if (out->size() > limits_.configurations) {
    status_ = ResourceExhausted("grammar: expected at most ", limits_.configurations,
                                " ways to read a text, found ", out->size());
  }
  return status().ok();
}

bool Automaton::Complete(absl::Span<const Configuration> from) {
  for (const Configuration& at : from) {
    if (lexer_->Accepting(at.state) && stacks_->AfterTop(at.stack).at_end) return true;
  }
  return false;
}

int Automaton::ForcedByte(absl::Span<const Configuration> from) {
  int only = -1;
  const auto add = [&](uint32_t state) {
    const int byte = lexer_->OnlyByte(state);
    if (byte >= 0) only = only < 0 || only == byte ? byte : Lexer::kSeveral;
  };
  for (const Configuration& at : from) {
    add(at.state);
    if (!lexer_->Accepting(at.state)) continue;
    const Stacks::After after = stacks_->AfterTop(at.stack);
    if (after.at_end) return -1;
    for (const Configuration& start : after.starts) {
      add(start.state);
      if (only == Lexer::kSeveral) return -1;
    }
  }
  return only == Lexer::kSeveral ? -1 : only;
}

bool Automaton::CanContinue(absl::Span<const Configuration> from) {
  for (const Configuration& at : from) {
    if (lexer_->OnlyByte(at.state) >= 0) return true;
    if (!lexer_->Accepting(at.state)) continue;
    if (!stacks_->AfterTop(at.stack).starts.empty()) return true;
  }
  return false;
}

void Automaton::AddMask(absl::Span<const Configuration> from, uint32_t* mask) {
  for (const Configuration& at : from) masks_->Add(at, mask);
}

Automaton::Usage Automaton::usage() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!prepared_) return {};
  return {lexer_->bytes(), stacks_->bytes(), masks_ ? masks_->bytes() : 0, masks_ ? masks_->made() : 0};
}

Status Automaton::Warm(size_t states) {
  if (tokens_ == nullptr) return absl::OkStatus();
  const std::lock_guard<std::mutex> lock(mutex_);
  Status warmed = Catching([&] { return WarmStates(states); });
  // What an exception left half made is of no use.
  if (!warmed.ok()) Forget();
  return warmed;
}

Status Automaton::WarmStates(size_t states) {
  Prepare();
  std::vector<uint32_t> mask(tokens_->mask_words());
  std::vector<Configurations> reached(1);
  HashSet<std::vector<std::pair<uint32_t, uint32_t>>> seen;
  Start(&reached[0]);
  Configurations next;
  for (size_t at = 0; at < reached.size() && at < states; ++at) {
    AddMask(reached[at], mask.data());
    for (const uint8_t byte : grammar_->class_bytes()) {
      if (reached.size() >= states) break;
      if (!Step(reached[at], byte, &next)) break;
      if (next.empty()) continue;
      std::vector<std::pair<uint32_t, uint32_t>> key;
      for (const Configuration& configuration : next)
        key.emplace_back(configuration.state, configuration.stack);
      if (seen.insert(std::move(key)).second) reached.push_back(next);
    }
    if (!status().ok()) {
      // More than fits is no error here: it will be made when it is needed.
      Forget();
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

}  // namespace talaria::grammar
