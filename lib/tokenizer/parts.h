#ifndef TALARIA_LIB_TOKENIZER_PARTS_H_
#define TALARIA_LIB_TOKENIZER_PARTS_H_

#include <cstdint>
#include <vector>

#include "lib/tokenizer/added_tokens.h"
#include "lib/tokenizer/merge_table.h"
#include "lib/tokenizer/pre_tokenizer.h"
#include "lib/tokenizer/vocabulary.h"

namespace talaria {

// What a tokenizer is made of, checked and indexed by the reader of its file.
struct TokenizerParts {
  Vocabulary vocabulary;  // the added tokens among them
  MergeTable merges;
  AddedTokens added;
  PreTokenizer pre_tokenizer;
  // A piece that is a token is not divided (ignore_merges; tiktoken always).
  bool whole_pieces = true;
  // What goes before a text on demand; often one id, maybe none.
  std::vector<int32_t> bos_ids;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_PARTS_H_
