// The validator on the JSON-Schema-Test-Suite: nothing that it does not refuse may come out wrong.
#include <doctest/doctest.h>

#include <cstdio>
#include <string>

#include "lib/base/text.h"
#include "lib/grammar/validate.h"
#include "tests/fixtures.h"
#include "tests/grammar/schema/suite.h"
#include "tests/skip.h"

namespace talaria::test {
namespace {

TEST_CASE("the validator agrees with every test of the suite's required groups that it does not refuse") {
  const std::string suite = SharedFixture("jsonschema/JSON-Schema-Test-Suite/tests");
  if (suite.empty()) return Skip("the JSON-Schema-Test-Suite is not here");
  for (const SuiteDraft& draft : kSuiteDrafts) {
    size_t groups = 0;
    size_t refused = 0;
    std::string names;
    for (const SuiteFile& file : ReadSuite(Cat(suite, "/", draft.folder))) {
      for (const json::Value& group : file.groups) {
        ++groups;
        CAPTURE(file.keyword);
        CAPTURE(*group.Find("description")->string());
        grammar::ValidatorOptions options;
        options.document.draft = draft.draft;
        const auto validator = grammar::SchemaValidator::Create(*group.Find("schema"), options);
        if (!validator.ok()) {
          CHECK_MESSAGE(!grammar::UnsupportedKeyword(validator.status()).empty(), Message(validator.status()));
          ++refused;
          names += Cat(" ", file.keyword);
          continue;
        }
        for (const json::Value& test : *group.Find("tests")->array()) {
          CAPTURE(*test.Find("description")->string());
          const auto violations = (*validator)->Validate(*test.Find("data"));
          const std::string first = violations.empty() ? "" : violations[0].message;
          CAPTURE(first);
          CHECK(violations.empty() == *test.Find("valid")->bool_value());
        }
      }
    }
    std::printf("validator, %s: %zu of %zu groups not refused; refused:%s\n", draft.folder, groups - refused, groups,
                names.c_str());
    CHECK(groups > 200);
    CHECK(refused * 10 < groups);
  }
}

}  // namespace
}  // namespace talaria::test
