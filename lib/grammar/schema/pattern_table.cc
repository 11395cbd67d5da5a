#include "lib/grammar/schema/pattern_table.h"

#include <regex>

namespace talaria::grammar {

class PatternTable::Expression {
 public:
  std::regex regex;
};

PatternTable::PatternTable() = default;
PatternTable::~PatternTable() = default;

StatusOr<std::shared_ptr<const PatternTable>> PatternTable::Create(const SchemaDocument& document, bool /*formats*/) {
  auto table = std::shared_ptr<PatternTable>(new PatternTable);
  for (SchemaId id = 0; id < document.size(); ++id) {
    const Schema& schema = document[id];
    if (schema.pattern) TALARIA_RETURN_IF_ERROR(table->Add("pattern", *schema.pattern, schema.pointer));
    for (const NamedSchema& named : schema.patterns) {
      TALARIA_RETURN_IF_ERROR(table->Add("patternProperties", named.name, schema.pointer));
    }
  }
  return std::shared_ptr<const PatternTable>(std::move(table));
}

Status PatternTable::Add(std::string_view keyword, const std::string& pattern, const std::string& pointer) {
  try {
    auto expression = std::make_unique<Expression>();
    expression->regex = std::regex(pattern);
    patterns_.emplace(pattern, std::move(expression));
  } catch (const std::regex_error&) {
    return Unsupported(keyword, pointer, pattern);
  }
  return absl::OkStatus();
}

bool PatternTable::Matches(const std::string& pattern, std::string_view text) const {
  return std::regex_search(std::string(text), patterns_.at(pattern)->regex);
}
bool PatternTable::IsOfFormat(const std::string& /*format*/, std::string_view /*text*/) const { return true; }

}  // namespace talaria::grammar
