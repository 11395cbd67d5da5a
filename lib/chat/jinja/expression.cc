#include "lib/chat/jinja/expression.h"

#include <algorithm>

#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/globals.h"
#include "lib/chat/jinja/value_text.h"

namespace talaria::chat::jinja {

Status ConstantExpression::Run(Machine& /*machine*/, Value* out) const {
  *out = value_;
  return absl::OkStatus();
}

NameExpression::NameExpression(int line, Symbol symbol, const std::string& name)
    : Expression(line), symbol_(symbol) {
  if (!FindGlobal(name, &fallback_)) fallback_ = Value::Undefined(Cat(Quoted(name), " is undefined"));
}

Status NameExpression::Run(Machine& machine, Value* out) const {
  const Value* found = machine.Lookup(symbol_);
  *out = found != nullptr ? *found : fallback_;
  return absl::OkStatus();
}

Status SequenceExpression::Run(Machine& machine, Value* out) const {
  TALARIA_RETURN_IF_ERROR(At(machine.SpendItems(items_.size())));
  std::vector<Value> items(items_.size());
  for (size_t i = 0; i < items_.size(); ++i) TALARIA_RETURN_IF_ERROR(items_[i]->Evaluate(machine, &items[i]));
  return At(MakeSequence(type_, std::move(items), TextMark::kControl, out));
}

Status DictExpression::Run(Machine& machine, Value* out) const {
  TALARIA_RETURN_IF_ERROR(At(machine.SpendItems(entries_.size() * 2)));
  auto dict = std::make_shared<Dict>();
  for (const auto& [key_expression, value_expression] : entries_) {
    Value key;
    Value value;
    TALARIA_RETURN_IF_ERROR(key_expression->Evaluate(machine, &key));
    if (!IsHashable(key)) return At(InvalidArgument(TypeName(key), " cannot be a key of a mapping"));
    TALARIA_RETURN_IF_ERROR(value_expression->Evaluate(machine, &value));
    dict->Set(std::move(key), std::move(value));
  }
  return At(MakeDict(std::move(dict), TextMark::kControl, out));
}

Status ArithmeticExpression::Run(Machine& machine, Value* out) const {
  Value left;
  TALARIA_RETURN_IF_ERROR(first_->Evaluate(machine, &left));
  for (const auto& [op, operand] : rest_) {
    Value right;
    TALARIA_RETURN_IF_ERROR(operand->Evaluate(machine, &right));
    // Adding text or lists copies both.
    const bool copies = !left.is_number() || !right.is_number();
    if (copies) TALARIA_RETURN_IF_ERROR(At(machine.Spend(4 * (left.weight() + right.weight()))));
    TALARIA_RETURN_IF_ERROR(At(Calculate(op, left, right, out)));
    // What a repetition made is known only now.
    if (copies) TALARIA_RETURN_IF_ERROR(At(machine.Spend(out->weight())));
    left = std::move(*out);
  }
  *out = std::move(left);
  return absl::OkStatus();
}

Status ConcatenationExpression::Run(Machine& machine, Value* out) const {
  MarkedString text;
  for (const ExpressionPtr& part : parts_) {
    Value value;
    TALARIA_RETURN_IF_ERROR(part->Evaluate(machine, &value));
    TALARIA_RETURN_IF_ERROR(At(machine.Spend(value.weight())));
    TALARIA_RETURN_IF_ERROR(At(AppendText(value, &text)));
    TALARIA_RETURN_IF_ERROR(At(CheckTextBytes(text.size())));
  }
  *out = Value::String(std::move(text));
  return absl::OkStatus();
}

namespace {

Status Compare(Comparator comparator, const Value& left, const Value& right, bool* holds) {
  switch (comparator) {
    case Comparator::kEqual:
      *holds = AreEqual(left, right);
      return absl::OkStatus();
    case Comparator::kNotEqual:
      *holds = !AreEqual(left, right);
      return absl::OkStatus();
    case Comparator::kLess:
      return IsLess(left, right, holds);
    case Comparator::kGreater:
      return IsLess(right, left, holds);
    case Comparator::kIn:
      return IsIn(left, right, holds);
    case Comparator::kNotIn: {
      Status status = IsIn(left, right, holds);
      *holds = !*holds;
      return status;
    }
    case Comparator::kLessEqual:
    case Comparator::kGreaterEqual:
      break;
  }
  // Not the negation of the opposite: nothing holds for a NaN.
  const bool is_less = comparator == Comparator::kLessEqual;
  TALARIA_RETURN_IF_ERROR(is_less ? IsLess(left, right, holds) : IsLess(right, left, holds));
  *holds = *holds || AreEqual(left, right);
  return absl::OkStatus();
}

}  // namespace

Status ComparisonExpression::Run(Machine& machine, Value* out) const {
  Value left;
  TALARIA_RETURN_IF_ERROR(first_->Evaluate(machine, &left));
  TextMark mark = left.mark();
  bool holds = true;
  for (size_t i = 0; i < rest_.size() && holds; ++i) {
    Value right;
    TALARIA_RETURN_IF_ERROR(rest_[i].second->Evaluate(machine, &right));
    TALARIA_RETURN_IF_ERROR(At(machine.Spend(std::min(left.weight(), right.weight()))));
    const bool searches = rest_[i].first == Comparator::kIn || rest_[i].first == Comparator::kNotIn;
    if (searches) TALARIA_RETURN_IF_ERROR(At(machine.Spend(right.weight())));
    TALARIA_RETURN_IF_ERROR(At(Compare(rest_[i].first, left, right, &holds)));
    mark = Combine(mark, right.mark());
    left = std::move(right);
  }
  *out = Value::Boolean(holds, mark);
  return absl::OkStatus();
}

Status LogicExpression::Run(Machine& machine, Value* out) const {
  for (size_t i = 0; i < parts_.size(); ++i) {
    TALARIA_RETURN_IF_ERROR(parts_[i]->Evaluate(machine, out));
    if (i + 1 < parts_.size() && IsTrue(*out) != is_and_) break;
  }
  return absl::OkStatus();
}

Status NotExpression::Run(Machine& machine, Value* out) const {
  TALARIA_RETURN_IF_ERROR(operand_->Evaluate(machine, out));
  *out = Value::Boolean(!IsTrue(*out), out->mark());
  return absl::OkStatus();
}

Status SignExpression::Run(Machine& machine, Value* out) const {
  Value operand;
  TALARIA_RETURN_IF_ERROR(operand_->Evaluate(machine, &operand));
  return At(is_minus_ ? Negate(operand, out) : Positive(operand, out));
}

Status ConditionalExpression::Run(Machine& machine, Value* out) const {
  TALARIA_RETURN_IF_ERROR(condition_->Evaluate(machine, out));
  if (IsTrue(*out)) return then_->Evaluate(machine, out);
  if (otherwise_ != nullptr) return otherwise_->Evaluate(machine, out);
  *out = Value::Undefined("an 'if' without 'else' that does not hold");
  return absl::OkStatus();
}

}  // namespace talaria::chat::jinja
