#ifndef TALARIA_LIB_ENGINE_GRAMMAR_GUIDE_H_
#define TALARIA_LIB_ENGINE_GRAMMAR_GUIDE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "lib/grammar/matcher.h"
#include "lib/tokenizer/tokenizer.h"

namespace talaria {

// Keeps one generation to a grammar. One thread at a time. Where memory runs out its calls are
// RESOURCE_EXHAUSTED and change nothing: nothing is thrown into a step. (Create may throw.)
class GrammarGuide {
 public:
  // *automaton* has a token table, of the model's vocabulary. *tokenizer*: what forced text is encoded by;
  // null: none is. *already*: tokens of the grammar's text that the session has. INVALID_ARGUMENT, naming the
  // token, where the grammar does not allow them.
  static StatusOr<std::shared_ptr<GrammarGuide>> Create(std::shared_ptr<grammar::Automaton> automaton,
                                                        std::shared_ptr<const Tokenizer> tokenizer,
                                                        absl::Span<const int32_t> already);

  // Which tokens may come next, as SamplerRow::allowed; valid until the next call.
  StatusOr<const uint32_t*> Mask();
  // Reads the token that came.
  Status Accept(int32_t token);
  // Nothing may follow: the text is complete and can go on with no byte, or was ended by a stop token.
  StatusOr<bool> IsOver();
  // The tokens of the text that must come next, as far as they do not depend on what comes after it: those
  // that the whole text encodes to, which are what the model has been trained on. Empty where the tokens that
  // came are not those that their text encodes to. Valid until the next call.
  StatusOr<absl::Span<const int32_t>> Forced();

 private:
  // Tokens before a forced text that are encoded with it: more than a merge can reach over.
  static constexpr size_t kRecentTokens = 8;

  GrammarGuide(grammar::Matcher matcher, std::shared_ptr<const Tokenizer> tokenizer, size_t mask_words)
      : matcher_(std::move(matcher)), tokenizer_(std::move(tokenizer)), mask_(mask_words) {
    recent_.reserve(kRecentTokens);
  }
  StatusOr<absl::Span<const int32_t>> FindForced();
  Status Encode(const std::string& text, std::vector<int32_t>* ids) const;

  grammar::Matcher matcher_;
  const std::shared_ptr<const Tokenizer> tokenizer_;
  std::vector<uint32_t> mask_;
  std::vector<int32_t> recent_;  // the last tokens that came
  std::vector<int32_t> forced_;
  // Which of forced_ they are, until a token comes; nothing: not looked for yet.
  std::optional<absl::Span<const int32_t>> found_;
  std::vector<int32_t> probed_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_GRAMMAR_GUIDE_H_
