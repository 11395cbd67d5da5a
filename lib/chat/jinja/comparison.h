#ifndef TALARIA_LIB_CHAT_JINJA_COMPARISON_H_
#define TALARIA_LIB_CHAT_JINJA_COMPARISON_H_

#include "lib/chat/jinja/value.h"

// Truth, equality, order and membership as Python has them. Marks play no part in a comparison.
namespace talaria::chat::jinja {

bool IsTrue(const Value& value);

bool AreEqual(const Value& a, const Value& b);

// Whether both are one object, or equal simple values of one kind: Python's `is` as far as it means anything
// here.
bool AreSame(const Value& a, const Value& b);

// a < b as sort() asks it: numbers with numbers, strings with strings, lists with lists, tuples with tuples.
// INVALID_ARGUMENT for anything else.
Status IsLess(const Value& a, const Value& b, bool* less);

// *item* in *container*. Goes through a generator as far as needed.
Status IsIn(const Value& item, const Value& container, bool* found);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_COMPARISON_H_
