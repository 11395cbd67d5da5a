#include "lib/chat/jinja/statement.h"

#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/subscript.h"

namespace talaria::chat::jinja {

Status ExecuteBody(const Body& body, Machine& machine) {
  for (const StatementPtr& statement : body) {
    TALARIA_RETURN_IF_ERROR(statement->Execute(machine));
    if (machine.flow != Flow::kOn) break;
  }
  return absl::OkStatus();
}

namespace {

class ToName : public Target {
 public:
  explicit ToName(Symbol symbol) : symbol_(symbol) {}
  Status Assign(Machine& machine, const Value& value) const override {
    machine.Assign(symbol_, value);
    return machine.Spend(1);
  }

 private:
  const Symbol symbol_;
};

class ToAttribute : public Target {
 public:
  ToAttribute(Symbol symbol, std::string attribute) : symbol_(symbol), attribute_(std::move(attribute)) {}
  Status Assign(Machine& machine, const Value& value) const override {
    const Value* found = machine.Lookup(symbol_);
    if (found == nullptr || !found->is(Kind::kNamespace)) {
      return InvalidArgument("only a namespace has attributes that can be set, here '", attribute_, "'");
    }
    // Underscores are refused as transformers refuses them.
    if (attribute_[0] == '_') return InvalidArgument("the attribute '", attribute_, "' of a namespace");
    found->name_space().attributes[attribute_] = value;
    return machine.SpendItems(1);
  }

 private:
  const Symbol symbol_;
  const std::string attribute_;
};

class ToSeveral : public Target {
 public:
  explicit ToSeveral(std::vector<TargetPtr> parts) : parts_(std::move(parts)) {}
  Status Assign(Machine& machine, const Value& value) const override {
    std::vector<Value> items;
    if (value.is_undefined()) return InvalidArgument(value.undefined_message());
    TALARIA_RETURN_IF_ERROR(Iterate(machine, value, &items));
    if (items.size() != parts_.size()) {
      return InvalidArgument("expected ", parts_.size(), " values to assign, found ", items.size());
    }
    for (size_t i = 0; i < items.size(); ++i) TALARIA_RETURN_IF_ERROR(parts_[i]->Assign(machine, items[i]));
    return absl::OkStatus();
  }

 private:
  const std::vector<TargetPtr> parts_;
};

}  // namespace

TargetPtr NameTarget(Symbol symbol) { return std::make_unique<ToName>(symbol); }
TargetPtr NamespaceTarget(Symbol symbol, std::string attribute) {
  return std::make_unique<ToAttribute>(symbol, std::move(attribute));
}
TargetPtr TupleTarget(std::vector<TargetPtr> parts) { return std::make_unique<ToSeveral>(std::move(parts)); }

Status PrintStatement::Run(Machine& machine) const {
  for (const Part& part : parts_) {
    if (part.expression == nullptr) {
      TALARIA_RETURN_IF_ERROR(At(machine.PrintTemplateText(part.text)));
      continue;
    }
    Value value;
    TALARIA_RETURN_IF_ERROR(part.expression->Evaluate(machine, &value));
    TALARIA_RETURN_IF_ERROR(AtLine(machine.Print(value), part.expression->line()));
  }
  return absl::OkStatus();
}

Status SetStatement::Run(Machine& machine) const {
  Value value;
  TALARIA_RETURN_IF_ERROR(value_->Evaluate(machine, &value));
  return At(target_->Assign(machine, value));
}

Status SetBlockStatement::Run(Machine& machine) const {
  Value value;
  {
    const Machine::InnerScope scope(&machine);
    MarkedString text;
    {
      const Machine::Capture capture(&machine, &text);
      TALARIA_RETURN_IF_ERROR(ExecuteBody(body_, machine));
    }
    if (machine.flow != Flow::kOn) return absl::OkStatus();
    value = Value::String(std::move(text));
    TALARIA_RETURN_IF_ERROR(At(ApplySteps(filters_, machine, &value)));
  }
  return At(target_->Assign(machine, value));
}

Status IfStatement::Run(Machine& machine) const {
  for (const Branch& branch : branches_) {
    bool holds = true;
    if (branch.condition != nullptr) {
      Value value;
      TALARIA_RETURN_IF_ERROR(branch.condition->Evaluate(machine, &value));
      holds = IsTrue(value);
    }
    if (holds) return ExecuteBody(branch.body, machine);
  }
  return absl::OkStatus();
}

Status WithStatement::Run(Machine& machine) const {
  // All values are those of outside.
  std::vector<Value> values(bindings_.size());
  for (size_t i = 0; i < bindings_.size(); ++i) {
    TALARIA_RETURN_IF_ERROR(bindings_[i].second->Evaluate(machine, &values[i]));
  }
  const Machine::InnerScope scope(&machine);
  for (size_t i = 0; i < bindings_.size(); ++i) {
    TALARIA_RETURN_IF_ERROR(At(bindings_[i].first->Assign(machine, values[i])));
  }
  return ExecuteBody(body_, machine);
}

Status CaptureStatement::Run(Machine& machine) const {
  const Machine::InnerScope scope(&machine);
  MarkedString text;
  {
    const Machine::Capture capture(&machine, &text);
    TALARIA_RETURN_IF_ERROR(ExecuteBody(body_, machine));
  }
  if (machine.flow != Flow::kOn) return absl::OkStatus();
  Value value = Value::String(std::move(text));
  TALARIA_RETURN_IF_ERROR(At(ApplySteps(filters_, machine, &value)));
  return At(machine.Print(value));
}

Status FlowStatement::Run(Machine& machine) const {
  machine.flow = flow_;
  return absl::OkStatus();
}

}  // namespace talaria::chat::jinja
