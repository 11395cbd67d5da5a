#include "lib/tokenizer/regex_syntax.h"

namespace talaria {
namespace {

bool IsAsciiLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }

// Walks the pattern once; what is not known to differ is copied.
class Translator {
 public:
  Translator(std::string_view pattern, const std::function<bool(std::string_view)>& is_script)
      : pattern_(pattern), is_script_(is_script) {}

  StatusOr<std::string> Run() {
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      if (c == '\\' && at_ + 1 < pattern_.size()) {
        TALARIA_RETURN_IF_ERROR(Escape());
      } else if (in_class_) {
        TALARIA_RETURN_IF_ERROR(InClass());
      } else if (c == '[') {
        OpenClass();
      } else if (c == '{') {
        TALARIA_RETURN_IF_ERROR(Interval());
      } else {
        // (?m: lets the dot match a newline in Ruby, and moves ^ and $ in PCRE2.
        if (Rest().substr(0, 2) == "(?") TALARIA_RETURN_IF_ERROR(Flags());
        Copy(1);
      }
    }
    return std::move(out_);
  }

 private:
  std::string_view Rest() const { return pattern_.substr(at_); }
  void Copy(size_t bytes) {
    out_ += Rest().substr(0, bytes);
    at_ += bytes;
  }
  Status Differs(std::string_view what) const {
    return Unimplemented(what, " at byte ", at_, " of the pattern ", Quoted(pattern_, 200));
  }

  Status Escape() {
    const char letter = pattern_[at_ + 1];
    if (!IsAsciiLetter(letter)) {
      Copy(2);
      return absl::OkStatus();
    }
    switch (letter) {
      // PCRE2's own \s holds U+180E, its \w no marks.
      case 's':
        return Put("\\p{White_Space}");
      case 'S':
        return Put("\\P{White_Space}");
      case 'w':
        return Put(in_class_ ? "\\p{L}\\p{M}\\p{N}\\p{Pc}" : "[\\p{L}\\p{M}\\p{N}\\p{Pc}]");
      case 'W':
        if (in_class_) break;
        return Put("[^\\p{L}\\p{M}\\p{N}\\p{Pc}]");
      case 'p':
      case 'P':
        Property();
        return absl::OkStatus();
      case 'b':
        if (!in_class_) break;
        [[fallthrough]];
      case 'a':
      case 'd':
      case 'D':
      case 'e':
      case 'f':
      case 'n':
      case 'r':
      case 't':
      case 'x':
      case 'A':
      case 'Z':
      case 'z':
        Copy(2);
        return absl::OkStatus();
      default:
        break;
    }
    return Differs(Cat("the escape \\", letter));
  }

  Status Put(std::string_view replacement) {
    out_ += replacement;
    at_ += 2;
    return absl::OkStatus();
  }

  // PCRE2 takes a script's bare name for Script_Extensions.
  void Property() {
    const size_t end = Rest().find('}');
    const bool braced =
        at_ + 2 < pattern_.size() && pattern_[at_ + 2] == '{' && end != std::string_view::npos;
    if (!braced) return Copy(2);
    const std::string_view name = Rest().substr(3, end - 3);
    if (name.size() > 2 && is_script_(name)) {
      Copy(3);
      out_ += "sc:";
      return Copy(end + 1 - 3);
    }
    Copy(end + 1);
  }

  void OpenClass() {
    in_class_ = true;
    Copy(1);
    if (Rest().substr(0, 1) == "^") Copy(1);
    if (Rest().substr(0, 1) == "]") Copy(1);
  }

  Status InClass() {
    if (pattern_[at_] == '[') return Differs("a bracket inside a class");
    if (Rest().substr(0, 2) == "&&") return Differs("an intersection of classes");
    if (pattern_[at_] == ']') in_class_ = false;
    Copy(1);
    return absl::OkStatus();
  }

  // {n,m}+ repeats in Ruby and is possessive in PCRE2; {n}? is optional in Ruby and lazy in PCRE2; {,m} is an
  // interval only in Ruby.
  Status Interval() {
    size_t end = 1;
    while (end < Rest().size() && (IsAsciiDigit(Rest()[end]) || Rest()[end] == ',')) ++end;
    if (end == 1 || end >= Rest().size() || Rest()[end] != '}') {
      Copy(1);
      return absl::OkStatus();
    }
    const std::string_view body = Rest().substr(1, end - 1);
    const char after = end + 1 < Rest().size() ? Rest()[end + 1] : '\0';
    if (body[0] == ',') return Differs("an interval without its least count");
    if (after == '+') return Differs("a + after an interval");
    if (after == '?' && body.find(',') == std::string_view::npos) return Differs("a ? after an exact count");
    Copy(end + 1);
    return absl::OkStatus();
  }

  Status Flags() {
    size_t end = 2;
    while (end < Rest().size() && (IsAsciiLetter(Rest()[end]) || Rest()[end] == '-')) ++end;
    const bool has_flags = end < Rest().size() && (Rest()[end] == ':' || Rest()[end] == ')');
    for (const char flag : Rest().substr(2, has_flags ? end - 2 : 0)) {
      if (flag != 'i' && flag != 'x' && flag != '-') return Differs(Cat("the option ", flag));
    }
    return absl::OkStatus();
  }

  const std::string_view pattern_;
  const std::function<bool(std::string_view)>& is_script_;
  size_t at_ = 0;
  bool in_class_ = false;
  std::string out_;
};

}  // namespace

StatusOr<std::string> PatternForPcre2(std::string_view pattern,
                                      const std::function<bool(std::string_view name)>& is_script) {
  return Translator(pattern, is_script).Run();
}

}  // namespace talaria
