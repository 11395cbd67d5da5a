#include "talaria/grammar.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capi/error.h"
#include "capi/grammar_handles.h"
#include "capi/structs.h"
#include "lib/grammar/ebnf.h"
#include "lib/grammar/matcher.h"

namespace talaria::capi {
namespace {

// A schema is short; what stands for one and is longer would only take memory.
constexpr uint64_t kMaxSchemaValues = 1 << 20;

StatusOr<json::Value> SchemaOf(const char* schema, uint64_t bytes) {
  TALARIA_RETURN_IF_ERROR(NotNull(schema, "schema"));
  TALARIA_ASSIGN_OR_RETURN(const std::string_view text, TextView(schema, bytes, "schema"));
  json::ParseLimits limits;
  limits.max_values = kMaxSchemaValues;
  StatusOr<json::Value> value = json::Parse(text, limits);
  if (!value.ok()) return Annotate(value.status(), "schema");
  return value;
}

StatusOr<grammar::Draft> DraftOf(const talaria_schema_options& options) {
  if (options.draft == TALARIA_DRAFT_2020_12) return grammar::Draft::kDraft202012;
  if (options.draft == TALARIA_DRAFT_7) return grammar::Draft::kDraft7;
  return InvalidArgument("talaria_schema_options.draft: expected 0 or 1, found ", options.draft);
}

StatusOr<grammar::SchemaGrammarOptions> GrammarOptionsOf(const talaria_schema_options* given) {
  talaria_schema_options own = TALARIA_SCHEMA_OPTIONS_INIT;
  TALARIA_RETURN_IF_ERROR(ReadStruct(given, "talaria_schema_options", &own));
  grammar::SchemaGrammarOptions options;
  TALARIA_ASSIGN_OR_RETURN(options.document.draft, DraftOf(own));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.assert_formats, "assert_formats"));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.any_order, "any_order"));
  TALARIA_RETURN_IF_ERROR(CheckFlag(own.integer_fractions, "integer_fractions"));
  options.assert_formats = own.assert_formats == 1;
  options.any_order = own.any_order == 1;
  options.integer_fractions = own.integer_fractions == 1;
  switch (own.spacing) {
    case TALARIA_SPACING_COMPACT:
      options.style.spacing = grammar::JsonSpacing::kCompact;
      break;
    case TALARIA_SPACING_PYTHON:
      options.style.spacing = grammar::JsonSpacing::kSpaced;
      break;
    case TALARIA_SPACING_FLEXIBLE:
      options.style.spacing = grammar::JsonSpacing::kFlexible;
      break;
    default:
      return InvalidArgument("talaria_schema_options.spacing: expected 0 to 2, found ", own.spacing);
  }
  if (own.max_string_length > 0) options.style.max_string = own.max_string_length;
  if (own.max_number_digits > 0) options.style.max_digits = own.max_number_digits;
  return options;
}

Status CreateFromSchema(const json::Value& schema, const talaria_schema_options* given,
                        talaria_grammar** grammar) {
  TALARIA_ASSIGN_OR_RETURN(const grammar::SchemaGrammarOptions options, GrammarOptionsOf(given));
  auto made = std::make_unique<talaria_grammar>();
  TALARIA_ASSIGN_OR_RETURN(made->schema, grammar::SchemaGrammar::Create(schema, options));
  made->object = made->schema->grammar();
  made->compact = options.style.spacing == grammar::JsonSpacing::kCompact;
  *grammar = made.release();
  return absl::OkStatus();
}

// Whether one of *texts* is in the grammar.
StatusOr<bool> AcceptsOne(const talaria_grammar& grammar, const std::vector<std::string>& texts) {
  if (grammar.object == nullptr) return false;
  TALARIA_ASSIGN_OR_RETURN(const auto automaton, grammar.AutomatonOver(nullptr));
  for (const std::string& text : texts) {
    grammar::Matcher matcher(automaton);
    TALARIA_ASSIGN_OR_RETURN(const bool read, matcher.AcceptBytes(text));
    if (!read) continue;
    TALARIA_ASSIGN_OR_RETURN(const bool complete, matcher.IsComplete());
    if (complete) return true;
  }
  return false;
}

std::string ViolationsText(const std::vector<grammar::SchemaViolation>& violations) {
  json::Array list;
  for (const grammar::SchemaViolation& violation : violations) {
    list.push_back(
        json::Object{{"at", violation.at}, {"keyword", violation.keyword}, {"message", violation.message}});
  }
  return json::Write(json::Value(std::move(list)));
}

}  // namespace
}  // namespace talaria::capi

