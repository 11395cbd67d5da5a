#include "lib/tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>

#include "lib/base/utf8.h"
#include "lib/tokenizer/regex_syntax.h"

namespace talaria {
namespace {

constexpr size_t kMaxPatternBytes = 64 * 1024;
// Steps of one match: a greedy class over a run of 100,000 characters takes about as many.
constexpr uint32_t kMatchLimit = 20'000'000;
constexpr uint32_t kDepthLimit = 20'000'000;
constexpr uint32_t kHeapLimitKib = 256 * 1024;

template <auto kFree>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using MatchData = std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>>;
using CompileContext = std::unique_ptr<pcre2_compile_context, Deleter<pcre2_compile_context_free>>;

std::string ErrorText(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  if (pcre2_get_error_message(code, text.data(), text.size()) < 0) return Cat("PCRE2 error ", code);
  return {text.begin(), std::find(text.begin(), text.end(), 0)};
}

bool IsScript(std::string_view name) {
  const std::string pattern = Cat("\\p{sc:", name, "}");
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF,
                                   &error, &offset, nullptr);
  pcre2_code_free(code);
  return code != nullptr;
}

}  // namespace

struct Regex::Code {
  pcre2_code* code = nullptr;
  ~Code() { pcre2_code_free(code); }
};

Regex::Regex(std::string pattern, std::unique_ptr<Code> code)
    : pattern_(std::move(pattern)), code_(std::move(code)) {}
Regex::Regex(Regex&& other) noexcept = default;
Regex& Regex::operator=(Regex&& other) noexcept = default;
Regex::~Regex() = default;

StatusOr<Regex> Regex::Compile(std::string_view pattern) {
  TALARIA_ASSIGN_OR_RETURN(const std::string translated, PatternForPcre2(pattern, IsScript));
  // Ruby's ^ and $ match at every line.
  return CompileWith(pattern, translated, PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C);
}

StatusOr<Regex> Regex::Literal(std::string_view text) {
  return CompileWith(text, std::string(text), PCRE2_UTF | PCRE2_LITERAL);
}

StatusOr<Regex> Regex::CompileWith(std::string_view shown, const std::string& pattern, uint32_t options) {
  if (pattern.empty()) return InvalidArgument("a pattern that is empty");
  if (pattern.size() > kMaxPatternBytes) {
    return InvalidArgument("a pattern of ", pattern.size(), " bytes, expected at most ", kMaxPatternBytes);
  }
  if (!IsValidUtf8(pattern)) return InvalidArgument("a pattern that is not UTF-8: ", Quoted(shown, 200));
  const CompileContext context(pcre2_compile_context_create(nullptr));
  if (context == nullptr) return ResourceExhausted("no memory for a pattern");
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), 64);
  auto code = std::make_unique<Code>();
  int error = 0;
  PCRE2_SIZE offset = 0;
  code->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error,
                             &offset, context.get());
  if (code->code == nullptr) {
    return InvalidArgument("the pattern ", Quoted(shown, 200), " does not compile: ", ErrorText(error));
  }
  // A platform without writable code pages runs the interpreter.
  (void)pcre2_jit_compile(code->code, PCRE2_JIT_COMPLETE);
  return Regex(std::string(shown), std::move(code));
}

Status Regex::FindAll(std::string_view text, std::vector<Match>* matches) const {
  const MatchData data(pcre2_match_data_create(1, nullptr));
  const MatchContext context(pcre2_match_context_create(nullptr));
  if (data == nullptr || context == nullptr) return ResourceExhausted("no memory to match a pattern");
  pcre2_set_match_limit(context.get(), kMatchLimit);
  pcre2_set_depth_limit(context.get(), kDepthLimit);
  pcre2_set_heap_limit(context.get(), kHeapLimitKib);
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  size_t at = 0;
  size_t last_end = std::string_view::npos;
  // The caller's text is valid: it is not checked again for every match.
  uint32_t options = PCRE2_NO_UTF_CHECK;
  while (at <= text.size()) {
    int found = pcre2_match(code_->code, subject, text.size(), at, options, data.get(), context.get());
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) {
      options |= PCRE2_NO_JIT;
      found = pcre2_match(code_->code, subject, text.size(), at, options, data.get(), context.get());
    }
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found < 0) {
      return ResourceExhausted("the pattern ", Quoted(pattern_, 200), " at byte ", at, " of ", text.size(),
                               ": ", ErrorText(found));
    }
    // begin <= end: \K is refused.
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data.get());
    if (bounds[0] == bounds[1] && bounds[1] == last_end) {
      // Nothing where the last match ended: the search goes on at the next character.
      at = last_end < text.size() ? last_end + DecodeUtf8(text.substr(last_end)).bytes : text.size() + 1;
      continue;
    }
    matches->push_back({bounds[0], bounds[1]});
    at = last_end = bounds[1];
  }
  return absl::OkStatus();
}

}  // namespace talaria
