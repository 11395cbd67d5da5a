#ifndef TALARIA_LIB_CHAT_JINJA_POSTFIX_H_
#define TALARIA_LIB_CHAT_JINJA_POSTFIX_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/chat/jinja/expression.h"
#include "lib/chat/jinja/native_function.h"

namespace talaria::chat::jinja {

// The arguments of a call as they are written: f(a, b, c=d, *e, **f).
struct ArgumentExpressions {
  ExpressionList positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr star;
  ExpressionPtr double_star;

  Status Evaluate(Machine& machine, Arguments* out) const;
};

// What follows a value: .name, [item], [a:b], (call), |filter, is test.
class PostfixStep {
 public:
  explicit PostfixStep(int line) : line_(line) {}
  virtual ~PostfixStep() = default;
  // *value* and *out are different objects.
  virtual Status Apply(Machine& machine, const Value& value, Value* out) const = 0;

 protected:
  Status At(const Status& status) const { return AtLine(status, line_); }

 private:
  const int line_;
};

using PostfixStepPtr = std::unique_ptr<PostfixStep>;

PostfixStepPtr AttributeStep(int line, std::string name);
PostfixStepPtr ItemStep(int line, ExpressionPtr key);
// Each part may be null.
PostfixStepPtr SliceStep(int line, ExpressionPtr start, ExpressionPtr stop, ExpressionPtr step);
PostfixStepPtr CallStep(int line, ArgumentExpressions arguments);
PostfixStepPtr FilterStep(int line, const NativeFunction& filter, ArgumentExpressions arguments);
PostfixStepPtr TestStep(int line, const NativeFunction& test, bool is_negated, ArgumentExpressions arguments);

// A value and its steps, from the left: one node, however many there are.
class PostfixExpression : public Expression {
 public:
  PostfixExpression(int line, ExpressionPtr base, std::vector<PostfixStepPtr> steps)
      : Expression(line), base_(std::move(base)), steps_(std::move(steps)) {}

 protected:
  Status Run(Machine& machine, Value* out) const override;

 private:
  const ExpressionPtr base_;
  const std::vector<PostfixStepPtr> steps_;
};

// The filters of a block ({% filter %}, {% set x | f %}), applied to its text.
Status ApplySteps(const std::vector<PostfixStepPtr>& steps, Machine& machine, Value* value);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_POSTFIX_H_
