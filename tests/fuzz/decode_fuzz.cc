// rooms: tokenizer base
// Any ids: streaming gives at each step whole characters and in the end what decoding at once does; one that
// has no token is refused and changes nothing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/base/utf8.h"
#include "lib/tokenizer/stream_decoder.h"
#include "lib/tokenizer/tokenizer.h"
#include "tests/fuzz/small_tokenizer.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const tokenizer =
      new std::shared_ptr<const talaria::Tokenizer>(talaria::fuzz::SmallTokenizer(true));
  if (size < 1 || size > 4096) return 0;
  const bool skip = data[0] % 2 != 0;
  std::vector<int32_t> ids;
  // Two bytes an id, so that most have a token; the last four as they stand.
  for (size_t i = 1; i + 1 < size; i += 2) ids.push_back((data[i] | data[i + 1] << 8) % 1100);
  if (size >= 6 && data[0] % 4 == 0) {
    uint32_t word = 0;
    for (size_t i = size - 4; i < size; ++i) word = word << 8 | data[i];
    ids.push_back(static_cast<int32_t>(word));
  }
  std::vector<int32_t> good;
  talaria::StreamDecoder decoder(*tokenizer, skip);
  std::string text;
  for (const int32_t id : ids) {
    const std::string before = text;
    const size_t held = decoder.held();
    if (decoder.Push(id, &text).ok()) {
      good.push_back(id);
    } else {
      Check((*tokenizer)->BytesOf(id).empty() && text == before && decoder.held() == held);
    }
    Check(talaria::IsValidUtf8(text) && decoder.held() <= 3);
  }
  decoder.Flush(&text);
  const auto whole = (*tokenizer)->Decode(good, skip);
  Check(whole.ok() && *whole == text);
  Check((*tokenizer)->Decode(ids, skip).ok() == (good.size() == ids.size()));
  return 0;
}
