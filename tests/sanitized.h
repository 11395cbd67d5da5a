#ifndef TALARIA_TESTS_SANITIZED_H_
#define TALARIA_TESTS_SANITIZED_H_

// Whether a sanitizer keeps books on the memory: what a program then takes says nothing of the program.
#if defined(__has_feature)
#define TALARIA_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define TALARIA_SANITIZED 0
#endif

#endif  // TALARIA_TESTS_SANITIZED_H_
