#ifndef TALARIA_LIB_TOKENIZER_PRE_TOKENIZER_H_
#define TALARIA_LIB_TOKENIZER_PRE_TOKENIZER_H_

#include <string_view>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"
#include "lib/tokenizer/regex.h"

namespace talaria {

// How text is divided into pieces, none of which a token crosses. Immutable; any number of threads may split
// at once.
class PreTokenizer {
 public:
  // The "pre_tokenizer" of a tokenizer.json: Split and ByteLevel, and a Sequence of them that ends in
  // ByteLevel. UNIMPLEMENTED, naming it, for any other; INVALID_ARGUMENT for one that is not well formed.
  static StatusOr<PreTokenizer> FromJson(const json::Value& value);
  // Each match of *pattern* a piece, and each stretch between.
  static StatusOr<PreTokenizer> FromPattern(std::string_view pattern);

  // Only the Llama-3 pattern: Llama3PieceEnd gives the same pieces as Split.
  bool is_llama3() const { return stages_.size() == 1 && stages_[0].regexes.empty(); }

  // Replaces *pieces* by the pieces of the valid UTF-8 *text*, in their order; none is empty.
  // RESOURCE_EXHAUSTED where a pattern exceeds its limits.
  Status Split(std::string_view text, std::vector<std::string_view>* pieces) const;

 private:
  // What becomes of a match, as Hugging Face's Split names it.
  enum class Behavior { kIsolated, kRemoved, kMergedWithPrevious, kMergedWithNext, kContiguous };
  // A run of text that matched or lies between matches.
  struct Run {
    size_t begin;
    size_t end;
    bool match;
  };
  struct Stage {
    std::vector<Regex> regexes;  // one, or none: the Llama-3 pattern
    Behavior behavior = Behavior::kIsolated;
    bool invert = false;
  };

  Status AddStages(const json::Value& value, bool last);
  Status AddSplit(const json::Value& value);
  Status AddByteLevel(const json::Value& value);
  Status AddPattern(std::string_view pattern, Behavior behavior, bool invert);
  static void Arrange(Behavior behavior, std::vector<Run>* runs);

  std::vector<Stage> stages_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_PRE_TOKENIZER_H_
