#ifndef TALARIA_LIB_TOKENIZER_ADDED_TOKENS_JSON_H_
#define TALARIA_LIB_TOKENIZER_ADDED_TOKENS_JSON_H_

#include <string>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"
#include "lib/tokenizer/added_tokens.h"

namespace talaria {

// The three forms in which files list added tokens. Flags that are absent are false, but "normalized", which
// is then the opposite of "special" (Hugging Face's default). INVALID_ARGUMENT, naming the token, where a
// member is of another type than expected or an id is no integer of 32 bits.

// [{"id": 7, "content": "<|x|>", "special": true, ...}, ...], as in tokenizer.json's "added_tokens" and in
// maps of special tokens.
StatusOr<std::vector<AddedToken>> AddedTokensFromList(const json::Value& list);

// {"7": {"content": "<|x|>", ...}, ...}, as in tokenizer_config.json's "added_tokens_decoder".
StatusOr<std::vector<AddedToken>> AddedTokensFromDecoder(const json::Value& decoder);

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_ADDED_TOKENS_JSON_H_
