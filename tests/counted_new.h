#ifndef TALARIA_TESTS_COUNTED_NEW_H_
#define TALARIA_TESTS_COUNTED_NEW_H_

#include <cstdint>

namespace talaria::test {

// Starts or ends the counting of calls of operator new by the calling thread and gives the number since it
// was started. A binary that links tests/counted_new.cc has its operator new replaced.
int64_t CountNew(bool on);

}  // namespace talaria::test

#endif  // TALARIA_TESTS_COUNTED_NEW_H_
