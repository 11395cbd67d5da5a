#ifndef TALARIA_LIB_TOKENIZER_RANK_FILE_H_
#define TALARIA_LIB_TOKENIZER_RANK_FILE_H_

#include <string_view>
#include <vector>

#include "lib/base/status.h"
#include "lib/tokenizer/parts.h"

namespace talaria {

// Reads a tiktoken rank file (openai/tiktoken, tiktoken/load.py): a line is a token in base64, a space and
// its rank, which is its id. Lines may end in CR LF, come in any order, and be empty. INVALID_ARGUMENT,
// naming the line, for any other; also where a rank is missing or occurs twice, where a token does, where an
// id reaches *vocab_size* (0: unknown), where an added token's id is a rank, and where a byte has no token.
StatusOr<TokenizerParts> PartsFromRankFile(std::string_view ranks, std::vector<AddedToken> added,
                                           std::string_view pattern, int64_t vocab_size);

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_RANK_FILE_H_
