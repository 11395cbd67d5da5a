#ifndef TALARIA_LIB_TOKENIZER_TOKENIZER_JSON_H_
#define TALARIA_LIB_TOKENIZER_TOKENIZER_JSON_H_

#include <string_view>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/status.h"
#include "lib/tokenizer/parts.h"

namespace talaria {

// Reads a tokenizer.json (Hugging Face tokenizers) whose model is a byte-level BPE. *more* are added tokens
// that stand in tokenizer_config.json: those that the file lists too must agree in id and content, the others
// are added, as transformers does. *vocab_size* bounds the ids (0: unknown); *log* may be null. Errors as
// Tokenizer::FromTokenizerJson says.
StatusOr<TokenizerParts> PartsFromTokenizerJson(std::string_view text, const std::vector<AddedToken>& more,
                                                int64_t vocab_size, const LogSink* log);

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_TOKENIZER_JSON_H_
