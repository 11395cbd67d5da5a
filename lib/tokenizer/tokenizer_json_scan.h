#ifndef TALARIA_LIB_TOKENIZER_TOKENIZER_JSON_SCAN_H_
#define TALARIA_LIB_TOKENIZER_TOKENIZER_JSON_SCAN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"

namespace talaria {

// Texts one after the other in one string.
class TextList {
 public:
  void Add(std::string_view text) {
    texts_.append(text);
    ends_.push_back(texts_.size());
  }
  size_t size() const { return ends_.size(); }
  std::string_view operator[](size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(texts_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string texts_;
  std::vector<size_t> ends_;
};

// A tokenizer.json as it stands, its two large members apart.
struct TokenizerJsonScan {
  // The rest: model.vocab is an empty object in it and model.merges an empty array, if they have those types.
  json::Value rest;
  bool has_vocab = false;
  bool has_merges = false;
  // model.vocab: keys and their ids.
  TextList tokens;
  std::vector<int64_t> ids;
  // model.merges: left and right in turns, whether written "a b" or ["a", "b"].
  TextList merges;
};

// INVALID_ARGUMENT where *text* is not JSON, an id is no integer, or a merge is not two texts.
StatusOr<TokenizerJsonScan> ScanTokenizerJson(std::string_view text);

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_TOKENIZER_JSON_SCAN_H_
