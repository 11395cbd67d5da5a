// rooms: tokenizer base
// Any bytes as tokenizer.json: what is accepted encodes text under each policy, or says which limit a pattern
// met, to ids that have tokens.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "lib/tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using talaria::SpecialPolicy;
  using talaria::Tokenizer;
  Tokenizer::Options options;
  options.vocab_size = 1 << 16;
  const auto tokenizer = Tokenizer::FromTokenizerJson({reinterpret_cast<const char*>(data), size}, options);
  if (!tokenizer.ok()) return 0;
  for (const int32_t id : (*tokenizer)->bos_ids()) {
    if ((*tokenizer)->BytesOf(id).empty()) std::abort();
  }
  for (const std::string_view text : {"The messenger's  \n\n 123 \xE4\xB8\xAD\xC3\xA9 aaaa<|end|> <x>", ""}) {
    for (const SpecialPolicy& policy :
         {SpecialPolicy::All(), SpecialPolicy::None(), SpecialPolicy::Forbid()}) {
      std::vector<int32_t> ids;
      const auto status = (*tokenizer)->Encode(text, policy, &ids);
      if (!status.ok() && !ids.empty()) std::abort();
      if (!(*tokenizer)->Decode(ids, false).ok() || !(*tokenizer)->Decode(ids, true).ok()) std::abort();
    }
  }
  return 0;
}
