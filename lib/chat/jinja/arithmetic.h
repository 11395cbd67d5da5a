#ifndef TALARIA_LIB_CHAT_JINJA_ARITHMETIC_H_
#define TALARIA_LIB_CHAT_JINJA_ARITHMETIC_H_

#include "lib/chat/jinja/value.h"

// + - * / // % ** and signs with Python's rules: booleans count as 0 and 1, // and % round down, ** of a
// negative exponent is a float. Integers are 64 bits wide: what Python would answer with a larger one is
// INVALID_ARGUMENT. The result has both marks combined; text keeps the marks of its parts.
namespace talaria::chat::jinja {

enum class Operator : uint8_t { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };

Status Calculate(Operator op, const Value& left, const Value& right, Value* out);

Status Negate(const Value& value, Value* out);
Status Positive(const Value& value, Value* out);  // the sign +

// *text* with & < > " ' as HTML references: what Markup does to other text it is joined with.
MarkedString HtmlEscape(const MarkedString& text);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_ARITHMETIC_H_
