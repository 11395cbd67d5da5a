#ifndef TALARIA_LIB_CHAT_JINJA_NATIVE_FUNCTION_H_
#define TALARIA_LIB_CHAT_JINJA_NATIVE_FUNCTION_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/types/span.h"
#include "lib/chat/jinja/opaque.h"

namespace talaria::chat::jinja {

// What a built-in filter, test, method or global is called with.
struct NativeCall {
  Machine& machine;
  // What the filter or test is applied to, or the method's object; absent for globals.
  const Value& self;
  // As they were given; those of a function with named parameters have been moved to *bound*.
  Arguments& arguments;
  // One for each parameter; absent where none was given.
  std::array<Value, 6> bound;

  const Value& operator[](size_t i) const { return bound[i]; }
};

// A row of the tables that say what there is: tables are constant data, so that one can see all of a kind at
// once.
struct NativeFunction {
  using Body = Status (*)(NativeCall& call, Value* out);
  // The arguments are not bound to names: the body reads them itself.
  static constexpr uint8_t kAnyArguments = 255;

  std::string_view name;
  Body body;
  uint8_t required = 0;  // the first so many parameters must be given
  uint8_t parameters = 0;
  std::array<std::string_view, 6> names = {};  // "" can only be given by position
};

// The row called *name*, or nullptr.
const NativeFunction* FindFunction(absl::Span<const NativeFunction> table, std::string_view name);

// Binds *arguments* and runs the body. *what* is the kind of function, for messages: "filter", "test",
// "method".
Status CallFunction(const NativeFunction& function, std::string_view what, Machine& machine,
                    const Value& self, Arguments& arguments, Value* out);

// *function* as a value, bound to *self* where it is a method. *function* must be of a constant table.
Value FunctionValue(const NativeFunction& function, std::string_view what, Value self);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_NATIVE_FUNCTION_H_
