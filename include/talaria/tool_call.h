/* What a model says taken apart: words, reasoning, and calls of tools, held against the tools there are.
 * Works with no model loaded. */
#ifndef TALARIA_TOOL_CALL_H_
#define TALARIA_TOOL_CALL_H_

#include "talaria/chat.h"
#include "talaria/grammar.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Tools. Immutable: any number of threads use them at once. */

typedef struct talaria_tools talaria_tools;

/* From a JSON array of {"type": "function", "function": {"name", "description", "parameters"}} or of such
 * inner objects; parameters is a JSON Schema. INVALID_ARGUMENT for two of one name, UNIMPLEMENTED, naming the
 * tool and the keyword, for a schema that cannot be checked. */
TALARIA_API int32_t TALARIA_CALL talaria_tools_parse(const char* json, uint64_t json_bytes,
                                                     talaria_tools** tools,
                                                     talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_tools_free(talaria_tools* tools) TALARIA_NOEXCEPT;

/* Whether a generation calls tools. */
enum {
  TALARIA_TOOL_CHOICE_AUTO = 0,     /* words, calls, or both */
  TALARIA_TOOL_CHOICE_NONE = 1,     /* words without a call */
  TALARIA_TOOL_CHOICE_REQUIRED = 2, /* one call at least, and no words */
  TALARIA_TOOL_CHOICE_NAMED = 3     /* the same, of the tool *name */
};

typedef struct talaria_tool_grammar_options {
  uint32_t struct_size;
  int32_t choice; /* TALARIA_TOOL_CHOICE_... */
  const char* name;
  uint64_t name_bytes;
  int32_t single;             /* 1: one call at most */
  int32_t arguments_first;    /* 1: {"arguments", "name"}, as the model card's prompt asks; 0: name first */
  uint64_t max_string_length; /* characters of a string that its schema does not bound; 0: no limit */
} talaria_tool_grammar_options;

#define TALARIA_TOOL_GRAMMAR_OPTIONS_INIT                                                                 \
  {                                                                                                       \
    TALARIA_STRUCT_SIZE(talaria_tool_grammar_options), TALARIA_TOOL_CHOICE_AUTO, NULL, UINT64_C(0), 0, 0, \
        UINT64_C(0)                                                                                       \
  }

/* What a model may say that has the tools (talaria_generate_options.grammar): words outside of <tool_call>
 * tags are free, inside stands a call of one of the tools with arguments that its parameters allow, spelled
 * as Hermes was trained. *options NULL: the defaults. INVALID_ARGUMENT where a call is asked for and there is
 * no such tool; UNIMPLEMENTED, naming tool and keyword, where a schema cannot be made a grammar. */
TALARIA_API int32_t TALARIA_CALL talaria_tools_create_grammar(const talaria_tools* tools,
                                                              const talaria_tool_grammar_options* options,
                                                              talaria_grammar** grammar,
                                                              talaria_error** error) TALARIA_NOEXCEPT;

/* --- What is wrong with a call. */

enum {
  TALARIA_CALL_OK = 0,
  /* What stands in the tag is no call. */
  TALARIA_CALL_UNTERMINATED = 1,         /* the output ended inside it */
  TALARIA_CALL_EMPTY = 2,                /* nothing but white space */
  TALARIA_CALL_INVALID_JSON = 3,         /* neither JSON nor a Python literal */
  TALARIA_CALL_TRAILING_DATA = 4,        /* a whole JSON value, and then something else */
  TALARIA_CALL_NOT_OBJECT = 5,           /* a value that is no object */
  TALARIA_CALL_MISSING_NAME = 6,         /* no member "name" */
  TALARIA_CALL_BAD_NAME = 7,             /* a name that is no text, or none */
  TALARIA_CALL_MISSING_ARGUMENTS = 8,    /* no member "arguments" */
  TALARIA_CALL_ARGUMENTS_NOT_OBJECT = 9, /* arguments that are no object */
  TALARIA_CALL_TOO_LARGE = 10,           /* more values than a call may have: 262,144 */
  /* It is a call, and the tools do not take it. */
  TALARIA_CALL_UNKNOWN_TOOL = 33,
  TALARIA_CALL_MISSING_REQUIRED = 34,
  TALARIA_CALL_TYPE_MISMATCH = 35,
  TALARIA_CALL_ENUM_MISMATCH = 36,  /* of "enum" or "const" */
  TALARIA_CALL_SCHEMA_MISMATCH = 37 /* of any other keyword */
};

/* "ok", "unterminated", "type_mismatch" and so on; "unknown" for any other number. Static text, never NULL.
 */
TALARIA_API const char* TALARIA_CALL talaria_call_problem_name(int32_t problem) TALARIA_NOEXCEPT;

/* --- The parser. One thread at a time; a second one inside gets FAILED_PRECONDITION. */

typedef struct talaria_tool_parser talaria_tool_parser;

enum {
  TALARIA_REASONING_AS_TEXT = 0, /* reasoning tags are words like any others */
  TALARIA_REASONING_APART = 1    /* what stands in them comes apart, without the tags */
};

typedef struct talaria_tool_parser_options {
  uint32_t struct_size;
  int32_t reasoning;          /* TALARIA_REASONING_... */
  const talaria_tools* tools; /* to hold calls against; NULL: none */
  /* Names of reasoning tags, without brackets. NULL: Hermes' and <think>, see capi/README.md. */
  const char* const* reasoning_tags;
  const uint64_t* reasoning_tag_bytes;
  uint64_t reasoning_tag_count;
  uint64_t first_id; /* the ids of calls are "call_" and a number; that of the first */
} talaria_tool_parser_options;

#define TALARIA_TOOL_PARSER_OPTIONS_INIT                                                           \
  {                                                                                                \
    TALARIA_STRUCT_SIZE(talaria_tool_parser_options), TALARIA_REASONING_AS_TEXT, NULL, NULL, NULL, \
        UINT64_C(0), UINT64_C(0)                                                                   \
  }

/* *options NULL: the defaults. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_parser_create(const talaria_tool_parser_options* options,
                                                            talaria_tool_parser** parser,
                                                            talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_tool_parser_free(talaria_tool_parser* parser) TALARIA_NOEXCEPT;

/* The next bytes of the output, cut anywhere, also inside a character. However they are cut, the events,
 * joined, are the same. FAILED_PRECONDITION after the finish. After RESOURCE_EXHAUSTED from a feed or the
 * finish a parser is of no more use. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_parser_feed(talaria_tool_parser* parser, const char* text,
                                                          uint64_t text_bytes,
                                                          talaria_error** error) TALARIA_NOEXCEPT;
/* The output has ended: what was held back comes out. Once. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_parser_finish(talaria_tool_parser* parser,
                                                            talaria_error** error) TALARIA_NOEXCEPT;

enum {
  TALARIA_TOOL_EVENT_NONE = 0,
  TALARIA_TOOL_EVENT_TEXT = 1,      /* words outside of calls */
  TALARIA_TOOL_EVENT_REASONING = 2, /* words inside a reasoning tag */
  /* A call whose name is known. Where one of that index had begun already (its name came twice, it was a
   * Python literal) this takes its place: what came of it is forgotten. */
  TALARIA_TOOL_EVENT_CALL_BEGIN = 3,
  TALARIA_TOOL_EVENT_ARGUMENTS = 4, /* more of the JSON text of its arguments */
  TALARIA_TOOL_EVENT_CALL_END = 5,  /* it is whole */
  TALARIA_TOOL_EVENT_ERROR =
      6 /* what stands in this <tool_call> is no call, also where it had begun as one */
};

