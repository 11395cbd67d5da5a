#ifndef TALARIA_LIB_CHAT_JINJA_ATTRIBUTE_PATH_H_
#define TALARIA_LIB_CHAT_JINJA_ATTRIBUTE_PATH_H_

#include <vector>

#include "lib/chat/jinja/machine.h"

namespace talaria::chat::jinja {

// The attribute=... of filters: "name", "a.b", "list.0" or an integer, looked up as brackets do.
class AttributePath {
 public:
  // An absent *attribute* (or None) is the item itself.
  static StatusOr<AttributePath> Parse(const Value& attribute);

  // *item*'s attribute; what is not there gives an undefined value, or *fallback* unless that is absent or
  // None.
  Status Get(Machine& machine, const Value& item, const Value& fallback, Value* out) const;

 private:
  std::vector<Value> parts_;
};

// Several paths divided by commas: what sort takes.
StatusOr<std::vector<AttributePath>> ParseAttributePaths(const Value& attribute);

// What items are compared by: the attribute, in lower case unless *case_sensitive*.
Status SortKey(Machine& machine, const AttributePath& path, bool case_sensitive, const Value& item,
               Value* out);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_ATTRIBUTE_PATH_H_
