#ifndef TALARIA_TESTS_FUZZ_SMALL_TOKENIZER_H_
#define TALARIA_TESTS_FUZZ_SMALL_TOKENIZER_H_

#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/base64.h"
#include "lib/tokenizer/tokenizer.h"

// A vocabulary that targets can build without a file: the 256 bytes, each its own id, and tokens that share
// parts.
namespace talaria::fuzz {

inline std::vector<std::string> SmallTokens() {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (const char* token : {"  ",
                            "    ",
                            "\n\n",
                            " \n",
                            "th",
                            "the",
                            " the",
                            "in",
                            "ing",
                            " t",
                            "an",
                            "and",
                            " and",
                            "aa",
                            "aaaa",
                            "bb",
                            "abab",
                            "ab",
                            "12",
                            "123",
                            "'s",
                            "!!",
                            "!\n",
                            "\xC3\xA9",
                            "\xE4\xB8",
                            "\xE4\xB8\xAD",
                            "er",
                            "her",
                            "here",
                            " here",
                            "\xF0\x9F",
                            "<|",
                            "|>",
                            "end",
                            "<|end",
                            "aaaaaaaaaaaaaaaa",
                            "the messenger's"}) {
    tokens.emplace_back(token);
  }
  return tokens;
}

inline std::map<std::string, int32_t> SmallRanks() {
  std::map<std::string, int32_t> ranks;
  for (const std::string& token : SmallTokens()) ranks.emplace(token, static_cast<int32_t>(ranks.size()));
  return ranks;
}

inline std::string SmallRankFile() {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string file;
  int rank = 0;
  for (const std::string& token : SmallTokens()) {
    for (size_t i = 0; i < token.size(); i += 3) {
      uint32_t word = 0;
      for (size_t k = 0; k < 3; ++k) {
        word = word << 8 | (i + k < token.size() ? static_cast<unsigned char>(token[i + k]) : 0u);
      }
      for (size_t k = 0; k < 4; ++k) {
        file += i + k <= token.size() ? kDigits[word >> (18 - 6 * k) & 63] : '=';
      }
    }
    file += ' ' + std::to_string(rank++) + '\n';
  }
  return file;
}

// With special and other tokens on top; *strips*: some of them take white space or want no word beside them.
inline std::shared_ptr<const Tokenizer> SmallTokenizer(bool strips) {
  std::vector<AddedToken> added;
  const auto add = [&added](const char* content, bool special) -> AddedToken& {
    AddedToken token;
    token.id = static_cast<int32_t>(1000 + added.size());
    token.content = content;
    token.special = special;
    added.push_back(token);
    return added.back();
  };
  add("<|end|>", true);
  add("<|end|>\n", true);
  add("<|start|>", true);
  add("<call>", false);
  add("</call>", false).normalized = true;
  if (strips) {
    add("[l]", true).lstrip = true;
    add("[r]", false).rstrip = true;
    add("word", false).single_word = true;
    add(" ", true).rstrip = true;
    AddedToken& all = add("\xC3\xA9\xC3\xA9", true);
    all.lstrip = all.rstrip = all.single_word = all.normalized = true;
  }
  auto tokenizer = Tokenizer::FromRankFile(SmallRankFile(), std::move(added), {});
  if (!tokenizer.ok()) std::abort();
  return *tokenizer;
}

}  // namespace talaria::fuzz

#endif  // TALARIA_TESTS_FUZZ_SMALL_TOKENIZER_H_
