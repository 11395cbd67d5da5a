/* talaria_model: weights of a checkpoint in a backend's layout. Immutable: any number of engines and threads
 * share it.
 *
 * A checkpoint is a folder as Hugging Face writes it: config.json, generation_config.json (optional), and
 * model.safetensors or model.safetensors.index.json with its shards.
 */
#ifndef TALARIA_MODEL_H_
#define TALARIA_MODEL_H_

#include "talaria/chat.h"
#include "talaria/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct talaria_model talaria_model;

/* Called on the opening thread between layers; a result other than 0 stops the loading with CANCELLED. */
typedef int32_t(TALARIA_CALL* talaria_progress_function)(void* user, uint64_t done_bytes,
                                                         uint64_t total_bytes);

/* What weights are kept as. */
enum {
  TALARIA_WEIGHTS_AS_STORED = 0, /* the file's type where the backend computes with it */
  TALARIA_WEIGHTS_F32 = 1,
  TALARIA_WEIGHTS_BF16 = 2
};

/* Whether the checkpoint's tokenizer and chat templates are opened with it. */
enum {
  TALARIA_TEXT_IF_PRESENT = 0, /* where the checkpoint has them; broken ones are errors */
  TALARIA_TEXT_NONE = 1        /* no: the host speaks in tokens */
};

typedef struct talaria_model_config {
  uint32_t struct_size;
  int32_t ranks;       /* devices or pretended ranks the weights are divided over; 0: 1 */
  const char* backend; /* its name; NULL: the default */
  uint64_t backend_bytes;
  talaria_progress_function progress; /* NULL: none */
  void* progress_user;
  int32_t weights;          /* TALARIA_WEIGHTS_... */
  int32_t canonical_leaves; /* 0: 1. Equal leaves give equal bits on any number of ranks that divides them */
  int32_t check_recording;  /* 1: record every program twice and refuse a body whose calls differ */
  uint32_t reserved;        /* zero */
  int32_t text;             /* TALARIA_TEXT_... */
  uint32_t reserved2;       /* zero */
} talaria_model_config;

#define TALARIA_MODEL_CONFIG_INIT                                                                           \
  {                                                                                                         \
    TALARIA_STRUCT_SIZE(talaria_model_config), 0, NULL, UINT64_C(0), NULL, NULL, TALARIA_WEIGHTS_AS_STORED, \
        0, 0, 0u, TALARIA_TEXT_IF_PRESENT, 0u                                                               \
  }

/* What keys and values are kept as in the cache. */
enum { TALARIA_CACHE_F32 = 0, TALARIA_CACHE_F16 = 1, TALARIA_CACHE_BF16 = 2 };

/* What an engine is to hold; see talaria/engine.h. Here because memory is planned before a model is opened.
 */
typedef struct talaria_engine_config {
  uint32_t struct_size;
  int32_t max_sessions;    /* 0: 8 */
  int64_t context;         /* positions a session may have; 0: the model's, at most 4096 */
  int64_t cache_positions; /* that the cache holds for all sessions together; 0: context */
  int32_t page_size;   /* positions in a page, a multiple of the backend's (64 but on the reference); 0: 64 */
  int32_t step_rows;   /* most tokens in one forward pass; 0: 256 */
  int32_t output_rows; /* most of them with logits or a choice; 0: 16 or step_rows, the smaller */
  int32_t own_thread;  /* 1: the engine steps itself on a thread of its own; 0: the host calls
                          talaria_engine_step */
  int64_t step_target_us; /* how long a forward pass should take where sessions wait for their next token and
                             a prompt is there too: it joins by as many tokens as fit. 0: 50,000 */
  int32_t cache_type;     /* TALARIA_CACHE_... */
  uint32_t reserved;      /* zero */
} talaria_engine_config;

#define TALARIA_ENGINE_CONFIG_INIT                                                                 \
  {                                                                                                \
    TALARIA_STRUCT_SIZE(talaria_engine_config), 0, INT64_C(0), INT64_C(0), 0, 0, 0, 0, INT64_C(0), \
        TALARIA_CACHE_F32, 0u                                                                      \
  }

