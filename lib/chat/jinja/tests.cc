#include "lib/chat/jinja/tests.h"

#include "lib/chat/jinja/argument.h"
#include "lib/chat/jinja/arithmetic.h"
#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/filters.h"
#include "lib/chat/jinja/machine.h"
#include "lib/chat/jinja/methods.h"
#include "lib/chat/jinja/value_text.h"

namespace talaria::chat::jinja {
namespace {

bool IsDefined(const Value& value) { return !value.is_undefined(); }
bool IsUndefined(const Value& value) { return value.is_undefined(); }
bool IsNone(const Value& value) { return value.is(Kind::kNone); }
bool IsBoolean(const Value& value) { return value.is(Kind::kBoolean); }
bool IsTrueItself(const Value& value) { return IsBoolean(value) && value.boolean(); }
bool IsFalseItself(const Value& value) { return IsBoolean(value) && !value.boolean(); }
bool IsInteger(const Value& value) { return value.is(Kind::kInteger) || value.is(Kind::kBigInteger); }
bool IsFloat(const Value& value) { return value.is(Kind::kFloat); }
bool IsNumber(const Value& value) { return value.is_number(); }
bool IsString(const Value& value) { return value.is_string(); }
bool IsMapping(const Value& value) { return value.is(Kind::kDict); }
bool IsEscaped(const Value& value) { return value.is_escaped(); }

// Python's undefined value has a length and can be iterated over and called, so it passes these three.
bool IsIterable(const Value& value) {
  return value.is_string() || value.is(Kind::kSequence) || value.is(Kind::kDict) || value.is_undefined() ||
         (value.is(Kind::kOpaque) && value.opaque().is_iterable());
}
bool IsSequence(const Value& value) {
  return value.is_string() || value.is(Kind::kDict) || value.is_undefined() ||
         value.is_sequence(SequenceType::kList) || value.is_sequence(SequenceType::kTuple) ||
         value.is_sequence(SequenceType::kRange);
}
bool IsCallable(const Value& value) {
  return value.is_undefined() || (value.is(Kind::kOpaque) && value.opaque().is_callable());
}

template <bool (*Has)(const Value&)>
Status IsOfKind(NativeCall& call, Value* out) {
  *out = Value::Boolean(Has(call.self), call.self.mark());
  return absl::OkStatus();
}

TextMark BothMarks(const NativeCall& call) { return Combine(call.self.mark(), call[0].mark()); }

Status SpendBoth(NativeCall& call) { return call.machine.Spend(call.self.weight() + call[0].weight()); }

template <bool negated>
Status Equal(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(SpendBoth(call));
  *out = Value::Boolean(AreEqual(call.self, call[0]) != negated, BothMarks(call));
  return absl::OkStatus();
}

// self < other, and with *swapped* the other way round; *or_equal* negates the opposite order as Python does
// for what is totally ordered.
template <bool swapped, bool or_equal>
Status Order(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(SpendBoth(call));
  const Value& left = swapped ? call[0] : call.self;
  const Value& right = swapped ? call.self : call[0];
  bool less = false;
  TALARIA_RETURN_IF_ERROR(IsLess(left, right, &less));
  *out = Value::Boolean(less || (or_equal && AreEqual(left, right)), BothMarks(call));
  return absl::OkStatus();
}

Status SameAs(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(SpendBoth(call));
  *out = Value::Boolean(AreSame(call.self, call[0]), BothMarks(call));
  return absl::OkStatus();
}

Status In(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(SpendBoth(call));
  bool found = false;
  TALARIA_RETURN_IF_ERROR(IsIn(call.self, call[0], &found));
  *out = Value::Boolean(found, BothMarks(call));
  return absl::OkStatus();
}

Status Remainder(const Value& value, const Value& divisor, int64_t expected, Value* out) {
  Value remainder;
  TALARIA_RETURN_IF_ERROR(Calculate(Operator::kModulo, value, divisor, &remainder));
  *out = Value::Boolean(AreEqual(remainder, Value::Integer(expected)), Combine(value.mark(), divisor.mark()));
  return absl::OkStatus();
}

template <int64_t expected>
Status Parity(NativeCall& call, Value* out) {
  return Remainder(call.self, Value::Integer(2), expected, out);
}

Status DivisibleBy(NativeCall& call, Value* out) { return Remainder(call.self, call[0], 0, out); }

// str(value).islower() and its like, by the method of that name.
Status AskMethod(NativeCall& call, std::string_view method, Value* out) {
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(call.machine.Spend(call.self.weight()));
  TALARIA_RETURN_IF_ERROR(TextOf(call.self, &text));
  Arguments none;
  const Value self = Value::String(std::move(text));
  return CallFunction(*FindFunction(StringCaseMethods(), method), "method", call.machine, self, none, out);
}
Status IsLower(NativeCall& call, Value* out) { return AskMethod(call, "islower", out); }
Status IsUpper(NativeCall& call, Value* out) { return AskMethod(call, "isupper", out); }

template <const NativeFunction* (*Find)(std::string_view)>
Status IsName(NativeCall& call, Value* out) {
  *out = Value::Boolean(call.self.is_string() && Find(call.self.text()) != nullptr, call.self.mark());
  return absl::OkStatus();
}

constexpr NativeFunction kTests[] = {
    {"!=", Equal<true>, 1, 1},
    {"<", Order<false, false>, 1, 1},
    {"<=", Order<false, true>, 1, 1},
    {"==", Equal<false>, 1, 1},
    {">", Order<true, false>, 1, 1},
    {">=", Order<true, true>, 1, 1},
    {"boolean", IsOfKind<IsBoolean>},
    {"callable", IsOfKind<IsCallable>},
    {"defined", IsOfKind<IsDefined>},
    {"divisibleby", DivisibleBy, 1, 1, {"num"}},
    {"eq", Equal<false>, 1, 1},
    {"equalto", Equal<false>, 1, 1},
    {"escaped", IsOfKind<IsEscaped>},
    {"even", Parity<0>},
    {"false", IsOfKind<IsFalseItself>},
    {"filter", IsName<FindFilter>},
    {"float", IsOfKind<IsFloat>},
    {"ge", Order<true, true>, 1, 1},
    {"greaterthan", Order<true, false>, 1, 1},
    {"gt", Order<true, false>, 1, 1},
    {"in", In, 1, 1, {"seq"}},
    {"integer", IsOfKind<IsInteger>},
    {"iterable", IsOfKind<IsIterable>},
    {"le", Order<false, true>, 1, 1},
    {"lessthan", Order<false, false>, 1, 1},
    {"lower", IsLower},
    {"lt", Order<false, false>, 1, 1},
    {"mapping", IsOfKind<IsMapping>},
    {"ne", Equal<true>, 1, 1},
    {"none", IsOfKind<IsNone>},
    {"number", IsOfKind<IsNumber>},
    {"odd", Parity<1>},
    {"sameas", SameAs, 1, 1, {"other"}},
    {"sequence", IsOfKind<IsSequence>},
    {"string", IsOfKind<IsString>},
    {"test", IsName<FindTest>},
    {"true", IsOfKind<IsTrueItself>},
    {"undefined", IsOfKind<IsUndefined>},
    {"upper", IsUpper},
};

}  // namespace

const NativeFunction* FindTest(std::string_view name) { return FindFunction(kTests, name); }

}  // namespace talaria::chat::jinja
