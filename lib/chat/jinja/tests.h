#ifndef TALARIA_LIB_CHAT_JINJA_TESTS_H_
#define TALARIA_LIB_CHAT_JINJA_TESTS_H_

#include <string_view>

#include "lib/chat/jinja/native_function.h"

// The tests there are (value is name(arguments)). To add one, add a row to the table.
namespace talaria::chat::jinja {

// nullptr where there is none of that name.
const NativeFunction* FindTest(std::string_view name);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_TESTS_H_