/* Bytes, known before any weight is read. */
typedef struct talaria_memory_plan {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t file_bytes;      /* of weights in the files */
  uint64_t weight_bytes;    /* in the backend's layout */
  uint64_t cache_bytes;     /* keys and values */
  uint64_t scratch_bytes;   /* of a step */
  uint64_t session_bytes;   /* one session with the default talaria_session_config */
  uint64_t peak_bytes;      /* the most that is held at once with max_sessions of them */
  uint64_t available_bytes; /* that the ceiling and the machine have left now; 0: none; UINT64_MAX: the system
                               does not say */
  uint64_t parameter_count;
} talaria_memory_plan;

#define TALARIA_MEMORY_PLAN_INIT                                                                      \
  {                                                                                                   \
    TALARIA_STRUCT_SIZE(talaria_memory_plan), 0u, UINT64_C(0), UINT64_C(0), UINT64_C(0), UINT64_C(0), \
        UINT64_C(0), UINT64_C(0), UINT64_C(0), UINT64_C(0)                                            \
  }

/* What opening the checkpoint at *path and an engine over it would take. Reads headers only. Either config
 * may be NULL. *plan: struct_size set by the caller; all that it has room for is filled. */
TALARIA_API int32_t TALARIA_CALL talaria_model_plan(talaria_runtime* runtime, const char* path,
                                                    uint64_t path_bytes, const talaria_model_config* config,
                                                    const talaria_engine_config* engine_config,
                                                    talaria_memory_plan* plan,
                                                    talaria_error** error) TALARIA_NOEXCEPT;

/* A description of the checkpoint at *path as JSON: {"path", "architecture", "config": {...}, "parameters",
 * "weight_bytes", "shards": [...], "tensors": [{"name", "dtype", "shape", "shard", "bytes"}],
 * "generation_config", "stop_tokens"}. Reads headers only. */
TALARIA_API int32_t TALARIA_CALL talaria_model_describe(talaria_runtime* runtime, const char* path,
                                                        uint64_t path_bytes, talaria_text** json,
                                                        talaria_error** error) TALARIA_NOEXCEPT;

/* Reads the weights. RESOURCE_EXHAUSTED, naming bytes needed and had, before reading any where they do not
 * fit. After the call no file stays open or mapped. *config NULL: the defaults. */
TALARIA_API int32_t TALARIA_CALL talaria_model_open(talaria_runtime* runtime, const char* path,
                                                    uint64_t path_bytes, const talaria_model_config* config,
                                                    talaria_model** model,
                                                    talaria_error** error) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_model_free(talaria_model* model) TALARIA_NOEXCEPT;

typedef struct talaria_model_info {
  uint32_t struct_size;
  int32_t vocabulary_size;
  int32_t hidden_size;
  int32_t layers;
  int32_t heads;
  int32_t kv_heads;
  int32_t head_dim;
  int32_t intermediate_size;
  int64_t max_context;
  uint64_t parameter_count;
  uint64_t weight_bytes;           /* in memory */
  uint64_t weight_bytes_per_token; /* of them that one decoded token reads */
} talaria_model_info;

#define TALARIA_MODEL_INFO_INIT                                                                         \
  {                                                                                                     \
    TALARIA_STRUCT_SIZE(talaria_model_info), 0, 0, 0, 0, 0, 0, 0, INT64_C(0), UINT64_C(0), UINT64_C(0), \
        UINT64_C(0)                                                                                     \
  }

TALARIA_API int32_t TALARIA_CALL talaria_model_get_info(const talaria_model* model, talaria_model_info* info,
                                                        talaria_error** error) TALARIA_NOEXCEPT;

/* The tokens that end an answer: generation_config.json's, else config.json's. Borrowed from the model. */
TALARIA_API int32_t TALARIA_CALL talaria_model_get_stop_tokens(const talaria_model* model,
                                                               const int32_t** tokens, uint64_t* count,
                                                               talaria_error** error) TALARIA_NOEXCEPT;

/* The checkpoint's tokenizer: a handle of the caller's own. NOT_FOUND where it has none or none was opened.
 */
TALARIA_API int32_t TALARIA_CALL talaria_model_get_tokenizer(const talaria_model* model,
                                                             talaria_tokenizer** tokenizer,
                                                             talaria_error** error) TALARIA_NOEXCEPT;
/* The templates that the checkpoint brings; where it brings none, Hermes' own. A handle of the caller's own.
 * NOT_FOUND as talaria_model_get_tokenizer. */
TALARIA_API int32_t TALARIA_CALL talaria_model_get_chat_template(const talaria_model* model,
                                                                 talaria_chat_template** chat_template,
                                                                 talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_MODEL_H_ */
