// rooms: base
// Any bytes: Parse answers; what it accepts is written and read back to the same text.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lib/base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace json = talaria::json;
  const auto value = json::Parse({reinterpret_cast<const char*>(data), size});
  if (!value.ok()) return 0;
  const std::string text = json::Write(*value);
  const auto again = json::Parse(text);
  if (!again.ok() || json::Write(*again) != text) std::abort();
  return 0;
}
