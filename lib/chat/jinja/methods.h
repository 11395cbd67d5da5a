#ifndef TALARIA_LIB_CHAT_JINJA_METHODS_H_
#define TALARIA_LIB_CHAT_JINJA_METHODS_H_

#include <string_view>

#include "absl/types/span.h"
#include "lib/chat/jinja/native_function.h"

// The methods of strings, lists, tuples and mappings that templates may call: those of Python that change
// nothing.
namespace talaria::chat::jinja {

// nullptr where values of that kind have no such method.
const NativeFunction* FindMethod(const Value& object, std::string_view name);

// Whether *name* is a method that Python has and that would change *object*.
bool IsChangingMethod(const Value& object, std::string_view name);

// What items(), keys() and values() give, or with kGenerator the pairs as the filter |items gives them.
Status DictView(Machine& machine, const Value& dict, SequenceType type, Value* out);

// The tables, by what they are about.
absl::Span<const NativeFunction> StringMethods();
absl::Span<const NativeFunction> StringCaseMethods();
absl::Span<const NativeFunction> DictMethods();
absl::Span<const NativeFunction> SequenceMethods();

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_METHODS_H_
