#include "lib/chat/jinja/macro.h"

#include <algorithm>

namespace talaria::chat::jinja {
namespace {

class Macro : public Opaque {
 public:
  Macro(const MacroStatement& statement, Scope* outside) : statement_(statement), outside_(outside) {}

  std::string Description() const override { return Cat("the macro '", statement_.name(), "'"); }
  Status Call(Machine& machine, Arguments& arguments, Value* out) const override {
    MarkedString text;
    TALARIA_RETURN_IF_ERROR(statement_.Call(machine, outside_, arguments, &text));
    *out = Value::String(std::move(text));
    return absl::OkStatus();
  }
  Status Attribute(Machine& /*machine*/, std::string_view name, Value* out) const override {
    if (name == "name") *out = Value::String(statement_.name());
    return absl::OkStatus();
  }

 private:
  const MacroStatement& statement_;
  Scope* const outside_;
};

}  // namespace

Status MacroStatement::Run(Machine& machine) const {
  TALARIA_RETURN_IF_ERROR(At(machine.SpendItems(4)));
  machine.Assign(parts_.symbol, Value::Of(std::make_shared<Macro>(*this, machine.CaptureScope())));
  return absl::OkStatus();
}

// Parameters by position, then by name, then by what stands in the macro, which may use those before it.
Status MacroStatement::Bind(Machine& machine, Arguments& arguments) const {
  const size_t given = std::min(arguments.positional.size(), parts_.parameters.size());
  for (size_t i = 0; i < parts_.parameters.size(); ++i) {
    const Parameter& parameter = parts_.parameters[i];
    Value value;
    if (i < given) {
      value = std::move(arguments.positional[i]);
    } else {
      const auto named =
          std::find_if(arguments.named.begin(), arguments.named.end(),
                       [&parameter](const auto& entry) { return entry.first.text() == parameter.name; });
      if (named != arguments.named.end()) {
        value = std::move(named->second);
        arguments.named.erase(named);
      } else if (parameter.fallback != nullptr) {
        TALARIA_RETURN_IF_ERROR(parameter.fallback->Evaluate(machine, &value));
      } else {
        value = Value::Undefined(Cat("parameter '", parameter.name, "' was not provided"));
      }
    }
    machine.Assign(parameter.symbol, std::move(value));
  }
  arguments.positional.erase(arguments.positional.begin(),
                             arguments.positional.begin() + static_cast<std::ptrdiff_t>(given));
  return BindRest(machine, arguments);
}

// What no parameter takes.
Status MacroStatement::BindRest(Machine& machine, Arguments& arguments) const {
  if (parts_.caller.used) {
    const auto named = std::find_if(arguments.named.begin(), arguments.named.end(),
                                    [](const auto& entry) { return entry.first.text() == "caller"; });
    const bool is_given = named != arguments.named.end();
    machine.Assign(parts_.caller.symbol,
                   is_given ? std::move(named->second) : Value::Undefined("there is no caller"));
    if (is_given) arguments.named.erase(named);
  }
  if (parts_.kwargs.used) {
    auto dict = std::make_shared<Dict>();
    for (auto& [name, value] : arguments.named) dict->Set(Value::String(name), std::move(value));
    Value value;
    TALARIA_RETURN_IF_ERROR(MakeDict(std::move(dict), TextMark::kControl, &value));
    machine.Assign(parts_.kwargs.symbol, std::move(value));
  } else if (!arguments.named.empty()) {
    return InvalidArgument("the macro '", parts_.name, "' takes no argument '",
                           arguments.named[0].first.text(), "'");
  }
  if (parts_.varargs.used) {
    Value value;
    TALARIA_RETURN_IF_ERROR(
        MakeSequence(SequenceType::kTuple, std::move(arguments.positional), TextMark::kControl, &value));
    machine.Assign(parts_.varargs.symbol, std::move(value));
  } else if (!arguments.positional.empty()) {
    return InvalidArgument("the macro '", parts_.name, "' takes not more than ", parts_.parameters.size(),
                           " arguments");
  }
  return absl::OkStatus();
}

Status MacroStatement::Call(Machine& machine, Scope* outside, Arguments& arguments, MarkedString* out) const {
  TALARIA_RETURN_IF_ERROR(machine.SpendItems(arguments.positional.size() + arguments.named.size()));
  const Machine::InnerScope scope(&machine, outside);
  const Machine::Capture capture(&machine, out);
  TALARIA_RETURN_IF_ERROR(Bind(machine, arguments));
  return ExecuteBody(parts_.body, machine);
}

}  // namespace talaria::chat::jinja
