#ifndef TALARIA_LIB_GRAMMAR_STRUCTURAL_TAGS_H_
#define TALARIA_LIB_GRAMMAR_STRUCTURAL_TAGS_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "lib/grammar/grammar.h"

namespace talaria::grammar {

// What must stand between two pieces of text.
struct StructuralTag {
  std::string begin;  // "<tool_call>\n"
  Expr inside;
  std::string end;
};

// The text outside of tags.
enum class TextOutside : uint8_t {
  kFree,   // any bytes, as long as no tag begins
  kSpace,  // a little white space
  kNone,
};

struct StructuralOptions {
  TextOutside before = TextOutside::kFree;  // the first tag, or all there is without one
  TextOutside between = TextOutside::kFree;
  TextOutside after = TextOutside::kFree;  // the last tag
  // How many tagged parts there must and may be.
  uint64_t min_tags = 0;
  uint64_t max_tags = kUnbounded;
};

// Text in which the begin of a tag, however its bytes are spread over tokens, is followed by what the tag
// says, its end, and text again. Outside of tags nothing else is asked of it. Tags with one begin are one tag
// with a choice inside. INVALID_ARGUMENT, naming it, for a begin that is empty or stands inside another one:
// it would never get that far.
StatusOr<Expr> StructuralText(absl::Span<const StructuralTag> tags, const StructuralOptions& options,
                              GrammarBuilder* builder);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_STRUCTURAL_TAGS_H_
