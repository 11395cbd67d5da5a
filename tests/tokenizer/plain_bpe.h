#ifndef TALARIA_TESTS_TOKENIZER_PLAIN_BPE_H_
#define TALARIA_TESTS_TOKENIZER_PLAIN_BPE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/tokenizer/llama3_splitter.h"

namespace talaria::test {

// What the fast encoder is held against: tiktoken's rule as it is told, with maps and one merge a pass.
class PlainBpe {
 public:
  // Token to rank; each of the 256 bytes is one.
  explicit PlainBpe(std::map<std::string, int32_t> ranks) : ranks_(std::move(ranks)) {}

  // Appends the ids of the valid UTF-8 *text*, divided by the Llama-3 pattern.
  void Encode(std::string_view text, std::vector<int32_t>* ids) const {
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at < end;) {
      const char* const next = Llama3PieceEnd(at, end);
      EncodePiece(std::string(at, next), ids);
      at = next;
    }
  }

 private:
  int32_t RankOf(const std::string& token) const {
    const auto found = ranks_.find(token);
    return found == ranks_.end() ? INT32_MAX : found->second;
  }

  void EncodePiece(const std::string& piece, std::vector<int32_t>* ids) const {
    if (RankOf(piece) != INT32_MAX) return ids->push_back(RankOf(piece));
    std::vector<std::string> parts;
    for (const char byte : piece) parts.emplace_back(1, byte);
    while (true) {
      size_t best = 0;
      int32_t rank = INT32_MAX;
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        const int32_t here = RankOf(parts[i] + parts[i + 1]);
        if (here < rank) {
          rank = here;
          best = i;
        }
      }
      if (rank == INT32_MAX) break;
      parts[best] += parts[best + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    for (const std::string& part : parts) ids->push_back(RankOf(part));
  }

  std::map<std::string, int32_t> ranks_;
};

}  // namespace talaria::test

#endif  // TALARIA_TESTS_TOKENIZER_PLAIN_BPE_H_
