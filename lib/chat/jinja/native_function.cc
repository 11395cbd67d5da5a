#include "lib/chat/jinja/native_function.h"

#include <utility>

namespace talaria::chat::jinja {

Status Opaque::Call(Machine& /*machine*/, Arguments& /*arguments*/, Value* /*out*/) const {
  return InvalidArgument(Description(), " cannot be called");
}

Status Opaque::Attribute(Machine& /*machine*/, std::string_view /*name*/, Value* /*out*/) const {
  return absl::OkStatus();
}

const NativeFunction* FindFunction(absl::Span<const NativeFunction> table, std::string_view name) {
  for (const NativeFunction& function : table) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

namespace {

Status Bind(const NativeFunction& function, std::string_view what, NativeCall* call) {
  Arguments& given = call->arguments;
  if (given.positional.size() > function.parameters) {
    return InvalidArgument("the ", what, " '", function.name, "' takes at most ", function.parameters,
                           " arguments, found ", given.positional.size());
  }
  size_t count = 0;
  for (Value& value : given.positional) call->bound[count++] = std::move(value);
  for (auto& [name, value] : given.named) {
    size_t at = 0;
    while (at < function.parameters && function.names[at] != name.text()) ++at;
    if (at == function.parameters || name.empty() || !call->bound[at].is_absent()) {
      return InvalidArgument("the ", what, " '", function.name, "' takes no further argument '", name.text(),
                             "'");
    }
    call->bound[at] = std::move(value);
  }
  for (size_t i = 0; i < function.required; ++i) {
    if (call->bound[i].is_absent()) {
      return InvalidArgument("the ", what, " '", function.name, "' needs ", function.required,
                             function.required == 1 ? " argument" : " arguments");
    }
  }
  return absl::OkStatus();
}

class BoundFunction : public Opaque {
 public:
  BoundFunction(const NativeFunction& function, std::string_view what, Value self)
      : function_(function), what_(what), self_(std::move(self)) {}

  std::string Description() const override { return Cat("the ", what_, " '", function_.name, "'"); }
  Status Call(Machine& machine, Arguments& arguments, Value* out) const override {
    return CallFunction(function_, what_, machine, self_, arguments, out);
  }
  int depth() const override { return self_.depth() + 1; }

 private:
  const NativeFunction& function_;
  const std::string_view what_;
  const Value self_;
};

}  // namespace

Status CallFunction(const NativeFunction& function, std::string_view what, Machine& machine,
                    const Value& self, Arguments& arguments, Value* out) {
  NativeCall call{machine, self, arguments, {}};
  if (function.parameters != NativeFunction::kAnyArguments) {
    TALARIA_RETURN_IF_ERROR(Bind(function, what, &call));
  }
  return function.body(call, out);
}

Value FunctionValue(const NativeFunction& function, std::string_view what, Value self) {
  return Value::Of(std::make_shared<BoundFunction>(function, what, std::move(self)));
}

}  // namespace talaria::chat::jinja
