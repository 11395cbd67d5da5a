#ifndef TALARIA_LIB_CHAT_UNICODE_PROPERTIES_TABLE_H_
#define TALARIA_LIB_CHAT_UNICODE_PROPERTIES_TABLE_H_

#include <cstddef>
#include <cstdint>

// The generated tables behind unicode_properties.h; make_unicode_properties.py says how they are laid out.
namespace talaria::chat::unicode_table {

struct CharacterRange {
  uint32_t first;
  uint32_t last;
};

// first, first + stride, ..., last: each maps to itself + delta.
struct CaseRun {
  uint32_t first;
  uint32_t last;
  uint32_t stride;
  int32_t delta;
};

// A character that maps to two or three; zeros fill up.
struct CaseSequence {
  uint32_t code;
  uint32_t mapped[3];
};

extern const CaseRun kUpperRuns[], kLowerRuns[], kTitleRuns[];
extern const size_t kUpperRunsCount, kLowerRunsCount, kTitleRunsCount;
extern const CaseSequence kUpperSequences[], kLowerSequences[], kTitleSequences[];
extern const size_t kUpperSequencesCount, kLowerSequencesCount, kTitleSequencesCount;
extern const CharacterRange kCased[], kCaseIgnorable[], kUpperCase[], kLowerCase[], kAlphabetic[],
    kAlphanumeric[], kDigit[], kNotPrintable[];
extern const size_t kCasedCount, kCaseIgnorableCount, kUpperCaseCount, kLowerCaseCount, kAlphabeticCount,
    kAlphanumericCount, kDigitCount, kNotPrintableCount;

}  // namespace talaria::chat::unicode_table

#endif  // TALARIA_LIB_CHAT_UNICODE_PROPERTIES_TABLE_H_
