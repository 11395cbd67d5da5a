/* Conversations to prompts: messages, chat templates, and text that remembers whose words it holds, so that a
 * user's words can never become control tokens. Works with no model loaded. */
#ifndef TALARIA_CHAT_H_
#define TALARIA_CHAT_H_

#include "talaria/tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whose words a run of a prompt is, which decides what added tokens ("<|im_start|>", "<tool_call>") may match
 * in it. */
enum {
  TALARIA_MARK_CONTROL = 0,  /* the template's own text: all of them */
  TALARIA_MARK_LITERAL = 1,  /* a user's, a tool's, a system message's words: none */
  TALARIA_MARK_ASSISTANT = 2 /* the assistant's words: those that are not special */
};

/* --- Messages: a conversation. One thread at a time while it is changed; any number while it is only read.
 */

typedef struct talaria_messages talaria_messages;

/* An empty conversation. */
TALARIA_API int32_t TALARIA_CALL talaria_messages_create(talaria_messages** messages,
                                                         talaria_error** error) TALARIA_NOEXCEPT;
/* From a JSON array of OpenAI-shaped messages: {"role", "content", "name", "tool_calls", "tool_call_id"}, the
 * content a string, null or text parts. Other members are kept: a checkpoint's template may look at them.
 * INVALID_ARGUMENT naming the message and the member. accept_trust 1: a member "talaria_trust" ("control",
 * "assistant" or "literal") sets what the message's text may be taken for; only for JSON that the host itself
 * wrote. */
