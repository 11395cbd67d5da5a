#include "lib/chat/jinja/postfix.h"

#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/subscript.h"

namespace talaria::chat::jinja {

Status ArgumentExpressions::Evaluate(Machine& machine, Arguments* out) const {
  out->positional.resize(positional.size());
  for (size_t i = 0; i < positional.size(); ++i) {
    TALARIA_RETURN_IF_ERROR(positional[i]->Evaluate(machine, &out->positional[i]));
  }
  for (const auto& [name, expression] : named) {
    out->named.emplace_back(MarkedString(name, TextMark::kControl), Value());
    TALARIA_RETURN_IF_ERROR(expression->Evaluate(machine, &out->named.back().second));
  }
  if (star != nullptr) {
    Value value;
    std::vector<Value> more;
    TALARIA_RETURN_IF_ERROR(star->Evaluate(machine, &value));
    TALARIA_RETURN_IF_ERROR(Iterate(machine, value, &more));
    out->positional.insert(out->positional.end(), more.begin(), more.end());
  }
  if (double_star != nullptr) {
    Value value;
    TALARIA_RETURN_IF_ERROR(double_star->Evaluate(machine, &value));
    if (!value.is(Kind::kDict)) return InvalidArgument("'**' needs a mapping, found ", TypeName(value));
    TALARIA_RETURN_IF_ERROR(machine.SpendItems(value.dict().entries.size()));
    for (const auto& entry : named) {
      const std::string& name = entry.first;
      if (value.dict().Find(name) != nullptr)
        return InvalidArgument("the argument '", name, "' is given twice");
    }
    for (const Dict::Entry& entry : value.dict().entries) {
      if (!entry.key.is_string()) return InvalidArgument("'**' needs a mapping with strings for keys");
      out->named.emplace_back(entry.key.string(), entry.value);
    }
  }
  return absl::OkStatus();
}

namespace {

class Attribute : public PostfixStep {
 public:
  Attribute(int line, std::string name) : PostfixStep(line), name_(std::move(name)) {}
  Status Apply(Machine& machine, const Value& value, Value* out) const override {
    return At(GetAttribute(machine, value, name_, out));
  }

 private:
  const std::string name_;
};

class Item : public PostfixStep {
 public:
  Item(int line, ExpressionPtr key) : PostfixStep(line), key_(std::move(key)) {}
  Status Apply(Machine& machine, const Value& value, Value* out) const override {
    Value key;
    TALARIA_RETURN_IF_ERROR(key_->Evaluate(machine, &key));
    return At(GetItem(machine, value, key, out));
  }

 private:
  const ExpressionPtr key_;
};

class Slice : public PostfixStep {
 public:
  Slice(int line, ExpressionPtr start, ExpressionPtr stop, ExpressionPtr step)
      : PostfixStep(line), start_(std::move(start)), stop_(std::move(stop)), step_(std::move(step)) {}
  Status Apply(Machine& machine, const Value& value, Value* out) const override {
    Value start;
    Value stop;
    Value step;
    if (start_ != nullptr) TALARIA_RETURN_IF_ERROR(start_->Evaluate(machine, &start));
    if (stop_ != nullptr) TALARIA_RETURN_IF_ERROR(stop_->Evaluate(machine, &stop));
    if (step_ != nullptr) TALARIA_RETURN_IF_ERROR(step_->Evaluate(machine, &step));
    return At(GetSlice(machine, value, start, stop, step, out));
  }

 private:
  const ExpressionPtr start_;
  const ExpressionPtr stop_;
  const ExpressionPtr step_;
};

class Call : public PostfixStep {
 public:
  Call(int line, ArgumentExpressions arguments) : PostfixStep(line), arguments_(std::move(arguments)) {}
  Status Apply(Machine& machine, const Value& value, Value* out) const override {
    if (value.is_undefined()) return At(InvalidArgument(value.undefined_message()));
    if (!value.is(Kind::kOpaque)) return At(InvalidArgument(TypeName(value), " cannot be called"));
    Arguments arguments;
    TALARIA_RETURN_IF_ERROR(arguments_.Evaluate(machine, &arguments));
    return At(value.opaque().Call(machine, arguments, out));
  }

 private:
  const ArgumentExpressions arguments_;
};

class Filter : public PostfixStep {
 public:
  Filter(int line, const NativeFunction& filter, ArgumentExpressions arguments)
      : PostfixStep(line), filter_(filter), arguments_(std::move(arguments)) {}
  Status Apply(Machine& machine, const Value& value, Value* out) const override {
    Arguments arguments;
    TALARIA_RETURN_IF_ERROR(arguments_.Evaluate(machine, &arguments));
    return At(CallFunction(filter_, "filter", machine, value, arguments, out));
  }

 private:
  const NativeFunction& filter_;
  const ArgumentExpressions arguments_;
};

class Test : public PostfixStep {
 public:
  Test(int line, const NativeFunction& test, bool is_negated, ArgumentExpressions arguments)
      : PostfixStep(line), test_(test), is_negated_(is_negated), arguments_(std::move(arguments)) {}
  Status Apply(Machine& machine, const Value& value, Value* out) const override {
    Arguments arguments;
    TALARIA_RETURN_IF_ERROR(arguments_.Evaluate(machine, &arguments));
    TALARIA_RETURN_IF_ERROR(At(CallFunction(test_, "test", machine, value, arguments, out)));
    if (is_negated_) *out = Value::Boolean(!IsTrue(*out), out->mark());
    return absl::OkStatus();
  }

 private:
  const NativeFunction& test_;
  const bool is_negated_;
  const ArgumentExpressions arguments_;
};

}  // namespace

PostfixStepPtr AttributeStep(int line, std::string name) {
  return std::make_unique<Attribute>(line, std::move(name));
}
PostfixStepPtr ItemStep(int line, ExpressionPtr key) { return std::make_unique<Item>(line, std::move(key)); }
PostfixStepPtr SliceStep(int line, ExpressionPtr start, ExpressionPtr stop, ExpressionPtr step) {
  return std::make_unique<Slice>(line, std::move(start), std::move(stop), std::move(step));
}
PostfixStepPtr CallStep(int line, ArgumentExpressions arguments) {
  return std::make_unique<Call>(line, std::move(arguments));
}
PostfixStepPtr FilterStep(int line, const NativeFunction& filter, ArgumentExpressions arguments) {
  return std::make_unique<Filter>(line, filter, std::move(arguments));
}
PostfixStepPtr TestStep(int line, const NativeFunction& test, bool is_negated,
                        ArgumentExpressions arguments) {
  return std::make_unique<Test>(line, test, is_negated, std::move(arguments));
}

Status PostfixExpression::Run(Machine& machine, Value* out) const {
  TALARIA_RETURN_IF_ERROR(base_->Evaluate(machine, out));
  return ApplySteps(steps_, machine, out);
}

Status ApplySteps(const std::vector<PostfixStepPtr>& steps, Machine& machine, Value* value) {
  for (const PostfixStepPtr& step : steps) {
    const Value before = std::move(*value);
    TALARIA_RETURN_IF_ERROR(machine.Spend(1));
    TALARIA_RETURN_IF_ERROR(step->Apply(machine, before, value));
  }
  return absl::OkStatus();
}

}  // namespace talaria::chat::jinja
