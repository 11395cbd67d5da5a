// The grammars of schemas on the JSON-Schema-Test-Suite: what is not refused agrees with every test.
#include <doctest/doctest.h>

#include <cstdio>
#include <map>
#include <string>

#include "lib/base/text.h"
#include "lib/grammar/json_schema.h"
#include "tests/fixtures.h"
#include "tests/grammar/schema/accepts.h"
#include "tests/grammar/schema/suite.h"
#include "tests/skip.h"

namespace talaria::test {
namespace {

struct Count {
  size_t groups = 0;
  size_t compiled = 0;
  std::string refused;  // by keyword
};

TEST_CASE("a schema's grammar agrees with every test of the suite's required groups that is not refused") {
  const std::string suite = SharedFixture("jsonschema/JSON-Schema-Test-Suite/tests");
  if (suite.empty()) return Skip("the JSON-Schema-Test-Suite is not here");
  for (const SuiteDraft& draft : kSuiteDrafts) {
    Count all;
    std::string table;
    for (const SuiteFile& file : ReadSuite(Cat(suite, "/", draft.folder))) {
      Count one;
      for (const json::Value& group : file.groups) {
        ++one.groups;
        CAPTURE(file.keyword);
        CAPTURE(*group.Find("description")->string());
        grammar::SchemaGrammarOptions options;
        options.document.draft = draft.draft;
        options.style.spacing = grammar::JsonSpacing::kCompact;
        options.integer_fractions = true;
        const auto schema = grammar::SchemaGrammar::Create(*group.Find("schema"), options);
        if (!schema.ok()) {
          const std::string keyword = grammar::UnsupportedKeyword(schema.status());
          CHECK_MESSAGE(!keyword.empty(), Message(schema.status()));
          one.refused += Cat(one.refused.empty() ? "; refused: " : " ", keyword);
          continue;
        }
        ++one.compiled;
        for (const json::Value& test : *group.Find("tests")->array()) {
          CAPTURE(*test.Find("description")->string());
          CAPTURE(json::Write(*test.Find("data")));
          CHECK(AcceptsValue(**schema, *test.Find("data")) == *test.Find("valid")->bool_value());
        }
      }
      table += Cat("  ", file.keyword, ": ", one.compiled, "/", one.groups, one.refused, "\n");
      all.groups += one.groups;
      all.compiled += one.compiled;
    }
    std::printf("grammar, %s: %zu of %zu groups (%.1f%%) not refused\n%s", draft.folder, all.compiled, all.groups,
                100.0 * static_cast<double>(all.compiled) / static_cast<double>(all.groups), table.c_str());
    CHECK(all.groups > 200);
    CHECK(all.compiled * 100 >= all.groups * (draft.draft == grammar::Draft::kDraft7 ? 80 : 55));
  }
}

}  // namespace
}  // namespace talaria::test
