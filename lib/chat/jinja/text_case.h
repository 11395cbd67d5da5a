#ifndef TALARIA_LIB_CHAT_JINJA_TEXT_CASE_H_
#define TALARIA_LIB_CHAT_JINJA_TEXT_CASE_H_

#include "lib/chat/jinja/marked_string.h"

// Case as Python's str has it (Unicode's full mappings, the final sigma included). A character's marks go to
// what it is mapped to.
namespace talaria::chat::jinja {

MarkedString Upper(const MarkedString& text);
MarkedString Lower(const MarkedString& text);
MarkedString SwapCase(const MarkedString& text);
// The first character in title case, the rest lower.
MarkedString Capitalize(const MarkedString& text);
// str.title(): each run of cased characters capitalised.
MarkedString TitleWords(const MarkedString& text);
// The filter |title, which is another: what follows white space or one of -({[< is upper case, the rest
// lower.
MarkedString TitleFilter(const MarkedString& text);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_TEXT_CASE_H_
