#include "lib/grammar/validate.h"

#include "lib/grammar/schema/checker.h"
#include "lib/grammar/schema/pattern_table.h"

namespace talaria::grammar {

StatusOr<std::shared_ptr<const SchemaValidator>> SchemaValidator::Create(const json::Value& schema,
                                                                         const ValidatorOptions& options) {
  auto validator = std::shared_ptr<SchemaValidator>(new SchemaValidator);
  validator->options_ = options;
  TALARIA_ASSIGN_OR_RETURN(validator->document_, SchemaDocument::Create(schema, options.document));
  TALARIA_ASSIGN_OR_RETURN(validator->patterns_,
                           PatternTable::Create(*validator->document_, options.assert_formats));
  return std::shared_ptr<const SchemaValidator>(std::move(validator));
}

std::vector<SchemaViolation> SchemaValidator::Validate(const json::Value& value) const {
  std::vector<SchemaViolation> violations;
  // Nothing is put into words before it is known that there is something to say.
  if (Accepts(value)) return violations;
  Checker(*document_, *patterns_, options_).Check(value, &violations);
  return violations;
}

bool SchemaValidator::Accepts(const json::Value& value) const {
  return Checker(*document_, *patterns_, options_).Check(value, nullptr);
}

}  // namespace talaria::grammar
