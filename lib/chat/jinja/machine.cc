#include "lib/chat/jinja/machine.h"

#include <algorithm>
#include <utility>

#include "lib/chat/jinja/value_text.h"

namespace talaria::chat::jinja {

Machine::Machine(const Limits& limits, std::optional<LocalTime> now) : limits_(limits), now_(now) {
  scopes_.push_back(std::make_unique<Scope>());
  scope_ = scopes_.back().get();
}

Machine::~Machine() {
  // Namespaces may hold one another's values: let go of those before the objects themselves.
  for (const auto& held : namespaces_) held->attributes.clear();
}

Status Machine::StepsExhausted() const {
  return ResourceExhausted("the template takes more than ", limits_.max_steps, " steps");
}

Status Machine::LevelExhausted() const {
  if (steps_ > limits_.max_steps) return StepsExhausted();
  return ResourceExhausted("more than ", limits_.max_depth,
                           " levels inside one another; a macro that calls itself?");
}

const Value* Machine::Lookup(Symbol symbol) {
  size_t looked = 0;
  const Value* found = nullptr;
  for (const Scope* scope = scope_; scope != nullptr && found == nullptr; scope = scope->parent) {
    for (const auto& [name, value] : scope->variables) {
      ++looked;
      if (name == symbol) {
        found = &value;
        break;
      }
    }
  }
  steps_ += looked / 16;
  return found;
}

void Machine::Assign(Symbol symbol, Value value) {
  steps_ += scope_->variables.size() / 16;
  for (auto& [name, held] : scope_->variables) {
    if (name == symbol) {
      held = std::move(value);
      return;
    }
  }
  scope_->variables.emplace_back(symbol, std::move(value));
}

Scope* Machine::CaptureScope() {
  for (Scope* scope = scope_; scope != nullptr && !scope->captured; scope = scope->parent)
    scope->captured = true;
  return scope_;
}

Machine::InnerScope::InnerScope(Machine* machine, Scope* parent)
    : machine_(machine), outside_(machine->scope_) {
  if (machine->free_scope_ == nullptr) {
    machine->scopes_.push_back(std::make_unique<Scope>());
    machine->free_scope_ = machine->scopes_.back().get();
  }
  Scope* scope = std::exchange(machine->free_scope_, machine->free_scope_->parent);
  scope->parent = parent;
  machine->scope_ = scope;
}

Machine::InnerScope::~InnerScope() {
  Scope* scope = machine_->scope_;
  machine_->scope_ = outside_;
  if (scope->captured) return;
  scope->variables.clear();
  scope->parent = std::exchange(machine_->free_scope_, scope);
}

Namespace* Machine::NewNamespace() {
  namespaces_.push_back(std::make_unique<Namespace>());
  return namespaces_.back().get();
}

Status Machine::CheckOutput() const {
  if (output_->size() <= limits_.max_output_bytes) return absl::OkStatus();
  return ResourceExhausted("the template gives more than ", limits_.max_output_bytes, " bytes");
}

Status Machine::Print(const Value& value) {
  TALARIA_RETURN_IF_ERROR(Spend(value.weight()));
  TALARIA_RETURN_IF_ERROR(AppendText(value, output_));
  return CheckOutput();
}

Status Machine::PrintTemplateText(std::string_view text) {
  TALARIA_RETURN_IF_ERROR(SpendText(text.size()));
  output_->Append(text, TextMark::kControl);
  return CheckOutput();
}

}  // namespace talaria::chat::jinja
