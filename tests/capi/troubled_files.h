/* The system's calls on files, replaced for files of one folder: one call, counted over all kinds, fails,
 * reads less than was asked for, or is interrupted. Linked into the program, so that the library's calls come
 * here first. */
#ifndef TALARIA_TESTS_CAPI_TROUBLED_FILES_H_
#define TALARIA_TESTS_CAPI_TROUBLED_FILES_H_

#include <stdint.h>

typedef enum trouble {
  TROUBLE_NONE,
  TROUBLE_FAILS,       /* open, stat, fstat, read, close and opendir: an input/output error */
  TROUBLE_INTERRUPTED, /* open and read: EINTR */
  TROUBLE_SHORT,       /* read: a part of what was asked for */
  TROUBLE_ENDS         /* read: the file ends here, and goes on ending */
} trouble;

/* From now on calls on files whose path begins with *folder* are counted, from 1, and the *at*th is in
 * *kind*. */
void trouble_files(const char* folder, trouble kind, uint64_t at);
/* Calls counted since. */
uint64_t file_calls(void);
/* Calls that got into trouble: not each kind befalls each call. */
uint64_t troubled_calls(void);
/* Files of the folder that are open now. */
int64_t open_files(void);

#endif /* TALARIA_TESTS_CAPI_TROUBLED_FILES_H_ */
