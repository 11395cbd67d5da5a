#ifndef TALARIA_LIB_GRAMMAR_AUTOMATON_H_
#define TALARIA_LIB_GRAMMAR_AUTOMATON_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "lib/grammar/grammar.h"
#include "lib/grammar/lexer.h"
#include "lib/grammar/mask_cache.h"
#include "lib/grammar/stacks.h"
#include "lib/grammar/token_table.h"

namespace talaria::grammar {

// A grammar at work over a vocabulary: what all its matchers share, namely the states that were met so far
// and the masks that were computed for them. Any number of threads may use it; they take turns.
//
// Its memory is bounded. Where a bound is reached everything is forgotten and made again as it is needed;
// a matcher finds back by reading its text once more.
class Automaton {
 public:
  struct Limits {
    size_t lexer_bytes = size_t{24} << 20;
    size_t stack_bytes = size_t{24} << 20;
    size_t mask_bytes = size_t{64} << 20;
    // Ways in which a text can be read at a time.
    size_t configurations = 20000;
  };

  // *tokens* may be null: then there are bytes, and no masks. RESOURCE_EXHAUSTED where the grammar's
  // beginning is already beyond a limit.
  static StatusOr<std::shared_ptr<Automaton>> Create(std::shared_ptr<const Grammar> grammar,
                                                     std::shared_ptr<const TokenTable> tokens,
                                                     const Limits& limits);
  static StatusOr<std::shared_ptr<Automaton>> Create(std::shared_ptr<const Grammar> grammar,
                                                     std::shared_ptr<const TokenTable> tokens) {
    return Create(std::move(grammar), std::move(tokens), Limits());
  }

  const TokenTable* tokens() const { return tokens_.get(); }
  const Grammar& grammar() const { return *grammar_; }

  // Computes the masks of states near the beginning, nearest first, until *states* of them have one or there
  // are no more: what a first answer would otherwise wait for. Takes milliseconds for some hundred states.
  Status Warm(size_t states);

  struct Usage {
    size_t lexer_bytes, stack_bytes, mask_bytes;
    uint64_t masks_made;  // so far: each is work that a later state of its kind does not repeat
  };
  Usage usage() const;

 private:
  friend class Matcher;
  using Configurations = std::vector<Configuration>;

  Automaton(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const TokenTable> tokens,
            const Limits& limits);

  // All below is called under mutex_, and after Prepare but for Forget.
  // Makes what was forgotten anew. Where memory runs out it may be called again.
  void Prepare();
  // Drops all states: they lose their meaning.
  void Forget() noexcept;
  Status WarmStates(size_t states);
  Status status() const;
  // A number that changes whenever states lose their meaning.
  uint64_t epoch() const { return epoch_; }
  void Start(Configurations* out);
  // The configurations after *byte*, sorted. *out* is empty where none is left. False where a limit was
  // reached: see status().
  bool Step(absl::Span<const Configuration> from, uint8_t byte, Configurations* out);
  bool Complete(absl::Span<const Configuration> from);
  // The one byte that may come, -1 where none or any of several may, or the text may end.
  int ForcedByte(absl::Span<const Configuration> from);
  bool CanContinue(absl::Span<const Configuration> from);
  // Sets the bits of what is allowed; the others are left.
  void AddMask(absl::Span<const Configuration> from, uint32_t* mask);

  const std::shared_ptr<const Grammar> grammar_;
  const std::shared_ptr<const TokenTable> tokens_;
  const Limits limits_;

  mutable std::mutex mutex_;
  Status status_;
  uint64_t epoch_ = 1;  // a matcher that has read nothing yet has 0
  bool prepared_ = false;
  std::optional<Lexer> lexer_;
  std::optional<Stacks> stacks_;
  std::optional<MaskCache> masks_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_AUTOMATON_H_
