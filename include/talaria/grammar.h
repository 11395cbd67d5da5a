/* Grammars that a generation can be held to, and the check of a value against a JSON Schema. Neither needs a
 * model. */
#ifndef TALARIA_GRAMMAR_H_
#define TALARIA_GRAMMAR_H_

#include "talaria/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The texts that a generation may be. Immutable: share it among threads. */
typedef struct talaria_grammar talaria_grammar;

/* The draft of a schema that does not say "$schema". */
enum { TALARIA_DRAFT_2020_12 = 0, TALARIA_DRAFT_7 = 1 };

/* White space between the tokens of JSON. */
enum {
  TALARIA_SPACING_COMPACT = 0, /* none */
  TALARIA_SPACING_PYTHON = 1,  /* ", " and ": ", as Python's json.dumps writes */
  TALARIA_SPACING_FLEXIBLE = 2 /* up to 32 characters of it after brackets and separators */
};

/* What a JSON Schema is read and written by. Zero is the default of each. */
typedef struct talaria_schema_options {
  uint32_t struct_size;
  int32_t draft;              /* TALARIA_DRAFT_... */
  int32_t assert_formats;     /* 1: "format" must hold; 0: it is an annotation, as both drafts have it */
  int32_t spacing;            /* TALARIA_SPACING_..., of grammars */
  int32_t any_order;          /* 1: declared members in any order; 0: in the schema's; others come last */
  int32_t integer_fractions;  /* 1: an integer may be spelled 1.0 */
  uint64_t max_string_length; /* characters of a string that the schema does not bound; 0: no limit */
  uint64_t max_number_digits; /* digits of a number; 0: no limit */
} talaria_schema_options;

#define TALARIA_SCHEMA_OPTIONS_INIT \
  { TALARIA_STRUCT_SIZE(talaria_schema_options), TALARIA_DRAFT_2020_12, 0, TALARIA_SPACING_COMPACT, 0, 0, \
    UINT64_C(0), UINT64_C(0) }

/* The JSON texts of the values that *schema (JSON text) allows: strings with the escapes that json.dumps
 * writes, declared members in the schema's order. *options NULL: the defaults. UNIMPLEMENTED where the schema
 * holds what is not supported (talaria_error_unsupported names it), never something looser in its place;
 * INVALID_ARGUMENT for what is no JSON Schema; RESOURCE_EXHAUSTED for one too large. References are not
 * fetched. */
TALARIA_API int32_t TALARIA_CALL talaria_grammar_create_json_schema(const char* schema, uint64_t schema_bytes,
                                                                    const talaria_schema_options* options,
                                                                    talaria_grammar** grammar,
                                                                    talaria_error** error) TALARIA_NOEXCEPT;
/* JSON of any shape. */
TALARIA_API int32_t TALARIA_CALL talaria_grammar_create_json(const talaria_schema_options* options,
                                                             talaria_grammar** grammar,
                                                             talaria_error** error) TALARIA_NOEXCEPT;
/* The texts that a regular expression (ECMA-262's syntax, over code points) matches as a whole.
 * UNIMPLEMENTED, naming it, for lookaround and backreferences. */
TALARIA_API int32_t TALARIA_CALL talaria_grammar_create_regex(const char* pattern, uint64_t pattern_bytes,
                                                              talaria_grammar** grammar,
                                                              talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_grammar_free(talaria_grammar* grammar) TALARIA_NOEXCEPT;

/* *possible is 0 where no text at all is in the grammar (the schema false), else 1. */
TALARIA_API int32_t TALARIA_CALL talaria_grammar_get_possible(const talaria_grammar* grammar, int32_t* possible,
                                                              talaria_error** error) TALARIA_NOEXCEPT;
/* *accepts is 1 where *text, as it stands, is in the grammar, else 0. */
TALARIA_API int32_t TALARIA_CALL talaria_grammar_accepts(const talaria_grammar* grammar, const char* text,
                                                         uint64_t text_bytes, int32_t* accepts,
                                                         talaria_error** error) TALARIA_NOEXCEPT;
/* The same for a value, given as any JSON text: it is written as the grammar of a schema wants it first
 * (compact, members in order, numbers without exponent). For grammars of TALARIA_SPACING_COMPACT;
 * FAILED_PRECONDITION for the others. */
TALARIA_API int32_t TALARIA_CALL talaria_grammar_accepts_value(const talaria_grammar* grammar, const char* json,
                                                               uint64_t json_bytes, int32_t* accepts,
                                                               talaria_error** error) TALARIA_NOEXCEPT;

/* The keyword that an UNIMPLEMENTED error of a schema names, borrowed until the error is freed, *bytes long and
 * without a zero byte at its end. NULL and 0 for any other error. */
TALARIA_API const char* TALARIA_CALL talaria_error_unsupported(const talaria_error* error,
                                                               uint64_t* bytes) TALARIA_NOEXCEPT;

/* A JSON Schema that values are checked against. Immutable: share it among threads. It knows more keywords
 * than grammars do. */
typedef struct talaria_schema talaria_schema;

/* Errors as of talaria_grammar_create_json_schema; of *options, only draft and assert_formats matter. */
TALARIA_API int32_t TALARIA_CALL talaria_schema_create(const char* schema, uint64_t schema_bytes,
                                                       const talaria_schema_options* options,
                                                       talaria_schema** validator,
                                                       talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_schema_free(talaria_schema* validator) TALARIA_NOEXCEPT;

/* *valid is 1 where the value that *json is the text of is what the schema asks for, else 0. *violations (may
 * be NULL) receives why not, for the model to read: a JSON array of {"at": JSON pointer, "keyword", "message"},
 * empty where it is valid. The caller frees it. INVALID_ARGUMENT for what is no JSON. */
TALARIA_API int32_t TALARIA_CALL talaria_schema_validate(const talaria_schema* validator, const char* json,
                                                         uint64_t json_bytes, int32_t* valid,
                                                         talaria_text** violations,
                                                         talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_GRAMMAR_H_ */
