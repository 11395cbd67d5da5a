/* Grammars and schemas: created from text, asked, shared, and refused by name. */
#include <string.h>

#include "talaria/talaria.h"
#include "tests/capi/check.h"

#define TEXT(literal) (literal), (uint64_t)(sizeof(literal) - 1)

static talaria_grammar* from_schema(const char* schema, const talaria_schema_options* options) {
  talaria_grammar* grammar = NULL;
  CHECK_OK(talaria_grammar_create_json_schema(schema, strlen(schema), options, &grammar, &error));
  return grammar;
}

static int32_t accepts(const talaria_grammar* grammar, const char* text) {
  int32_t answer = -1;
  CHECK_OK(talaria_grammar_accepts(grammar, text, strlen(text), &answer, &error));
  return answer;
}

static int32_t accepts_value(const talaria_grammar* grammar, const char* json) {
  int32_t answer = -1;
  CHECK_OK(talaria_grammar_accepts_value(grammar, json, strlen(json), &answer, &error));
  return answer;
}

static const char kPerson[] =
    "{\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\"}, \"age\": {\"type\": "
    "\"integer\"}}, "
    "\"required\": [\"name\", \"age\"]}";

static void a_schemas_grammar_holds_its_texts(void) {
  talaria_grammar* grammar = from_schema(kPerson, NULL);
  CHECK_EQ(accepts(grammar, "{\"name\":\"Mira\",\"age\":7}"), 1);
  CHECK_EQ(accepts(grammar, "{\"age\":7,\"name\":\"Mira\"}"), 0);
  CHECK_EQ(accepts(grammar, "{\"name\":\"Mira\""), 0);
  CHECK_EQ(accepts_value(grammar, "{ \"age\": 7, \"name\": \"Mira\" }"), 1);
  CHECK_EQ(accepts_value(grammar, "{\"name\": \"Mira\"}"), 0);
  int32_t possible = -1;
  CHECK_OK(talaria_grammar_get_possible(grammar, &possible, &error));
  CHECK_EQ(possible, 1);
  talaria_grammar_free(grammar);
}

static void options_are_heeded(void) {
  talaria_schema_options options = TALARIA_SCHEMA_OPTIONS_INIT;
  options.spacing = TALARIA_SPACING_PYTHON;
  options.any_order = 1;
  options.max_string_length = 4;
  talaria_grammar* grammar = from_schema(kPerson, &options);
  CHECK_EQ(accepts(grammar, "{\"age\": 7, \"name\": \"Mira\"}"), 1);
  CHECK_EQ(accepts(grammar, "{\"age\": 7, \"name\": \"Miras\"}"), 0);
  int32_t answer = -1;
  CHECK_FAILS(TALARIA_FAILED_PRECONDITION, "COMPACT",
              talaria_grammar_accepts_value(grammar, TEXT("{}"), &answer, &error));
  CHECK_EQ(answer, 0);
  talaria_grammar_free(grammar);

  options = (talaria_schema_options)TALARIA_SCHEMA_OPTIONS_INIT;
  options.draft = TALARIA_DRAFT_7;
  options.integer_fractions = 1;
  options.assert_formats = 1;
  grammar = from_schema("{\"items\": [{\"type\": \"integer\"}, {\"format\": \"date\"}]}", &options);
  CHECK_EQ(accepts(grammar, "[1.0,\"2024-02-29\"]"), 1);
  CHECK_EQ(accepts(grammar, "[1.5,\"2024-02-29\"]"), 0);
  CHECK_EQ(accepts(grammar, "[1,\"2023-02-29\"]"), 0);
  talaria_grammar_free(grammar);
}

static void other_grammars(void) {
  talaria_grammar* grammar = NULL;
  CHECK_OK(talaria_grammar_create_json(NULL, &grammar, &error));
  CHECK_EQ(accepts(grammar, "[1,{\"a\":null}]"), 1);
  CHECK_EQ(accepts(grammar, "[1,]"), 0);
  talaria_grammar_free(grammar);
  CHECK_OK(talaria_grammar_create_regex(TEXT("[a-c]{2,3}|\\u00e9"), &grammar, &error));
  CHECK_EQ(accepts(grammar, "abc"), 1);
  CHECK_EQ(accepts(grammar, "\xC3\xA9"), 1);
  CHECK_EQ(accepts(grammar, "xabc"), 0);
  talaria_grammar_free(grammar);
  CHECK_FAILS(TALARIA_UNIMPLEMENTED, "", talaria_grammar_create_regex(TEXT("(?=a)a"), &grammar, &error));
  CHECK(grammar == NULL);
  grammar = from_schema("false", NULL);
  int32_t possible = -1;
  CHECK_OK(talaria_grammar_get_possible(grammar, &possible, &error));
  CHECK_EQ(possible, 0);
  CHECK_EQ(accepts(grammar, "null"), 0);
  talaria_grammar_free(grammar);
}

