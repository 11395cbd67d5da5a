/* talaria_tokenizer: text to token ids and back, as the model was trained. Works with no model loaded.
 * Immutable: any number of threads share one. */
#ifndef TALARIA_TOKENIZER_H_
#define TALARIA_TOKENIZER_H_

#include "talaria/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct talaria_tokenizer talaria_tokenizer;

/* *path: a checkpoint's folder (tokenizer.json; without one the tiktoken rank file tokenizer.model with the
 * added tokens of tokenizer_config.json), a tokenizer.json, or a rank file. *special_path (NULL: none): for a
 * rank file, a JSON list of its added tokens, {"id", "content", "special"}. */
TALARIA_API int32_t TALARIA_CALL talaria_tokenizer_open(talaria_runtime* runtime, const char* path,
                                                        uint64_t path_bytes, const char* special_path,
                                                        uint64_t special_path_bytes,
                                                        talaria_tokenizer** tokenizer,
                                                        talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_tokenizer_free(talaria_tokenizer* tokenizer) TALARIA_NOEXCEPT;

/* One past the largest id. */
TALARIA_API int32_t TALARIA_CALL talaria_tokenizer_get_size(const talaria_tokenizer* tokenizer, int32_t* size,
                                                            talaria_error** error) TALARIA_NOEXCEPT;

/* The text of the token that begins a prompt, ending with a zero byte, borrowed until the free; "" where
 * there is none. *bytes (may be NULL) receives its length. What talaria_chat_template_create_hermes wants. */
TALARIA_API int32_t TALARIA_CALL talaria_tokenizer_get_bos(const talaria_tokenizer* tokenizer,
                                                           const char** text, uint64_t* bytes,
                                                           talaria_error** error) TALARIA_NOEXCEPT;

/* What becomes of special tokens whose text stands in the input. Added tokens that are not special
 * ("<tool_call>" in Hermes' vocabularies) match under each. */
enum {
  TALARIA_SPECIAL_AS_TEXT = 0,  /* ordinary text: for the words of somebody who must not command the model */
  TALARIA_SPECIAL_ALLOWED = 1,  /* encoded as themselves */
  TALARIA_SPECIAL_FORBIDDEN = 2 /* INVALID_ARGUMENT, naming the token and its offset */
};

typedef struct talaria_encode_options {
  uint32_t struct_size;
  int32_t special;               /* TALARIA_SPECIAL_...: of those that are not in *allowed */
  const char* const* allowed;    /* contents of special tokens that are encoded as themselves */
  const uint64_t* allowed_bytes; /* their lengths */
  uint64_t allowed_count;
  int32_t add_bos;   /* 1: begin with the token that starts a text; chat templates write it themselves */
  uint32_t reserved; /* zero */
} talaria_encode_options;

#define TALARIA_ENCODE_OPTIONS_INIT \
  { TALARIA_STRUCT_SIZE(talaria_encode_options), TALARIA_SPECIAL_AS_TEXT, NULL, NULL, UINT64_C(0), 0, 0u }

/* Ids that the library made and the caller frees. */
typedef struct talaria_ids talaria_ids;

/* The ids, borrowed until the free; *count (may be NULL) receives how many. For NULL: NULL and 0. */
TALARIA_API const int32_t* TALARIA_CALL talaria_ids_data(const talaria_ids* ids,
                                                         uint64_t* count) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_ids_free(talaria_ids* ids) TALARIA_NOEXCEPT;

/* *options NULL: the defaults. */
TALARIA_API int32_t TALARIA_CALL talaria_tokenizer_encode(const talaria_tokenizer* tokenizer,
                                                          const char* text, uint64_t text_bytes,
                                                          const talaria_encode_options* options,
                                                          talaria_ids** ids,
                                                          talaria_error** error) TALARIA_NOEXCEPT;
/* How many ids talaria_tokenizer_encode would give. */
TALARIA_API int32_t TALARIA_CALL talaria_tokenizer_count(const talaria_tokenizer* tokenizer, const char* text,
                                                         uint64_t text_bytes,
                                                         const talaria_encode_options* options,
                                                         uint64_t* count,
                                                         talaria_error** error) TALARIA_NOEXCEPT;

/* The bytes of *ids, one after the other; they need not be UTF-8. skip_special 1: without special added
 * tokens. */
TALARIA_API int32_t TALARIA_CALL talaria_tokenizer_decode(const talaria_tokenizer* tokenizer,
                                                          const int32_t* ids, uint64_t count,
                                                          int32_t skip_special, talaria_text** bytes,
                                                          talaria_error** error) TALARIA_NOEXCEPT;

/* Decodes ids one by one into text that never ends in half a character. One thread at a time. */
typedef struct talaria_decoder talaria_decoder;

TALARIA_API int32_t TALARIA_CALL talaria_decoder_create(const talaria_tokenizer* tokenizer,
                                                        int32_t skip_special, talaria_decoder** decoder,
                                                        talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_decoder_free(talaria_decoder* decoder) TALARIA_NOEXCEPT;
/* The characters that *id* completes, UTF-8, borrowed until the next call on the decoder; *bytes may be 0. */
TALARIA_API int32_t TALARIA_CALL talaria_decoder_push(talaria_decoder* decoder, int32_t id, const char** text,
                                                      uint64_t* bytes,
                                                      talaria_error** error) TALARIA_NOEXCEPT;
/* The end: U+FFFD for a character that was begun and not completed. Borrowed as above. */
TALARIA_API int32_t TALARIA_CALL talaria_decoder_flush(talaria_decoder* decoder, const char** text,
                                                       uint64_t* bytes,
                                                       talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_TOKENIZER_H_ */