TALARIA_API int32_t TALARIA_CALL talaria_messages_parse(const char* json, uint64_t json_bytes,
                                                        int32_t accept_trust, talaria_messages** messages,
                                                        talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_messages_free(talaria_messages* messages) TALARIA_NOEXCEPT;

TALARIA_API int32_t TALARIA_CALL talaria_messages_get_count(const talaria_messages* messages, uint64_t* count,
                                                            talaria_error** error) TALARIA_NOEXCEPT;

/* Adds a message. *content NULL: it has none (an assistant's message that only calls tools). */
TALARIA_API int32_t TALARIA_CALL talaria_messages_add(talaria_messages* messages, const char* role,
                                                      uint64_t role_bytes, const char* content,
                                                      uint64_t content_bytes,
                                                      talaria_error** error) TALARIA_NOEXCEPT;

/* The calls below are about the message added last: FAILED_PRECONDITION where there is none. */

/* Who speaks; in a tool's message, the function that answers. */
TALARIA_API int32_t TALARIA_CALL talaria_messages_set_name(talaria_messages* messages, const char* name,
                                                           uint64_t name_bytes,
                                                           talaria_error** error) TALARIA_NOEXCEPT;
/* The call that a tool's message answers. */
TALARIA_API int32_t TALARIA_CALL talaria_messages_set_tool_call_id(talaria_messages* messages, const char* id,
                                                                   uint64_t id_bytes,
                                                                   talaria_error** error) TALARIA_NOEXCEPT;
/* A call that the assistant made. *id may be NULL; *arguments is a JSON object, NULL: {}. */
TALARIA_API int32_t TALARIA_CALL talaria_messages_add_tool_call(talaria_messages* messages, const char* id,
                                                                uint64_t id_bytes, const char* name,
                                                                uint64_t name_bytes, const char* arguments,
                                                                uint64_t arguments_bytes,
                                                                talaria_error** error) TALARIA_NOEXCEPT;
/* What all of the message's text is taken for, TALARIA_MARK_..., instead of what its role says: only for text
 * that the host itself wrote. */
TALARIA_API int32_t TALARIA_CALL talaria_messages_set_trust(talaria_messages* messages, int32_t mark,
                                                            talaria_error** error) TALARIA_NOEXCEPT;

/* --- Prompts: text with a mark on each byte. One thread at a time while it is changed. */

typedef struct talaria_prompt talaria_prompt;

typedef struct talaria_span {
  uint64_t begin; /* bytes of the prompt's text, [begin, end) */
  uint64_t end;
  int32_t mark; /* TALARIA_MARK_... */
  uint32_t reserved;
} talaria_span;

/* An empty prompt, for a host that writes its own. */
TALARIA_API int32_t TALARIA_CALL talaria_prompt_create(talaria_prompt** prompt,
                                                       talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_prompt_free(talaria_prompt* prompt) TALARIA_NOEXCEPT;
/* Adds *text, whole characters, at the end, under TALARIA_MARK_... */
TALARIA_API int32_t TALARIA_CALL talaria_prompt_add(talaria_prompt* prompt, const char* text,
                                                    uint64_t text_bytes, int32_t mark,
                                                    talaria_error** error) TALARIA_NOEXCEPT;

/* The text, borrowed until the prompt is changed or freed; *bytes (may be NULL) receives its length. For
 * NULL:
 * "". */
TALARIA_API const char* TALARIA_CALL talaria_prompt_text(const talaria_prompt* prompt,
                                                         uint64_t* bytes) TALARIA_NOEXCEPT;
/* The runs of one mark, ascending and without gap, borrowed as the text. *count and *element_size (either may
 * be NULL) receive how many there are and the bytes from one to the next. For NULL: NULL. */
TALARIA_API const talaria_span* TALARIA_CALL talaria_prompt_spans(const talaria_prompt* prompt,
                                                                  uint64_t* count,
                                                                  uint64_t* element_size) TALARIA_NOEXCEPT;

/* The prompt's ids: added tokens match where the marks let them, ordinary text is divided over the joined
 * text between them. */
TALARIA_API int32_t TALARIA_CALL talaria_tokenizer_encode_prompt(const talaria_tokenizer* tokenizer,
                                                                 const talaria_prompt* prompt,
                                                                 talaria_ids** ids,
                                                                 talaria_error** error) TALARIA_NOEXCEPT;
/* How many ids that would be: a prompt is rendered once, counted, and then encoded or cut. */
TALARIA_API int32_t TALARIA_CALL talaria_tokenizer_count_prompt(const talaria_tokenizer* tokenizer,
                                                                const talaria_prompt* prompt, uint64_t* count,
                                                                talaria_error** error) TALARIA_NOEXCEPT;

/* --- Templates. Immutable: any number of threads render at once. */

typedef struct talaria_chat_template talaria_chat_template;

/* Hermes' templates as code: "default", "tool_use" (as published with Hermes 3), "card" (the model card's
 * tool prompt, arguments before name) and "planning" (the card's with <scratch_pad>). *bos: the text of the
 * token that begins a prompt, see talaria_tokenizer_get_bos; may be NULL: none. */
TALARIA_API int32_t TALARIA_CALL talaria_chat_template_create_hermes(const char* bos, uint64_t bos_bytes,
                                                                     talaria_chat_template** chat_template,
                                                                     talaria_error** error) TALARIA_NOEXCEPT;
/* The Jinja templates that the checkpoint at *path brings: chat_template of tokenizer_config.json,
 * chat_template.jinja, additional_chat_templates/NAME.jinja. NOT_FOUND where it has none; UNIMPLEMENTED,
 * naming the construct and its line, for what the interpreter does not know. */
TALARIA_API int32_t TALARIA_CALL talaria_chat_template_open(talaria_runtime* runtime, const char* path,
                                                            uint64_t path_bytes,
                                                            talaria_chat_template** chat_template,
                                                            talaria_error** error) TALARIA_NOEXCEPT;
/* One template from its Jinja text, called "default". *special_tokens (may be NULL): a JSON object of the
 * variables bos_token, eos_token and the like. */
TALARIA_API int32_t TALARIA_CALL talaria_chat_template_parse(const char* text, uint64_t text_bytes,
                                                             const char* special_tokens,
                                                             uint64_t special_tokens_bytes,
                                                             talaria_chat_template** chat_template,
                                                             talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_chat_template_free(talaria_chat_template* chat_template)
    TALARIA_NOEXCEPT;

/* The name of template *index, ending with a zero byte, borrowed until the free; NOT_FOUND past the last. */
TALARIA_API int32_t TALARIA_CALL talaria_chat_template_get_name(const talaria_chat_template* chat_template,
                                                                uint64_t index, const char** name,
                                                                uint64_t* bytes,
                                                                talaria_error** error) TALARIA_NOEXCEPT;

/* Bits of talaria_render_options.set. */
#define TALARIA_SET_NOW (UINT64_C(1) << 0)

typedef struct talaria_render_options {
  uint32_t struct_size;
  int32_t add_generation_prompt; /* 1: end with the header of the assistant's turn */
  int32_t
      continue_final_message; /* 1: end where the last message's content ends, so that the model goes on */
  int32_t plain; /* 1: all of it TALARIA_MARK_CONTROL: encoded as Hugging Face does, where a user's words can
                    become control tokens */
  uint64_t set; /* TALARIA_SET_NOW: the moment below was chosen; without it a template that asks is refused */
  const char*
      name; /* which template; NULL: "tool_use" where *tools is given and there is one, else "default" */
  uint64_t name_bytes;
  const char* tools; /* a JSON array of {"type": "function", "function": {...}} or of such inner objects;
                        NULL: none, which is not the same as an empty array */
  uint64_t tools_bytes;
  const char* variables; /* a JSON object of further variables for a checkpoint's template; NULL: none */
  uint64_t variables_bytes;
  int32_t arguments_as_objects; /* 1: a checkpoint's template sees arguments that are JSON text as objects */
  int32_t year;                 /* local time, for templates that print the date */
  int32_t month;                /* 1 to 12 */
  int32_t day;                  /* 1 to 31 */
  int32_t hour;
  int32_t minute;
  int32_t second;
  uint32_t reserved; /* zero */
} talaria_render_options;

#define TALARIA_RENDER_OPTIONS_INIT                                                                          \
  {                                                                                                          \
    TALARIA_STRUCT_SIZE(talaria_render_options), 0, 0, 0, UINT64_C(0), NULL, UINT64_C(0), NULL, UINT64_C(0), \
        NULL, UINT64_C(0), 0, 0, 0, 0, 0, 0, 0, 0u                                                           \
  }

/* The prompt of *messages. INVALID_ARGUMENT for a conversation that the template refuses, NOT_FOUND for a
 * name there is not, RESOURCE_EXHAUSTED beyond the limits of depth, steps and output. *options NULL: the
 * defaults. */
TALARIA_API int32_t TALARIA_CALL talaria_chat_template_render(const talaria_chat_template* chat_template,
                                                              const talaria_messages* messages,
                                                              const talaria_render_options* options,
                                                              talaria_prompt** prompt,
                                                              talaria_error** error) TALARIA_NOEXCEPT;

/* The content of a system message that asks for JSON of *schema (a JSON Schema): Hermes' JSON mode. */
TALARIA_API int32_t TALARIA_CALL talaria_chat_json_mode(const char* schema, uint64_t schema_bytes,
                                                        talaria_text** content,
                                                        talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_CHAT_H_ */