talaria::StatusOr<std::shared_ptr<talaria::grammar::Automaton>> talaria_grammar::AutomatonOver(
    const std::shared_ptr<const talaria::grammar::TokenTable>& tokens) const {
  if (object == nullptr) return talaria::InvalidArgument("grammar: expected one that some text is in");
  const std::lock_guard<std::mutex> hold(automata_mutex_);
  const auto known = std::find_if(automata_.begin(), automata_.end(),
                                  [&](const auto& automaton) { return automaton->tokens() == tokens.get(); });
  if (known != automata_.end()) {
    std::rotate(automata_.begin(), known, known + 1);
    return automata_.front();
  }
  TALARIA_ASSIGN_OR_RETURN(auto made, talaria::grammar::Automaton::Create(object, tokens));
  automata_.insert(automata_.begin(), made);
  if (automata_.size() > kIdleAutomata) {
    // Of models that are closed, perhaps. A generation under way keeps its own.
    automata_.erase(std::remove_if(automata_.begin() + kIdleAutomata, automata_.end(),
                                   [](const auto& automaton) { return automaton.use_count() == 1; }),
                    automata_.end());
  }
  return made;
}

using namespace talaria;        // NOLINT(google-build-using-namespace)
using namespace talaria::capi;  // NOLINT(google-build-using-namespace)

int32_t TALARIA_CALL talaria_grammar_create_json_schema(const char* schema, uint64_t schema_bytes,
                                                        const talaria_schema_options* options,
                                                        talaria_grammar** grammar,
                                                        talaria_error** error) TALARIA_NOEXCEPT {
  if (grammar != nullptr) *grammar = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(grammar, "grammar"));
    TALARIA_ASSIGN_OR_RETURN(const json::Value value, SchemaOf(schema, schema_bytes));
    return CreateFromSchema(value, options, grammar);
  });
}

int32_t TALARIA_CALL talaria_grammar_create_json(const talaria_schema_options* options,
                                                 talaria_grammar** grammar,
                                                 talaria_error** error) TALARIA_NOEXCEPT {
  if (grammar != nullptr) *grammar = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(grammar, "grammar"));
    return CreateFromSchema(json::Value(true), options, grammar);
  });
}

int32_t TALARIA_CALL talaria_grammar_create_ebnf(const char* rules, uint64_t rule_bytes, const char* root,
                                                 uint64_t root_bytes, talaria_grammar** grammar,
                                                 talaria_error** error) TALARIA_NOEXCEPT {
  if (grammar != nullptr) *grammar = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(grammar, "grammar"));
    TALARIA_RETURN_IF_ERROR(NotNull(rules, "rules"));
    TALARIA_RETURN_IF_ERROR(NotNull(root, "root"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view text, TextView(rules, rule_bytes, "rules"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view name, TextView(root, root_bytes, "root"));
    auto made = std::make_unique<talaria_grammar>();
    TALARIA_ASSIGN_OR_RETURN(made->object, grammar::ParseEbnf(text, name));
    *grammar = made.release();
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_grammar_create_regex(const char* pattern, uint64_t pattern_bytes,
                                                  talaria_grammar** grammar,
                                                  talaria_error** error) TALARIA_NOEXCEPT {
  if (grammar != nullptr) *grammar = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(grammar, "grammar"));
    TALARIA_RETURN_IF_ERROR(NotNull(pattern, "pattern"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view text, TextView(pattern, pattern_bytes, "pattern"));
    auto made = std::make_unique<talaria_grammar>();
    TALARIA_ASSIGN_OR_RETURN(made->object, grammar::RegexGrammar(text));
    *grammar = made.release();
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_grammar_free(talaria_grammar* grammar) TALARIA_NOEXCEPT { delete grammar; }

int32_t TALARIA_CALL talaria_grammar_get_possible(const talaria_grammar* grammar, int32_t* possible,
                                                  talaria_error** error) TALARIA_NOEXCEPT {
  if (possible != nullptr) *possible = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(grammar, "grammar"));
    TALARIA_RETURN_IF_ERROR(NotNull(possible, "possible"));
    *possible = grammar->object != nullptr ? 1 : 0;
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_grammar_accepts(const talaria_grammar* grammar, const char* text,
                                             uint64_t text_bytes, int32_t* accepts,
                                             talaria_error** error) TALARIA_NOEXCEPT {
  if (accepts != nullptr) *accepts = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(grammar, "grammar"));
    TALARIA_RETURN_IF_ERROR(NotNull(accepts, "accepts"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view input, TextView(text, text_bytes, "text"));
    TALARIA_ASSIGN_OR_RETURN(const bool accepted, AcceptsOne(*grammar, {std::string(input)}));
    *accepts = accepted ? 1 : 0;
    return absl::OkStatus();
  });
}

int32_t TALARIA_CALL talaria_grammar_accepts_value(const talaria_grammar* grammar, const char* json,
                                                   uint64_t json_bytes, int32_t* accepts,
                                                   talaria_error** error) TALARIA_NOEXCEPT {
  if (accepts != nullptr) *accepts = 0;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(grammar, "grammar"));
    TALARIA_RETURN_IF_ERROR(NotNull(accepts, "accepts"));
    TALARIA_RETURN_IF_ERROR(NotNull(json, "json"));
    if (grammar->schema == nullptr || !grammar->compact) {
      return FailedPrecondition("grammar: expected one of JSON in TALARIA_SPACING_COMPACT, found another");
    }
    TALARIA_ASSIGN_OR_RETURN(const std::string_view input, TextView(json, json_bytes, "json"));
    TALARIA_ASSIGN_OR_RETURN(const json::Value value, json::Parse(input));
    TALARIA_ASSIGN_OR_RETURN(const bool accepted, AcceptsOne(*grammar, grammar->schema->TextsOf(value)));
    *accepts = accepted ? 1 : 0;
    return absl::OkStatus();
  });
}

