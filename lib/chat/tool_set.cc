#include "lib/chat/tool_set.h"

#include <array>
#include <utility>

namespace talaria::chat {
namespace {

CallCheck KindOf(std::string_view keyword) {
  if (keyword == "required") return CallCheck::kMissingRequired;
  if (keyword == "type") return CallCheck::kTypeMismatch;
  return keyword == "enum" || keyword == "const" ? CallCheck::kEnumMismatch : CallCheck::kSchemaMismatch;
}

}  // namespace

std::string_view CallCheckName(CallCheck check) {
  constexpr std::array<std::string_view, 6> kNames = {
      "ok", "unknown_tool", "missing_required", "type_mismatch", "enum_mismatch", "schema_mismatch"};
  const auto index = static_cast<size_t>(check);
  return index < kNames.size() ? kNames[index] : "unknown";
}

StatusOr<std::shared_ptr<const ToolSet>> ToolSet::Create(std::vector<ToolDefinition> tools) {
  auto set = std::shared_ptr<ToolSet>(new ToolSet);
  set->definitions_ = std::move(tools);
  for (size_t i = 0; i < set->definitions_.size(); ++i) {
    const ToolDefinition& tool = set->definitions_[i];
    const std::string place = Cat("tools[", i, "] ", Quoted(tool.name()));
    const auto [other, is_new] = set->by_name_.emplace(tool.name(), i);
    if (!is_new) return InvalidArgument(place, ": tools[", other->second, "] has that name too");
    const json::Value* parameters = tool.function().Find("parameters");
    std::shared_ptr<const grammar::SchemaValidator> validator;
    if (parameters != nullptr && !parameters->is_null()) {
      auto created = grammar::SchemaValidator::Create(*parameters);
      if (!created.ok()) return Annotate(created.status(), Cat(place, ": parameters"));
      validator = *std::move(created);
    }
    set->validators_.push_back(std::move(validator));
  }
  return std::shared_ptr<const ToolSet>(std::move(set));
}

CheckedCall ToolSet::Check(std::string_view name, const json::Value& arguments) const {
  CheckedCall checked;
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    checked.check = CallCheck::kUnknownTool;
    checked.problem = Cat("there is no function ", Quoted(name), "; there are:");
    if (definitions_.empty()) checked.problem += " none";
    for (const ToolDefinition& tool : definitions_) checked.problem += Cat(" ", Quoted(tool.name()));
    return checked;
  }
  const auto& validator = validators_[found->second];
  if (validator == nullptr) return checked;
  for (const grammar::SchemaViolation& violation : validator->Validate(arguments)) {
    const CallCheck kind = KindOf(violation.keyword);
    if (checked.check == CallCheck::kOk || kind < checked.check) checked.check = kind;
    if (!checked.problem.empty()) checked.problem += '\n';
    checked.problem += violation.message;
  }
  return checked;
}

}  // namespace talaria::chat
