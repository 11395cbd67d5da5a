#ifndef TALARIA_LIB_CHAT_UNICODE_PROPERTIES_H_
#define TALARIA_LIB_CHAT_UNICODE_PROPERTIES_H_

#include <array>
#include <cstddef>

// What Python's str methods know of a character, over tables made from Python itself.
namespace talaria::chat {

// One to three characters that one maps to.
struct CaseMapping {
  std::array<char32_t, 3> characters;
  size_t count;
};

CaseMapping ToUpper(char32_t character);
// Without regard to what surrounds it: a capital sigma gives the medial form.
CaseMapping ToLower(char32_t character);
CaseMapping ToTitle(char32_t character);

bool IsCased(char32_t character);
bool IsCaseIgnorable(char32_t character);
bool IsUpperCase(char32_t character);
bool IsLowerCase(char32_t character);
bool IsAlphabetic(char32_t character);
bool IsAlphanumeric(char32_t character);
bool IsDigit(char32_t character);
bool IsPrintable(char32_t character);

// str.isspace: what strip() and split() without an argument take for white space.
bool IsSpace(char32_t character);
// What splitlines() takes for the end of a line ("\r\n" counts as one).
bool IsLineBreak(char32_t character);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_UNICODE_PROPERTIES_H_
