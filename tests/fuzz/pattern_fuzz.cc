// rooms: grammar base
// Any bytes as a pattern: what is accepted can be walked, and its forms in plain text and in a JSON string
// allow the same texts.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/grammar/regex/pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talaria::grammar;
  if (size > 200) return 0;
  const std::string_view pattern(reinterpret_cast<const char*>(data), size);
  RegexPool pool(20000);
  const auto plain = ParsePattern(pattern, PatternUse::kSearch, TextForm::kPlain, &pool);
  const auto json = ParsePattern(pattern, PatternUse::kSearch, TextForm::kJsonString, &pool);
  if (!plain.ok() || !json.ok()) return 0;
  constexpr std::string_view kTexts[] = {
      "", "a", "ab\"\\\n", "\xC3\xA9\x01x", "aaaaaaaa1-_.", "\xF0\x9F\x99\x82"};
  for (const std::string_view text : kTexts) {
    std::string written;
    AppendText(text, TextForm::kJsonString, &written);
    const bool here = pool.Matches(*plain, text);
    const bool there = pool.Matches(*json, written);
    if (!pool.status().ok()) return 0;
    if (here != there) std::abort();
  }
  const auto possible = pool.IsPossible(*plain, 500);
  if (possible.ok() && !*possible && pool.Nullable(*plain)) std::abort();
  return 0;
}
