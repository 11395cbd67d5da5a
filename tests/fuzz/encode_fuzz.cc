// rooms: tokenizer base
// Any bytes as text, under every policy and any marks: ids decode to the text with what is not UTF-8
// replaced, are as many as counting says, and, without added tokens, are those of a plain encoder.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/base/utf8.h"
#include "lib/tokenizer/tokenizer.h"
#include "tests/fuzz/small_tokenizer.h"
#include "tests/tokenizer/plain_bpe.h"

namespace {

using talaria::SpecialPolicy;
using talaria::Tokenizer;

void Check(bool holds) {
  if (!holds) std::abort();
}

// One mark for each stretch between bytes whose low bits say that another begins.
talaria::MarkedText Marked(const std::string& text, uint8_t seed) {
  talaria::MarkedText marked;
  unsigned mark = seed % 3;
  for (const char byte : text) {
    if (((static_cast<unsigned char>(byte) ^ seed) & 7) == 0) mark = (mark + 1 + seed % 2) % 3;
    marked.Append({&byte, 1}, static_cast<talaria::TextMark>(mark));
  }
  return marked;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const plain = new std::shared_ptr<const Tokenizer>(talaria::fuzz::SmallTokenizer(false));
  static const auto* const strips = new std::shared_ptr<const Tokenizer>(talaria::fuzz::SmallTokenizer(true));
  static const auto* const slow = new talaria::test::PlainBpe(talaria::fuzz::SmallRanks());
  if (size < 1 || size > 1024) return 0;
  const uint8_t seed = data[0];
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string sound = talaria::SanitizeUtf8(text);
  for (const auto* tokenizer : {plain, strips}) {
    for (const SpecialPolicy& policy :
         {SpecialPolicy::All(), SpecialPolicy::None(), SpecialPolicy::Only({"<|end|>"}),
          SpecialPolicy::Forbid({"<|start|>"})}) {
      std::vector<int32_t> ids;
      const auto status = (*tokenizer)->Encode(text, policy, &ids);
      const auto count = (*tokenizer)->Count(text, policy);
      Check(status.ok() == count.ok());
      Check(status.ok() ? *count == ids.size() : ids.empty());
      const auto decoded = (*tokenizer)->Decode(ids, false);
      Check(decoded.ok() && (tokenizer == strips || !status.ok() || *decoded == sound));
    }
    std::vector<int32_t> ids;
    const talaria::MarkedText marked = Marked(text, seed);
    Check((*tokenizer)->EncodeMarked(marked, &ids).ok());
    const auto count = (*tokenizer)->CountMarked(marked);
    Check(count.ok() && *count == ids.size());
    const auto decoded = (*tokenizer)->Decode(ids, false);
    Check(decoded.ok() && (tokenizer == strips || *decoded == sound));
  }
  talaria::MarkedText literal;
  literal.Append(text, talaria::TextMark::kLiteral);
  std::vector<int32_t> ids, expected;
  Check((*strips)->EncodeMarked(literal, &ids).ok());
  // The plain encoder is slow: short texts, and not all of them.
  if (size > 130 || seed % 4 != 0) return 0;
  slow->Encode(sound, &expected);
  Check(ids == expected);
  return 0;
}
