// Random schemas and values, against PyPI jsonschema (tests/golden/make_schema_golden.py).
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "lib/grammar/validate.h"
#include "tests/fixtures.h"
#include "tests/grammar/schema/accepts.h"

namespace talaria::test {
namespace {

TEST_CASE("the check of values and the grammar agree with jsonschema on random schemas and values") {
  const StatusOr<std::string> text = ReadWholeFile(GoldenFile("schema/cases.jsonl"), 64u << 20);
  REQUIRE(text.ok());
  std::string_view rest = *text;
  size_t schemas = 0;
  size_t compiled = 0;
  size_t valid = 0;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const StatusOr<json::Value> row = json::Parse(line);
    REQUIRE(row.ok());
    ++schemas;
    const json::Value& schema = *row->Find("schema");
    CAPTURE(json::Write(schema));
    grammar::ValidatorOptions options;
    if (row->Find("draft")->is_number()) options.document.draft = grammar::Draft::kDraft7;
    const auto validator = grammar::SchemaValidator::Create(schema, options);
    REQUIRE_MESSAGE(validator.ok(), Message(validator.status()));
    grammar::SchemaGrammarOptions grammar_options;
    grammar_options.document = options.document;
    grammar_options.style.spacing = grammar::JsonSpacing::kCompact;
    grammar_options.integer_fractions = true;
    const auto made = grammar::SchemaGrammar::Create(schema, grammar_options);
    if (!made.ok())
      CHECK_MESSAGE(!grammar::UnsupportedKeyword(made.status()).empty(), Message(made.status()));
    compiled += made.ok() ? 1 : 0;
    const json::Array& instances = *row->Find("instances")->array();
    for (size_t i = 0; i < instances.size(); ++i) {
      const bool expected = *(*row->Find("valid")->array())[i].bool_value();
      valid += expected ? 1 : 0;
      CAPTURE(json::Write(instances[i]));
      CHECK((*validator)->Accepts(instances[i]) == expected);
      CHECK((*validator)->Validate(instances[i]).empty() == expected);
      if (made.ok()) CHECK(AcceptsValue(**made, instances[i]) == expected);
    }
  }
  CHECK(schemas == 600);
  CHECK(compiled > 500);
  CHECK(valid > 1500);
  MESSAGE(compiled << " of " << schemas << " compiled; " << valid << " valid values");
}

}  // namespace
}  // namespace talaria::test
