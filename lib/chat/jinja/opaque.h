#ifndef TALARIA_LIB_CHAT_JINJA_OPAQUE_H_
#define TALARIA_LIB_CHAT_JINJA_OPAQUE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/chat/jinja/value.h"

namespace talaria::chat::jinja {

class Machine;

// What a call in a template brings.
struct Arguments {
  std::vector<Value> positional;
  // A name may come from a mapping (**m), whose keys have marks.
  std::vector<std::pair<MarkedString, Value>> named;
};

// A value that is neither data nor a namespace: it may have attributes and may be called. Immutable for
// templates; state that calls change (a loop's position) is the object's own.
class Opaque : public Object {
 public:
  // "the macro 'f'": for messages.
  virtual std::string Description() const = 0;
  // INVALID_ARGUMENT by default: not everything can be called.
  virtual Status Call(Machine& machine, Arguments& arguments, Value* out) const;
  // Sets *out to the attribute of that name; leaves it absent where there is none.
  virtual Status Attribute(Machine& machine, std::string_view name, Value* out) const;
  virtual bool is_callable() const { return true; }
  virtual bool is_iterable() const { return false; }
  virtual bool Truth() const { return true; }
  // How deeply what it holds is nested, itself included: chains of these are bounded as containers are.
  virtual int depth() const { return 1; }
};

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_OPAQUE_H_
