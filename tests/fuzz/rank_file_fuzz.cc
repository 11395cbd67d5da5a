// rooms: tokenizer base
// Any bytes as a rank file: what is accepted encodes any text to ids that decode to it, each of them found by
// its bytes.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "lib/tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using talaria::Tokenizer;
  // No token may be long enough to be matched in minutes: that bound is far above what is tried here.
  const auto tokenizer = Tokenizer::FromRankFile({reinterpret_cast<const char*>(data), size}, {}, {});
  if (!tokenizer.ok()) return 0;
  constexpr std::string_view kText =
      "The messenger's sandals,  \n\n 12345 \xE4\xB8\xAD\xC3\xA9 aaaaaaaaaaaaaaaaaaaaa!!\xF0\x9F\x99\x82";
  std::vector<int32_t> ids;
  if (!(*tokenizer)->Encode(kText, talaria::SpecialPolicy::None(), &ids).ok()) std::abort();
  const auto text = (*tokenizer)->Decode(ids, false);
  if (!text.ok() || *text != kText) std::abort();
  for (int32_t id = 0; id < (*tokenizer)->size(); ++id) {
    if ((*tokenizer)->IdOf((*tokenizer)->BytesOf(id)) != id) std::abort();
  }
  return 0;
}
