#ifndef TALARIA_TESTS_CONFORMANCE_TINY_H_
#define TALARIA_TESTS_CONFORMANCE_TINY_H_

#include "tests/conformance/model_run.h"

namespace talaria::test {

// The project's own checkpoint first, then those beside the project that are there.
std::vector<std::string> TinyFolders();

// Checks that the prompt *name* of *folder* run so gives transformers' logits within *tolerance* of their
// largest magnitude, and transformers' greedy tokens wherever their margin counts.
void CheckPrompt(const std::string& folder, std::string_view name, double tolerance,
                 const RunOptions& options);

}  // namespace talaria::test

#endif  // TALARIA_TESTS_CONFORMANCE_TINY_H_
