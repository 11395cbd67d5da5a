#ifndef TALARIA_LIB_CHAT_JINJA_STATEMENT_H_
#define TALARIA_LIB_CHAT_JINJA_STATEMENT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/chat/jinja/postfix.h"

namespace talaria::chat::jinja {

// A node of a parsed template that does something. Immutable once parsed.
class Statement {
 public:
  explicit Statement(int line) : line_(line) {}
  virtual ~Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // May leave machine.flow other than kOn: what encloses it then ends up to the loop.
  Status Execute(Machine& machine) const {
    const Machine::Level level(&machine);
    if (Status status = level.Check(); !status.ok()) return At(status);
    return Run(machine);
  }

 protected:
  virtual Status Run(Machine& machine) const = 0;
  Status At(const Status& status) const { return AtLine(status, line_); }

 private:
  const int line_;
};

using StatementPtr = std::unique_ptr<Statement>;
using Body = std::vector<StatementPtr>;

// Runs each until one asks the loop around it for something.
Status ExecuteBody(const Body& body, Machine& machine);

// What can be assigned to: a name, a namespace's attribute, or several of these.
class Target {
 public:
  virtual ~Target() = default;
  virtual Status Assign(Machine& machine, const Value& value) const = 0;
};
using TargetPtr = std::unique_ptr<Target>;

TargetPtr NameTarget(Symbol symbol);
TargetPtr NamespaceTarget(Symbol symbol, std::string attribute);
// Takes a value with exactly as many items.
TargetPtr TupleTarget(std::vector<TargetPtr> parts);

// Text and {{ expressions }} in a row.
class PrintStatement : public Statement {
 public:
  struct Part {
    std::string text;
    ExpressionPtr expression;  // null for text
  };
  PrintStatement(int line, std::vector<Part> parts) : Statement(line), parts_(std::move(parts)) {}

 protected:
  Status Run(Machine& machine) const override;

 private:
  const std::vector<Part> parts_;
};

// {% set a = b %}
class SetStatement : public Statement {
 public:
  SetStatement(int line, TargetPtr target, ExpressionPtr value)
      : Statement(line), target_(std::move(target)), value_(std::move(value)) {}

 protected:
  Status Run(Machine& machine) const override;

 private:
  const TargetPtr target_;
  const ExpressionPtr value_;
};

// {% set a | filters %}...{% endset %}
class SetBlockStatement : public Statement {
 public:
  SetBlockStatement(int line, TargetPtr target, std::vector<PostfixStepPtr> filters, Body body)
      : Statement(line), target_(std::move(target)), filters_(std::move(filters)), body_(std::move(body)) {}

 protected:
  Status Run(Machine& machine) const override;

 private:
  const TargetPtr target_;
  const std::vector<PostfixStepPtr> filters_;
  const Body body_;
};

// {% if %}, any number of {% elif %}, {% else %}. Has no scope of its own.
class IfStatement : public Statement {
 public:
  struct Branch {
    ExpressionPtr condition;  // null for else
    Body body;
  };
  IfStatement(int line, std::vector<Branch> branches) : Statement(line), branches_(std::move(branches)) {}

 protected:
  Status Run(Machine& machine) const override;

 private:
  const std::vector<Branch> branches_;
};

// {% with a = b, c = d %}
class WithStatement : public Statement {
 public:
  using Bindings = std::vector<std::pair<TargetPtr, ExpressionPtr>>;
  WithStatement(int line, Bindings bindings, Body body)
      : Statement(line), bindings_(std::move(bindings)), body_(std::move(body)) {}

 protected:
  Status Run(Machine& machine) const override;

 private:
  const Bindings bindings_;
  const Body body_;
};

// {% filter f %}...{% endfilter %}, and with no filters {% generation %}: what is printed inside, as one
// text.
class CaptureStatement : public Statement {
 public:
  CaptureStatement(int line, std::vector<PostfixStepPtr> filters, Body body)
      : Statement(line), filters_(std::move(filters)), body_(std::move(body)) {}

 protected:
  Status Run(Machine& machine) const override;

 private:
  const std::vector<PostfixStepPtr> filters_;
  const Body body_;
};

// {% break %}, {% continue %}
class FlowStatement : public Statement {
 public:
  FlowStatement(int line, Flow flow) : Statement(line), flow_(flow) {}

 protected:
  Status Run(Machine& machine) const override;

 private:
  const Flow flow_;
};

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_STATEMENT_H_
