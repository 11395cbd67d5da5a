#ifndef TALARIA_LIB_CHAT_JINJA_SUBSCRIPT_H_
#define TALARIA_LIB_CHAT_JINJA_SUBSCRIPT_H_

#include <string_view>

#include "lib/chat/jinja/machine.h"

// How templates reach into values. As Jinja's sandbox has it: a dot prefers a method over a mapping's key,
// brackets the key; what is not there, and methods that would change a value, give an undefined value and no
// error. Reaching into an undefined value is INVALID_ARGUMENT.
namespace talaria::chat::jinja {

// object.name
Status GetAttribute(Machine& machine, const Value& object, std::string_view name, Value* out);

// object[key]
Status GetItem(Machine& machine, const Value& object, const Value& key, Value* out);

// object[start:stop:step]; each part absent or None where it was left out. INVALID_ARGUMENT for what has no
// slices.
Status GetSlice(Machine& machine, const Value& object, const Value& start, const Value& stop,
                const Value& step, Value* out);

// The items that a loop over *value* goes through: characters, items, keys; none for an undefined value. A
// generator gives what is left of it and is used up.
Status Iterate(Machine& machine, const Value& value, std::vector<Value>* items);

// len(value); INVALID_ARGUMENT for what has no length.
Status Length(Machine& machine, const Value& value, int64_t* length);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_SUBSCRIPT_H_
