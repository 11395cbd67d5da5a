#ifndef TALARIA_LIB_GRAMMAR_MATCHER_H_
#define TALARIA_LIB_GRAMMAR_MATCHER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "lib/grammar/automaton.h"

namespace talaria::grammar {

// Where one text stands in a grammar: what has been read, and what may come. A copy is a fork: it goes its
// own way. Used by one thread at a time; copies may be used by different threads.
//
// Calls that fail leave the matcher as it was. RESOURCE_EXHAUSTED where a limit of the automaton is reached
// by this text alone, and where memory runs out.
class Matcher {
 public:
  explicit Matcher(std::shared_ptr<Automaton> automaton);

  // Reads *bytes*. False where the grammar does not allow them here: then nothing is read.
  StatusOr<bool> AcceptBytes(std::string_view bytes);
  // Reads a token: its bytes, or the end of the text for a stop token. INVALID_ARGUMENT for what is no id.
  StatusOr<bool> AcceptToken(int32_t id);
  // Takes back the last *count* calls that read something. INVALID_ARGUMENT where there are fewer.
  Status Rollback(size_t count);
  // How many calls have read something.
  size_t steps() const { return marks_.size() - 1; }
  // What has been read.
  std::string_view text() const { return text_; }

  // Writes which tokens are allowed: one bit a token, lowest first, *mask* having the table's mask_words().
  // Stop tokens are where the text may end. What is beyond the vocabulary is 0. FAILED_PRECONDITION without a
  // token table.
  Status FillMask(absl::Span<uint32_t> mask);
  // Whether the text may end here.
  StatusOr<bool> IsComplete();
  // A stop token was read: nothing may follow.
  bool finished() const { return finished_; }
  // Whether any byte may follow.
  StatusOr<bool> CanContinue();
  // The longest text, up to *max_bytes*, that must come next: while one byte is allowed and the text may not
  // end. It may end inside a character.
  StatusOr<std::string> ForcedBytes(size_t max_bytes = 4096);

  // Equal for matchers of one automaton that allow the same from here on as far as their states tell; not
  // across automata or processes.
  StatusOr<uint64_t> Hash();
  // All that Restore needs to come back here, with every step that Rollback can take back.
  std::string Save() const;
  // INVALID_ARGUMENT where *saved* is not what Save gave, or the grammar does not allow its text.
  static StatusOr<Matcher> Restore(std::shared_ptr<Automaton> automaton, std::string_view saved);

 private:
  // After each step: how much text, and where its configurations end.
  struct Mark {
    size_t text;
    size_t end;
  };

  absl::Span<const Configuration> Now() const {
    const size_t begin = marks_.size() < 2 ? 0 : marks_[marks_.size() - 2].end;
    return absl::MakeConstSpan(trail_).subspan(begin);
  }
  Status Locked(absl::FunctionRef<bool()> work);
  Status Attempt(absl::FunctionRef<bool()> work);
  Status Replay();
  bool Read(std::string_view bytes, bool* allowed);
  // Has room for a step over *bytes* to now_; then keeping it cannot fail.
  void MakeRoom(std::string_view bytes);
  void Keep(std::string_view bytes);

  std::shared_ptr<Automaton> automaton_;
  uint64_t epoch_ = 0;
  bool finished_ = false;
  std::string text_;
  std::vector<Mark> marks_;
  std::vector<Configuration> trail_;  // of every mark, one after the other
  std::vector<Configuration> now_;
  std::vector<Configuration> next_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_MATCHER_H_