const char* TALARIA_CALL talaria_error_unsupported(const talaria_error* error,
                                                   uint64_t* bytes) TALARIA_NOEXCEPT {
  if (bytes != nullptr) *bytes = 0;
  if (error == nullptr || talaria_error_code(error) != TALARIA_UNIMPLEMENTED) return nullptr;
  uint64_t length = 0;
  const char* message = talaria_error_message(error, &length);
  const std::string_view keyword = grammar::UnsupportedKeywordIn({message, static_cast<size_t>(length)});
  if (keyword.empty()) return nullptr;
  if (bytes != nullptr) *bytes = keyword.size();
  return keyword.data();
}

int32_t TALARIA_CALL talaria_schema_create(const char* schema, uint64_t schema_bytes,
                                           const talaria_schema_options* options, talaria_schema** validator,
                                           talaria_error** error) TALARIA_NOEXCEPT {
  if (validator != nullptr) *validator = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(validator, "validator"));
    TALARIA_ASSIGN_OR_RETURN(const json::Value value, SchemaOf(schema, schema_bytes));
    TALARIA_ASSIGN_OR_RETURN(const grammar::SchemaGrammarOptions read, GrammarOptionsOf(options));
    grammar::ValidatorOptions own;
    own.document = read.document;
    own.assert_formats = read.assert_formats;
    auto made = std::make_unique<talaria_schema>();
    TALARIA_ASSIGN_OR_RETURN(made->object, grammar::SchemaValidator::Create(value, own));
    *validator = made.release();
    return absl::OkStatus();
  });
}

void TALARIA_CALL talaria_schema_free(talaria_schema* validator) TALARIA_NOEXCEPT { delete validator; }

int32_t TALARIA_CALL talaria_schema_validate(const talaria_schema* validator, const char* json,
                                             uint64_t json_bytes, int32_t* valid, talaria_text** violations,
                                             talaria_error** error) TALARIA_NOEXCEPT {
  if (valid != nullptr) *valid = 0;
  if (violations != nullptr) *violations = nullptr;
  return Enter(error, [&]() -> Status {
    TALARIA_RETURN_IF_ERROR(NotNull(validator, "validator"));
    TALARIA_RETURN_IF_ERROR(NotNull(valid, "valid"));
    TALARIA_RETURN_IF_ERROR(NotNull(json, "json"));
    TALARIA_ASSIGN_OR_RETURN(const std::string_view input, TextView(json, json_bytes, "json"));
    TALARIA_ASSIGN_OR_RETURN(const json::Value value, json::Parse(input));
    const std::vector<grammar::SchemaViolation> found = validator->object->Validate(value);
    if (violations != nullptr) *violations = new talaria_text{ViolationsText(found)};
    *valid = found.empty() ? 1 : 0;
    return absl::OkStatus();
  });
}