/* Text ends with a zero byte, is never NULL, and is borrowed until the next call on the object but a feed. */
typedef struct talaria_tool_event {
  uint32_t struct_size;
  int32_t kind;     /* TALARIA_TOOL_EVENT_... */
  int64_t index;    /* which <tool_call> of the output, from 0; good and bad ones count alike. -1: of none */
  int32_t lenient;  /* CALL_BEGIN, CALL_END: 1 where it was a Python literal instead of JSON */
  int32_t problem;  /* ERROR: TALARIA_CALL_...; CALL_END: what the tools, if any, say to it */
  const char* id;   /* CALL_BEGIN, ARGUMENTS, CALL_END: of the call */
  const char* name; /* CALL_BEGIN, CALL_END */
  const char* text; /* the words; CALL_END: all arguments as the text of a JSON object; ERROR: what stood in
                       the tag */
  const char* detail; /* what is wrong, in words that the model may be shown */
  uint64_t id_bytes;
  uint64_t name_bytes;
  uint64_t text_bytes;
  uint64_t detail_bytes;
} talaria_tool_event;

#define TALARIA_TOOL_EVENT_INIT                                                                              \
  {                                                                                                          \
    TALARIA_STRUCT_SIZE(talaria_tool_event), TALARIA_TOOL_EVENT_NONE, INT64_C(-1), 0, TALARIA_CALL_OK, NULL, \
        NULL, NULL, NULL, UINT64_C(0), UINT64_C(0), UINT64_C(0), UINT64_C(0)                                 \
  }

/* The oldest event; TALARIA_NOT_READY where there is none. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_parser_next_event(talaria_tool_parser* parser,
                                                                talaria_tool_event* event,
                                                                talaria_error** error) TALARIA_NOEXCEPT;

/* An output that is there as a whole, as the text of a JSON object: {"content": the words, "reasoning",
 * "calls": [{"id", "index", "name", "arguments", "lenient", "problem", "detail"}], "errors": [{"problem",
 * "index", "text", "detail"}]}; problems by their names. *options NULL: the defaults. */
TALARIA_API int32_t TALARIA_CALL talaria_tool_parse(const char* text, uint64_t text_bytes,
                                                    const talaria_tool_parser_options* options,
                                                    talaria_text** json,
                                                    talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_TOOL_CALL_H_ */
