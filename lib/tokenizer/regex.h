#ifndef TALARIA_LIB_TOKENIZER_REGEX_H_
#define TALARIA_LIB_TOKENIZER_REGEX_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace talaria {

// A pattern as a tokenizer.json writes it (Oniguruma's Ruby syntax, as far as patterns of tokenizers use it),
// matched by PCRE2 over code points: classes and case folding are those of the Unicode of the library in use
// (10.42: 14.0). Compiled to machine code where the platform allows. Any number of threads may search at
// once.
class Regex {
 public:
  // INVALID_ARGUMENT, saying where, for a pattern that does not compile; UNIMPLEMENTED, naming it, for an
  // escape that the two syntaxes read differently.
  static StatusOr<Regex> Compile(std::string_view pattern);
  // The text itself as the pattern.
  static StatusOr<Regex> Literal(std::string_view text);

  Regex(Regex&& other) noexcept;
  Regex& operator=(Regex&& other) noexcept;
  ~Regex();

  struct Match {
    size_t begin;
    size_t end;
  };
  // Appends every match in the valid UTF-8 *text* from left to right; none overlap. A match may be empty, but
  // not where the one before it ends. RESOURCE_EXHAUSTED where one takes more steps or memory than the limits
  // allow.
  Status FindAll(std::string_view text, std::vector<Match>* matches) const;

  const std::string& pattern() const { return pattern_; }

 private:
  struct Code;

  Regex(std::string pattern, std::unique_ptr<Code> code);
  static StatusOr<Regex> CompileWith(std::string_view shown, const std::string& pattern, uint32_t options);

  std::string pattern_;
  std::unique_ptr<Code> code_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_REGEX_H_
