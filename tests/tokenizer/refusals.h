#ifndef TALARIA_TESTS_TOKENIZER_REFUSALS_H_
#define TALARIA_TESTS_TOKENIZER_REFUSALS_H_

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "lib/base/status.h"

namespace talaria::test {

// *status* is one line of that code that names *thing*.
inline void CheckRefused(const Status& status, StatusCode code, std::string_view thing) {
  const std::string message(Message(status));
  CAPTURE(message);
  CAPTURE(std::string(thing));
  CHECK(absl::StatusCodeToString(status.code()) == absl::StatusCodeToString(code));
  CHECK(message.find(thing) != std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
  CHECK(message.size() < 700);
}

}  // namespace talaria::test

#endif  // TALARIA_TESTS_TOKENIZER_REFUSALS_H_
