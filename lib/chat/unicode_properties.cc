#include "lib/chat/unicode_properties.h"

#include <algorithm>
#include <cstdint>

#include "lib/chat/unicode_properties_table.h"

namespace talaria::chat {
namespace {

using unicode_table::CaseRun;
using unicode_table::CaseSequence;
using unicode_table::CharacterRange;

bool Contains(const CharacterRange* ranges, size_t count, char32_t character) {
  const CharacterRange* after =
      std::upper_bound(ranges, ranges + count, character,
                       [](char32_t code, const CharacterRange& range) { return code < range.first; });
  return after != ranges && character <= (after - 1)->last;
}

struct CaseTable {
  const CaseRun* runs;
  size_t run_count;
  const CaseSequence* sequences;
  size_t sequence_count;
};

CaseMapping Map(const CaseTable& table, char32_t character) {
  const CaseRun* end = table.runs + table.run_count;
  const CaseRun* after = std::upper_bound(table.runs, end, character,
                                          [](char32_t code, const CaseRun& run) { return code < run.first; });
  if (after != table.runs) {
    const CaseRun& run = *(after - 1);
    if (character <= run.last && (character - run.first) % run.stride == 0) {
      return {{static_cast<char32_t>(static_cast<int32_t>(character) + run.delta)}, 1};
    }
  }
  const CaseSequence* last = table.sequences + table.sequence_count;
  const CaseSequence* found =
      std::lower_bound(table.sequences, last, character,
                       [](const CaseSequence& entry, char32_t code) { return entry.code < code; });
  if (found != last && found->code == character) {
    return {{found->mapped[0], found->mapped[1], found->mapped[2]},
            found->mapped[2] == 0 ? size_t{2} : size_t{3}};
  }
  return {{character}, 1};
}

}  // namespace

CaseMapping ToUpper(char32_t character) {
  return Map({unicode_table::kUpperRuns, unicode_table::kUpperRunsCount, unicode_table::kUpperSequences,
              unicode_table::kUpperSequencesCount},
             character);
}
CaseMapping ToLower(char32_t character) {
  return Map({unicode_table::kLowerRuns, unicode_table::kLowerRunsCount, unicode_table::kLowerSequences,
              unicode_table::kLowerSequencesCount},
             character);
}
CaseMapping ToTitle(char32_t character) {
  return Map({unicode_table::kTitleRuns, unicode_table::kTitleRunsCount, unicode_table::kTitleSequences,
              unicode_table::kTitleSequencesCount},
             character);
}

bool IsCased(char32_t c) { return Contains(unicode_table::kCased, unicode_table::kCasedCount, c); }
bool IsCaseIgnorable(char32_t c) {
  return Contains(unicode_table::kCaseIgnorable, unicode_table::kCaseIgnorableCount, c);
}
bool IsUpperCase(char32_t c) {
  return Contains(unicode_table::kUpperCase, unicode_table::kUpperCaseCount, c);
}
bool IsLowerCase(char32_t c) {
  return Contains(unicode_table::kLowerCase, unicode_table::kLowerCaseCount, c);
}
bool IsAlphabetic(char32_t c) {
  return Contains(unicode_table::kAlphabetic, unicode_table::kAlphabeticCount, c);
}
bool IsAlphanumeric(char32_t c) {
  return Contains(unicode_table::kAlphanumeric, unicode_table::kAlphanumericCount, c);
}
bool IsDigit(char32_t c) { return Contains(unicode_table::kDigit, unicode_table::kDigitCount, c); }
bool IsPrintable(char32_t c) {
  if (c < 0x7F) return c >= 0x20;
  return !Contains(unicode_table::kNotPrintable, unicode_table::kNotPrintableCount, c);
}

bool IsSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool IsLineBreak(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

}  // namespace talaria::chat
