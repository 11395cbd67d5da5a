#ifndef TALARIA_TESTS_COUNTED_NEW_H_
#define TALARIA_TESTS_COUNTED_NEW_H_

#include <cstdint>

namespace talaria::test {

// Starts or ends the counting of calls of operator new by any thread and gives the number since it was
// started. A binary that links tests/counted_new.cc has its operator new replaced; not so under the
// sanitizers, which bring their own: there the number is always 0.
int64_t CountNew(bool on);

}  // namespace talaria::test

#endif  // TALARIA_TESTS_COUNTED_NEW_H_
