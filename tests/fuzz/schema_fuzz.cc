// rooms: grammar base
// Any bytes as {"schema": ..., "instance": ...}: the check of values and the grammar, where neither refuses
// the schema, say the same of the instance.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lib/base/json.h"
#include "lib/grammar/json_schema.h"
#include "lib/grammar/matcher.h"
#include "lib/grammar/validate.h"

namespace {

namespace grammar = talaria::grammar;

// 1, 0, or -1 where a limit was reached.
int Accepts(const grammar::SchemaGrammar& schema, const talaria::json::Value& value) {
  if (schema.grammar() == nullptr) return 0;
  const auto automaton = grammar::Automaton::Create(schema.grammar(), nullptr);
  if (!automaton.ok()) return -1;
  const std::vector<std::string> texts = schema.TextsOf(value);
  for (const std::string& text : texts) {
    grammar::Matcher matcher(*automaton);
    const auto read = matcher.AcceptBytes(text);
    if (!read.ok()) return -1;
    if (!*read) continue;
    const auto complete = matcher.IsComplete();
    if (!complete.ok()) return -1;
    if (*complete) return 1;
  }
  // Not all orders were tried.
  return texts.size() == grammar::SchemaGrammar::kMaxTexts ? -1 : 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  const auto json = talaria::json::Parse({reinterpret_cast<const char*>(data), size});
  if (!json.ok()) return 0;
  const talaria::json::Value* schema = json->Find("schema");
  const talaria::json::Value* instance = json->Find("instance");
  if (schema == nullptr) return 0;
  grammar::ValidatorOptions options;
  options.max_steps = 100'000;
  if (json->Find("draft7") != nullptr) options.document.draft = grammar::Draft::kDraft7;
  options.assert_formats = json->Find("formats") != nullptr;
  const auto validator = grammar::SchemaValidator::Create(*schema, options);
  grammar::SchemaGrammarOptions grammar_options;
  grammar_options.document = options.document;
  grammar_options.style.spacing = grammar::JsonSpacing::kCompact;
  grammar_options.integer_fractions = true;
  grammar_options.assert_formats = options.assert_formats;
  const auto made = grammar::SchemaGrammar::Create(*schema, grammar_options);
  if (!validator.ok() || instance == nullptr) return 0;
  const auto violations = (*validator)->Validate(*instance);
  for (const grammar::SchemaViolation& violation : violations) {
    if (violation.message.find('\n') != std::string::npos) std::abort();
    if (violation.keyword == "limit") return 0;
  }
  if (!made.ok()) return 0;
  const int accepted = Accepts(**made, *instance);
  if (accepted >= 0 && (accepted == 1) != violations.empty()) std::abort();
  return 0;
}
