#ifndef TALARIA_LIB_CHAT_JINJA_GLOBALS_H_
#define TALARIA_LIB_CHAT_JINJA_GLOBALS_H_

#include <string_view>

#include "lib/chat/jinja/opaque.h"

namespace talaria::chat::jinja {

// The functions that every template can call unless a variable of that name hides them: range, dict,
// namespace, cycler, joiner, raise_exception, strftime_now. False where there is none of that name.
bool FindGlobal(std::string_view name, Value* out);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_GLOBALS_H_
