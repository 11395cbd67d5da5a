#ifndef TALARIA_LIB_GRAMMAR_JSON_TEXT_H_
#define TALARIA_LIB_GRAMMAR_JSON_TEXT_H_

#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "lib/grammar/grammar.h"

namespace talaria::grammar {

// What stands between the parts of a JSON text.
enum class JsonSpacing : uint8_t {
  kCompact,   // nothing
  kSpaced,    // one space after ':' and ',', as json.dumps writes and Hermes was trained on
  kFlexible,  // up to JsonStyle::max_space of space, tab, newline and carriage return wherever JSON allows it
};

struct JsonStyle {
  JsonSpacing spacing = JsonSpacing::kSpaced;
  uint64_t max_space = 20;  // kFlexible: at each place
  // Bounds so that nothing runs for ever; kUnbounded: none. Code points of a string or name that has no bound
  // of its own, digits of each part of a number, items or members of arrays and objects.
  uint64_t max_string = kUnbounded;
  uint64_t max_digits = kUnbounded;
  uint64_t max_items = kUnbounded;
};

// Expressions for JSON texts in one style, inside one builder, each made once. Strings are in canonical form
// (see TextForm::kJsonString), numbers in JSON's.
class JsonText {
 public:
  // *builder* outlives it.
  JsonText(const JsonStyle& style, GrammarBuilder* builder);

  const JsonStyle& style() const { return style_; }

  // A string of *min* to *max* code points, and as long as the style allows by default.
  Expr String(uint64_t min, uint64_t max);
  Expr String() { return String(0, kUnbounded); }
  // A string whose text, in TextForm::kJsonString, *regex* matches.
  Expr StringOf(Regex regex);
  Expr StringLiteral(std::string_view text);
  Expr Integer();
  Expr Number();
  Expr Boolean();
  Expr Null();
  // Any value; arrays and objects as below. Recursive.
  Expr Value();
  // Any array or object: names of members may be repeated.
  Expr AnyArray();
  Expr AnyObject();

  // Space that stands alone: inside empty brackets, after '[' and '{', before ']', '}', ',' and ':'. Empty
  // unless flexible.
  Expr Space() { return space_; }
  // ',' and ':' with what surrounds them.
  Expr Comma() { return comma_; }
  Expr Colon() { return colon_; }
  // '[' and ']' around *items*, with space inside; *items* may be empty text.
  Expr Brackets(Expr items) { return Around("[", items, "]"); }
  Expr Braces(Expr members) { return Around("{", members, "}"); }
  // *part* *min* to *max* times with commas between.
  Expr Listed(Expr part, uint64_t min, uint64_t max);
  // A member: its name, a colon, its value.
  Expr Member(Expr name, Expr value);

 private:
  Expr Around(std::string_view open, Expr inside, std::string_view close);
  void DefineValue();

  const JsonStyle style_;
  GrammarBuilder& builder_;
  Expr space_;
  Expr comma_;
  Expr colon_;
  bool has_value_ = false;
  Rule value_;
  Rule array_;
  Rule object_;
};

// JSON of any shape; with *object_only* an object at the top.
StatusOr<std::shared_ptr<const Grammar>> JsonGrammar(const JsonStyle& style, bool object_only);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_JSON_TEXT_H_
