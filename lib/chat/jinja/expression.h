#ifndef TALARIA_LIB_CHAT_JINJA_EXPRESSION_H_
#define TALARIA_LIB_CHAT_JINJA_EXPRESSION_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/chat/jinja/arithmetic.h"
#include "lib/chat/jinja/line_error.h"
#include "lib/chat/jinja/machine.h"

namespace talaria::chat::jinja {

// A node of a parsed template that has a value. Immutable once parsed: renderings on several threads may
// share it.
class Expression {
 public:
  explicit Expression(int line) : line_(line) {}
  virtual ~Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  // Errors begin with the line of the node that failed. *out is no argument of the evaluation.
  Status Evaluate(Machine& machine, Value* out) const {
    const Machine::Level level(&machine);
    if (Status status = level.Check(); !status.ok()) return At(status);
    return Run(machine, out);
  }
  // Whether it is this constant; null otherwise.
  virtual const Value* constant() const { return nullptr; }
  int line() const { return line_; }

 protected:
  virtual Status Run(Machine& machine, Value* out) const = 0;
  // *status*, with this node's line unless it is OK.
  Status At(const Status& status) const { return AtLine(status, line_); }

 private:
  const int line_;
};

using ExpressionPtr = std::unique_ptr<Expression>;
using ExpressionList = std::vector<ExpressionPtr>;

class ConstantExpression : public Expression {
 public:
  ConstantExpression(int line, Value value) : Expression(line), value_(std::move(value)) {}
  const Value* constant() const override { return &value_; }

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const Value value_;
};

// A variable; where none of that name is set, the global function of that name; else an undefined value.
class NameExpression : public Expression {
 public:
  NameExpression(int line, Symbol symbol, const std::string& name);

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const Symbol symbol_;
  Value fallback_;
};

// [a, b] or (a, b).
class SequenceExpression : public Expression {
 public:
  SequenceExpression(int line, SequenceType type, ExpressionList items)
      : Expression(line), type_(type), items_(std::move(items)) {}

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const SequenceType type_;
  const ExpressionList items_;
};

class DictExpression : public Expression {
 public:
  using Entries = std::vector<std::pair<ExpressionPtr, ExpressionPtr>>;
  DictExpression(int line, Entries entries) : Expression(line), entries_(std::move(entries)) {}

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const Entries entries_;
};

// a + b - c: operators of one precedence, from the left. A chain is one node, however long, so that its
// length does not count as depth.
class ArithmeticExpression : public Expression {
 public:
  using Rest = std::vector<std::pair<Operator, ExpressionPtr>>;
  ArithmeticExpression(int line, ExpressionPtr first, Rest rest)
      : Expression(line), first_(std::move(first)), rest_(std::move(rest)) {}

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const ExpressionPtr first_;
  const Rest rest_;
};

// a ~ b ~ c: the texts of all.
class ConcatenationExpression : public Expression {
 public:
  ConcatenationExpression(int line, ExpressionList parts) : Expression(line), parts_(std::move(parts)) {}

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const ExpressionList parts_;
};

enum class Comparator : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn
};

// a < b < c: each with the next, as far as they hold.
class ComparisonExpression : public Expression {
 public:
  using Rest = std::vector<std::pair<Comparator, ExpressionPtr>>;
  ComparisonExpression(int line, ExpressionPtr first, Rest rest)
      : Expression(line), first_(std::move(first)), rest_(std::move(rest)) {}

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const ExpressionPtr first_;
  const Rest rest_;
};

// a and b and c, or a or b or c: the value that decides.
class LogicExpression : public Expression {
 public:
  LogicExpression(int line, bool is_and, ExpressionList parts)
      : Expression(line), is_and_(is_and), parts_(std::move(parts)) {}

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const bool is_and_;
  const ExpressionList parts_;
};

class NotExpression : public Expression {
 public:
  NotExpression(int line, ExpressionPtr operand) : Expression(line), operand_(std::move(operand)) {}

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const ExpressionPtr operand_;
};

class SignExpression : public Expression {
 public:
  SignExpression(int line, bool is_minus, ExpressionPtr operand)
      : Expression(line), is_minus_(is_minus), operand_(std::move(operand)) {}

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const bool is_minus_;
  const ExpressionPtr operand_;
};

// then if condition else otherwise; *otherwise* may be null: then it is undefined.
class ConditionalExpression : public Expression {
 public:
  ConditionalExpression(int line, ExpressionPtr condition, ExpressionPtr then, ExpressionPtr otherwise)
      : Expression(line),
        condition_(std::move(condition)),
        then_(std::move(then)),
        otherwise_(std::move(otherwise)) {}

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const ExpressionPtr condition_;
  const ExpressionPtr then_;
  const ExpressionPtr otherwise_;
};

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_EXPRESSION_H_
