/* What every other header needs: how calls are declared, status codes, errors, text, version and features.
 *
 * Rules that hold for every call:
 * - It returns a status, TALARIA_OK or one of the codes below; inputs come first, then outputs, then an
 * optional talaria_error** (NULL: not wanted) that receives an object to be freed where the call failed. On
 * failure every output is NULL or zero, structs behind their struct_size, and the object that the call was
 * made on is as it was before.
 * - It throws nothing, ends no process and prints nothing.
 * - _create, _open and _fork give ownership, ended by the matching _free; _free(NULL) is legal. _get_
 * borrows, and says how long the result lives. Objects may be freed in any order: a child keeps its parents
 * alive.
 * - Structs go by pointer and begin with struct_size, the size the caller compiled with; the *_INIT macro
 * sets it and all defaults (zero, where nothing else is said, means: the library's default). Fields are only
 * ever added at the end. A struct from a newer caller is refused where the part that is not known here is not
 * zero.
 * - Text is UTF-8, a pointer and a length in bytes; invalid sequences are read as U+FFFD. Paths are UTF-8.
 * - The library sets the floating-point control word it needs inside its calls and gives the thread its own
 * back.
 */
#ifndef TALARIA_BASE_H_
#define TALARIA_BASE_H_

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#if defined(TALARIA_BUILDING)
#define TALARIA_API __declspec(dllexport)
#else
#define TALARIA_API __declspec(dllimport)
#endif
#define TALARIA_CALL __cdecl
#else
#define TALARIA_API __attribute__((visibility("default")))
#define TALARIA_CALL
#endif

#ifdef __cplusplus
#define TALARIA_NOEXCEPT noexcept
#define TALARIA_STRUCT_SIZE(type) static_cast<uint32_t>(sizeof(type))
extern "C" {
#else
#define TALARIA_NOEXCEPT
#define TALARIA_STRUCT_SIZE(type) ((uint32_t)sizeof(type))
#endif

/* The version these headers belong to; talaria_version() is that of the library that runs. */
#define TALARIA_VERSION_MAJOR 0
#define TALARIA_VERSION_MINOR 1
#define TALARIA_VERSION_PATCH 0

/* Status codes; numbers as in gRPC, so that they mean the same elsewhere. */
enum {
  TALARIA_OK = 0,
  TALARIA_CANCELLED = 1,           /* the host said stop */
  TALARIA_INVALID_ARGUMENT = 3,    /* a bad argument, or a file that is well formed and inconsistent */
  TALARIA_NOT_FOUND = 5,           /* a file or a name that is not there */
  TALARIA_RESOURCE_EXHAUSTED = 8,  /* memory, pages of the cache, a ceiling */
  TALARIA_FAILED_PRECONDITION = 9, /* the wrong state, or a second thread inside one object */
  TALARIA_UNIMPLEMENTED = 12,      /* a scheme this library does not know; the message names it */
  TALARIA_INTERNAL = 13,           /* a broken invariant: a defect of the library */
  TALARIA_UNAVAILABLE = 14,        /* a device or peer is gone */
  TALARIA_DATA_LOSS = 15,          /* a file is truncated or unreadable */
  TALARIA_NOT_READY = 64           /* not an error: there is no event yet; no error object is made */
};

/* "INVALID_ARGUMENT" and so on; "UNKNOWN" for any other number. Static text, never NULL. */
TALARIA_API const char* TALARIA_CALL talaria_status_name(int32_t status) TALARIA_NOEXCEPT;

/* Why a call failed. Not bound to the object or thread it came from. */
typedef struct talaria_error talaria_error;

TALARIA_API int32_t TALARIA_CALL talaria_error_code(const talaria_error* error) TALARIA_NOEXCEPT;
/* One line of UTF-8 that ends with a zero byte; *bytes (may be NULL) receives its length without it.
 * Borrowed: valid until the error is freed. For NULL: "". */
TALARIA_API const char* TALARIA_CALL talaria_error_message(const talaria_error* error,
                                                           uint64_t* bytes) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_error_free(talaria_error* error) TALARIA_NOEXCEPT;

/* Text that the library made and the caller frees. */
typedef struct talaria_text talaria_text;

/* As talaria_error_message. The text may hold zero bytes of its own. */
TALARIA_API const char* TALARIA_CALL talaria_text_data(const talaria_text* text,
                                                       uint64_t* bytes) TALARIA_NOEXCEPT;
TALARIA_API void TALARIA_CALL talaria_text_free(talaria_text* text) TALARIA_NOEXCEPT;

/* (major << 16) | (minor << 8) | patch. */
TALARIA_API uint32_t TALARIA_CALL talaria_version(void) TALARIA_NOEXCEPT;
/* "0.1.0": static text. */
TALARIA_API const char* TALARIA_CALL talaria_version_text(void) TALARIA_NOEXCEPT;
/* The number in the library's file name: a host that was linked against another one must not use this
 * library. */
TALARIA_API uint32_t TALARIA_CALL talaria_abi_version(void) TALARIA_NOEXCEPT;

/* Whether this library has *name*: "backend.reference", "checkpoint.safetensors", "sampling.greedy"...
 * *present receives 1 or 0; a name nobody knows is 0, no error. capi/README.md lists them. */
TALARIA_API int32_t TALARIA_CALL talaria_feature(const char* name, uint64_t name_bytes, int32_t* present,
                                                 talaria_error** error) TALARIA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* TALARIA_BASE_H_ */
