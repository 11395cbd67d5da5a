#ifndef TALARIA_LIB_GRAMMAR_REGEX_CODE_POINTS_H_
#define TALARIA_LIB_GRAMMAR_REGEX_CODE_POINTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/grammar/regex/regex.h"

namespace talaria::grammar {

// A set of Unicode scalar values, as sorted ranges that do not touch. Surrogates are never in one.
class CodePointSet {
 public:
  using Range = std::pair<char32_t, char32_t>;  // both ends are in

  static CodePointSet Of(std::vector<Range> ranges);
  static CodePointSet All() { return Of({{0, 0x10FFFF}}); }

  CodePointSet operator|(const CodePointSet& other) const;
  CodePointSet operator&(const CodePointSet& other) const;
  CodePointSet operator~() const;
  bool Has(char32_t code_point) const;
  bool empty() const { return ranges_.empty(); }
  const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
};

// How a text is written.
enum class TextForm : uint8_t {
  kPlain,  // UTF-8
  // As between the quotes of a JSON string in canonical form, which is what Python's json.dumps(ensure_ascii=
  // False) writes: \" \\ \b \f \n \r \t, \u00xx with lower-case digits for the other characters below U+0020,
  // everything else in UTF-8.
  kJsonString,
};

// One code point of *set*. Each code point has one spelling and none is the beginning of another, so
// concatenation, union, intersection and counting carry over from texts to their bytes.
Regex CodePoints(const CodePointSet& set, TextForm form, RegexPool* pool);
Regex AnyCodePoint(TextForm form, RegexPool* pool);
// *text*, which is UTF-8, in that form.
Regex TextLiteral(std::string_view text, TextForm form, RegexPool* pool);
// Texts that *regex*, made of texts of that form, does not match.
Regex TextComplement(Regex regex, TextForm form, RegexPool* pool);
// Texts of *min* to *max* code points; *max* may be kUnbounded.
Regex TextOfLength(uint64_t min, uint64_t max, TextForm form, RegexPool* pool);
// Appends *text*, which is UTF-8, in that form.
void AppendText(std::string_view text, TextForm form, std::string* out);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_REGEX_CODE_POINTS_H_
