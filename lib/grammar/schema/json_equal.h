#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_JSON_EQUAL_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_JSON_EQUAL_H_

#include <string>

#include "lib/base/json.h"

namespace talaria::grammar {

// A text that two values share exactly when JSON Schema takes them for equal: numbers by value, members in any
// order. One byte says where a value ends, so that no two values run into one another.
std::string EqualityKey(const json::Value& value);

// As the keys are equal, but cheap where the values differ early.
bool JsonEqual(const json::Value& a, const json::Value& b);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_JSON_EQUAL_H_
