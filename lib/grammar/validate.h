#ifndef TALARIA_LIB_GRAMMAR_VALIDATE_H_
#define TALARIA_LIB_GRAMMAR_VALIDATE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"
#include "lib/grammar/schema/document.h"

namespace talaria::grammar {

class PatternTable;

// One reason why a value is not what its schema asks for.
struct SchemaViolation {
  std::string at;       // JSON pointer into the value; "" is the whole of it
  std::string keyword;  // of the schema; "limit" where the check itself was given up
  std::string message;  // one line: the place, what was expected, what was found; fit for the model to read
};

struct ValidatorOptions {
  SchemaDocument::Options document;
  // As an assertion; both drafts take `format` for an annotation unless asked.
  bool assert_formats = false;
  size_t max_violations = 16;
  // Schemas applied to values, and items and members looked at, in one check.
  uint64_t max_steps = 5'000'000;
  // Schemas and values inside one another.
  uint32_t max_depth = 1500;
};

// Checks values against one JSON Schema. Immutable, and every thread may use it at a time.
class SchemaValidator {
 public:
  // Errors are those of SchemaDocument::Create; UNIMPLEMENTED, by name, for a pattern or a format that is not
  // supported too.
  static StatusOr<std::shared_ptr<const SchemaValidator>> Create(const json::Value& schema,
                                                                 const ValidatorOptions& options = {});

  // Empty where *value* is valid. In the order of the value's text, at most max_violations. A check that goes
  // past its limits ends as one violation of the keyword "limit": what cannot be checked is not valid.
  std::vector<SchemaViolation> Validate(const json::Value& value) const;
  bool Accepts(const json::Value& value) const;

  const SchemaDocument& document() const { return *document_; }

 private:
  SchemaValidator() = default;

  std::shared_ptr<const SchemaDocument> document_;
  std::shared_ptr<const PatternTable> patterns_;
  ValidatorOptions options_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_VALIDATE_H_