static void what_is_not_supported_has_a_name(void) {
  talaria_grammar* grammar = NULL;
  talaria_error* error = NULL;
  const char schema[] = "{\"type\": \"array\", \"uniqueItems\": true}";
  CHECK_EQ(talaria_grammar_create_json_schema(TEXT(schema), NULL, &grammar, &error), TALARIA_UNIMPLEMENTED);
  uint64_t bytes = 0;
  const char* keyword = talaria_error_unsupported(error, &bytes);
  REQUIRE(keyword != NULL);
  CHECK(bytes == strlen("uniqueItems") && memcmp(keyword, "uniqueItems", bytes) == 0);
  CHECK(grammar == NULL);
  talaria_error_free(error);
  error = NULL;
  CHECK_EQ(talaria_grammar_create_json_schema(TEXT("{\"type\": 5}"), NULL, &grammar, &error),
           TALARIA_INVALID_ARGUMENT);
  CHECK(talaria_error_unsupported(error, &bytes) == NULL);
  CHECK_EQ(bytes, 0);
  talaria_error_free(error);
  CHECK(talaria_error_unsupported(NULL, NULL) == NULL);
  error = NULL;
  /* Also where it is a tool's. */
  talaria_tools* tools = NULL;
  const char list[] =
      "[{\"name\": \"pick\", \"parameters\": {\"type\": \"object\", \"properties\": {\"of\": {\"type\": "
      "\"array\", \"uniqueItems\": true}}}}]";
  CHECK_EQ(talaria_tools_parse(TEXT(list), &tools, &error), TALARIA_OK);
  CHECK_EQ(talaria_tools_create_grammar(tools, NULL, &grammar, &error), TALARIA_UNIMPLEMENTED);
  keyword = talaria_error_unsupported(error, &bytes);
  REQUIRE(keyword != NULL);
  CHECK(bytes == strlen("uniqueItems") && memcmp(keyword, "uniqueItems", bytes) == 0);
  talaria_error_free(error);
  talaria_tools_free(tools);
}

static void values_are_checked_and_told_why_not(void) {
  talaria_schema* schema = NULL;
  CHECK_OK(talaria_schema_create(TEXT(kPerson), NULL, &schema, &error));
  int32_t valid = -1;
  talaria_text* why = NULL;
  CHECK_OK(talaria_schema_validate(schema, TEXT("{\"name\": \"Mira\", \"age\": 7}"), &valid, &why, &error));
  CHECK_EQ(valid, 1);
  CHECK(strcmp(talaria_text_data(why, NULL), "[]") == 0);
  talaria_text_free(why);
  CHECK_OK(
      talaria_schema_validate(schema, TEXT("{\"name\": \"Mira\", \"age\": \"7\"}"), &valid, &why, &error));
  CHECK_EQ(valid, 0);
  CHECK(strstr(talaria_text_data(why, NULL), "\"at\": \"/age\"") != NULL);
  CHECK(strstr(talaria_text_data(why, NULL), "expected an integer, found") != NULL);
  talaria_text_free(why);
  CHECK_OK(talaria_schema_validate(schema, TEXT("[]"), &valid, NULL, &error));
  CHECK_EQ(valid, 0);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "", talaria_schema_validate(schema, TEXT("{"), &valid, &why, &error));
  CHECK(why == NULL);
  talaria_schema_free(schema);
}

static void wrong_arguments_are_named(void) {
  talaria_grammar* grammar = NULL;
  talaria_schema* schema = NULL;
  int32_t answer = -1;
  talaria_schema_options options = TALARIA_SCHEMA_OPTIONS_INIT;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "grammar",
              talaria_grammar_create_json_schema(TEXT("{}"), NULL, NULL, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "schema",
              talaria_grammar_create_json_schema(NULL, 0, NULL, &grammar, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "schema",
              talaria_grammar_create_json_schema(TEXT("{"), NULL, &grammar, &error));
  options.draft = 9;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "draft", talaria_grammar_create_json(&options, &grammar, &error));
  options.draft = 0;
  options.spacing = 3;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "spacing", talaria_grammar_create_json(&options, &grammar, &error));
  options.spacing = 0;
  options.any_order = 2;
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "any_order",
              talaria_schema_create(TEXT("{}"), &options, &schema, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "pattern", talaria_grammar_create_regex(NULL, 0, &grammar, &error));
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "grammar", talaria_grammar_accepts(NULL, TEXT("a"), &answer, &error));
  CHECK_EQ(answer, 0);
  CHECK_FAILS(TALARIA_INVALID_ARGUMENT, "validator",
              talaria_schema_validate(NULL, TEXT("1"), &answer, NULL, &error));
  CHECK(grammar == NULL && schema == NULL);
  talaria_grammar_free(NULL);
  talaria_schema_free(NULL);
}

int main(void) {
  RUN(a_schemas_grammar_holds_its_texts);
  RUN(options_are_heeded);
  RUN(other_grammars);
  RUN(what_is_not_supported_has_a_name);
  RUN(values_are_checked_and_told_why_not);
  RUN(wrong_arguments_are_named);
  return check_end();
}
