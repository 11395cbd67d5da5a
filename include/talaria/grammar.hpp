// Grammars and schemas over the C interface. Part of talaria.hpp.
#ifndef TALARIA_GRAMMAR_HPP_
#define TALARIA_GRAMMAR_HPP_

#include <cstdint>
#include <string>
#include <string_view>

#include "talaria/grammar.h"
#include "talaria/status.hpp"

namespace talaria {

// The texts that a generation may be; share one among threads.
class Grammar {
 public:
  // *unsupported* (may be null) receives the keyword that is not supported, or "".
  static Result<Grammar> FromJsonSchema(std::string_view schema, const talaria_schema_options* options = nullptr,
                                        std::string* unsupported = nullptr) {
    talaria_grammar* grammar = nullptr;
    talaria_error* error = nullptr;
    const int32_t code =
        talaria_grammar_create_json_schema(schema.data(), schema.size(), options, &grammar, &error);
    if (unsupported != nullptr) {
      uint64_t bytes = 0;
      const char* keyword = talaria_error_unsupported(error, &bytes);
      *unsupported = keyword == nullptr ? std::string() : std::string(keyword, static_cast<size_t>(bytes));
    }
    if (code == TALARIA_OK) return Grammar(grammar);
    return Status::Take(code, error);
  }
  // JSON of any shape.
  static Result<Grammar> Json(const talaria_schema_options* options = nullptr) {
    talaria_grammar* grammar = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_grammar_create_json(options, &grammar, &error);
    if (code == TALARIA_OK) return Grammar(grammar);
    return Status::Take(code, error);
  }
  static Result<Grammar> FromRegex(std::string_view pattern) {
    talaria_grammar* grammar = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_grammar_create_regex(pattern.data(), pattern.size(), &grammar, &error);
    if (code == TALARIA_OK) return Grammar(grammar);
    return Status::Take(code, error);
  }
  explicit Grammar(talaria_grammar* grammar) : handle_(grammar) {}
  talaria_grammar* get() const { return handle_.get(); }

  // *text* as it stands.
  Result<bool> Accepts(std::string_view text) const {
    int32_t accepts = 0;
    talaria_error* error = nullptr;
    const int32_t code = talaria_grammar_accepts(get(), text.data(), text.size(), &accepts, &error);
    if (code == TALARIA_OK) return accepts == 1;
    return Status::Take(code, error);
  }
  // The value that *json* is the text of, written as the grammar wants it.
  Result<bool> AcceptsValue(std::string_view json) const {
    int32_t accepts = 0;
    talaria_error* error = nullptr;
    const int32_t code = talaria_grammar_accepts_value(get(), json.data(), json.size(), &accepts, &error);
    if (code == TALARIA_OK) return accepts == 1;
    return Status::Take(code, error);
  }

 private:
  detail::Handle<talaria_grammar, talaria_grammar_free> handle_;
};

// A JSON Schema that values are checked against; share one among threads.
class Schema {
 public:
  static Result<Schema> Create(std::string_view schema, const talaria_schema_options* options = nullptr) {
    talaria_schema* made = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_schema_create(schema.data(), schema.size(), options, &made, &error);
    if (code == TALARIA_OK) return Schema(made);
    return Status::Take(code, error);
  }
  explicit Schema(talaria_schema* schema) : handle_(schema) {}
  talaria_schema* get() const { return handle_.get(); }

  // "[]" where the value is valid, else why it is not, as talaria_schema_validate says it.
  Result<std::string> Violations(std::string_view json) const {
    int32_t valid = 0;
    talaria_text* text = nullptr;
    talaria_error* error = nullptr;
    const int32_t code = talaria_schema_validate(get(), json.data(), json.size(), &valid, &text, &error);
    if (code == TALARIA_OK) return detail::TakeText(text);
    return Status::Take(code, error);
  }

 private:
  detail::Handle<talaria_schema, talaria_schema_free> handle_;
};

}  // namespace talaria

#endif  // TALARIA_GRAMMAR_HPP_
