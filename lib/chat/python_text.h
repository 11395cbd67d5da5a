#ifndef TALARIA_LIB_CHAT_PYTHON_TEXT_H_
#define TALARIA_LIB_CHAT_PYTHON_TEXT_H_

#include <string>
#include <string_view>

#include "lib/base/json.h"

// Text as Python writes and trims it: the model was trained on prompts that Python programs printed.
namespace talaria::chat {

// *text* without white space (str.isspace) at either end, at its start, at its end.
std::string_view Strip(std::string_view text);
std::string_view StripStart(std::string_view text);
std::string_view StripEnd(std::string_view text);

// The quote that repr() puts around *text*: a double one only where the text has single quotes and no double
// ones.
char ReprQuote(std::string_view text);
// Appends the one character at the start of *text* (valid UTF-8, not empty) as repr() has it between
// *quote*s; returns how many bytes of *text* it took.
size_t AppendReprCharacter(std::string_view text, char quote, std::string* out);
// Appends repr(text) without the quotes around it.
void AppendReprBody(std::string_view text, std::string* out);

// repr() of what json.loads makes of *value*: {'a': None, 'b': [True, 1.5]}.
std::string Repr(const json::Value& value);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_PYTHON_TEXT_H_
